package signalling_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"pronto/signalling/framing"
	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// noteKey is what a device publishes, by a credential from a list of devices.
func (d *signer) noteKey(t testing.TB, account string, list wire.Devices) wire.SetNoteKey {
	t.Helper()
	pair, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := pair.PublicKey().Bytes()
	m := wire.SetNoteKey{Key: wire.ToBlob(key), Signature: wire.ToBlob(ed25519.Sign(d.key, framing.NoteKeyStatement(account, key)))}
	if i := slices.IndexFunc(list.Devices, func(l wire.Device) bool { return string(l.Device) == d.id }); i >= 0 {
		m.Credential = list.Devices[i].Credential
	}
	return m
}

// takeNotes has an account take notes, or no more.
func takeNotes(p *page, on bool) {
	p.t.Helper()
	now := ask[wire.Privacy](p, "getPrivacy", nil)
	set := ask[wire.Privacy](p, "setPrivacy", wire.SetPrivacy{WhoMayCall: now.WhoMayCall, TakeNotes: on, IfVersion: now.Version})
	if set.TakeNotes != on {
		p.t.Errorf("the settings are %+v", set)
	}
}

// ringInVain rings accounts and takes it back, and returns when the log has it.
func ringInVain(p *page, users ...wire.UserID) wire.CallID {
	p.t.Helper()
	from := p.count()
	call := ask[wire.CallState](p, "ring", wire.Ring{Users: users, Kind: wire.KindVoice}).Call
	ask[wire.Done](p, "cancel", wire.Cancel{Call: call})
	p.logged(from, call)
	return call
}

// logged waits for the news of a call in the log, from a frame on.
func (p *page) logged(from int, call wire.CallID) wire.CallLogEntry {
	p.t.Helper()
	return decode[wire.CallLogEntry](p.t, p.wait("logged", from, func(f wire.Frame) bool {
		return f.Type == "logged" && decode[wire.CallLogEntry](p.t, f).Call == call
	}).frame)
}

// wanted is how often a key for notes was asked for.
func (p *page) wanted() (n int) {
	for _, h := range p.heardAfter(0) {
		if h.frame.Type == "noteKeyWanted" {
			n++
		}
	}
	return n
}

func noteKeys(p *page, call wire.CallID) []wire.NoteKey {
	p.t.Helper()
	return ask[wire.NoteKeys](p, "getNoteKeys", wire.GetNoteKeys{Call: call}).Keys
}

// published is a key as those who seal get it.
func published(m wire.SetNoteKey) wire.NoteKey { return wire.NoteKey(m) }

func TestAKeyForNotesIsTheDevicesOwnAndVanishesWithIt(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana := signIn(t, s, "ana", "phone")
	phone, laptop, eve := newSigner(t, s, "bia", "phone"), newSigner(t, s, "bia", "laptop"), newSigner(t, s, "eve", "phone")
	call := ringInVain(ana, "bia")
	if p := refused(laptop.page, "setNoteKey", laptop.noteKey(t, "bia", phone.list)); p.Code != wire.CodeInvalid && p.Code != wire.CodeForbidden {
		t.Errorf("a device that nobody has signed: %+v", p)
	}
	unsigned := laptop.noteKey(t, "bia", laptop.list)
	unsigned.Credential = phone.list.Devices[0].Credential
	if p := refused(laptop.page, "setNoteKey", unsigned); p.Code != wire.CodeForbidden {
		t.Errorf("a device that nobody has signed: %+v", p)
	}
	list := ask[wire.Devices](phone.page, "signDevice", phone.sign("bia", laptop))
	good := phone.noteKey(t, "bia", list)
	with := func(change func(m *wire.SetNoteKey)) wire.SetNoteKey { m := good; change(&m); return m }
	rooted := framing.Credential{Account: "bia", Device: "phone", Root: [32]byte(newKey(t).Public().(ed25519.PublicKey))}
	for name, m := range map[string]wire.SetNoteKey{
		"another account's root":      with(func(m *wire.SetNoteKey) { m.Credential = eve.noteKey(t, "eve", eve.list).Credential }),
		"a root of one's own":         with(func(m *wire.SetNoteKey) { m.Credential = wire.ToBlob(rooted.Append(nil)) }),
		"another device's credential": with(func(m *wire.SetNoteKey) { m.Credential = laptop.noteKey(t, "bia", list).Credential }),
		"no credential":               with(func(m *wire.SetNoteKey) { m.Credential = "AAAA" }),
		"another's signature":         with(func(m *wire.SetNoteKey) { m.Signature = laptop.noteKey(t, "bia", list).Signature }),
		"a signature for another":     with(func(m *wire.SetNoteKey) { m.Signature = phone.noteKey(t, "eve", list).Signature }),
		"a key that is not signed":    with(func(m *wire.SetNoteKey) { m.Key = phone.noteKey(t, "bia", list).Key }),
		"a key that is too short":     with(func(m *wire.SetNoteKey) { m.Key = m.Key[1:] }),
		"a key that is none":          with(func(m *wire.SetNoteKey) { m.Key = "!" + m.Key[1:] }),
	} {
		if p := refused(phone.page, "setNoteKey", m); p.Code != wire.CodeInvalid {
			t.Errorf("%s: %+v", name, p)
		}
	}
	ask[wire.Done](phone.page, "setNoteKey", good)
	other := laptop.noteKey(t, "bia", list)
	ask[wire.Done](laptop.page, "setNoteKey", other)
	if keys := noteKeys(ana, call); len(keys) != 0 {
		t.Errorf("of an account that takes no notes there are %+v", keys)
	}
	takeNotes(phone.page, true)
	want := func(what string, want ...wire.NoteKey) {
		t.Helper()
		keys := noteKeys(ana, call)
		for _, k := range want {
			if !slices.Contains(keys, k) {
				t.Errorf("%s the key %v is not there", what, k.Key)
			}
		}
		if len(keys) != len(want) {
			t.Errorf("%s there are %d keys, not %d", what, len(keys), len(want))
		}
	}
	want("of two devices", published(good), published(other))
	ask[wire.Done](laptop.page, "setNoteKey", laptop.noteKey(t, "bia", list)) // another in its place
	shared := good
	shared.Credential = other.Credential
	if p := refused(laptop.page, "setNoteKey", shared); p.Code != wire.CodeInvalid {
		t.Errorf("another device's key: %+v", p)
	}
	key, _ := good.Key.Bytes()
	shared.Signature = wire.ToBlob(ed25519.Sign(laptop.key, framing.NoteKeyStatement("bia", key)))
	ask[wire.Done](laptop.page, "setNoteKey", shared) // of one browser under two ids
	if keys := noteKeys(ana, call); len(keys) != 1 || keys[0].Key != good.Key {
		t.Errorf("one key that two devices share is given out as %+v", keys)
	}
	ask[wire.Done](laptop.page, "setNoteKey", other)
	// Of two roots, which a race of two devices might leave, one is given out.
	strange := store.NoteKey{Credential: string(wire.ToBlob(rooted.Append(nil))), Key: string(good.Key), Signature: string(good.Signature)}
	if err := s.Store.SetNoteKey(t.Context(), "bia", "laptop", string(laptop.public()), strange); err != nil {
		t.Fatal(err)
	}
	if keys := noteKeys(ana, call); len(keys) != 1 {
		t.Errorf("of two roots are given out %+v", keys)
	}
	ask[wire.Done](laptop.page, "setNoteKey", other)
	_, phone.key, _ = ed25519.GenerateKey(nil)
	ask[wire.Devices](phone.page, "setDeviceKey", wire.SetDeviceKey{Key: phone.public()})
	want("after another identity key", published(other))
	ask[wire.Devices](phone.page, "revokeDevice", wire.RevokeDevice{Device: "laptop"})
	want("after the device was revoked")
}

// A browser has one key, and may be several devices: tabs to which nobody has given an id.
func TestATabPublishesAKeyForNotesByItsBrowsersKey(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, first := signIn(t, s, "ana", "phone"), newSigner(t, s, "bia", "tab-1")
	call := ringInVain(ana, "bia")
	takeNotes(first.page, true)
	tab := &signer{page: speaking(t, s, "bia", "tab-2"), id: "tab-2", key: first.key}
	tab.wait("noteKeyWanted", 0, func(f wire.Frame) bool { return f.Type == "noteKeyWanted" })
	own := framing.Credential{Account: "bia", Device: "tab-2", Root: [32]byte(first.key.Public().(ed25519.PublicKey))}
	m := tab.noteKey(t, "bia", wire.Devices{})
	m.Credential = wire.ToBlob(own.Append(nil))
	if p := refused(tab.page, "setNoteKey", m); p.Code != wire.CodeForbidden {
		t.Errorf("before the tab has registered its key: %+v", p)
	}
	list := ask[wire.Devices](tab.page, "setDeviceKey", wire.SetDeviceKey{Key: tab.public()})
	if c := credential(t, list, "tab-2"); c != nil {
		t.Errorf("the tab has a credential of its own: %+v", c)
	}
	other := m
	other.Credential = list.Devices[slices.IndexFunc(list.Devices, func(d wire.Device) bool { return d.Device == "tab-1" })].Credential
	if p := refused(tab.page, "setNoteKey", other); p.Code != wire.CodeInvalid {
		t.Errorf("with the other tab's credential: %+v", p)
	}
	ask[wire.Done](tab.page, "setNoteKey", m)
	if keys := noteKeys(ana, call); !slices.Equal(keys, []wire.NoteKey{published(m)}) {
		t.Errorf("given out is %+v", keys)
	}
	ask[wire.Devices](tab.page, "revokeDevice", wire.RevokeDevice{Device: "tab-1"})
	if keys := noteKeys(ana, call); len(keys) != 0 {
		t.Errorf("once nobody vouches for the key there is %+v", keys)
	}
}

func TestKeysForNotesAreGivenForACallInVainToOneAccountOnly(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, caio := signIn(t, s, "ana", "phone"), signIn(t, s, "caio", "phone")
	bia := newSigner(t, s, "bia", "phone")
	takeNotes(bia.page, true)
	own := bia.noteKey(t, "bia", bia.list)
	ask[wire.Done](bia.page, "setNoteKey", own)
	for what, call := range map[string]wire.CallID{"one": ringInVain(ana, "bia"), "one to who does not exist": ringInVain(ana, "nobody")} {
		keys := noteKeys(ana, call)
		if what == "one" && !slices.Equal(keys, []wire.NoteKey{published(own)}) || what != "one" && len(keys) > 0 {
			t.Errorf("%s: %+v", what, keys)
		}
		if p := refused(bia.page, "getNoteKeys", wire.GetNoteKeys{Call: call}); p.Code != wire.CodeNotFound {
			t.Errorf("%s, asked by who was called: %+v", what, p)
		}
		if p := refused(caio, "getNoteKeys", wire.GetNoteKeys{Call: call}); p.Code != wire.CodeNotFound {
			t.Errorf("%s, asked by somebody else: %+v", what, p)
		}
	}
	for what, call := range notForNotes(t, ana, caio, bia.page) {
		if p := refused(ana, "getNoteKeys", wire.GetNoteKeys{Call: call}); p.Code != wire.CodeNotFound {
			t.Errorf("%s: %+v", what, p)
		}
	}
	link := ask[wire.Link](bia.page, "createLink", wire.CreateLink{Kind: wire.KindVoice})
	token, err := identity.Sign(signallingtest.Key, s.Secret,
		identity.Identity{User: "g_1", Name: "Zoe", Grants: identity.Grants{Link: link.Link}}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	guest := connect(t, s)
	ask[wire.Welcome](guest, "hello", wire.Hello{Token: token, Device: "page"})
	if p := refused(guest, "getNoteKeys", wire.GetNoteKeys{Call: "c1"}); p.Code != wire.CodeForbidden {
		t.Errorf("a guest: %+v", p)
	}
}

// notForNotes are calls of ana's to which she may leave no note.
func notForNotes(t testing.TB, ana, caio, bia *page) map[string]wire.CallID {
	t.Helper()
	calls := map[string]wire.CallID{"none": "cal-none", "to two": ringInVain(ana, "bia", "caio")}
	ring := func() wire.CallID {
		return ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	}
	rings := func(call wire.CallID) {
		bia.wait("the ring", 0, func(f wire.Frame) bool {
			return f.Type == "incoming" && decode[wire.Incoming](t, f).Call == call
		})
	}
	from := ana.count()
	calls["answered"] = ring()
	rings(calls["answered"])
	ask[wire.CallState](bia, "accept", wire.Accept{Call: calls["answered"]})
	ask[wire.Done](ana, "leave", wire.Leave{Call: calls["answered"]})
	ana.logged(from, calls["answered"])
	from = ana.count()
	calls["declined"] = ring()
	rings(calls["declined"])
	ask[wire.Done](bia, "decline", wire.Decline{Call: calls["declined"]})
	ana.logged(from, calls["declined"])
	from = ana.count()
	calls["to one and then another"] = ring()
	ask[wire.Done](ana, "invite", wire.Invite{Call: calls["to one and then another"], Users: []wire.UserID{"caio"}})
	ask[wire.Done](ana, "cancel", wire.Cancel{Call: calls["to one and then another"]})
	ana.logged(from, calls["to one and then another"])
	from = ana.count()
	group := ask[wire.Group](ana, "createGroup", wire.CreateGroup{Name: "Tea", Users: []wire.UserID{"bia"}}).Group
	calls["of a group of two"] = ask[wire.CallState](ana, "ringGroup", wire.RingGroup{Group: group, Kind: wire.KindVoice}).Call
	ask[wire.Done](ana, "leave", wire.Leave{Call: calls["of a group of two"]})
	ana.logged(from, calls["of a group of two"])
	from = ana.count()
	link := ask[wire.Link](bia, "createLink", wire.CreateLink{Kind: wire.KindVoice})
	calls["by a link"] = ask[wire.CallState](ana, "joinLink", wire.JoinLink{Link: link.Link}).Call
	ask[wire.Done](ana, "leave", wire.Leave{Call: calls["by a link"]})
	ana.logged(from, calls["by a link"])
	calls["of another"] = ringInVain(caio, "bia")
	calls["still ringing"] = ring()
	return calls
}

// Two servers have one database and one bus, which is NATS itself.
func TestNotesAndTheirKeysReachDevicesAtAnotherServer(t *testing.T) {
	t.Parallel()
	here := notesServer(t, signallingtest.Options{DSN: storetest.PostgresDSN(t)})
	there := notesServer(t, signallingtest.Options{Beside: here})
	ana, laptop := signIn(t, here, "ana", "phone"), signIn(t, here, "bia", "laptop")
	phone := newSigner(t, there, "bia", "phone")
	takeNotes(laptop, true)
	phone.wait("noteKeyWanted", 0, func(f wire.Frame) bool { return f.Type == "noteKeyWanted" })
	tablet := newSigner(t, here, "bia", "tablet")
	list := ask[wire.Devices](phone.page, "signDevice", phone.sign("bia", tablet)) // there, for a device here
	tablet.wait("noteKeyWanted", 0, func(f wire.Frame) bool { return f.Type == "noteKeyWanted" })
	ask[wire.Done](phone.page, "setNoteKey", phone.noteKey(t, "bia", list))

	call := ringInVain(ana, "bia")
	if keys := noteKeys(ana, call); len(keys) != 1 {
		t.Errorf("who rang at this server is given %d keys", len(keys))
	}
	from := [2]int{phone.count(), laptop.count()}
	aboutNote(t, here, "PUT", "ana", call, bytes.NewReader(sealedNote(100))).is(t, "the note", 204, "")
	phone.noted(from[0], call)
	laptop.noted(from[1], call)
	last := laptop.count()
	aboutNote(t, there, "GET", "bia", call, nil).is(t, "fetched at the other server", 200, "")
	aboutNote(t, there, "DELETE", "bia", call, nil).is(t, "deleted there", 204, "")
	if e := laptop.logged(last, call); e.Note {
		t.Errorf("a device here is told %+v", e)
	}
}

func TestAKeyForNotesIsAskedForAtThreeMoments(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	plain := signIn(t, s, "bia", "old") // cannot encrypt
	phone, laptop := newSigner(t, s, "bia", "phone"), newSigner(t, s, "bia", "laptop")
	eve := newSigner(t, s, "eve", "phone")
	times := func(what string, p *page, n int) {
		t.Helper()
		ask[wire.Done](p, "ping", wire.Ping{})
		if got := p.wanted(); got != n {
			t.Errorf("%s it was asked for %d times, not %d", what, got, n)
		}
	}
	next := func(p *page, from int) {
		t.Helper()
		p.wait("noteKeyWanted", from, func(f wire.Frame) bool { return f.Type == "noteKeyWanted" && f.ID == "" })
	}
	times("before notes are taken", phone.page, 0)
	takeNotes(plain, true) // from whatever device
	next(phone.page, 0)
	takeNotes(plain, true) // as they are already
	times("of a device that is not signed", laptop.page, 0)
	list := ask[wire.Devices](phone.page, "signDevice", phone.sign("bia", laptop))
	next(laptop.page, 0)
	again := speaking(t, s, "bia", "laptop")
	next(again, 0)
	ask[wire.Done](phone.page, "setNoteKey", phone.noteKey(t, "bia", list))
	ask[wire.Done](laptop.page, "setNoteKey", laptop.noteKey(t, "bia", list))
	times("after hello of a device that has published one", speaking(t, s, "bia", "laptop"), 0)
	times("after hello of a device that has no identity key yet", speaking(t, s, "bia", "tablet"), 1)
	newSigner(t, s, "bia", "watch")
	times("after hello of a device that is not signed", speaking(t, s, "bia", "watch"), 0)
	from := phone.count()
	takeNotes(plain, false)
	takeNotes(plain, true)
	_, phone.key, _ = ed25519.GenerateKey(nil)
	ask[wire.Devices](phone.page, "setDeviceKey", wire.SetDeviceKey{Key: phone.public()})
	times("of a device whose new key is not signed", phone.page, 1)
	ask[wire.Devices](laptop.page, "signDevice", laptop.sign("bia", phone))
	next(phone.page, from)
	// Who becomes the account's root is signed by that.
	takeNotes(eve.page, true)
	next(eve.page, 0)
	from = eve.count()
	_, eve.key, _ = ed25519.GenerateKey(nil)
	ask[wire.Devices](eve.page, "setDeviceKey", wire.SetDeviceKey{Key: eve.public()})
	next(eve.page, from)
	ask[wire.Devices](eve.page, "setDeviceKey", wire.SetDeviceKey{Key: eve.public()}) // nothing new
	times("of a root", eve.page, 2)
	takeNotes(eve.page, false)
	from = eve.count()
	now := ask[wire.Preferences](eve.page, "getPreferences", nil)
	ask[wire.Preferences](eve.page, "setPreferences", wire.SetPreferences{ // by the whole record as well
		IfVersion: now.Version, Privacy: &wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, TakeNotes: true},
	})
	next(eve.page, from)
	times("of a root that begins to take notes again", eve.page, 3)
	times("of one that was signed twice", phone.page, 2)
	times("of one that was signed once", laptop.page, 1)
	times("of one that came back", again, 1)
	times("of one that cannot encrypt", plain, 0)
}

func TestWhoDidNotAnswerInTimeOrWasBusyIsLeftANote(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{RingTimeout: time.Second})
	ana, caio := signIn(t, s, "ana", "phone"), signIn(t, s, "caio", "phone")
	bia := newSigner(t, s, "bia", "phone")
	ask[wire.Privacy](bia.page, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, TakeNotes: true, RejectInCall: true})
	ask[wire.Done](bia.page, "setNoteKey", bia.noteKey(t, "bia", bia.list))
	ends := func(want wire.EndReason) {
		t.Helper()
		from := ana.count()
		call := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVideo}).Call
		ana.logged(from, call)
		over := ana.wait("callEnded", from, func(f wire.Frame) bool { return f.Type == "callEnded" && f.Call == call })
		if got := decode[wire.CallEnded](t, over.frame).Reason; got != want {
			t.Errorf("the call ends with %s, want %s", got, want)
		}
		if keys := noteKeys(ana, call); len(keys) != 1 {
			t.Errorf("after %s there are the keys %+v", want, keys)
		}
		from = bia.count()
		aboutNote(t, s, "PUT", "ana", call, bytes.NewReader(sealedNote(10))).is(t, string(want), 204, "")
		if e := bia.noted(from, call); e.Kind != wire.KindVideo {
			t.Errorf("after %s is told %+v", want, e)
		}
	}
	ends(wire.EndNoAnswer)
	call := ask[wire.CallState](caio, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	bia.wait("the ring", 0, func(f wire.Frame) bool { return f.Type == "incoming" && decode[wire.Incoming](t, f).Call == call })
	ask[wire.CallState](bia.page, "accept", wire.Accept{Call: call})
	ends(wire.EndBusy)
}
