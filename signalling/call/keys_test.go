package call

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

func TestTheCalleeGetsTheKeysFromTheCallerOnceHeHasAccepted(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := w.speaking("ana", "laptop"), w.speaking("bia", "phone")
		state := ana.ring("bia")
		if !state.Encrypted {
			t.Error("the call is not encrypted")
		}
		ana.in(state)
		ana.enter()
		if ana.group != 0 {
			t.Fatalf("a new call has the group %d", ana.group)
		}
		if err := ana.found(1); err != nil {
			t.Fatal(err)
		}
		ana.ready()
		if in := mustHear[wire.Incoming](bia, "incoming"); !in.Encrypted {
			t.Error("the ring does not say that the call is encrypted")
		}
		bia.call = ana.call
		for _, m := range []any{
			&wire.EnterKeys{Call: bia.call, KeyPackage: wire.ToBlob(bia.mls.KeyPackage())},
			&wire.SyncKeys{Call: bia.call, Group: 1}, &wire.KeysReady{Call: bia.call, Group: 1},
			&wire.SendKeyMessage{Call: bia.call, To: "p1", Body: "AA"},
			&wire.FoundKeys{Call: bia.call, Group: 2, GroupInfo: bia.info(0)},
		} {
			if _, err := bia.try(m); code(err) != wire.CodeNotFound {
				t.Errorf("%T before accepting: %v", m, err)
			}
		}
		ana.heard()
		bia.in(bia.must(&wire.Accept{Call: ana.call}).(wire.CallState))
		pkg := bia.enter()
		wanted := mustHear[wire.KeysWanted](ana, "keysWanted")
		if wanted.Epoch != 0 || len(wanted.Add) != 1 || wanted.Add[0].KeyPackage != wire.ToBlob(pkg) || len(wanted.Remove) > 0 {
			t.Fatalf("the caller is to commit %+v", wanted)
		}
		m := ana.commit(0, [][]byte{pkg})
		if holders := ana.send(m); !slices.Equal(holders, []wire.KeyHolder{{Participant: "p1"}, {Participant: "p2", Leaf: 1}}) {
			t.Errorf("the keys are held by %v", holders)
		}
		welcome := mustHear[wire.KeysWelcomed](bia, "keysWelcomed")
		if welcome.Epoch != 1 || welcome.Welcome != m.Welcome || welcome.GroupInfo != m.GroupInfo || len(welcome.Holders) != 2 {
			t.Errorf("the callee got %+v", welcome)
		}
		bia.epoch = 1
		bia.ready()
		ana.ready()
		if s := mustHear[wire.KeysSwitch](ana, "keysSwitch"); s.Epoch != 1 {
			t.Errorf("the caller is to seal with epoch %d", s.Epoch)
		}
	})
}

// Who comes is announced with the epoch that the others seal in.
func TestWhoJoinsIsAnnouncedWithTheEpoch(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, _ := keyedPair(w)
		carlo := w.speaking("carlo", "desk")
		ana.must(&wire.Invite{Call: ana.call, Users: []wire.UserID{"carlo"}})
		carlo.in(carlo.must(&wire.Accept{Call: ana.call}).(wire.CallState))
		if joined := mustHear[wire.ParticipantJoined](ana, "participantJoined"); joined.KeyEpoch != ana.epoch || ana.epoch == 0 || joined.Participant.Device != wire.DeviceOther {
			t.Errorf("in epoch %d he comes with %+v", ana.epoch, joined)
		}
	})
}

func TestALeafIsRemovedWhenItsHolderLeaves(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		ana.must(&wire.Invite{Call: ana.call, Users: []wire.UserID{"carlo"}})
		carlo := w.speaking("carlo", "phone")
		carlo.in(carlo.must(&wire.Accept{Call: ana.call}).(wire.CallState))
		pkg := carlo.enter()
		ana.send(ana.commit(0, [][]byte{pkg}))
		ana.ready()
		bia.epoch, carlo.epoch, carlo.group = 2, 2, 1
		bia.ready()
		carlo.ready()
		for _, d := range []*keyed{ana, bia, carlo} {
			d.heard()
		}
		bia.must(&wire.Leave{Call: bia.call})
		wanted := mustHear[wire.KeysWanted](ana, "keysWanted")
		if !slices.Equal(wanted.Remove, []uint32{1}) || len(wanted.Add) > 0 {
			t.Errorf("after the second left there is to commit %+v", wanted)
		}
		// The first does nothing: after a second it is the third's turn.
		if slices.Contains(carlo.heard(), "keysWanted") {
			t.Error("two were asked at once")
		}
		time.Sleep(commitWithin + 10*time.Millisecond)
		wanted = mustHear[wire.KeysWanted](carlo, "keysWanted")
		if !slices.Equal(wanted.Remove, []uint32{1}) {
			t.Errorf("the next is to commit %+v", wanted)
		}
		carlo.send(carlo.commit(2, nil, 1))
		committed := mustHear[wire.KeysCommitted](ana, "keysCommitted")
		if len(committed.Holders) != 2 {
			t.Errorf("the keys are held by %v", committed.Holders)
		}
		time.Sleep(5 * time.Second)
		if slices.Contains(ana.heard(), "keysWanted") || slices.Contains(carlo.heard(), "keysWanted") {
			t.Error("somebody was asked to commit nothing")
		}
	})
}

func TestAGroupIsReplacedOnlyWhenItHelpsNobody(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		time.Sleep(10 * time.Second)
		if err := bia.found(2); code(err) != wire.CodeForbidden {
			t.Errorf("who holds the epoch founds another group: %v", err)
		}
		bia.group = 1
		ana.send(ana.commit(0, nil)) // of which the other can make nothing
		if err := bia.found(2); code(err) != wire.CodeForbidden {
			t.Errorf("a group is replaced at once: %v", err)
		}
		bia.group = 1
		time.Sleep(uselessAfter)
		ana.heard()
		if err := bia.found(2); err != nil {
			t.Errorf("a group of which half can make nothing: %v", err)
		}
		if r := mustHear[wire.KeysRestarted](ana, "keysRestarted"); r.Group != 2 {
			t.Errorf("the other is told of group %d", r.Group)
		}
		k := ana.must(&wire.EnterKeys{Call: ana.call, KeyPackage: wire.ToBlob(ana.mls.KeyPackage())}).(wire.Keys)
		if k.Group != 2 || k.Epoch != 0 || k.First != 3 || len(k.Holders) != 1 {
			t.Errorf("the new group is %+v; its first epoch must not have been before", k)
		}
		if err := ana.found(2); code(err) != wire.CodeStale {
			t.Errorf("the second founder: %v", err)
		}
		if _, err := ana.try(&wire.KeysReady{Call: ana.call, Group: 1, Epoch: 2}); code(err) != wire.CodeStale {
			t.Errorf("ready in the old group: %v", err)
		}
	})
}

func TestEverybodyIsToldToSwitchWhenAllAreReadyOrAfterAWhile(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		ana.send(ana.commit(0, nil))
		time.Sleep(switchWithin - time.Millisecond)
		if slices.Contains(ana.heard(), "keysSwitch") {
			t.Error("the switch came before all were ready")
		}
		time.Sleep(2 * time.Millisecond)
		if s := mustHear[wire.KeysSwitch](ana, "keysSwitch"); s.Epoch != 2 {
			t.Errorf("the switch is to epoch %d", s.Epoch)
		}
		bia.heard()
		bia.epoch = 2
		bia.send(bia.commit(1, nil))
		ana.heard()
		ana.epoch = 3
		ana.ready()
		mustHear[wire.KeysSwitch](bia, "keysSwitch")
	})
}

func TestAClientWithoutEncryptionIsRefusedInAnEncryptedCall(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		w.store.links["link"] = linkOf("ana")
		old := w.device("olga", "old")
		ana, bia := w.speaking("ana", "laptop"), w.device("bia", "old")
		ana.in(ana.ring("bia"))
		if _, err := bia.try(&wire.Accept{Call: ana.call}); code(err) != wire.CodeEncryptionNeeded {
			t.Errorf("accept: %v", err)
		}
		if _, err := old.try(&wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice}); code(err) != wire.CodeEncryptionNeeded {
			t.Errorf("ring: %v", err)
		}
		if _, err := old.try(&wire.JoinLink{Link: "link"}); code(err) != wire.CodeEncryptionNeeded {
			t.Errorf("join by a link: %v", err)
		}
		if uses := w.store.links["link"].Uses; uses != 0 {
			t.Errorf("that counted as %d uses of the link", uses)
		}
		if _, err := ana.try(&wire.Ring{Users: []wire.UserID{"carlo"}, Kind: wire.KindVoice, Unencrypted: true}); code(err) != wire.CodeForbidden {
			t.Errorf("a call without encryption: %v", err)
		}
		stranger := w.device("eve", "old")
		if _, err := stranger.try(&wire.Accept{Call: ana.call}); code(err) != wire.CodeNotFound {
			t.Errorf("who has nothing to do with the call: %v", err)
		}
	})
}

func TestACallIsUnencryptedOnlyWhereTheOperatorLetsItAskForThat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.registry.Close()
		w.secrecy = EncryptionOptional
		w.start()
		ana, bia := w.speaking("ana", "laptop"), w.device("bia", "old")
		open := ana.must(&wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice, Unencrypted: true}).(wire.CallState)
		if open.Encrypted {
			t.Error("a call that asks for no encryption says that it is encrypted")
		}
		if got := bia.must(&wire.Accept{Call: open.Call}).(wire.CallState); got.Encrypted {
			t.Error("the callee is told that it is encrypted")
		}
		for _, m := range []any{
			&wire.EnterKeys{Call: open.Call, KeyPackage: wire.ToBlob(ana.mls.KeyPackage())},
			&wire.FirstOpened{Call: open.Call}, &wire.ReportKeys{Call: open.Call, Failure: wire.KeyFailureNoKey},
		} {
			if _, err := ana.try(m); code(err) != wire.CodeForbidden {
				t.Errorf("%T in a call without encryption: %v", m, err)
			}
		}
		if closed := ana.ring("carlo"); !closed.Encrypted {
			t.Error("a call that asks for nothing is not encrypted")
		}
	})
}

func TestTheKeysOfACallAreForgottenAtItsEnd(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		info := string(ana.must(&wire.EnterKeys{Call: ana.call, KeyPackage: wire.ToBlob(ana.mls.KeyPackage())}).(wire.Keys).GroupInfo)
		w.store.mu.Lock()
		kept := w.store.calls[string(ana.call)].Snapshot
		w.store.mu.Unlock()
		if !strings.Contains(kept, info) {
			t.Error("while it lives the store does not keep the GroupInfo, or this test looks at the wrong place")
		}
		bia.must(&wire.Leave{Call: bia.call})
		w.store.mu.Lock()
		kept = w.store.calls[string(ana.call)].Snapshot
		w.store.mu.Unlock()
		if strings.Contains(kept, info) {
			t.Error("after the end the store keeps the GroupInfo")
		}
	})
}

func TestMessagesBetweenDevicesGoToWhomTheyAreForAndAreLimited(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		ana.must(&wire.SendKeyMessage{Call: ana.call, To: bia.self, Body: "aGk"})
		if m := mustHear[wire.KeyMessage](bia, "keyMessage"); m.From != ana.self || m.Body != "aGk" {
			t.Errorf("the other heard %+v", m)
		}
		for _, to := range []wire.ParticipantID{ana.self, "p9"} {
			if _, err := ana.try(&wire.SendKeyMessage{Call: ana.call, To: to, Body: "aGk"}); code(err) != wire.CodeNotFound {
				t.Errorf("a message to %s: %v", to, err)
			}
		}
		for range 19 {
			ana.must(&wire.SendKeyMessage{Call: ana.call, To: bia.self, Body: "aGk"})
		}
		if _, err := ana.try(&wire.SendKeyMessage{Call: ana.call, To: bia.self, Body: "aGk"}); code(err) != wire.CodeRateLimited {
			t.Errorf("the 21st message at once: %v", err)
		}
		for range 4 {
			ana.send(ana.commit(0, nil))
		}
		if _, err := ana.try(ana.commit(0, nil)); code(err) != wire.CodeRateLimited {
			t.Errorf("the sixth commit at once: %v", err)
		}
		time.Sleep(time.Second)
		ana.send(ana.commit(0, nil))
	})
}

func TestWhoIsKeptApartIsNotNamedAmongTheHolders(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		w.group(true, "ana", "bia", "carlo")
		w.ownBlock("carlo", "bia")
		ana, bia, carlo := w.speaking("ana", "laptop"), w.speaking("bia", "phone"), w.speaking("carlo", "phone")
		ana.in(ana.must(&wire.RingGroup{Group: "g", Kind: wire.KindVoice, Silent: true}).(wire.CallState))
		ana.enter()
		if err := ana.found(1); err != nil {
			t.Fatal(err)
		}
		for i, d := range []*keyed{bia, carlo} {
			state := d.must(&wire.JoinGroupCall{Group: "g"}).(wire.CallState)
			if d.in(state); !state.Isolates {
				t.Error("the state does not say that there may be somebody who is not seen")
			}
			pkg := d.enter()
			ana.send(ana.commit(0, [][]byte{pkg}))
			d.epoch = uint32(i) + 1
			d.ready()
		}
		named := func(d *keyed) (list []wire.ParticipantID) {
			for _, h := range d.must(&wire.EnterKeys{Call: d.call, KeyPackage: wire.ToBlob(d.mls.KeyPackage())}).(wire.Keys).Holders {
				list = append(list, h.Participant)
			}
			return list
		}
		if got := named(bia); !slices.Equal(got, []wire.ParticipantID{ana.self, bia.self}) {
			t.Errorf("to one of the two the keys are held by %v", got)
		}
		if got := named(carlo); !slices.Equal(got, []wire.ParticipantID{ana.self, carlo.self}) {
			t.Errorf("to the other the keys are held by %v", got)
		}
		if _, err := bia.try(&wire.SendKeyMessage{Call: bia.call, To: carlo.self, Body: "AA"}); code(err) != wire.CodeNotFound {
			t.Errorf("a message from one to the other: %v", err)
		}
		ana.heard()
		carlo.heard()
		bia.must(&wire.Say{Call: bia.call, Body: "AA"})
		if m := mustHear[wire.Said](ana, "said"); m.From != bia.self {
			t.Errorf("who sees both heard %+v", m)
		}
		if got := carlo.heard(); slices.Contains(got, "said") {
			t.Errorf("who must not notice him heard %v", got)
		}
	})
}

func TestALineOfTextGoesToAllOthersAndIsLimited(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		ana.must(&wire.Say{Call: ana.call, Body: "aGk"})
		if m := mustHear[wire.Said](bia, "said"); m.From != ana.self || m.Body != "aGk" {
			t.Errorf("the other heard %+v", m)
		}
		for _, frame := range ana.heard() {
			if frame == "said" {
				t.Error("the line came back to who said it")
			}
		}
		for range 9 {
			ana.must(&wire.Say{Call: ana.call, Body: "aGk"})
		}
		if _, err := ana.try(&wire.Say{Call: ana.call, Body: "aGk"}); code(err) != wire.CodeRateLimited {
			t.Errorf("the 11th line at once: %v", err)
		}
		time.Sleep(time.Second)
		ana.must(&wire.Say{Call: ana.call, Body: "aGk"})
		dora := w.speaking("dora", "phone")
		dora.call = ana.call
		if _, err := dora.try(&wire.Say{Call: ana.call, Body: "aGk"}); err == nil {
			t.Error("somebody who is not in the call says something in it")
		}
	})
}

func linkOf(owner string) store.Link {
	return store.Link{ID: "link", OwnerID: owner, Kind: store.Video}
}
