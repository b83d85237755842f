package signalling_test

import (
	"testing"
	"time"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// Who wants no ring while he is in a call is busy: whoever may ring him is told at once,
// and who is blocked sees him offline, as ever.
func TestWhoRejectsRingsInACallIsBusyToWhoMayRing(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{RingTimeout: 2 * time.Second})
	_, bia, first := couple(t, s)
	tablet, carlo, dora := signIn(t, s, "bia", "tablet"), signIn(t, s, "carlo", "phone"), signIn(t, s, "dora", "phone")
	now := ask[wire.Privacy](bia, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, RejectInCall: true})
	if !now.RejectInCall || !event[wire.Privacy](tablet, "privacy").RejectInCall {
		t.Fatalf("the settings are %+v", now)
	}
	ask[wire.People](bia, "block", wire.Block{User: "dora"})
	ring := func(p *page) (call wire.CallID, end heard, took time.Duration) {
		from, start := p.count(), time.Now()
		call = ask[wire.CallState](p, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
		end = p.wait("callEnded", from, func(f wire.Frame) bool { return f.Type == "callEnded" && f.Call == call })
		return call, end, end.at.Sub(start)
	}
	before := [2]int{bia.count(), tablet.count()}
	call, end, took := ring(carlo)
	if reason := decode[wire.CallEnded](t, end.frame).Reason; reason != wire.EndBusy || took > time.Second {
		t.Errorf("carlo hears %s after %s", reason, took)
	}
	if e := event[wire.InviteUnanswered](carlo, "inviteUnanswered"); !e.Busy {
		t.Error("carlo is not told that she is busy")
	}
	_, end, took = ring(dora)
	if reason := decode[wire.CallEnded](t, end.frame).Reason; reason != wire.EndNoAnswer || took < 2*time.Second {
		t.Errorf("who is blocked hears %s after %s", reason, took)
	}
	if e := event[wire.InviteUnanswered](dora, "inviteUnanswered"); e.Busy {
		t.Error("who is blocked is told that she is busy")
	}
	for i, p := range []*page{bia, tablet} {
		for _, h := range p.heardAfter(before[i]) {
			if h.frame.Type != "logged" && h.frame.Type != "people" {
				t.Errorf("device %d heard %s", i, h.frame.Type)
			}
		}
	}
	if log := ask[wire.CallLog](tablet, "getCallLog", wire.GetCallLog{}).Entries; len(log) != 2 || log[0].Call != call || log[0].Outcome != wire.OutcomeMissed {
		t.Errorf("the log is %+v", log)
	}
	why := ask[wire.Decisions](tablet, "getDecisions", wire.GetDecisions{}).Entries
	if len(why) < 2 || why[0].Reason != wire.ReasonBlocked || why[1].Reason != wire.ReasonInCall || why[1].Verdict != wire.VerdictBusy || why[1].Call != call {
		t.Errorf("the decisions are %+v", why)
	}
	// Her own call goes on to another device of hers, and when it is over she is free.
	ask[wire.CallState](tablet, "moveHere", wire.MoveHere{Call: first})
	if _, end, _ := ring(carlo); decode[wire.CallEnded](t, end.frame).Reason != wire.EndBusy {
		t.Error("after moving the call she is not busy")
	}
	ask[wire.Done](tablet, "leave", wire.Leave{Call: first})
	ask[wire.CallState](carlo, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
	tablet.wait("incoming", before[1], func(f wire.Frame) bool { return f.Type == "incoming" })
}
