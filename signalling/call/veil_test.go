package call

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// veil keeps viewer from seeing subject, as his settings would.
func (m *memory) veil(viewer, subject string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.veiled == nil {
		m.veiled = map[[2]string]bool{}
	}
	m.veiled[[2]string{viewer, subject}] = true
}

// named is a device whose name is not its account's id.
func (w *world) named(user string) *device {
	d := w.device(user, "phone")
	d.who.Name = strings.ToUpper(user)
	return d
}

// allHeard is all that came to a device since the last time, as one text.
func (d *device) allHeard() string {
	d.w.t.Helper()
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	var text strings.Builder
	for _, f := range d.w.inbox[d.who.Session] {
		fmt.Fprintf(&text, "%s %s\n", f.Type, f.Body)
	}
	delete(d.w.inbox, d.who.Session)
	return text.String()
}

func TestWhoIsOutsideAnAudienceGetsNoNameInAnyMessageOfACall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		// BIA does not show herself to carlo, nor ANA to dora.
		w.store.veil("carlo", "bia")
		w.store.veil("dora", "ana")
		ana, bia, carlo, dora := w.named("ana"), w.named("bia"), w.named("carlo"), w.named("dora")
		ana.who.Automated = true
		call := ana.ring("bia").Call
		bia.must(&wire.Accept{Call: call})
		if heard := bia.allHeard(); !strings.Contains(heard, `"ANA"`) {
			t.Errorf("bia, to whom ana shows herself, heard %s", heard)
		}
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo", "dora"}})
		heard := carlo.allHeard() + fmt.Sprint(carlo.must(&wire.Accept{Call: call}), carlo.must(&wire.Sync{Call: call}))
		if !strings.Contains(heard, "ANA") || strings.Contains(heard, "BIA") || !strings.Contains(heard, "bia") {
			t.Errorf("carlo, to whom bia does not show herself, heard %s", heard)
		}
		in := dora.frames()[0]
		if got := body[wire.Incoming](t, in); got.Name != "ana" || got.From != "ana" {
			t.Errorf("dora is rung by %+v", got)
		}
		if got := body[wire.Incoming](t, in); !got.Automated {
			t.Error("dora is rung by a program whose name she must not see, and is not told that it is one")
		}
		state := fmt.Sprint(dora.must(&wire.Accept{Call: call}))
		if strings.Contains(state, "ANA") || !strings.Contains(state, "BIA") {
			t.Errorf("dora got %s", state)
		}
		if heard := carlo.allHeard() + ana.allHeard(); !strings.Contains(heard, `"DORA"`) {
			t.Errorf("those to whom dora shows herself heard %s", heard)
		}
		w.restart()
		for _, d := range []*device{ana, bia, carlo, dora} {
			w.registry.Attach(t.Context(), d.who)
		}
		ana.must(&wire.End{Call: call})
		for user, hidden := range map[string]string{"carlo": "BIA", "dora": "ANA"} {
			rows := w.store.log[user]
			if last := rows[len(rows)-1]; strings.Contains(last.PeerIDs+last.PeerName, hidden) {
				t.Errorf("%s's log has %s", user, last.PeerIDs)
			}
		}
		if heard := carlo.allHeard(); strings.Contains(heard, "BIA") {
			t.Errorf("at the end carlo heard %s", heard)
		}
	})
}

func TestAnAttemptIsKeptWithoutANameThatTheCalleeMayNotSee(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.veil("bia", "ana")
		w.named("ana").ring("bia")
		if d := w.store.decided[0]; d.CallerName != "ana" || d.CallerID != "ana" {
			t.Errorf("kept is %+v", d)
		}
	})
}

func TestWhoComesByALinkSeesOnlyWhoShowsHimself(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.links["l1"] = store.Link{ID: "l1", OwnerID: "ana", Kind: store.Voice}
		w.store.veil("bia", "ana")
		ana, bia := w.named("ana"), w.named("bia")
		ana.must(&wire.JoinLink{Link: "l1"})
		if state := fmt.Sprint(bia.must(&wire.JoinLink{Link: "l1"})); strings.Contains(state, "ANA") {
			t.Errorf("bia got %s", state)
		}
		if heard := ana.allHeard(); !strings.Contains(heard, `"BIA"`) {
			t.Errorf("ana heard %s", heard)
		}
	})
}

func TestIfItCannotBeReadWhoSeesWhomNobodyDoes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call := w.named("ana").ring("bia").Call
		c, err := w.registry.call(call)
		if err != nil {
			t.Fatal(err)
		}
		w.store.mu.Lock()
		w.store.down = true
		w.store.mu.Unlock()
		err = c.do(t.Context(), func() error {
			if hidden, shown := c.seen(t.Context(), true, "bia"); len(hidden) != 2 || len(shown) != 0 {
				t.Errorf("hidden are %v, shown %v", hidden, shown)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestAnInvitationThatIsTakenBackIsNotAnAbsence(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := group(w)
		dora := w.device("dora", "phone")
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"dora", "ezio"}})
		dora.expect("incoming")
		for _, d := range []*device{ana, bia, carlo} {
			d.heard()
		}
		ana.must(&wire.Cancel{Call: call})
		for _, d := range []*device{ana, bia, carlo} {
			d.expect("inviteWithdrawn", "inviteWithdrawn")
		}
		dora.expect("ringStopped", "logged")
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"dora"}})
		for _, d := range []*device{bia, carlo} {
			d.heard()
		}
		dora.must(&wire.Decline{Call: call})
		bia.expect("inviteUnanswered")
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"ezio"}})
		bia.heard()
		time.Sleep(45 * time.Second)
		bia.expect("inviteUnanswered")
	})
}

func TestWhoWasInTheCallIsRungAgainByTheSameRules(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := group(w)
		carlo.must(&wire.Leave{Call: call})
		carlo.heard()
		before := len(w.store.decided)
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}})
		carlo.expect("incoming")
		carlo.must(&wire.Decline{Call: call})
		w.store.block("carlo", "bia")
		carlo.heard()
		bia.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}})
		carlo.expect()
		var paths, verdicts []string
		for _, d := range w.store.decided[before:] {
			paths, verdicts = append(paths, d.Path), append(verdicts, d.Verdict)
		}
		again := policy.PathRingAgain.String()
		if !slices.Equal(paths, []string{again, again}) || !slices.Equal(verdicts, []string{"allowed", "silent"}) {
			t.Errorf("the attempts are kept as %v, %v", paths, verdicts)
		}
	})
}

func TestAProposalGoesToWhomPolicyLetsItGo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := group(w)
		w.store.block("carlo", "ana") // a block that came while they were in a call of several
		for _, d := range []*device{ana, bia, carlo} {
			d.heard()
		}
		ana.must(&wire.ProposeKind{Call: call, Kind: wire.KindVoice})
		ana.expect("kindProposed")
		bia.expect("kindProposed")
		carlo.expect()
		if _, err := carlo.try(&wire.AnswerKind{Call: call, Accept: true}); code(err) != wire.CodeNotFound {
			t.Errorf("who was not asked answers: %v", err)
		}
		bia.must(&wire.AnswerKind{Call: call, Accept: true})
		ana.expect("kindAnswered")
		carlo.expect()
		// He has missed nothing that he knows of.
		carlo.must(&wire.RaiseHand{Call: call, On: true})
		last := carlo.frames()
		state := carlo.must(&wire.Sync{Call: call}).(wire.CallState)
		if got := last[len(last)-1]; got.Seq != state.Seq {
			t.Errorf("the last event has number %d, the state %d", got.Seq, state.Seq)
		}
		time.Sleep(proposalFor)
		carlo.expect()
		ana.must(&wire.ProposeKind{Call: call, Kind: wire.KindVideo})
		w.store.mu.Lock()
		w.store.down = true
		w.store.mu.Unlock()
		if _, err := bia.try(&wire.ProposeKind{Call: call, Kind: wire.KindVideo}); code(err) != wire.CodeUnavailable {
			t.Errorf("policy cannot be asked: %v", err)
		}
	})
}

func TestACallForgetsADeletedAccount(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := group(w)
		dora := w.device("dora", "phone")
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"dora"}})
		dora.heard()
		for _, d := range []*device{ana, bia, carlo} {
			d.heard()
		}
		w.registry.Deleted(t.Context(), "carlo")
		bia.expect("participantLeft")
		w.registry.Deleted(t.Context(), "dora")
		bia.expect("inviteUnanswered")
		w.registry.Deleted(t.Context(), "nobody")
		if snapshot := w.store.calls[string(call)].Snapshot; strings.Contains(snapshot, "carlo") || strings.Contains(snapshot, "dora") {
			t.Errorf("the call still has %s", snapshot)
		}
		ana.must(&wire.End{Call: call})
		rows := w.store.log["bia"]
		if last := rows[len(rows)-1]; strings.Contains(last.PeerIDs, "carlo") || !strings.Contains(last.PeerIDs, `{"user":"","name":""}`) || last.PeerName != "ana" {
			t.Errorf("bia's log says %s, %s", last.PeerName, last.PeerIDs)
		}
		name, ids := Forget("ana")("ana, bia", `[{"user":"ana","name":"ana"},{"user":"bia","name":"bia"}]`)
		if name != "bia" || ids != `[{"user":"","name":""},{"user":"bia","name":"bia"}]` {
			t.Errorf("forgotten: %s, %s", name, ids)
		}
		if name, ids := Forget("ana")("x", "broken"); name != "x" || ids != "broken" {
			t.Errorf("a broken row becomes %s, %s", name, ids)
		}
	})
}

func TestTwoHaveMetAsLongAsTheyAreInACall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		if met := w.registry.Met("ana"); len(met) != 1 { // she herself
			t.Errorf("while it rings ana has met %v", met)
		}
		bia.must(&wire.Accept{Call: call})
		if _, ok := w.registry.Met("ana")["bia"]; !ok {
			t.Error("they have not met")
		}
		bia.must(&wire.Leave{Call: call})
		if met := w.registry.Met("ana"); len(met) != 0 {
			t.Errorf("after it ana has met %v", met)
		}
	})
}

func TestThatSomebodyIsAProgramIsToldOnceItIsInTheCall(t *testing.T) {
	s := &state{Veils: []veil{{"dora", "bot"}}, Legs: []leg{
		{Participant: "p1", User: "dora", Presence: wire.PresenceJoined}, {Participant: "p2", User: "ana", Presence: wire.PresenceJoined},
		{Participant: "p3", User: "bot", Name: "Bot", Automated: true, Presence: wire.PresenceInvited},
	}}
	for _, presence := range []wire.Presence{wire.PresenceInvited, wire.PresenceRinging, wire.PresenceJoined, wire.PresenceReconnecting} {
		bot := &s.Legs[2]
		bot.Presence = presence
		if got := s.view("p2").Participants[2]; got.Name != "Bot" || !got.Automated {
			t.Errorf("%s, who sees it: %+v", presence, got)
		}
		if got := s.view("p1").Participants[2]; got.Name != "bot" || got.Automated != bot.in() {
			t.Errorf("%s, who must not see its profile: %+v", presence, got)
		}
	}
}
