//go:build linux

package main

import (
	"fmt"
	"net"
	"runtime"
	"time"

	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"

	"pronto/sfu/udp"
)

const (
	floorSockets = 50
	floorRounds  = 400
)

// measureFloor returns the microseconds of a thread that it takes to encrypt and send one packet of the
// scenario's mix: AES-128-GCM and sendmmsg without segments, hot caches, nobody asleep at
// the other end, receive queues emptied outside the time that counts.
func measureFloor(s scenario) (float64, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, err
	}
	socket, err := udp.New(conn)
	if err != nil {
		return 0, err
	}
	defer socket.Close()
	socket.Unsegmented()
	var targets []*target
	for range floorSockets {
		t, err := newTarget(socket)
		if err != nil {
			return 0, err
		}
		defer unix.Close(t.to.fd)
		targets = append(targets, t)
	}
	var weight, sum float64
	for _, kind := range []struct {
		on    bool
		bytes int
		rate  float64 // packets a second, by which kinds are weighed
	}{{s.Video, videoPayload, videoPackets * framesInSecond}, {s.Audio, audioPayload, 50}} {
		if kind.on {
			cost, err := floorOf(socket, targets, kind.bytes)
			if err != nil {
				return 0, err
			}
			sum += cost * kind.rate
			weight += kind.rate
		}
	}
	return sum / weight, nil
}

// target is one destination with its key.
type target struct {
	to      *socket
	address *udp.Address
	session *udp.Session
	sink    udp.Sink
	seq     uint16

	key, salt []byte
}

func newTarget(from *udp.Socket) (*target, error) {
	to, err := newSocket()
	if err != nil {
		return nil, err
	}
	key, salt := make([]byte, 16), make([]byte, 12)
	key[0], salt[0] = byte(to.local.Port), byte(to.local.Port>>8)
	session, err := udp.NewSession(udp.Keys{
		Profile:   srtp.ProtectionProfileAeadAes128Gcm,
		ClientKey: key, ClientSalt: salt, ServerKey: key, ServerSalt: salt,
	})
	if err != nil {
		return nil, err
	}
	return &target{to: to, address: from.Address(to.local.AddrPort()), session: session, key: key, salt: salt}, nil
}

// floorOf sends rounds of one packet to each target.
func floorOf(from *udp.Socket, targets []*target, bytes int) (float64, error) {
	slab, d, payload := from.NewSlab(), newDrain(), make([]byte, bytes)
	var spent time.Duration
	received := 0
	for range floorRounds {
		begin := threadTime()
		for _, t := range targets {
			room := slab.Room(12 + bytes + udp.Overhead)
			header := room[:12]
			header[0], header[1], header[2], header[3] = 0x80, ptVideo, byte(t.seq>>8), byte(t.seq)
			t.seq++
			sealed, err := t.session.SealRTP(&t.sink, header, payload)
			if err != nil {
				return 0, err
			}
			slab.Add(t.address, len(sealed))
		}
		slab.Flush()
		spent += threadTime() - begin
		for _, t := range targets {
			d.empty(t.to, func([]byte, time.Time) { received++ })
		}
	}
	if received != floorRounds*len(targets) {
		return 0, fmt.Errorf("%d packets of %d arrived", received, floorRounds*len(targets))
	}
	return float64(spent) / float64(time.Microsecond) / float64(received), nil
}

// threadTime is the processor time of this thread.
func threadTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
