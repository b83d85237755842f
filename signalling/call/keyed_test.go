package call

import (
	"testing"
	"testing/synctest"

	"pronto/signalling/framing/framingtest"
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
