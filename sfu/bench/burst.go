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

// burstOf is how many join at once.
const burstOf = 100

// burst is how long it takes from the moment at which many begin to join until they see a picture, in milliseconds.
type burst struct {
	Scenario string  `json:"scenario"`
	JoinP50  float64 `json:"joinP50Ms"`
	JoinP99  float64 `json:"joinP99Ms"`
	JoinMax  float64 `json:"joinMaxMs"`
}

// measureBurst has listeners join a call in which one films, all at once.
func measureBurst(profile string) (b burst, err error) {
	s := scenario{Name: "burst", Publishers: 1, Video: true, VideoSlots: 1}
	server, err := startServer(profile)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	var clients []*client
	var work sync.WaitGroup
	defer func() {
		cancel()
		work.Wait()
		for _, c := range clients {
			c.close()
		}
	}()
	for i := range burstOf + 1 {
		c, err := newClient(i + 1)
		if err != nil {
			return b, err
		}
		clients = append(clients, c)
	}
	work.Go(func() { drainAll(ctx, clients, func(time.Time) bool { return false }) })
	if err := joinAll(ctx, &work, server, s, clients[:1], func(time.Time) {}); err != nil {
		return b, err
	}
	time.Sleep(2 * time.Second) // the first key frame is long over
	if err := server.profile(); err != nil {
		return b, err
	}
	began := time.Now()
	errs := make(chan error, burstOf)
	for _, c := range clients[1:] {
		work.Go(func() { errs <- c.join(ctx, server, s, false) })
	}
	for range burstOf {
		if err := <-errs; err != nil {
			return b, err
		}
	}
	var took []time.Duration
	for _, c := range clients[1:] {
		for c.first.Load() == 0 {
			if ctx.Err() != nil {
				return b, errors.New("somebody sees nothing")
			}
			time.Sleep(drainEvery)
		}
		took = append(took, c.began.Add(time.Duration(c.first.Load())).Sub(began))
	}
	if err := server.profile(); err != nil {
		return b, err
	}
	return burst{s.Name, percentile(took, 0.5), percentile(took, 0.99), percentile(took, 1)}, nil
}

func printBurst(b burst) {
	fmt.Fprintf(os.Stderr, "%-9s %d join at once: %.0f ms for half of them, %.0f ms for all\n", b.Scenario, burstOf, b.JoinP50, b.JoinMax)
}
