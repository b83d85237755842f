package signalling_test

import (
	"log/slog"
	"testing"
	"time"

	"pronto/signalling/client/media"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// sender is a page with media through the SFU.
type sender struct {
	*page
	self   wire.ParticipantID
	routed *media.Routed
	frozen bool // the slots stay as they are, whatever is told
}

// joinWithMedia joins a group's call and sends sound and picture.
func joinWithMedia(t *testing.T, p *page, e *media.Engine, clip *media.Clip, group wire.GroupID) *sender {
	t.Helper()
	all := wire.Media{Microphone: true, Camera: true}
	state := ask[wire.CallState](p, "joinGroupCall", wire.JoinGroupCall{Group: group, Media: all})
	routed, err := e.Routed(media.Options{Clip: clip, Media: all, On: func(media.Event) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(routed.Close)
	offer, sends, err := routed.Offer(false)
	if err != nil {
		t.Fatal(err)
	}
	answer := ask[wire.Negotiated](p, "negotiate", wire.Negotiate{Call: state.Call, Generation: 1, SDP: offer.SDP, Sends: sends})
	if err := routed.Answered(answer.SDP); err != nil {
		t.Fatal(err)
	}
	return &sender{page: p, self: state.Self, routed: routed}
}

// packets is how many packets of sound have come from another one. The slots
// are taken as they were told last.
func (s *sender) packets(from *sender) uint64 {
	frames := s.heardAfter(0)
	for i := len(frames) - 1; i >= 0 && !s.frozen; i-- {
		if frames[i].frame.Type == "slots" {
			s.routed.Slots(decode[wire.Slots](s.t, frames[i].frame).Slots)
			break
		}
	}
	return s.routed.Stats().Received[media.Flow{Participant: from.self, Source: wire.SourceMicrophone}].Packets
}

// names tells whether any frame that came from number n on names a participant.
func (s *sender) names(n int, whom *sender) (kind string) {
	for _, h := range s.heardAfter(n) {
		if h.frame.Type == "groupCall" {
			continue // it only counts
		}
		about := decode[struct {
			Participant  any
			Participants []any
			Slots        []wire.Slot
		}](s.t, h.frame)
		list := append(about.Participants, about.Participant)
		for _, slot := range about.Slots {
			list = append(list, string(slot.Participant))
		}
		for _, one := range list {
			if m, ok := one.(map[string]any); ok {
				one = m["participant"]
			}
			if one == string(whom.self) {
				return h.frame.Type
			}
		}
	}
	return ""
}

func (s *sender) until(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			s.t.Fatalf("in a minute it never came about that %s", what)
		}
	}
}

func TestNothingFlowsBetweenThoseWhomAGroupKeepsApart(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	e, err := media.NewEngine(media.Config{Logger: slog.New(slog.DiscardHandler), LoopbackOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	clips, err := media.Clips()
	if err != nil {
		t.Fatal(err)
	}
	pages := map[wire.UserID]*page{}
	for _, user := range []wire.UserID{"ana", "bia", "carlo"} {
		pages[user] = signIn(t, s, user, "d")
	}
	g := newGroup(pages["ana"], "Choir", true, "bia", "carlo")
	ask[wire.People](pages["bia"], "block", wire.Block{User: "carlo"})
	ask[wire.CallState](pages["ana"], "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVideo, Silent: true})
	ana := joinWithMedia(t, pages["ana"], e, clips[0], g.Group)
	bia := joinWithMedia(t, pages["bia"], e, clips[1%len(clips)], g.Group)
	carlo := joinWithMedia(t, pages["carlo"], e, clips[0], g.Group)
	ana.until("all hear whom they may", func() bool {
		return ana.packets(bia) > 100 && ana.packets(carlo) > 100 && bia.packets(ana) > 100 && carlo.packets(ana) > 100
	})
	// What came before the first slots were taken in is nobody's; no more of it comes.
	unnamed := func(s *sender) (n uint64) {
		for flow, count := range s.routed.Stats().Received {
			if flow.Participant == "" {
				n += count.Packets
			}
		}
		return n
	}
	before, heard := [2]uint64{unnamed(bia), unnamed(carlo)}, ana.packets(bia)
	ana.until("all goes on", func() bool { return ana.packets(bia) > heard+50 })
	if after := [2]uint64{unnamed(bia), unnamed(carlo)}; after != before {
		t.Errorf("%v packets of nobody became %v", before, after)
	}
	for _, pair := range [][2]*sender{{bia, carlo}, {carlo, bia}} {
		if n := pair[0].packets(pair[1]); n != 0 {
			t.Errorf("%d packets came from somebody kept apart", n)
		}
		if kind := pair[0].names(0, pair[1]); kind != "" {
			t.Errorf("a %s told of somebody kept apart", kind)
		}
		for flow := range pair[0].routed.Stats().Received {
			if flow.Participant != ana.self && flow.Participant != "" {
				t.Errorf("something came from %s", flow.Participant)
			}
		}
	}

	// A block that comes in the middle of a call stops what flows, even for a
	// client that does not heed what it is told.
	carlo.frozen = true
	ask[wire.People](pages["ana"], "block", wire.Block{User: "carlo"})
	carlo.wait("that ana has left for carlo", 0, func(f wire.Frame) bool {
		return f.Type == "participantLeft" && decode[wire.ParticipantLeft](t, f).Participant == ana.self
	})
	from := carlo.count()
	carlo.until("nothing more of ana is in a slot", func() bool {
		frames := carlo.heardAfter(0)
		for i := len(frames) - 1; i >= 0; i-- {
			if frames[i].frame.Type == "slots" {
				return len(decode[wire.Slots](t, frames[i].frame).Slots) == 0
			}
		}
		return false
	})
	flowing := bia.packets(ana)
	bia.until("what was under way has come", func() bool { return bia.packets(ana) > flowing+10 })
	stopped := carlo.packets(ana)
	bia.until("ana is heard on by bia", func() bool { return bia.packets(ana) > flowing+110 })
	if n := carlo.packets(ana); n != stopped {
		t.Errorf("%d packets came after the block", n-stopped)
	}
	if kind := carlo.names(from, ana); kind != "" {
		t.Errorf("a %s told of somebody kept apart", kind)
	}
}
