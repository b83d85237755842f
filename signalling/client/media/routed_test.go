package media_test

import (
	"context"
	"log/slog"
	"net"
	"testing"

	"pronto/sfu"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// member is one participant of a room of the SFU.
type member struct {
	routed *media.Routed
	told   *recorder
	peer   *sfu.Peer
}

func enter(t *testing.T, e *media.Engine, room *sfu.Room, id string, n int) *member {
	t.Helper()
	m := &member{told: &recorder{}}
	routed, err := e.Routed(media.Options{Clip: clip(t, n), Media: all, On: m.told.on})
	if err != nil {
		t.Fatalf("routed: %v", err)
	}
	m.routed = routed
	m.peer, err = room.Join(id, func(e sfu.PeerEvent) {
		if s, ok := e.(sfu.Slots); ok {
			var slots []wire.Slot
			for _, one := range s.Slots {
				slots = append(slots, wire.Slot{Mid: one.Mid, Participant: wire.ParticipantID(one.Participant), Source: wire.Source(one.Source)})
			}
			routed.Slots(slots)
		}
	})
	if err != nil {
		t.Fatalf("join: %v", err)
	}
	m.negotiate(t, false)
	return m
}

func (m *member) negotiate(t *testing.T, restart bool) {
	t.Helper()
	offer, sends, err := m.routed.Offer(restart)
	if err != nil {
		t.Fatalf("offer: %v", err)
	}
	mids := map[sfu.Source]string{}
	for _, s := range sends {
		mids[sfu.Source(s.Source)] = s.Mid
	}
	answer, err := m.peer.Negotiate(t.Context(), sfu.Offer{SDP: offer.SDP, Mids: mids})
	if err != nil {
		t.Fatalf("negotiate: %v", err)
	}
	if err := m.routed.Answered(answer.SDP); err != nil {
		t.Fatalf("answered: %v", err)
	}
}

func (m *member) from(id string, source wire.Source) media.Count {
	return m.routed.Stats().Received[media.Flow{Participant: wire.ParticipantID(id), Source: source}]
}

func newRoom(t *testing.T) (*sfu.SFU, *sfu.Room) {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s, err := sfu.New(sfu.Config{Conn: conn, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("new sfu: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the sfu: %v", err)
		}
	})
	room, err := s.Room("room")
	if err != nil {
		t.Fatalf("room: %v", err)
	}
	return s, room
}

func TestThreePeopleHearAndSeeEachOtherThroughTheSFU(t *testing.T) {
	t.Parallel()
	s, room := newRoom(t)
	e := newEngine(t)
	ids := []string{"a", "b", "c"}
	members := map[string]*member{}
	for i, id := range ids {
		members[id] = enter(t, e, room, id, i)
	}
	for _, id := range ids {
		for _, other := range ids {
			if other == id {
				continue
			}
			until(t, id+" hears and sees "+other, func() bool {
				return members[id].from(other, wire.SourceMicrophone).Frames > 50 && members[id].from(other, wire.SourceCamera).KeyFrames > 0 &&
					members[id].from(other, wire.SourceCamera).Frames > 15
			})
		}
	}
	until(t, "the SFU knows all three encodings of each camera", func() bool { return s.Stats().Tracks == 3*4 })
	for _, id := range ids {
		if got := members[id].routed.Path(); got != wire.PathHost {
			t.Errorf("the path is %q, want host", got)
		}
		if s := members[id].routed.Stats(); s.Jumps != 0 {
			t.Errorf("%s received %d leaps of timestamps", id, s.Jumps)
		}
	}
}

func TestAViewerGetsTheEncodingThatFits(t *testing.T) {
	t.Parallel()
	_, room := newRoom(t)
	e := newEngine(t)
	a, b := enter(t, e, room, "a", 0), enter(t, e, room, "b", 1)
	seen := func() media.Count { return b.from("a", wire.SourceCamera) }
	// bytesAFrame waits for 30 frames after a switch and says how large they are.
	bytesAFrame := func(height int) uint64 {
		keys := seen().KeyFrames
		b.peer.View([]sfu.ViewItem{{Participant: "a", Source: sfu.Camera, Height: height}})
		until(t, "the switch brings a key frame", func() bool { return seen().KeyFrames > keys })
		start := seen()
		until(t, "thirty frames come", func() bool { return seen().Frames >= start.Frames+30 })
		now := seen()
		return (now.Bytes - start.Bytes) / (now.Frames - start.Frames)
	}
	until(t, "b sees a", func() bool { return seen().KeyFrames > 0 })
	small := bytesAFrame(90)
	large := bytesAFrame(360)
	if large < 2*small {
		t.Errorf("a frame has %d bytes at height 90 and %d at 360; want at least twice as many", small, large)
	}
	if a.routed.Stats().Sent[wire.SourceCamera].Packets == 0 {
		t.Error("what was sent is not counted")
	}
}

func TestICERestartToTheSFUKeepsTheMedia(t *testing.T) {
	t.Parallel()
	_, room := newRoom(t)
	e := newEngine(t)
	a, b := enter(t, e, room, "a", 0), enter(t, e, room, "b", 1)
	until(t, "b hears a", func() bool { return b.from("a", wire.SourceMicrophone).Packets > 10 })
	b.negotiate(t, true)
	heard := b.from("a", wire.SourceMicrophone).Packets
	until(t, "b hears a after the restart", func() bool { return b.from("a", wire.SourceMicrophone).Packets > heard+60 })
	until(t, "the connection is up", func() bool { return a.told.count(connected) > 0 })
}
