//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/pion/srtp/v3"

	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

// delayWindow is for how long the floor's delay is measured.
const delayWindow = 3 * time.Second

// measureFloorDelay returns what it takes to hand on the packets of the scenario's publisher to all listeners with
// nothing of an SFU: read what has come, open it, seal it for each and send. It is the least that the packets of a
// frame wait for each other.
func measureFloorDelay(s scenario) (added []time.Duration, err error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	socket, err := udp.New(conn)
	if err != nil {
		return nil, err
	}
	var targets []*target
	var contexts []*srtp.Context
	defer func() {
		for _, t := range targets {
			_ = t.to.free()
		}
	}()
	for range s.Listeners {
		t, err := newTarget(socket)
		if err != nil {
			return nil, err
		}
		down, err := srtp.CreateContext(t.key, t.salt, srtp.ProtectionProfileAeadAes128Gcm)
		if err != nil {
			return nil, err
		}
		targets, contexts = append(targets, t), append(contexts, down)
	}
	publisher, err := newClient(1)
	if err != nil {
		return nil, err
	}
	defer func() { _ = publisher.socket.free() }()
	from := targets[0]
	publisher.remote = conn.LocalAddr().(*net.UDPAddr)
	if publisher.up, err = srtp.CreateContext(from.key, from.salt, srtp.ProtectionProfileAeadAes128Gcm); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), delayWindow)
	defer cancel()
	var work sync.WaitGroup
	var bad error
	work.Go(func() { bad = handOn(socket, from.session, targets) })
	work.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		d := newDrain()
		for ended := false; !ended; {
			ended = ctx.Err() != nil
			now := time.Now()
			for i, t := range targets {
				d.empty(t.to, func(packet []byte, at time.Time) {
					if plain, err := contexts[i].DecryptRTP(packet[:0:0], packet, nil); err == nil {
						if sent, ok := stamped(plain); ok {
							added = append(added, at.Sub(sent))
						}
					}
				})
			}
			time.Sleep(drainEvery - time.Since(now))
		}
	})
	newPublisher(publisher, s, func(time.Time) {}).run(ctx)
	err = socket.Close()
	work.Wait()
	return added, errors.Join(err, bad)
}

// handOn forwards until the socket is closed.
func handOn(socket *udp.Socket, session *udp.Session, targets []*target) error {
	var batch [udp.BatchSize]udp.Packet
	var headers [udp.BatchSize]forward.Header
	slab, source := socket.NewSlab(), udp.NewSource(ssrcOf(1, true))
	for {
		n, err := socket.Receive(&batch)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range batch[:n] {
			p := &batch[i]
			if headers[i], err = forward.ParseHeader(p.Data); err != nil {
				return fmt.Errorf("read a header: %w", err)
			}
			if p.Data, err = session.OpenRTP(source, p.Data, headers[i].Size); err != nil {
				return fmt.Errorf("open a packet: %w", err)
			}
		}
		padded := equalise(batch[:n])
		for _, t := range targets {
			for i, p := range batch[:n] {
				room := slab.Room(12 + len(p.Data) + udp.Overhead)
				forward.WriteHeader(room, ptVideo, headers[i].Marker, headers[i].Seq, headers[i].Timestamp, headers[i].SSRC)
				if padded&(1<<i) != 0 {
					forward.SetPadded(room)
				}
				sealed, err := t.session.SealRTP(&t.sink, room[:12], p.Data)
				if err != nil {
					return fmt.Errorf("seal a packet: %w", err)
				}
				slab.Add(t.address, len(sealed))
			}
		}
		slab.Flush()
	}
}

// equalise gives opened packets that are a byte shorter than the longest one of padding, so that all go out as one. It
// tells which, by bits: what was their seal has the room.
func equalise(opened []udp.Packet) (padded uint64) {
	longest := 0
	for _, p := range opened {
		longest = max(longest, len(p.Data))
	}
	for i := range opened {
		if p := &opened[i]; len(p.Data) == longest-1 {
			p.Data = append(p.Data, 1)
			padded |= 1 << i
		}
	}
	return padded
}
