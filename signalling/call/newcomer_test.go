package call

import (
	"slices"
	"testing"
	"time"

	"pronto/sfu"
	"pronto/signalling/wire"
)

func TestAPageThatWasLoadedAnewGetsANewLeafInOneCommit(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		again := bia.mls.KeyPackage()
		bia.must(&wire.EnterKeys{Call: bia.call, KeyPackage: wire.ToBlob(again)})
		wanted := mustHear[wire.KeysWanted](ana, "keysWanted")
		if len(wanted.Add) != 1 || !slices.Equal(wanted.Remove, []uint32{1}) {
			t.Fatalf("to commit: %+v", wanted)
		}
		if _, err := ana.try(ana.commit(0, [][]byte{again})); code(err) != wire.CodeInvalid {
			t.Errorf("the add without the removal: %v", err)
		}
		if holders := ana.send(ana.commit(0, [][]byte{again}, 1)); !slices.Contains(holders, wire.KeyHolder{Participant: bia.self, Leaf: 1}) {
			t.Errorf("the keys are held by %v", holders)
		}
	})
}

func TestWhoIsNotAddedAddsHimself(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		again := bia.mls.KeyPackage()
		k := bia.must(&wire.EnterKeys{Call: bia.call, KeyPackage: wire.ToBlob(again)}).(wire.Keys)
		bia.epoch = k.Epoch
		if holders := bia.send(bia.external(1)); !slices.Contains(holders, wire.KeyHolder{Participant: bia.self, Leaf: 1}) {
			t.Errorf("the keys are held by %v", holders)
		}
		mustHear[wire.KeysCommitted](ana, "keysCommitted")
		if _, err := ana.try(ana.commit(0, [][]byte{again}, 1)); code(err) != wire.CodeStale {
			t.Errorf("the commit that was asked for, too late: %v", err)
		}
		time.Sleep(3 * time.Second)
		if slices.Contains(ana.heard(), "keysWanted") {
			t.Error("he is to be added once more")
		}
	})
}

func TestWhoseWelcomeWasLostAddsHimselfAndNobodyForestallsHim(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		carlo := w.speaking("carlo", "phone")
		ana.must(&wire.Invite{Call: ana.call, Users: []wire.UserID{"carlo"}})
		carlo.in(carlo.must(&wire.Accept{Call: ana.call}).(wire.CallState))
		pkg := carlo.enter()
		mustHear[wire.KeysWanted](ana, "keysWanted")
		ana.send(ana.commit(0, [][]byte{pkg}))
		bia.heard()
		carlo.heard() // and with it his Welcome
		time.Sleep(2 * time.Second)
		k := carlo.must(&wire.EnterKeys{Call: carlo.call, KeyPackage: wire.ToBlob(pkg)}).(wire.Keys)
		time.Sleep(2 * time.Second)
		for _, d := range []*keyed{ana, bia} {
			if slices.Contains(d.heard(), "keysWanted") {
				t.Error("somebody is asked to add him again, and would be first")
			}
		}
		carlo.epoch = k.Epoch
		holders := carlo.send(carlo.external(2))
		if !slices.Contains(holders, wire.KeyHolder{Participant: carlo.self, Leaf: 2}) {
			t.Errorf("the keys are held by %v", holders)
		}
		ana.epoch = carlo.epoch
		ana.ready()
		carlo.enter() // with another package: he has lost everything
		mustHear[wire.KeysWanted](ana, "keysWanted")
	})
}

func TestNothingComesToANewcomerBeforeHeCanOpenIt(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := w.speaking("ana", "laptop"), w.speaking("bia", "phone")
		ana.in(ana.ring("bia", "carlo"))
		ana.enter()
		if err := ana.found(1); err != nil {
			t.Fatal(err)
		}
		bia.in(bia.must(&wire.Accept{Call: ana.call}).(wire.CallState))
		for _, d := range []*keyed{ana, bia} {
			d.must(&wire.Negotiate{Call: d.call, Generation: 1, SDP: "offer", Sends: []wire.Send{}})
		}
		peer := func(d *keyed) *mediaPeer { return w.media.peers[d.call][d.self] }
		if p := peer(bia); !p.shut || p.seal != (sfu.Seal{Required: true}) {
			t.Errorf("before he has a leaf: %+v", p)
		}
		if p := peer(ana); p.seal != (sfu.Seal{Required: true, Holds: true}) {
			t.Errorf("of the founder is asked %+v", p.seal)
		}
		ana.ready()
		pkg := bia.enter()
		ana.send(ana.commit(0, [][]byte{pkg}))
		if p := peer(bia); !p.shut || p.seal != (sfu.Seal{Required: true, Holds: true, Leaf: 1, Epoch: 1}) {
			t.Errorf("once added, before he is ready: %+v", p)
		}
		if p := peer(ana); p.shut || p.seal.Epoch != 1 {
			t.Errorf("of who committed is asked %+v", p)
		}
		bia.group, bia.epoch = 1, 1
		bia.ready()
		if peer(bia).shut {
			t.Error("nothing comes to who is ready")
		}
		bia.must(&wire.Hold{Call: bia.call, On: true})
		if !peer(bia).shut {
			t.Error("something comes to who is on hold")
		}
		bia.must(&wire.Hold{Call: bia.call})
		bia.must(&wire.EnterKeys{Call: bia.call, KeyPackage: wire.ToBlob(bia.mls.KeyPackage())})
		bia.must(&wire.Hold{Call: bia.call, On: true})
		bia.must(&wire.Hold{Call: bia.call})
		if !peer(bia).shut {
			t.Error("something comes to a page that was loaded anew and has no keys")
		}
	})
}

func TestADeviceMayEnterWithAPackageThatItHasLeft(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana := w.speaking("ana", "laptop")
		ana.in(ana.ring("bia"))
		if _, err := ana.try(&wire.EnterKeys{Call: ana.call}); code(err) != wire.CodeInvalid {
			t.Errorf("without any package: %v", err)
		}
		w.store.packages = map[string][]string{"ana/laptop": {string(wire.ToBlob(ana.mls.KeyPackage()))}}
		if _, err := ana.try(&wire.EnterKeys{Call: "cal_other"}); code(err) != wire.CodeNotFound {
			t.Errorf("into a call that is not ours: %v", err)
		}
		ana.must(&wire.EnterKeys{Call: ana.call})
		if left := mustHear[wire.KeyPackages](ana, "keyPackages"); left.Left != 0 {
			t.Errorf("asked for more with %+v left", left)
		}
		if _, err := ana.try(&wire.EnterKeys{Call: ana.call}); code(err) != wire.CodeInvalid {
			t.Errorf("the package once more: %v", err)
		}
	})
}

func TestANewcomerWhomNobodyAddsDoesNotKeepOthersOut(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		ana.must(&wire.Invite{Call: ana.call, Users: []wire.UserID{"eve", "carlo"}})
		eve, carlo := w.speaking("eve", "phone"), w.speaking("carlo", "phone")
		eve.in(eve.must(&wire.Accept{Call: ana.call}).(wire.CallState))
		eve.enter() // with a package that everybody finds bad
		carlo.in(carlo.must(&wire.Accept{Call: ana.call}).(wire.CallState))
		good := carlo.enter()
		var told int
		for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(100 * time.Millisecond) {
			for _, d := range []*keyed{ana, bia} {
				wanted, ok := newest[wire.KeysWanted](d, "keysWanted")
				if !ok {
					continue
				}
				told++
				if slices.ContainsFunc(wanted.Add, func(a wire.KeyApplicant) bool { return a.Participant == carlo.self }) {
					leaf := map[*keyed]uint32{ana: 0, bia: 1}[d]
					d.send(d.commit(leaf, [][]byte{good}))
					d.ready()
				}
			}
		}
		if told > 2*maxAsked {
			t.Errorf("somebody was asked %d times", told)
		}
		k := ana.must(&wire.SyncKeys{Call: ana.call, Group: 1, Epoch: ana.epoch}).(wire.KeysLog)
		if k.Epoch != 2 {
			t.Errorf("the group is in epoch %d", k.Epoch)
		}
		again := eve.enter()
		wanted, ok := newest[wire.KeysWanted](ana, "keysWanted")
		if !ok { // the other one has added carlo, and has the keys
			wanted = mustHear[wire.KeysWanted](bia, "keysWanted")
		}
		if len(wanted.Add) != 1 || wanted.Add[0].KeyPackage != wire.ToBlob(again) {
			t.Errorf("with a good package he is offered as %+v", wanted)
		}
	})
}
