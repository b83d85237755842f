package mls_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"pronto/signalling/client/mls"
)

// room is a group whose members are all of ours, with what the last commit said.
type room struct {
	t       testing.TB
	members []*ours
	message []byte
	welcome []byte
	info    []byte // group info before it
}

func newRoom(t testing.TB, names ...string) *room {
	t.Helper()
	r := &room{t: t, members: []*ours{newOurs(names[0])}}
	first := r.members[0]
	r.must(first.prepare())
	r.ok(first.create([]byte("call/1")))
	for _, name := range names[1:] {
		n := newOurs(name)
		r.commit(first, change{Add: [][]byte{r.must(n.prepare())}})
		r.ok(n.join(r.welcome, nil))
		r.members = append(r.members, n)
	}
	return r
}

func (r *room) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) must(b []byte, err error) []byte { r.t.Helper(); r.ok(err); return b }

// commit has somebody change the group, and all others take it in.
func (r *room) commit(by *ours, c change) {
	r.t.Helper()
	r.info = r.must(by.groupInfo())
	var err error
	r.message, r.welcome, err = by.commit(c)
	r.ok(err)
	for _, m := range r.members {
		if m != by {
			_, err := m.process(r.message, c.PSK)
			r.ok(err)
		}
	}
	r.ok(by.settle(true))
}

// refused checks that a member refuses a message for a reason, and is as it was.
func refused(t *testing.T, m *ours, message []byte, reason error) {
	t.Helper()
	before := m.group.EpochAuthenticator()
	if _, _, err := m.group.Process(message); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	if !bytes.Equal(m.group.EpochAuthenticator(), before) {
		t.Error("the group has changed")
	}
}

func TestACommitIsTakenOnceAndInItsEpoch(t *testing.T) {
	r := newRoom(t, "ana", "bia", "carlo")
	ana, bia := r.members[0], r.members[1]
	first, _, err := ana.commit(change{})
	r.ok(err)
	r.ok(ana.settle(true))
	second, _, err := ana.commit(change{})
	r.ok(err)
	refused(t, bia, second, mls.ErrEpoch)
	_, err = bia.process(first, nil)
	r.ok(err)
	refused(t, bia, first, mls.ErrEpoch)
	_, err = bia.process(second, nil)
	r.ok(err)
}

func TestNoBitOfACommitMayBeChanged(t *testing.T) {
	r := newRoom(t, "ana", "bia", "carlo")
	message, _, err := r.members[0].commit(change{Data: []byte("data")})
	r.ok(err)
	for i := range message {
		changed := bytes.Clone(message)
		changed[i] ^= 1 << (i % 8)
		if _, _, err := r.members[1].group.Process(changed); err == nil {
			t.Fatalf("byte %d was changed and nobody saw it", i)
		}
		if i > 0 {
			if _, _, err := r.members[1].group.Process(message[:i]); !errors.Is(err, mls.ErrMalformed) {
				t.Fatalf("a commit of %d bytes: %v", i, err)
			}
		}
	}
}

func TestNoBitOfAWelcomeOrGroupInfoMayBeChanged(t *testing.T) {
	r := newRoom(t, "ana", "bia", "carlo")
	n, outside := newOurs("dario"), newOurs("eva")
	_, welcome, err := r.members[0].commit(change{Add: [][]byte{r.must(n.prepare())}})
	r.ok(err)
	for i := 0; i < len(welcome); i += 7 {
		changed := bytes.Clone(welcome)
		changed[i] ^= 1 << (i % 8)
		if n.join(changed, nil) == nil {
			t.Fatalf("byte %d of the welcome was changed and nobody saw it", i)
		}
	}
	info := r.must(r.members[0].groupInfo())
	for i := 0; i < len(info); i += 7 {
		changed := bytes.Clone(info)
		changed[i] ^= 1 << (i % 8)
		if _, err := outside.enter(changed, nil); err == nil {
			t.Fatalf("byte %d of the group info was changed and nobody saw it", i)
		}
	}
}

func TestWhoIsRemovedLearnsItAndGetsNoKey(t *testing.T) {
	r := newRoom(t, "ana", "bia", "carlo")
	ana, bia, carlo := r.members[0], r.members[1], r.members[2]
	old, err := carlo.look()
	r.ok(err)
	message, _, err := ana.commit(change{Remove: []mls.LeafIndex{2}})
	r.ok(err)
	gone, err := carlo.process(message, nil)
	if r.ok(err); !gone {
		t.Error("carlo does not know that he was removed")
	}
	_, err = bia.process(message, nil)
	r.ok(err)
	now, err := bia.look()
	r.ok(err)
	if bytes.Equal(now.Exported, old.Exported) || len(now.Members) != 2 {
		t.Error("the keys or members are those of before")
	}
	// What he says now is of no epoch any more.
	late, _, err := carlo.commit(change{})
	r.ok(err)
	refused(t, bia, late, mls.ErrEpoch)
}

func TestAGhostIsSeenByEveryMember(t *testing.T) {
	r := newRoom(t, "ana", "bia")
	ghost := newOurs("ghost")
	unknown := errors.New("nobody knows it")
	guard := newOurs("carlo")
	guard.cfg.Authenticate = func(credential []byte, _ ed25519.PublicKey) error {
		if string(credential) == "ghost" {
			return unknown
		}
		return nil
	}
	r.commit(r.members[0], change{Add: [][]byte{r.must(guard.prepare())}})
	r.ok(guard.join(r.welcome, nil))
	added, welcome, err := r.members[0].commit(change{Add: [][]byte{r.must(ghost.prepare())}})
	r.ok(err)
	refused(t, guard, added, unknown)
	entered := r.must(ghost.enter(r.must(r.members[0].groupInfo()), nil))
	refused(t, guard, entered, unknown)
	r.ok(ghost.join(welcome, nil))
	late := newOurs("late")
	late.cfg.Authenticate = guard.cfg.Authenticate
	_, welcome, err = ghost.commit(change{Add: [][]byte{r.must(late.prepare())}})
	r.ok(err)
	if err := late.join(welcome, nil); !errors.Is(err, unknown) {
		t.Errorf("a newcomer joins a ghost: %v", err)
	}
}

func TestACommitThatIsNotAdmittedIsRefused(t *testing.T) {
	r := newRoom(t, "ana")
	guard := newOurs("bia")
	no := errors.New("only guests with a proof")
	var asked mls.Change
	guard.cfg.Admit = func(c mls.Change) error {
		if asked = c; c.External && string(c.AuthenticatedData) != "proof" {
			return no
		}
		return nil
	}
	r.commit(r.members[0], change{Add: [][]byte{r.must(guard.prepare())}})
	r.ok(guard.join(r.welcome, nil))
	info := r.must(guard.groupInfo())
	guest := newOurs("guest")
	refused(t, guard, r.must(guest.enter(info, nil)), no)
	c, err := mls.JoinExternal(guest.cfg, info, mls.Entry{AuthenticatedData: []byte("proof")})
	r.ok(err)
	_, err = guard.process(c.Message, nil)
	r.ok(err)
	if asked.By.Index != 2 || string(asked.By.Credential) != "guest" || !asked.External || !asked.Path || asked.Unusual || asked.Epoch != 2 {
		t.Errorf("what was asked is %+v", asked)
	}
}

func TestWithoutThePreSharedKeyNobodyFollows(t *testing.T) {
	r := newRoom(t, "ana", "bia", "carlo")
	link := &psk{[]byte("link"), []byte("secret")}
	message, _, err := r.members[0].commit(change{PSK: link})
	r.ok(err)
	refused(t, r.members[1], message, mls.ErrPSK)
	r.members[2].psk = &psk{link.ID, []byte("another")}
	refused(t, r.members[2], message, mls.ErrUnverified)
	_, err = r.members[1].process(message, link)
	r.ok(err)
}

func TestAKeyPackageOutOfDateIsNotAdded(t *testing.T) {
	r := newRoom(t, "ana", "bia")
	old := newOurs("old")
	p, err := mls.Prepare(old.cfg.Identity, time.Now().Add(-3*time.Hour), time.Now().Add(-time.Hour))
	r.ok(err)
	if _, _, err := r.members[0].commit(change{Add: [][]byte{p.Package.Message()}}); !errors.Is(err, mls.ErrUnverified) {
		t.Errorf("adding it: %v", err)
	}
}

func TestOneDeviceIsNotThereTwice(t *testing.T) {
	r := newRoom(t, "ana", "bia")
	bia := r.members[1]
	if _, _, err := r.members[0].commit(change{Add: [][]byte{r.must(bia.prepare())}}); !errors.Is(err, mls.ErrUnverified) {
		t.Errorf("adding her again: %v", err)
	}
	r.commit(r.members[0], change{Add: [][]byte{r.must(bia.prepare())}, Remove: []mls.LeafIndex{1}})
	r.ok(bia.join(r.welcome, nil))
	if v, err := bia.look(); err != nil || v.Self != 1 || len(v.Members) != 2 {
		t.Errorf("she is %+v (%v)", v, err)
	}
}

func TestWhatDoesNotMakeSenseIsRefusedBeforeItIsSent(t *testing.T) {
	r := newRoom(t, "ana", "bia")
	for name, c := range map[string]change{
		"remove ourselves":       {Remove: []mls.LeafIndex{0}},
		"remove nobody":          {Remove: []mls.LeafIndex{7}},
		"remove somebody twice":  {Remove: []mls.LeafIndex{1, 1}},
		"add what is no package": {Add: [][]byte{{0, 1, 0, 5}}},
	} {
		if _, _, err := r.members[0].commit(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := r.members[0].group.Export("label", nil, 1<<20); err == nil {
		t.Error("a megabyte was exported")
	}
}

func TestAHundredMembersFit(t *testing.T) {
	r := newRoom(t, "ana")
	var packages [][]byte
	var newcomers []*ours
	for range 99 {
		n := newOurs("somebody")
		packages, newcomers = append(packages, r.must(n.prepare())), append(newcomers, n)
	}
	r.commit(r.members[0], change{Add: packages})
	for _, i := range []int{3, 98} {
		r.ok(newcomers[i].join(r.welcome, nil))
	}
	message, _, err := newcomers[98].commit(change{Remove: []mls.LeafIndex{0, 40}})
	r.ok(err)
	_, err = newcomers[3].process(message, nil)
	r.ok(err)
	if len(newcomers[3].group.Members()) != 98 {
		t.Errorf("%d members", len(newcomers[3].group.Members()))
	}
}

func TestAKeyForWhichNobodyCanEncryptIsRefused(t *testing.T) {
	r := newRoom(t, "ana", "bia")
	bad := newOurs("bad")
	message := r.must(bad.prepare())
	k, err := mls.ParseKeyPackage(message)
	r.ok(err)
	for name, key := range map[string][]byte{
		"zero": make([]byte, 32), "one": append([]byte{1}, make([]byte, 31)...), "short": make([]byte, 31),
		"of order eight": {
			0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
			0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
		},
	} {
		if _, err := mls.ParseKeyPackage(mls.WithInitKey(k, bad.cfg.Identity, key)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := mls.ParseKeyPackage(mls.WithInitKey(k, bad.cfg.Identity, r.info[len(r.info)-32:])); err != nil {
		t.Errorf("another key was not: %v", err)
	}
}
