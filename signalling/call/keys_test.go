package call

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pronto/sfu"
	"pronto/signalling/framing/framingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// inSecret is inWorld on a server that encrypts all calls.
func inSecret(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	inWorld(t, func(t *testing.T, w *world) {
		w.registry.Close()
		w.secrecy = EncryptionRequired
		w.start()
		f(t, w)
	})
}

// keyed is a device that plays its part in the keys of one call: the messages
// are right in form only.
type keyed struct {
	*device
	mls   *framingtest.Device
	call  wire.CallID
	self  wire.ParticipantID
	group uint32
	epoch uint32
}

// speaking makes a device that speaks encryption.
func (w *world) speaking(user, name string) *keyed {
	d := w.device(user, name)
	d.who.Encryption = wire.EncryptionVersion
	return &keyed{device: d, mls: framingtest.NewDevice(user, name)}
}

func (d *keyed) in(c wire.CallState) *keyed {
	d.call, d.self = c.Call, c.Self
	return d
}

func (d *keyed) id() []byte { return framingtest.GroupID(string(d.call), d.group) }

func (d *keyed) info(epoch uint32) wire.Blob {
	return wire.ToBlob(framingtest.GroupInfo(d.id(), uint64(epoch)))
}

// enter asks for the keys and returns the package it has sent.
func (d *keyed) enter() []byte {
	d.w.t.Helper()
	pkg := d.mls.KeyPackage()
	k := d.must(&wire.EnterKeys{Call: d.call, KeyPackage: wire.ToBlob(pkg)}).(wire.Keys)
	d.group, d.epoch = k.Group, k.Epoch
	return pkg
}

func (d *keyed) found(group uint32) error {
	d.group = group
	_, err := d.try(&wire.FoundKeys{Call: d.call, Group: group, GroupInfo: d.info(0)})
	if err == nil {
		d.epoch = 0
	}
	return err
}

// commit makes a commit in the device's epoch.
func (d *keyed) commit(leaf uint32, add [][]byte, remove ...uint32) *wire.CommitKeys {
	m := &wire.CommitKeys{
		Call: d.call, Group: d.group, Epoch: d.epoch, GroupInfo: d.info(d.epoch + 1),
		Commit: wire.ToBlob(d.mls.Commit(d.id(), uint64(d.epoch), leaf, add, remove...)),
	}
	if len(add) > 0 {
		m.Welcome = wire.ToBlob(framingtest.Welcome(add...))
	}
	return m
}

func (d *keyed) external(old ...uint32) *wire.CommitKeys {
	return &wire.CommitKeys{
		Call: d.call, Group: d.group, Epoch: d.epoch, GroupInfo: d.info(d.epoch + 1),
		Commit: wire.ToBlob(d.mls.External(d.id(), uint64(d.epoch), old...)),
	}
}

// send sends a commit that must be taken.
func (d *keyed) send(m *wire.CommitKeys) []wire.KeyHolder {
	d.w.t.Helper()
	accepted := d.must(m).(wire.KeysAccepted)
	d.epoch = accepted.Epoch
	return accepted.Holders
}

func (d *keyed) ready() {
	d.w.t.Helper()
	d.must(&wire.KeysReady{Call: d.call, Group: d.group, Epoch: d.epoch})
}

// newest returns the newest event of a type that has come, and forgets all.
func newest[T any](d *keyed, kind string) (v T, ok bool) {
	d.w.t.Helper()
	synctest.Wait()
	for _, f := range d.frames() {
		if f.Type == kind {
			v, ok = body[T](d.w.t, f), true
		}
	}
	return v, ok
}

// mustHear is newest for an event that must have come.
func mustHear[T any](d *keyed, kind string) T {
	d.w.t.Helper()
	v, ok := newest[T](d, kind)
	if !ok {
		d.w.t.Fatalf("%s has heard no %s", d.who.Session, kind)
	}
	return v
}

// keyedPair is a call of two who have its keys: the caller on leaf 0, the other
// on leaf 1, in epoch 1.
func keyedPair(w *world) (ana, bia *keyed) {
	w.t.Helper()
	ana, bia = w.speaking("ana", "laptop"), w.speaking("bia", "phone")
	ana.in(ana.ring("bia"))
	ana.enter()
	if err := ana.found(1); err != nil {
		w.t.Fatal(err)
	}
	ana.ready()
	bia.in(bia.must(&wire.Accept{Call: ana.call}).(wire.CallState))
	pkg := bia.enter()
	ana.heard()
	ana.send(ana.commit(0, [][]byte{pkg}))
	ana.ready()
	welcome := mustHear[wire.KeysWelcomed](bia, "keysWelcomed")
	bia.epoch = welcome.Epoch
	bia.ready()
	ana.heard()
	bia.heard()
	return ana, bia
}

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
