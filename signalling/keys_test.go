package signalling_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"pronto/signalling/framing"
	"pronto/signalling/framing/framingtest"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// speaking signs in a device that speaks encryption.
func speaking(t testing.TB, s *signallingtest.Server, user wire.UserID, device string) *page {
	t.Helper()
	p := connect(t, s)
	p.welcome = ask[wire.Welcome](p, "hello", wire.Hello{
		Token: s.Token(t, user), Device: wire.DeviceID(device), DeviceName: device, Encryption: wire.EncryptionVersion,
	})
	return p
}

// signer is a device with an identity key.
type signer struct {
	*page
	id   string
	key  ed25519.PrivateKey
	list wire.Devices
}

func newSigner(t *testing.T, s *signallingtest.Server, user wire.UserID, device string) *signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &signer{page: speaking(t, s, user, device), id: device, key: key}
	d.list = ask[wire.Devices](d.page, "setDeviceKey", wire.SetDeviceKey{Key: d.public()})
	return d
}

func (d *signer) public() wire.Blob { return wire.ToBlob(d.key.Public().(ed25519.PublicKey)) }

// sign is the request to sign another device.
func (d *signer) sign(account string, other *signer) wire.SignDevice {
	key, _ := other.public().Bytes()
	return wire.SignDevice{
		Device: wire.DeviceID(other.id), Key: other.public(),
		Signature: wire.ToBlob(ed25519.Sign(d.key, framing.Statement(account, other.id, key))),
	}
}

// credential is a device's in a list, verified; nil if it has none.
func credential(t *testing.T, list wire.Devices, device string) *framing.Credential {
	t.Helper()
	i := slices.IndexFunc(list.Devices, func(d wire.Device) bool { return string(d.Device) == device })
	if i < 0 {
		t.Fatalf("%s is not among %+v", device, list.Devices)
	}
	if list.Devices[i].Credential == "" {
		return nil
	}
	data, err := list.Devices[i].Credential.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	c, err := framing.ParseCredential(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(); err != nil {
		t.Error(err)
	}
	if key, _ := list.Devices[i].Key.Bytes(); !bytes.Equal(c.Key(), key) || c.Device != device {
		t.Errorf("the credential of %s is %+v", device, c)
	}
	return &c
}

func TestANewDeviceIsSignedByAnotherOneOfTheAccount(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone := newSigner(t, s, "ana", "phone")
	if c := credential(t, phone.list, "phone"); c == nil || len(c.Chain) != 0 {
		t.Fatalf("the first device has the credential %+v", c)
	}
	laptop, tablet := newSigner(t, s, "ana", "laptop"), newSigner(t, s, "ana", "tablet")
	if c := credential(t, laptop.list, "laptop"); c != nil {
		t.Fatalf("the second device has a credential before anybody has signed it: %+v", c)
	}
	eve := newSigner(t, s, "bia", "eve")
	forged := laptop.sign("ana", tablet)
	for name, c := range map[string]struct {
		by   *signer
		m    wire.SignDevice
		code wire.Code
	}{
		"by who has no credential":  {laptop, laptop.sign("ana", tablet), wire.CodeForbidden},
		"with another's signature":  {phone, forged, wire.CodeInvalid},
		"for another account":       {phone, phone.sign("bia", laptop), wire.CodeInvalid},
		"another account's device":  {eve, eve.sign("bia", laptop), wire.CodeConflict},
		"itself":                    {phone, phone.sign("ana", phone), wire.CodeInvalid},
		"a key that it has not got": {phone, func() wire.SignDevice { m := phone.sign("ana", tablet); m.Device = "laptop"; return m }(), wire.CodeInvalid},
		"a device that is none":     {phone, phone.sign("ana", &signer{id: "d9", key: tablet.key}), wire.CodeConflict},
	} {
		if p := refused(c.by.page, "signDevice", c.m); p.Code != c.code {
			t.Errorf("%s: %+v", name, p)
		}
	}
	ask[wire.Devices](phone.page, "signDevice", phone.sign("ana", laptop))
	list := ask[wire.Devices](laptop.page, "signDevice", laptop.sign("ana", tablet))
	root := credential(t, list, "phone")
	for device, length := range map[string]int{"laptop": 1, "tablet": 2} {
		if c := credential(t, list, device); c == nil || len(c.Chain) != length || c.Root != root.Root || c.Account != "ana" {
			t.Errorf("the credential of %s is %+v", device, c)
		}
	}
	phone.wait("the news of the tablet's signature", 0, func(f wire.Frame) bool {
		return f.Type == "devices" && f.ID == "" && strings.Contains(string(f.Body), string(list.Devices[0].Credential))
	})
	// The chain has an end.
	last := tablet
	for i, name := range []string{"d4", "d5", "d6"} {
		next := newSigner(t, s, "ana", name)
		if i < 2 {
			ask[wire.Devices](last.page, "signDevice", last.sign("ana", next))
			last = next
			continue
		}
		if p := refused(last.page, "signDevice", last.sign("ana", next)); p.Code != wire.CodeForbidden {
			t.Errorf("the sixth device in a row: %+v", p)
		}
	}
	// Another key is another device, as far as signatures go.
	_, tablet.key, _ = ed25519.GenerateKey(nil)
	if list := ask[wire.Devices](tablet.page, "setDeviceKey", wire.SetDeviceKey{Key: tablet.public()}); credential(t, list, "tablet") != nil {
		t.Error("a new key has the old one's credential")
	}
}

func TestKeyPackagesAreKeptForTheDeviceThatLeftThem(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{Encryption: "required"})
	ana := speaking(t, s, "ana", "phone")
	d := framingtest.NewDevice("ana", "phone")
	packages := func(d *framingtest.Device, n int) (list []wire.Blob) {
		for range n {
			list = append(list, wire.ToBlob(d.KeyPackage()))
		}
		return list
	}
	for name, list := range map[string][]wire.Blob{
		"another device's":  packages(framingtest.NewDevice("ana", "laptop"), 1),
		"another account's": packages(framingtest.NewDevice("bia", "phone"), 1),
		"no key package":    {"AAAA"},
	} {
		if p := refused(ana, "putKeyPackages", wire.PutKeyPackages{Packages: list}); p.Code != wire.CodeInvalid {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if kept := ask[wire.KeyPackages](ana, "putKeyPackages", wire.PutKeyPackages{Packages: packages(d, 5), LastResort: packages(d, 1)[0]}); kept.Left != 5 || !kept.LastResort {
		t.Errorf("kept are %+v", kept)
	}
	if kept := ask[wire.KeyPackages](ana, "putKeyPackages", wire.PutKeyPackages{Packages: packages(d, 20)}); kept.Left != wire.MaxKeyPackages {
		t.Errorf("of 25 are kept %+v", kept)
	}
	call := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	left := wire.MaxKeyPackages
	for range 3 {
		ask[wire.Keys](ana, "enterKeys", wire.EnterKeys{Call: call})
		left--
	}
	if kept := ask[wire.KeyPackages](ana, "putKeyPackages", wire.PutKeyPackages{Packages: []wire.Blob{}}); int(kept.Left) != left {
		t.Errorf("after %d were used there are %+v", wire.MaxKeyPackages-left, kept)
	}
}

// keyedCouple is a couple whose call is encrypted; the first holds leaf 0, the other
// leaf 1, in epoch 1.
func keyedCouple(t *testing.T, s *signallingtest.Server) (a, b *page, call wire.CallID, blobs []wire.Blob) {
	t.Helper()
	a, b = speaking(t, s, "ana", "laptop"), speaking(t, s, "bia", "phone")
	ana, bia := framingtest.NewDevice("ana", "laptop"), framingtest.NewDevice("bia", "phone")
	call = ask[wire.CallState](a, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	id := framingtest.GroupID(string(call), 1)
	info := func(epoch uint64) wire.Blob { return wire.ToBlob(framingtest.GroupInfo(id, epoch)) }
	founded := info(0)
	ask[wire.KeysAccepted](a, "foundKeys", wire.FoundKeys{Call: call, Group: 1, GroupInfo: founded})
	ask[wire.Done](a, "keysReady", wire.KeysReady{Call: call, Group: 1})
	event[wire.Incoming](b, "incoming")
	ask[wire.CallState](b, "accept", wire.Accept{Call: call})
	pkg := bia.KeyPackage()
	ask[wire.Keys](b, "enterKeys", wire.EnterKeys{Call: call, KeyPackage: wire.ToBlob(pkg)})
	event[wire.KeysWanted](a, "keysWanted")
	commit := wire.CommitKeys{
		Call: call, Group: 1, GroupInfo: info(1), Commit: wire.ToBlob(ana.Commit(id, 0, 0, [][]byte{pkg})), Welcome: wire.ToBlob(framingtest.Welcome(pkg)),
	}
	ask[wire.KeysAccepted](a, "commitKeys", commit)
	event[wire.KeysWelcomed](b, "keysWelcomed")
	ask[wire.Done](b, "keysReady", wire.KeysReady{Call: call, Group: 1, Epoch: 1})
	return a, b, call, []wire.Blob{founded, wire.ToBlob(pkg), commit.Commit, commit.Welcome, commit.GroupInfo}
}

func TestKeyMessagesSurviveALostSocketExactlyOnceAndInOrder(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{Encryption: "required"})
	a, b, call, _ := keyedCouple(t, s)
	id := framingtest.GroupID(string(call), 1)
	ana := framingtest.NewDevice("ana", "laptop")
	seen := b.lastSerial()
	b.close()
	var sent []wire.Blob
	for epoch := uint32(1); epoch < 5; epoch++ {
		m := wire.CommitKeys{
			Call: call, Group: 1, Epoch: epoch, GroupInfo: wire.ToBlob(framingtest.GroupInfo(id, uint64(epoch)+1)),
			Commit: wire.ToBlob(ana.Commit(id, uint64(epoch), 0, nil)),
		}
		// Said twice, with the same id and with another one, as after a lost reply.
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		once, again := fmt.Sprintf("once%d", epoch), fmt.Sprintf("again%d", epoch)
		for _, frameID := range []string{once, once, again} {
			a.send("commitKeys", frameID, json.RawMessage(body))
		}
		a.wait("the reply", 0, func(f wire.Frame) bool { return f.ID == again && f.Type == "keysAccepted" })
		ask[wire.Done](a, "sendKeyMessage", wire.SendKeyMessage{Call: call, To: "p2", Body: m.Commit[:20]})
		sent = append(sent, m.Commit)
	}
	back, w := resume(t, s, b, "bia", "phone", seen)
	if !w.Resumed {
		t.Fatalf("the session was not taken up: %+v", w)
	}
	var commits, messages []wire.Blob
	for _, h := range back.heardAfter(0) {
		switch h.frame.Type {
		case "keysCommitted":
			c := decode[wire.KeysCommitted](t, h.frame)
			if int(c.Epoch) != len(commits)+2 {
				t.Errorf("epoch %d follows %d commits", c.Epoch, len(commits))
			}
			commits = append(commits, c.Commit)
		case "keyMessage":
			messages = append(messages, decode[wire.KeyMessage](t, h.frame).Body)
		}
	}
	if !slices.Equal(commits, sent) || len(messages) != len(sent) {
		t.Errorf("%d commits and %d messages came, %d of each were sent", len(commits), len(messages), len(sent))
	}
}

func TestNothingOfKeysIsInTheLog(t *testing.T) {
	t.Parallel()
	var log locked
	s := signallingtest.Start(t, signallingtest.Options{
		Encryption: "required", Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	a, b, call, blobs := keyedCouple(t, s)
	body := wire.ToBlob([]byte("a message from device to device, which no server reads"))
	ask[wire.Done](a, "sendKeyMessage", wire.SendKeyMessage{Call: call, To: "p2", Body: body})
	binding := wire.ToBlob([]byte("a signature over fingerprints, which no server reads"))
	ask[wire.Done](a, "describe", wire.Describe{Call: call, Generation: 1, Type: wire.SDPOffer, SDP: "v=0\r\n", Binding: binding})
	if got := event[wire.Described](b, "described").Binding; got != binding {
		t.Errorf("the signature came as %q", got)
	}
	for _, kind := range []string{"commitKeys", "foundKeys", "enterKeys"} { // what is refused is not written down either
		refused(b, kind, map[string]any{"call": call, "group": 9, "epoch": 9, "commit": blobs[2], "groupInfo": blobs[0], "keyPackage": blobs[0]})
	}
	ask[wire.Done](a, "leave", wire.Leave{Call: call})
	event[wire.CallEnded](b, "callEnded")
	for _, blob := range append(blobs, body, binding) {
		if bytes.Contains(log.bytes(), []byte(blob[8:40])) {
			t.Errorf("%.40s… is in the log", blob)
		}
	}
}
