//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	// few and many are how many are in a call when joins are measured.
	few, many = 2, 95
	// measuredJoins is how many joins of either kind are measured: in as many calls of few, and in one of many.
	measuredJoins = 10
	// settling is how long it takes until nothing that a join has set off goes on.
	settling = 400 * time.Millisecond
)

// joinCost is what a join costs the server, in milliseconds of processor time.
type joinCost struct {
	Scenario    string  `json:"scenario"`
	ThirdMs     float64 `json:"thirdMs"`
	HundredthMs float64 `json:"hundredthMs"`
	Ratio       float64 `json:"ratio"`
}

// joins is the calls in which joins are measured.
type joins struct {
	server  *server
	s       scenario
	clients []*client
	next    int
}

// measureJoins has people join one after another, who offer a microphone, a camera and the usual slots, and sees what
// the server spends on the third to join a call, and on the hundredth.
func measureJoins(profile string) (c joinCost, err error) {
	j := &joins{s: scenario{Audio: true, Video: true, AudioSlots: 5, VideoSlots: 9, PublishersReceive: true}}
	for i := range measuredJoins*(few+1) + many + measuredJoins {
		client, err := newClient(i + 1)
		if err != nil {
			return c, err
		}
		j.clients = append(j.clients, client)
	}
	if j.server, err = startServer(profile); err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, j.server.stop()) }()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	var work sync.WaitGroup
	defer func() {
		cancel()
		work.Wait()
		for _, client := range j.clients {
			client.close()
		}
	}()
	work.Go(func() { drainAll(ctx, j.clients, func(time.Time) bool { return false }) })
	c = joinCost{Scenario: "joins"}
	for i := range measuredJoins {
		room := fmt.Sprint("few", i)
		if err := j.join(ctx, room, few); err != nil {
			return c, err
		}
		ms, err := j.cost(ctx, room, 1)
		if err != nil {
			return c, err
		}
		c.ThirdMs += ms / measuredJoins
	}
	if err := j.join(ctx, "many", many); err != nil {
		return c, err
	}
	if err := j.server.profile(); err != nil {
		return c, err
	}
	ms, err := j.cost(ctx, "many", measuredJoins)
	if err := errors.Join(err, j.server.profile()); err != nil {
		return c, err
	}
	c.HundredthMs = ms / measuredJoins
	c.Ratio = c.HundredthMs / c.ThirdMs
	return c, nil
}

// join has the next n clients join a room, one after another.
func (j *joins) join(ctx context.Context, room string, n int) error {
	for range n {
		c := j.clients[j.next]
		j.next++
		c.room = room
		if err := c.join(ctx, j.server, j.s, true); err != nil {
			return err
		}
	}
	return nil
}

// cost returns what the server spends while n more join a room, less what those who are there cost it anyway.
func (j *joins) cost(ctx context.Context, room string, n int) (ms float64, err error) {
	spend := func(f func() error) (time.Duration, time.Duration, error) {
		before, err := j.server.usage()
		if err != nil {
			return 0, 0, err
		}
		began := time.Now()
		if err := f(); err != nil {
			return 0, 0, err
		}
		time.Sleep(settling)
		after, err := j.server.usage()
		return after.cpu - before.cpu, time.Since(began), err
	}
	time.Sleep(settling)
	anyway, in, err := spend(func() error { time.Sleep(time.Second); return nil })
	if err != nil {
		return 0, err
	}
	spent, took, err := spend(func() error { return j.join(ctx, room, n) })
	spent -= time.Duration(float64(anyway) * float64(took) / float64(in))
	return float64(spent) / float64(time.Millisecond), err
}

func printJoins(c joinCost) {
	fmt.Fprintf(os.Stderr, "%-9s the third costs %.2f ms, the hundredth %.2f ms, ratio %.2f\n", c.Scenario, c.ThirdMs, c.HundredthMs, c.Ratio)
}
