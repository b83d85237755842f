package sfu_test

import (
	"io"
	"log/slog"
	"net"
	"testing"

	"go.uber.org/goleak"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts an SFU on a port of its own; change, if not nil, may alter the configuration.
func start(t testing.TB, change func(*sfu.Config)) *sfu.SFU {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := sfu.Config{Conn: conn, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if change != nil {
		change(&cfg)
	}
	s, err := sfu.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func room(t testing.TB, s *sfu.SFU) *sfu.Room {
	t.Helper()
	r, err := s.Room("a room")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var usual = sfutest.Options{AudioSlots: 5, VideoSlots: 9}

func TestThreePeersReceiveEachOtherContinuously(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	clients := []*sfutest.Client{
		sfutest.Join(t, r, "ana", 1, usual),
		sfutest.Join(t, r, "bia", 2, usual),
		sfutest.Join(t, r, "caio", 3, usual),
	}
	for _, c := range clients {
		c.Speak(30)
		c.Film(0, 1, 2)
	}
	received := 0
	for _, c := range clients {
		for _, o := range clients {
			if o == c {
				continue
			}
			for _, source := range []sfu.Source{sfu.Microphone, sfu.Camera} {
				sfutest.Wait(t, c.ID+" receives "+o.ID, func() bool { return c.From(o.ID, source).Len() > 60 })
				if err := c.From(o.ID, source).Continuous(); err != nil {
					t.Errorf("%s's %s at %s: %v", o.ID, source, c.ID, err)
				}
				if tag := c.From(o.ID, source).Last().Tag; tag != o.Tag {
					t.Errorf("the slot of %s carries %d", o.ID, tag)
				}
				received++
			}
		}
		if c.Offers() != 1 {
			t.Errorf("%s negotiated %d times", c.ID, c.Offers())
		}
	}
	if received != 12 {
		t.Errorf("%d streams were received, not 12", received)
	}
}
