package framing_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pronto/signalling/framing"
	"pronto/signalling/framing/framingtest"
)

// group is the messages of a small group, made by another implementation.
func group(t testing.TB) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile("testdata/group.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	delete(texts, "comment")
	messages := map[string][]byte{}
	for name, text := range texts {
		if messages[name], err = base64.RawURLEncoding.DecodeString(text); err != nil {
			t.Fatal(err)
		}
	}
	return messages
}

func commit(t *testing.T, data []byte) framing.Commit {
	t.Helper()
	c, err := framing.ParseCommit(data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCommitsOfAnotherImplementationAreRead(t *testing.T) {
	m := group(t)
	bia, err := framing.ParseKeyPackage(m["keyPackage"])
	if err != nil {
		t.Fatal(err)
	}
	guest, err := framing.ParseKeyPackage(m["guestKeyPackage"])
	if err != nil {
		t.Fatal(err)
	}
	if c := bia.Leaf.Credential; c.Account != "bia" || c.Device != "phone" || guest.Leaf.Credential.Account != "" || bia.NotAfter.Unix() != 4102444800 {
		t.Errorf("the key packages are of %+v and %+v, until %v", c, guest.Leaf.Credential, bia.NotAfter)
	}
	add := commit(t, m["add"])
	if string(add.GroupID) != "c1/1" || add.Epoch != 0 || add.Sender != 0 || add.External || len(add.Removes) > 0 ||
		len(add.Adds) != 2 || !bytes.Equal(add.Adds[0], bia.Body) || !bytes.Equal(add.Adds[1], guest.Body) {
		t.Errorf("the add is read as %+v", add)
	}
	refs, err := framing.ParseWelcome(m["welcome"])
	if err != nil || len(refs) != 2 || !bytes.Equal(refs[0], bia.Ref[:]) || !bytes.Equal(refs[1], guest.Ref[:]) {
		t.Errorf("the Welcome is for %x (%v), want %x and %x", refs, err, bia.Ref, guest.Ref)
	}
	renew := commit(t, m["renew"])
	if renew.Epoch != 1 || renew.Sender != 1 || !renew.Path || renew.Leaf.Credential.Account != "bia" || len(renew.Adds)+len(renew.Removes) > 0 {
		t.Errorf("the empty commit is read as %+v", renew)
	}
	remove := commit(t, m["remove"])
	if remove.Epoch != 2 || remove.Sender != 0 || !slices.Equal(remove.Removes, []uint32{2}) || !remove.Path {
		t.Errorf("the remove is read as %+v", remove)
	}
	external := commit(t, m["external"])
	if external.Epoch != 3 || !external.External || !slices.Equal(external.Removes, []uint32{1}) || external.Leaf.Credential.Device != "phone" {
		t.Errorf("the external commit is read as %+v", external)
	}
	for name, epoch := range map[string]uint64{"founded": 0, "added": 1, "removed": 3} {
		if info, err := framing.ParseGroupInfo(m[name]); err != nil || string(info.GroupID) != "c1/1" || info.Epoch != epoch {
			t.Errorf("the GroupInfo %s is read as %+v, %v; want epoch %d", name, info, err, epoch)
		}
	}
}

func TestWhatIsNotACommitInTheOpenIsRefused(t *testing.T) {
	m := group(t)
	delete(m, "add")
	delete(m, "renew")
	delete(m, "remove")
	delete(m, "external")
	for name, data := range m {
		if _, err := framing.ParseCommit(data); !errors.Is(err, framing.ErrMalformed) {
			t.Errorf("%s is taken for a commit: %v", name, err)
		}
	}
}

func TestEveryMessageIsRefusedWhenItIsCutOrLonger(t *testing.T) {
	m := group(t)
	parse := map[string]func([]byte) error{
		"add":        func(b []byte) error { _, err := framing.ParseCommit(b); return err },
		"external":   func(b []byte) error { _, err := framing.ParseCommit(b); return err },
		"keyPackage": func(b []byte) error { _, err := framing.ParseKeyPackage(b); return err },
		"welcome":    func(b []byte) error { _, err := framing.ParseWelcome(b); return err },
		"added":      func(b []byte) error { _, err := framing.ParseGroupInfo(b); return err },
	}
	for name, f := range parse {
		data := m[name]
		for n := range data {
			if err := f(data[:n]); !errors.Is(err, framing.ErrMalformed) {
				t.Fatalf("the first %d of %d bytes of %s: %v", n, len(data), name, err)
			}
		}
		if err := f(append(bytes.Clone(data), 0)); !errors.Is(err, framing.ErrMalformed) {
			t.Errorf("%s with a byte more: %v", name, err)
		}
		if err := f(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACommitThatTheProtocolDoesNotAllowIsRefused(t *testing.T) {
	ana, bia := framingtest.NewDevice("ana", "laptop"), framingtest.NewDevice("bia", "phone")
	id := framingtest.GroupID("c1", 1)
	good := ana.Commit(id, 3, 0, [][]byte{bia.KeyPackage()}, 4)
	if c := commit(t, good); len(c.Adds) != 1 || !slices.Equal(c.Removes, []uint32{4}) {
		t.Fatalf("read as %+v", c)
	}
	change := func(at int, b byte) []byte {
		data := bytes.Clone(good)
		data[at] = b
		return data
	}
	head := 4 + 1 + len(id) + 8 // the sender's type
	for name, data := range map[string][]byte{
		"another version":      change(1, 2),
		"a private message":    change(3, 2),
		"an outside sender":    change(head, 2),
		"a proposal alone":     change(head+6, 2),
		"a reference":          change(head+9, 2),
		"another proposal":     change(head+11, 7),
		"another's newcomer":   bia.External(id, 3, 1, 2),
		"too much added to it": append(bytes.Clone(good), good...),
	} {
		if _, err := framing.ParseCommit(data); !errors.Is(err, framing.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestANoteNamesTheKeysThatItIsSealedFor(t *testing.T) {
	entry := func(id string) string { return id + strings.Repeat("s", 64) }
	two := "\x01\x02" + entry("8 bytes.") + entry("and more") + "sealed"
	for what, c := range map[string]struct {
		note, id string
		want     bool
	}{
		"the first":          {two, "8 bytes.", true},
		"the second":         {two, "and more", true},
		"another":            {two, "neither.", false},
		"behind the entries": {two, "sealed..", false},
		"nothing":            {"", "8 bytes.", true},
		"another version":    {"\x02" + two[1:], "neither.", true},
		"for nobody":         {"\x01\x00", "neither.", true},
		"for more than are":  {"\x01\x15" + strings.Repeat("s", 2000), "neither.", true},
		"cut short":          {two[:80], "neither.", true},
	} {
		if got := framing.NoteIsFor([]byte(c.note), []byte(c.id)); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
	}
}

func TestACredentialSaysWhatItsChainHolds(t *testing.T) {
	root, rootKey, _ := ed25519.GenerateKey(nil)
	phone, phoneKey, _ := ed25519.GenerateKey(nil)
	tablet, _, _ := ed25519.GenerateKey(nil)
	signed := func(by ed25519.PrivateKey, device string, key ed25519.PublicKey) framing.Signed {
		s := framing.Signed{Device: device, Key: [32]byte(key)}
		copy(s.Signature[:], ed25519.Sign(by, framing.Statement("ana", device, key)))
		return s
	}
	c := framing.Credential{Account: "ana", Device: "tablet", Root: [32]byte(root), Chain: []framing.Signed{
		signed(rootKey, "phone", phone), signed(phoneKey, "tablet", tablet),
	}}
	if err := c.Verify(); err != nil || !bytes.Equal(c.Key(), tablet) {
		t.Errorf("verify: %v, key %x", err, c.Key())
	}
	again, err := framing.ParseCredential(c.Append(nil))
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("written and read it is %+v, %v", again, err)
	}
	for name, f := range map[string]func(*framing.Credential){
		"another account": func(c *framing.Credential) { c.Account = "eve" },
		"another root":    func(c *framing.Credential) { c.Root = [32]byte(phone) },
		"another device":  func(c *framing.Credential) { c.Chain[1].Device = "phone" },
		"a link missing":  func(c *framing.Credential) { c.Chain = c.Chain[1:] },
	} {
		bad := c
		bad.Chain = slices.Clone(c.Chain)
		f(&bad)
		if err := bad.Verify(); !errors.Is(err, framing.ErrCredential) {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := c
	long.Chain = slices.Repeat(c.Chain, 3)
	if _, err := framing.ParseCredential(long.Append(nil)); !errors.Is(err, framing.ErrMalformed) {
		t.Errorf("a chain of six: %v", err)
	}
}
