package call

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"pronto/signalling/wire"
)

// Whatever people do, in any order, from any device: no media or description
// crosses before an accept, events have no gap, the end of a call is told once
// and last, every call has one outcome, and when all have gone every call has ended.
func TestWhateverPeopleDo(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		step := rapid.IntRange(0, 1<<20)
		// Left to itself rapid makes six steps of sixty.
		steps := rapid.OneOf(rapid.SliceOfN(step, 1, 60), rapid.SliceOfN(step, 60, 300)).Draw(r, "steps")
		fail := ""
		inWorld(t, func(_ *testing.T, w *world) { fail = wander(w, steps) })
		if fail != "" {
			r.Fatal(fail)
		}
	})
}

func wander(w *world, steps []int) string {
	users := []wire.UserID{"ana", "bia", "carlo"}
	var devices []*device
	for _, u := range users {
		for _, name := range []string{"phone", "laptop"} {
			devices = append(devices, w.device(string(u), name))
		}
	}
	var calls []wire.CallID
	accepted := map[string]bool{} // call/user
	listening := listening{}
	for _, step := range steps {
		d := devices[step%len(devices)]
		step /= len(devices)
		if step%16 == 0 || len(calls) == 0 {
			other := users[step/16%len(users)]
			if reply, err := d.try(&wire.Ring{Users: []wire.UserID{other}, Kind: wire.KindVoice}); err == nil {
				id := reply.(wire.CallState).Call
				listening.knows(d, reply.(wire.CallState))
				calls = append(calls, id)
				accepted[string(id)+"/"+string(d.who.User)] = true
			}
			continue
		}
		id := calls[step/16%len(calls)]
		switch step % 16 {
		case 1, 2, 3:
			if reply, err := d.try(&wire.Accept{Call: id}); err == nil {
				listening.knows(d, reply.(wire.CallState))
				accepted[string(id)+"/"+string(d.who.User)] = true
			}
		case 4:
			_, _ = d.try(&wire.Decline{Call: id})
		case 5:
			_, _ = d.try(&wire.Leave{Call: id})
		case 6:
			_, _ = d.try(&wire.Cancel{Call: id})
		case 7:
			_, _ = d.try(&wire.DeviceRings{Call: id})
		case 8:
			if _, err := d.try(&wire.Describe{Call: id, Generation: 1, Type: wire.SDPOffer, SDP: "x"}); err == nil &&
				!accepted[string(id)+"/"+string(d.who.User)] {
				return fmt.Sprintf("%s described a call it never accepted", d.who.Session)
			}
		case 9:
			_, _ = d.try(&wire.Invite{Call: id, Users: users})
		case 10:
			w.registry.SessionLost(w.t.Context(), d.who.User, d.who.Session)
		case 11:
			for _, state := range w.registry.Attach(w.t.Context(), d.who) {
				listening.knows(d, state)
			}
		case 12:
			_, _ = d.try(&wire.MediaFailed{Call: id, Generation: uint32(step/16%3 + 1)})
		case 13:
			time.Sleep(time.Duration(step/16%40) * time.Second)
		case 14:
			if step/16%4 == 0 { // the server crashes; whoever was in a call comes back
				w.restart()
				for _, d := range devices {
					for _, state := range w.registry.Attach(w.t.Context(), d.who) {
						listening.knows(d, state)
					}
				}
				break
			}
			w.registry.Blocked(w.t.Context(), d.who.User, users[step/16%len(users)])
		case 15:
			_, _ = d.try(&wire.MediaFlows{Call: id, Generation: 1, Path: wire.PathHost})
		}
		if fail := check(w, devices, accepted, listening); fail != "" {
			return fail
		}
	}
	for _, d := range devices {
		w.registry.SessionLost(w.t.Context(), d.who.User, d.who.Session)
	}
	time.Sleep(2 * time.Minute)
	synctest.Wait()
	if n := len(w.shapes()); n != 0 {
		return fmt.Sprintf("%d calls never ended", n)
	}
	return outcomes(w)
}

// heardOf is what a device has heard of a call.
type heardOf struct {
	epoch, seq uint32
	ended      bool
}

// listening is that of all devices, by session and call.
type listening map[string]heardOf

// knows notes the state that a device was given of a call.
func (l listening) knows(d *device, s wire.CallState) {
	key := string(d.who.Session) + "/" + string(s.Call)
	if now := l[key]; s.Epoch > now.epoch || s.Epoch == now.epoch && s.Seq > now.seq {
		l[key] = heardOf{s.Epoch, s.Seq, now.ended}
	}
}

// takes notes an event, and tells what is wrong with it: it does not follow on the one
// before, nor on a state that the device was given, or comes after the end.
func (l listening) takes(d *device, f wire.Frame) string {
	key := string(d.who.Session) + "/" + string(f.Call)
	now, known := l[key]
	switch {
	case f.Seq == 0: // of no event of the call's sequence
		return ""
	case now.ended:
		return fmt.Sprintf("%s was told %s after the end", d.who.Session, f.Type)
	case known && f.Epoch == now.epoch && f.Seq > now.seq+1 && f.Type != "callEnded":
		return fmt.Sprintf("%s was told %s, event %d, after event %d", d.who.Session, f.Type, f.Seq, now.seq)
	}
	l[key] = heardOf{f.Epoch, f.Seq, f.Type == "callEnded"}
	return ""
}

func check(w *world, devices []*device, accepted map[string]bool, listening listening) string {
	synctest.Wait()
	for _, d := range devices {
		for _, f := range d.frames() {
			if fail := listening.takes(d, f); fail != "" {
				return fail
			}
			if f.Type == "described" && !accepted[string(f.Call)+"/"+string(d.who.User)] {
				return fmt.Sprintf("a description reached %s before any accept", d.who.Session)
			}
		}
	}
	return ""
}

// outcomes checks that each call that ended has exactly one set-up outcome and
// one end, that a failed one and no other has a cause, and that no push for a
// ring is left. Attempts that made no call have an outcome of their own, and no
// trace.
func outcomes(w *world) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	setUps, ends := map[string]int{}, map[string]int{}
	for _, e := range w.events {
		switch e := e.(type) {
		case SetUpEnded:
			if (e.Outcome == OutcomeFailed) != slices.Contains(Causes(), e.Cause) {
				return fmt.Sprintf("a set-up ended as %s with the cause %q", e.Outcome, e.Cause)
			}
			if e.Trace != "" {
				setUps[e.Trace]++
			}
		case Ended:
			if !slices.Contains(EndCauses(), e.Cause) {
				return fmt.Sprintf("a call ended with the cause %q", e.Cause)
			}
			ends[e.Trace]++
		}
	}
	for trace, n := range setUps {
		if n != 1 || ends[trace] != 1 {
			return fmt.Sprintf("a call had %d outcomes and %d ends", n, ends[trace])
		}
	}
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if len(setUps) != len(w.store.calls) || len(ends) != len(w.store.calls) {
		return fmt.Sprintf("%d calls had %d outcomes and %d ends", len(w.store.calls), len(setUps), len(ends))
	}
	for id, row := range w.store.calls {
		if row.EndReason == "" {
			return fmt.Sprintf("call %s has not ended in the store", id)
		}
	}
	for user, rows := range w.store.outbox {
		for _, row := range rows {
			if len(row) > len(TopicRing) && row[:len(TopicRing)] == TopicRing {
				return fmt.Sprintf("%s is still to be rung: %s", user, row)
			}
		}
	}
	if len(w.store.pairs) != 0 {
		return fmt.Sprintf("%d pairs are still taken", len(w.store.pairs))
	}
	return ""
}
