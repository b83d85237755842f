package call

import (
	"slices"
	"testing"
	"time"

	"pronto/signalling/framing/framingtest"
	"pronto/signalling/wire"
)

func TestTheFirstCommitOfAnEpochIsTakenAndAllOthersAreStale(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		mine, his := ana.commit(0, nil), bia.commit(1, nil)
		ana.send(mine)
		if _, err := bia.try(his); code(err) != wire.CodeStale {
			t.Errorf("the second commit of the epoch: %v", err)
		}
		committed := mustHear[wire.KeysCommitted](bia, "keysCommitted")
		if committed.Epoch != 2 || committed.Commit != mine.Commit {
			t.Errorf("the other heard %+v", committed)
		}
		if ana.heard(); slices.Contains(ana.heard(), "keysCommitted") {
			t.Error("the sender heard of his own commit")
		}
		ana.send(mine) // his reply was lost: the same again
		if got := ana.epoch; got != 2 {
			t.Errorf("said again it led to epoch %d", got)
		}
		if heard := bia.heard(); slices.Contains(heard, "keysCommitted") {
			t.Errorf("said again it was told again: %q", heard)
		}
		bia.epoch = 2
		bia.send(bia.commit(1, nil))
		if _, err := ana.try(mine); code(err) != wire.CodeStale {
			t.Errorf("a commit of two epochs ago: %v", err)
		}
	})
}

func TestOfManyWhoCommitAtOnceExactlyOneIsFirst(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		people := []*keyed{}
		ana, bia := keyedPair(w)
		people = append(people, ana, bia)
		for round := range 20 {
			if round > 2 {
				time.Sleep(2 * time.Second) // so many commits a second nobody may make
			}
			results := make(chan error, len(people))
			for leaf, d := range people {
				m := d.commit(uint32(leaf), nil)
				go func() {
					_, err := d.try(m)
					results <- err
				}()
			}
			taken := 0
			for range people {
				switch err := <-results; {
				case err == nil:
					taken++
				case code(err) != wire.CodeStale:
					t.Fatal(err)
				}
			}
			if taken != 1 {
				t.Fatalf("%d commits of one epoch were taken", taken)
			}
			for _, d := range people {
				d.epoch++
			}
		}
		log := ana.must(&wire.SyncKeys{Call: ana.call, Group: 1, Epoch: 0}).(wire.KeysLog)
		for i, c := range log.Commits {
			if c.Epoch != uint32(i)+1 {
				t.Errorf("the commit %d of the log leads to epoch %d", i, c.Epoch)
			}
		}
		if len(log.Commits) != 21 || log.Epoch != 21 {
			t.Errorf("the log has %d commits up to epoch %d", len(log.Commits), log.Epoch)
		}
	})
}

func TestAMemberCommitsOnlyWhatHeMay(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		eve := framingtest.NewDevice("eve", "phone").KeyPackage()
		change := func(m *wire.CommitKeys, f func(*wire.CommitKeys)) *wire.CommitKeys {
			f(m)
			return m
		}
		foreign := *bia
		foreign.mls = framingtest.NewDevice("eve", "phone")
		for name, m := range map[string]*wire.CommitKeys{
			"a ghost":                     bia.commit(1, [][]byte{eve}),
			"another member's removal":    bia.commit(1, nil, 0),
			"his own removal":             bia.commit(1, nil, 1),
			"a leaf that nobody is on":    bia.commit(1, nil, 7),
			"from another's leaf":         bia.commit(0, nil),
			"with another's credential":   foreign.commit(1, nil),
			"another group's id":          change(bia.commit(1, nil), func(m *wire.CommitKeys) { m.Commit = wire.ToBlob(bia.mls.Commit([]byte("c9/1"), 1, 1, nil)) }),
			"another epoch inside":        change(bia.commit(1, nil), func(m *wire.CommitKeys) { m.Commit = wire.ToBlob(bia.mls.Commit(bia.id(), 2, 1, nil)) }),
			"no commit":                   change(bia.commit(1, nil), func(m *wire.CommitKeys) { m.Commit = m.GroupInfo }),
			"the GroupInfo of before":     change(bia.commit(1, nil), func(m *wire.CommitKeys) { m.GroupInfo = bia.info(1) }),
			"no GroupInfo":                change(bia.commit(1, nil), func(m *wire.CommitKeys) { m.GroupInfo = "AAAA" }),
			"a Welcome for nobody":        change(bia.commit(1, nil), func(m *wire.CommitKeys) { m.Welcome = wire.ToBlob(framingtest.Welcome(eve)) }),
			"himself, keeping both":       bia.external(),
			"himself in another's place":  bia.external(0),
			"somebody else from outside":  foreign.external(1),
			"himself without an old leaf": bia.external(1, 0),
		} {
			if _, err := bia.try(m); code(err) != wire.CodeInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if log := ana.must(&wire.SyncKeys{Call: ana.call, Group: 1, Epoch: 1}).(wire.KeysLog); log.Epoch != 1 || len(log.Commits) > 0 {
			t.Errorf("something of it was taken: %+v", log)
		}
	})
}

func TestWhoIsAddedIsWhoAskedWithWhatHeGave(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		ana.must(&wire.Invite{Call: ana.call, Users: []wire.UserID{"carlo"}})
		carlo := w.speaking("carlo", "phone")
		carlo.in(carlo.must(&wire.Accept{Call: ana.call}).(wire.CallState))
		pkg := carlo.enter()
		other := carlo.mls.KeyPackage()
		m := ana.commit(0, [][]byte{pkg})
		m.Welcome = wire.ToBlob(framingtest.Welcome(other))
		wrong := map[string]*wire.CommitKeys{
			"a package that he did not give":  ana.commit(0, [][]byte{other}),
			"a Welcome for another package":   m,
			"the same twice":                  ana.commit(0, [][]byte{pkg, pkg}),
			"him and a ghost":                 ana.commit(0, [][]byte{pkg, framingtest.NewDevice("eve", "x").KeyPackage()}),
			"him, with somebody's removal":    ana.commit(0, [][]byte{pkg}, 1),
			"him, from outside by the member": carlo.external(1),
		}
		for name, m := range wrong {
			d := ana
			if name == "him, from outside by the member" {
				d = carlo
			}
			if _, err := d.try(m); code(err) != wire.CodeInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if holders := ana.send(ana.commit(0, [][]byte{pkg})); len(holders) != 3 || holders[2] != (wire.KeyHolder{Participant: carlo.self, Leaf: 2}) {
			t.Errorf("the keys are held by %v", holders)
		}
		if _, err := ana.try(ana.commit(0, [][]byte{pkg})); code(err) != wire.CodeInvalid {
			t.Errorf("his package once more: %v", err)
		}
		bia.heard()
	})
}

func TestAKeyPackageOfAnotherDeviceIsRefused(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana := w.speaking("ana", "laptop")
		ana.in(ana.ring("bia"))
		for name, d := range map[string]*framingtest.Device{
			"another account": framingtest.NewDevice("bia", "laptop"), "another device": framingtest.NewDevice("ana", "phone"),
			"a guest": framingtest.NewDevice("", "laptop"),
		} {
			if _, err := ana.try(&wire.EnterKeys{Call: ana.call, KeyPackage: wire.ToBlob(d.KeyPackage())}); code(err) != wire.CodeInvalid {
				t.Errorf("the key package of %s: %v", name, err)
			}
		}
		if _, err := ana.try(&wire.EnterKeys{Call: ana.call, KeyPackage: "AAAA"}); code(err) != wire.CodeInvalid {
			t.Errorf("no key package: %v", err)
		}
	})
}

func TestACommitThatWasAcknowledgedOutlivesACrash(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		ana.send(ana.commit(0, nil))
		info := ana.must(&wire.EnterKeys{Call: ana.call, KeyPackage: wire.ToBlob(ana.mls.KeyPackage())}).(wire.Keys).GroupInfo
		w.restart()
		for _, d := range []*keyed{ana, bia} {
			if list := w.registry.Attach(t.Context(), d.who); len(list) != 1 || !list[0].Encrypted {
				t.Fatalf("after the crash the calls are %+v", list)
			}
		}
		// Who has made it goes on; who has missed it enters again.
		if log := ana.must(&wire.SyncKeys{Call: ana.call, Group: 1, Epoch: 2}).(wire.KeysLog); log.Epoch != 2 || log.Group != 1 {
			t.Errorf("after the crash: %+v", log)
		}
		if log := bia.must(&wire.SyncKeys{Call: bia.call, Group: 1, Epoch: 1}).(wire.KeysLog); log.Epoch != 2 || len(log.Commits) > 0 {
			t.Errorf("to who missed the commit: %+v", log)
		}
		k := bia.must(&wire.EnterKeys{Call: bia.call, KeyPackage: wire.ToBlob(bia.mls.KeyPackage())}).(wire.Keys)
		if k.GroupInfo != info || k.Epoch != 2 || len(k.Holders) != 2 {
			t.Errorf("after the crash the keys are %+v", k)
		}
		bia.epoch = 2
		bia.send(bia.external(1))
		if _, err := ana.try(ana.commit(0, nil)); code(err) != wire.CodeStale {
			t.Errorf("a commit of before: %v", err)
		}
	})
}

func TestACommitThatCannotBeStoredWasNeverTaken(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, bia := keyedPair(w)
		w.store.mu.Lock()
		w.store.down = true
		w.store.mu.Unlock()
		m := ana.commit(0, nil)
		if _, err := ana.try(m); code(err) != wire.CodeUnavailable {
			t.Errorf("without a store: %v", err)
		}
		w.store.mu.Lock()
		w.store.down = false
		w.store.mu.Unlock()
		bia.expect()
		bia.send(bia.commit(1, nil))
		if _, err := ana.try(m); code(err) != wire.CodeStale {
			t.Errorf("the commit that was not stored: %v", err)
		}
	})
}

func TestJoinsAndLeavesOfOneMomentAreCommittedTogether(t *testing.T) {
	inSecret(t, func(t *testing.T, w *world) {
		ana, _ := keyedPair(w)
		var users []wire.UserID
		for _, name := range []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"} {
			users = append(users, wire.UserID(name))
		}
		ana.must(&wire.Invite{Call: ana.call, Users: users})
		for _, u := range users {
			d := w.speaking(string(u), "phone")
			d.in(d.must(&wire.Accept{Call: ana.call}).(wire.CallState))
			d.enter()
		}
		asked, adds := 0, 0
		for begin := time.Now(); adds < len(users) && time.Since(begin) < time.Minute; {
			wanted, ok := newest[wire.KeysWanted](ana, "keysWanted")
			if !ok {
				time.Sleep(100 * time.Millisecond)
				continue
			}
			asked++
			var packages [][]byte
			for _, a := range wanted.Add {
				data, _ := a.KeyPackage.Bytes()
				packages = append(packages, data)
			}
			ana.send(ana.commit(0, packages, wanted.Remove...))
			adds += len(packages)
		}
		if adds != len(users) || asked > 3 {
			t.Errorf("%d were added with %d commits", adds, asked)
		}
	})
}
