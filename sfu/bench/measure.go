//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	drainEvery   = 2 * time.Millisecond
	joinTogether = 8 // clients
	patience     = 60 * time.Second
)

// span is the time in which packets are counted; both 0 before it is known.
type span struct{ begin, end atomic.Int64 }

func (s *span) holds(at time.Time) bool {
	n := at.UnixNano()
	return n >= s.begin.Load() && n < s.end.Load()
}

// measure runs a scenario once.
func measure(s scenario, warmUp, window time.Duration, profile string) (r result, err error) {
	floor, err := measureFloor(s)
	if err != nil {
		return r, fmt.Errorf("floor: %w", err)
	}
	var floorDelay []time.Duration
	if s.fans() {
		if floorDelay, err = measureFloorDelay(s); err != nil {
			return r, fmt.Errorf("delay of the floor: %w", err)
		}
	}
	server, err := startServer(profile)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	var clients []*client
	defer func() {
		cancel()
		work.Wait()
		for _, c := range clients {
			c.close()
		}
	}()
	for i := range s.Publishers + s.Listeners {
		c, err := newClient(i + 1)
		if err != nil {
			return r, err
		}
		clients = append(clients, c)
	}
	var counted span
	work.Go(func() { drainAll(ctx, clients, counted.holds) })
	time.Sleep(200 * time.Millisecond) // the process settles
	idle, err := server.resident()
	if err != nil {
		return r, err
	}
	var sent atomic.Int64
	publishing, silence := context.WithCancel(ctx)
	defer silence()
	if err := joinAll(publishing, &work, server, s, clients, func(at time.Time) {
		if counted.holds(at) {
			sent.Add(1)
		}
	}); err != nil {
		return r, err
	}
	if s.Idle {
		silence()
	}
	time.Sleep(warmUp)
	if err := server.profile(); err != nil {
		return r, err
	}
	before, err := server.usage()
	if err != nil {
		return r, err
	}
	busy := newMachine()
	begin := time.Now()
	counted.end.Store(begin.Add(window).UnixNano())
	counted.begin.Store(begin.UnixNano())
	time.Sleep(window)
	after, err := server.usage()
	if err != nil {
		return r, err
	}
	if err := server.profile(); err != nil {
		return r, err
	}
	full, err := server.resident()
	if err != nil {
		return r, err
	}
	busyShare := busy.share()
	time.Sleep(300 * time.Millisecond) // what is on its way arrives
	cancel()
	work.Wait()
	if s.Idle {
		each := float64(len(clients)) * window.Seconds()
		return result{
			Scenario: s.Name, FloorUSPerPacket: floor, MiBPerParticipant: (full - idle) / float64(len(clients)),
			IdleUS:   float64(after.cpu-before.cpu) / float64(time.Microsecond) / each,
			HostBusy: busyShare,
		}, nil
	}
	r, err = summary(s, clients, int(sent.Load()), window, before, after, (full-idle)/float64(len(clients)), floor)
	r.HostBusy = busyShare
	r.FloorP50Ms, r.FloorP99Ms = percentile(floorDelay, 0.5), percentile(floorDelay, 0.99)
	return r, err
}

// joinAll has the publishers join, then the listeners, and waits until everybody has received. What is
// published goes on until ctx ends, counted by work.
func joinAll(ctx context.Context, work *sync.WaitGroup, server *server, s scenario, clients []*client, sent func(time.Time)) error {
	joining, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	errs := make(chan error, len(clients))
	var group sync.WaitGroup
	slots := make(chan struct{}, joinTogether)
	for i, c := range clients {
		if i == s.Publishers {
			group.Wait()
		}
		sends := i < s.Publishers
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := c.join(joining, server, s, sends); err != nil {
				errs <- err
				return
			}
			if sends {
				work.Go(func() { newPublisher(c, s, sent).run(ctx) })
			}
			if sends && !s.PublishersReceive {
				return
			}
			for c.first.Load() == 0 {
				if joining.Err() != nil {
					errs <- errors.New("a client receives nothing")
					return
				}
				time.Sleep(drainEvery)
			}
		})
	}
	group.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// drainAll empties the sockets of all clients until ctx ends.
func drainAll(ctx context.Context, clients []*client, in func(time.Time) bool) {
	runtime.LockOSThread() // so that the rest of the bench does not delay it
	defer runtime.UnlockOSThread()
	d := newDrain()
	for ctx.Err() == nil {
		now := time.Now()
		for _, c := range clients {
			d.empty(c.socket, func(packet []byte, at time.Time) { c.heard(packet, at, in) })
			c.report(now)
		}
		time.Sleep(drainEvery - time.Since(now))
	}
}

func summary(s scenario, clients []*client, sent int, window time.Duration, before, after usage, mib, floor float64) (result, error) {
	received, bad := 0, 0
	var added, joins []time.Duration
	for _, c := range clients {
		received += c.received
		bad += c.bad
		added = append(added, c.added...)
		if first := c.first.Load(); first > 0 {
			joins = append(joins, time.Duration(first))
		}
	}
	expected := sent * s.receivers()
	switch {
	case received == 0:
		return result{}, errors.New("nothing was received")
	case bad > 0:
		return result{}, fmt.Errorf("%d packets could not be read", bad)
	case received > expected:
		return result{}, fmt.Errorf("%d packets were received of %d", received, expected)
	}
	return result{
		Scenario:          s.Name,
		USPerPacket:       float64(after.cpu-before.cpu) / float64(time.Microsecond) / float64(received),
		FloorUSPerPacket:  floor,
		PacketsPerSecond:  float64(received) / window.Seconds(),
		Loss:              1 - float64(received)/float64(expected),
		AddedP50Ms:        percentile(added, 0.5),
		AddedP99Ms:        percentile(added, 0.99),
		JoinP50Ms:         percentile(joins, 0.5),
		JoinP99Ms:         percentile(joins, 0.99),
		MiBPerParticipant: mib,
		SwitchesPerPacket: float64(after.switches-before.switches) / float64(received),
	}, nil
}
