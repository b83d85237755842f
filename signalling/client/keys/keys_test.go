package keys

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/client/mls"
	"pronto/signalling/client/sframe"
	"pronto/signalling/framing"
	"pronto/signalling/wire"
)

// counting is 32 bytes from n on.
func counting(n byte) []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = n + byte(i)
	}
	return b
}

// TestCodesAreThoseThatThePageShows has what the page's own code makes of the same.
func TestCodesAreThoseThatThePageShows(t *testing.T) {
	if got, want := callCode(counting(0)), "60673 43950 54574 21754 32887 43002"; got != want {
		t.Errorf("the code is %s, want %s", got, want)
	}
	ana, bia := Holder{Account: "ana", Root: counting(1)}, Holder{Account: "bia", Root: counting(100)}
	const want = "02291 71842 93565 11990 95155 96733 38290 81936 06573 31318 04890 21871"
	if got := SafetyNumber(ana, bia); got != want {
		t.Errorf("the safety number is %s, want %s", got, want)
	}
	if SafetyNumber(bia, ana) != want {
		t.Error("the two sides see another number")
	}
}

// TestALinksProofsAreThoseThatThePageMakes has what the page's own code makes of the same.
func TestALinksProofsAreThoseThatThePageMakes(t *testing.T) {
	key, err := newLinkKey("secret")
	if err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string][]byte{
		"c417825dd936ed912c904ca3b003d3cb98d2bc3ba79e8335f551a7bc338f65ed": key,
		"4cbb35f83d9a1ebd9313db8ff43f0e920f765186305551e4dd45da5d387de672": key.entry([]byte("call/1"), 6, counting(1)),
		"fbc2391f6bac17b9b95d2e691cdba6c9f6f38fc84ec2aa44fb13759045f2d50c": key.group([]byte("call/1"), 6, counting(9)),
	} {
		if hex.EncodeToString(got) != want {
			t.Errorf("%x, want %s", got, want)
		}
	}
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func TestACredentialIsBelievedOnlyWithTheKeyThatItLeadsTo(t *testing.T) {
	root, phone, other := newKey(t), newKey(t), newKey(t)
	ours := Identity{Account: "ana", Device: "laptop", Key: root}.mls().Credential
	if err := authenticate(ours, public(root)); err != nil {
		t.Errorf("our own: %v", err)
	}
	if authenticate(ours, public(other)) == nil {
		t.Error("it was believed with another key")
	}
	signed := framing.Credential{Account: "ana", Device: "phone", Root: [32]byte(public(root))}
	link := framing.Signed{Device: "phone", Key: [32]byte(public(phone))}
	copy(link.Signature[:], ed25519.Sign(root, framing.Statement("ana", "phone", link.Key[:])))
	signed.Chain = []framing.Signed{link}
	if err := authenticate(signed.Append(nil), public(phone)); err != nil {
		t.Errorf("a device that was signed: %v", err)
	}
	signed.Chain[0].Signature[3]++
	if err := authenticate(signed.Append(nil), public(phone)); !errors.Is(err, framing.ErrCredential) {
		t.Errorf("a device that was not signed: %v", err)
	}
	if authenticate([]byte("ana"), public(root)) == nil {
		t.Error("a name was believed")
	}
}

// member is somebody in a group.
func member(t *testing.T, account wire.UserID, device wire.DeviceID, leaf mls.LeafIndex) mls.Member {
	t.Helper()
	id := Identity{Account: account, Device: device, Key: newKey(t)}
	return mls.Member{Index: leaf, Credential: id.mls().Credential, Key: public(id.Key)}
}

func TestWhoComesFromOutsideRemovesOnlyHimself(t *testing.T) {
	ana, again, bia := member(t, "ana", "d1", 3), member(t, "ana", "d1", 0), member(t, "bia", "d1", 1)
	for name, test := range map[string]struct {
		change mls.Change
		ok     bool
	}{
		"comes":                     {mls.Change{By: ana, External: true}, true},
		"comes again":               {mls.Change{By: ana, External: true, Removed: []mls.Member{again}}, true},
		"comes and removes another": {mls.Change{By: ana, External: true, Removed: []mls.Member{bia}}, false},
		"is in and removes another": {mls.Change{By: ana, Removed: []mls.Member{bia}}, true},
		"does something else":       {mls.Change{By: ana, Unusual: true}, false},
	} {
		if err := (&Keys{}).admit(test.change); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// device makes keys whose group is made by hand.
func made(t *testing.T, account wire.UserID, device wire.DeviceID) (mls.Config, *mls.Prepared) {
	t.Helper()
	id := Identity{Account: account, Device: device, Key: newKey(t)}.mls()
	p, err := mls.Prepare(id, time.Now(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return mls.Config{Identity: id, Authenticate: authenticate, Admit: (&Keys{}).admit}, p
}

func TestADeviceIsInAGroupOnceAndTheGroupIsTheCalls(t *testing.T) {
	cfg, p := made(t, "ana", "d1")
	g, err := mls.Create(cfg, p, []byte("call/1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := lawful(g, []byte("call/1")); err != nil {
		t.Errorf("alone: %v", err)
	}
	if !errors.Is(lawful(g, []byte("call/2")), mls.ErrUnverified) {
		t.Error("another group is lawful")
	}
	_, twin := made(t, "ana", "d1") // with another key
	c, err := g.Commit(mls.Proposals{Add: []*mls.KeyPackage{twin.Package}})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(lawful(c.Group, []byte("call/1")), mls.ErrUnverified) {
		t.Error("a device is in the group twice")
	}
}

func TestSwappedFingerprintsAreFound(t *testing.T) {
	const sdp = "v=0\r\na=fingerprint:sha-256 AB:CD\r\nm=audio\r\na=fingerprint:sha-256 AB:CD\r\na=fingerprint:sha-1 01:02\r\n"
	ours := Description{Generation: 7, Type: wire.SDPOffer, SDP: sdp, From: "p1", To: "p2"}
	want := "pronto dtls 1\ncall\n7\noffer\np1\np2\nsha-1 01:02\nsha-256 ab:cd"
	if got := string(ours.statement("call")); got != want {
		t.Errorf("what is signed is %q, want %q", got, want)
	}
	key := newKey(t)
	sender := &Keys{cfg: Config{Call: "call", Identity: Identity{Key: key}}}
	binding := sender.Bind(ours)
	receiver := &Keys{cfg: Config{Call: "call"}}
	if known, err := receiver.Check(ours, binding); known || err != nil {
		t.Errorf("before his key has come: %v, %v", known, err)
	}
	receiver.view.Store(&view{keyOf: map[wire.ParticipantID]ed25519.PublicKey{"p1": public(key)}})
	if known, err := receiver.Check(ours, binding); !known || err != nil {
		t.Errorf("his own: %v, %v", known, err)
	}
	for name, change := range map[string]func(*Description){
		"a fingerprint":   func(d *Description) { d.SDP = strings.Replace(d.SDP, "AB:CD", "AB:CE", 2) },
		"one more":        func(d *Description) { d.SDP += "a=fingerprint:sha-256 00:00\r\n" },
		"an answer":       func(d *Description) { d.Type = wire.SDPAnswer },
		"for another one": func(d *Description) { d.To = "p3" },
		"of before":       func(d *Description) { d.Generation = 6 },
	} {
		d := ours
		change(&d)
		if known, err := receiver.Check(d, binding); !known || err == nil {
			t.Errorf("%s: %v, %v", name, known, err)
		}
	}
	if _, err := receiver.Check(ours, ""); err == nil {
		t.Error("what was not signed was taken")
	}
}

func TestWhatCannotBeOpenedIsMendedOnceAndReported(t *testing.T) {
	k := &Keys{trouble: make(chan wire.KeyFailure, 1)}
	if _, err := k.Seal(wire.SourceMicrophone, false, []byte("hello")); err == nil {
		t.Error("something was sealed without a key")
	}
	if _, err := k.Seal("another", false, nil); !errors.Is(err, errSource) {
		t.Errorf("another source: %v", err)
	}
	for range 3 {
		if _, _, err := k.Open(wire.SourceMicrophone, bytes.Repeat([]byte{0x11}, 40)); err == nil {
			t.Error("something was opened without a key")
		}
	}
	sealed := append([]byte{0xa8, 1, 0, 0, 9}, bytes.Repeat([]byte{1}, 20)...) // a microphone's, with the counter 9
	if _, _, err := k.Open(wire.SourceMicrophone, sealed); err == nil {
		t.Error("something was opened without a key")
	}
	if len(k.trouble) != 1 || <-k.trouble != wire.KeyFailureNoKey {
		t.Error("nobody was told")
	}
}

// epochOf is the keys of somebody in one epoch.
func epochOf(t *testing.T, k *Keys, number uint32) {
	t.Helper()
	base := bytes.Repeat([]byte{byte(number)}, sframe.BaseKeySize)
	if err := k.seal.opener.Add(number, base, []uint8{0}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := k.seal.sealer.Use(number, 0, base); err != nil {
		t.Fatal(err)
	}
}

func TestFramesAreHeldForKeysThatAreLateAndNotOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ana, bia := &Keys{trouble: make(chan wire.KeyFailure, 1)}, &Keys{trouble: make(chan wire.KeyFailure, 1)}
		epochOf(t, ana, 1)
		epochOf(t, bia, 1)
		epochOf(t, ana, 2) // bia has not got it yet
		seal := func(k *Keys) []byte {
			t.Helper()
			sealed, err := k.Seal(wire.SourceMicrophone, false, []byte("hello"))
			if err != nil {
				t.Fatal(err)
			}
			return sealed
		}
		began := time.Now()
		for range 4 {
			if _, _, err := bia.Open(wire.SourceMicrophone, seal(ana)); !errors.Is(err, sframe.ErrNoKey) {
				t.Errorf("opened without a key: %v", err)
			}
		}
		if waited := time.Since(began); waited != holdFor {
			t.Errorf("four frames were held for %s, want %s in all", waited, holdFor)
		}
		<-bia.trouble
		epochOf(t, bia, 2)
		epochOf(t, ana, 3)
		go func() {
			time.Sleep(300 * time.Millisecond)
			epochOf(t, bia, 3)
		}()
		for range 4 {
			opened, _, err := bia.Open(wire.SourceMicrophone, seal(ana))
			if err != nil || string(opened) != "hello" {
				t.Errorf("%q, %v", opened, err)
			}
		}
		if len(bia.trouble) != 0 {
			t.Error("trouble was told of")
		}
	})
}

func TestFramesOfBeforeWeCameAreNoTrouble(t *testing.T) {
	ana, bia := &Keys{}, &Keys{trouble: make(chan wire.KeyFailure, 1)}
	epochOf(t, ana, 299)
	before, err := ana.Seal(wire.SourceMicrophone, false, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	epochOf(t, bia, 300)
	if _, _, err := bia.Open(wire.SourceMicrophone, before); !errors.Is(err, sframe.ErrBefore) || len(bia.trouble) > 0 {
		t.Errorf("a frame of before: %v", err)
	}
	for i := range uint32(maxNamed) {
		epochOf(t, bia, 301+i)
	}
	// The same goes for somebody who goes on with it: he has missed something.
	if _, _, err := bia.Open(wire.SourceMicrophone, before); !errors.Is(err, sframe.ErrNoKey) || len(bia.trouble) != 1 {
		t.Errorf("a frame that is far too old: %v", err)
	}
}

func TestNobodyComesToALinksCallWithoutItsSecret(t *testing.T) {
	key, err := newLinkKey("secret")
	if err != nil {
		t.Fatal(err)
	}
	ana := member(t, "ana", "d1", 3)
	k := &Keys{cfg: Config{Call: "call"}, number: 1, link: key}
	proof := key.entry([]byte("call/1"), 6, ana.Key)
	for name, test := range map[string]struct {
		change mls.Change
		ok     bool
	}{
		"enters with the proof":    {mls.Change{By: ana, External: true, Epoch: 7, AuthenticatedData: proof}, true},
		"with one of before":       {mls.Change{By: ana, External: true, Epoch: 8, AuthenticatedData: proof}, false},
		"with another's":           {mls.Change{By: member(t, "bia", "d1", 4), External: true, Epoch: 7, AuthenticatedData: proof}, false},
		"without":                  {mls.Change{By: ana, External: true, Epoch: 7}, false},
		"is added with the key":    {mls.Change{By: ana, Added: []mls.Member{ana}, PSKs: [][]byte{linkPSK}}, true},
		"is added without the key": {mls.Change{By: ana, Added: []mls.Member{ana}}, false},
	} {
		if err := k.admit(test.change); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg, p := made(t, "ana", "d1")
	g, err := mls.Create(cfg, p, []byte("call/1"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := newLinkKey("another")
	if err != nil {
		t.Fatal(err)
	}
	for name, maker := range map[string]linkKey{"with the secret": key, "with another": other, "without": nil} {
		b, err := maker.info(g)
		if err != nil {
			t.Fatal(err)
		}
		said, err := mls.ParseInfo(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := key.admitsGroup(said); (err == nil) != bytes.Equal(maker, key) {
			t.Errorf("a group %s: %v", name, err)
		}
		if err := linkKey(nil).admitsGroup(said); errors.Is(err, errLocked) != (maker != nil) {
			t.Errorf("a group %s, for us who do not know it: %v", name, err)
		}
	}
}
