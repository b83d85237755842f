package sfu_test

import (
	"fmt"
	"testing"

	"pronto/sfu"
	"pronto/sfu/sfutest"
	"pronto/sfu/udp"
)

// startShared starts an SFU whose port is shared by some workers.
func startShared(t testing.TB, workers int) *sfu.SFU {
	t.Helper()
	conns, err := udp.Listen("127.0.0.1:0", workers)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, func(cfg *sfu.Config) {
		_ = cfg.Conn.Close()
		cfg.Conn, cfg.More = conns[0], conns[1:]
	})
}

func TestRoomsOfSeveralWorkersShareAPort(t *testing.T) {
	t.Parallel()
	const workers, rooms = 3, 6
	s := startShared(t, workers)
	var clients [][2]*sfutest.Client
	for i := range rooms {
		r, err := s.Room(fmt.Sprint("room ", i))
		if err != nil {
			t.Fatal(err)
		}
		o := sfutest.Options{AudioSlots: 1, VideoSlots: 1, Layers: 1}
		pair := [2]*sfutest.Client{
			sfutest.Join(t, r, "ana", byte(2*i+1), o), sfutest.Join(t, r, "bia", byte(2*i+2), o),
		}
		for _, c := range pair {
			c.Speak(30)
			c.Film(0)
		}
		clients = append(clients, pair)
	}
	for _, pair := range clients {
		for i, c := range pair {
			other := pair[1-i]
			for _, source := range []sfu.Source{sfu.Microphone, sfu.Camera} {
				track := func() *sfutest.Track { return c.From(other.ID, source) }
				sfutest.Wait(t, "everybody receives", func() bool { return track().Len() > 40 })
				if err := track().Continuous(); err != nil {
					t.Errorf("%s of %d: %v", source, other.Tag, err)
				}
				if tag := track().Last().Tag; tag != other.Tag {
					t.Errorf("the %s of %d carries %d", source, other.Tag, tag)
				}
			}
		}
	}
	for i, load := range s.Loads() {
		if load != rooms/workers*3 {
			t.Errorf("worker %d has %d rooms and peers", i, load)
		}
	}
	// Twelve addresses, and the system knows nothing of rooms.
	if addresses, known := s.Foreign(); addresses == 0 || known != 2*rooms {
		t.Errorf("%d addresses of others, %d peers", addresses, known)
	}
	clients[0][0].RestartICE()
	before := clients[0][1].From("ana", sfu.Camera).Len()
	sfutest.Wait(t, "media goes on with other credentials", func() bool { return clients[0][1].From("ana", sfu.Camera).Len() > before+20 })
	for _, pair := range clients {
		for _, c := range pair {
			c.Peer.Close()
			<-c.Peer.Done()
		}
	}
	if addresses, known := s.Foreign(); addresses != 0 || known != 0 {
		t.Errorf("%d addresses and %d peers are remembered", addresses, known)
	}
	if n := s.Stats().Dropped.Handover; n != 0 {
		t.Errorf("%d packets were lost between workers", n)
	}
}
