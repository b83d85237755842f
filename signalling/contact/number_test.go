package contact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pronto/signalling/contact"
)

func key(t testing.TB, fill string) contact.Key {
	t.Helper()
	k, err := contact.NewKey(bytes.Repeat([]byte(fill), 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func parse(t testing.TB, text string) contact.Number {
	t.Helper()
	n, err := contact.Parse(text)
	if err != nil {
		t.Fatalf("a number was refused: %v", err)
	}
	return n
}

func TestANumberHasOneHashHoweverItIsWritten(t *testing.T) {
	k := key(t, "k")
	same := [][]string{
		{"+393331234567", "+39 333 123 4567", "+39-333-1234567", "+39 (333) 1234567"},
		{"+390612345678", "+39 06 1234 5678"}, // the 0 belongs to Italian numbers
		{"+5511987654321", "+55 11 98765-4321", "+55 (0) 11 98765 4321"},
		{"+4915112345678", "+49 (0) 151 12345678"}, // and not to German ones
	}
	seen := map[string]bool{}
	for _, forms := range same {
		hash := k.Hash(parse(t, forms[0]))
		if len(hash) != 43 || seen[hash] {
			t.Errorf("the hash %q is short or another number's", hash)
		}
		seen[hash] = true
		for i, form := range forms {
			n := parse(t, form)
			if k.Hash(n) != hash {
				t.Errorf("form %d of %s has another hash", i, forms[0])
			}
			if n.Ending() != forms[0][len(forms[0])-2:] {
				t.Errorf("form %d of %s ends in %s", i, forms[0], n.Ending())
			}
		}
	}
}

func TestWhatIsNoNumberIsRefusedWithoutBeingRepeated(t *testing.T) {
	for _, text := range []string{
		"", "+", "0", "3331234567", "00393331234567", "112", "+39", "+999123456789", "+3933", "+393331234567890123", "+2000000000000",
		"ana@example.org", "Ana", "+39 333 123 4567" + strings.Repeat(" ", 20), "tel:+393331234567", "+\x00393331234567", "\xff\xfe",
	} {
		_, err := contact.Parse(text)
		if !errors.Is(err, contact.ErrNumber) {
			t.Errorf("%q: the error is %v", text, err)
		} else if len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats %q", text)
		}
	}
}

func TestADeploymentsHashesAreItsOwn(t *testing.T) {
	n := parse(t, "+393331234567")
	if key(t, "a").Hash(n) == key(t, "b").Hash(n) {
		t.Error("two keys make the same hash")
	}
	if _, err := contact.NewKey(make([]byte, 31)); err == nil {
		t.Error("a short key was taken")
	}
	if (contact.Key{}).Valid() {
		t.Error("the zero key is valid")
	}
}

func TestANumberCannotBePrintedLoggedOrEncoded(t *testing.T) {
	n := parse(t, "+393331234567")
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&out, verb, n)
		fmt.Fprintf(&out, verb, []contact.Number{n})
		fmt.Fprintf(&out, verb, struct{ N contact.Number }{n})
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("number", "n", n, "list", []contact.Number{n})
	}
	data, err := json.Marshal(map[string]any{"n": n})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(data)
	if text := out.String(); strings.Contains(text, "3331234567") || strings.Contains(text, fmt.Sprintf("%x", "3331234567")) {
		t.Errorf("the number is in %s", text)
	}
	if !strings.Contains(out.String(), "+•••") {
		t.Error("nothing was printed at all")
	}
}

// FuzzParse holds what Parse promises for any text: no panic, one error, and a
// number that stays itself.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"+393331234567", "+1 (800) FLOWERS", "+39 333 123;ext=5", "+٣٩٣٣٣١٢٣٤٥٦٧", "+44 20 7946 0958", "+", "++39", "+8003333", "tel:+1;phone-context=+2", "+2000000000000",
	} {
		f.Add(text)
	}
	k := key(f, "k")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := contact.Parse(text)
		if err != nil {
			if err != contact.ErrNumber {
				t.Fatalf("%q: the error is %v", text, err)
			}
			return
		}
		e164 := contact.E164(n)
		if len(e164) < 4 || len(e164) > 20 || e164[0] != '+' || strings.Trim(e164[1:], "0123456789") != "" {
			t.Fatalf("%q became %q", text, e164)
		}
		again, err := contact.Parse(e164)
		if err != nil || k.Hash(again) != k.Hash(n) {
			t.Fatalf("%q became %q, and that %q: %v", text, e164, contact.E164(again), err)
		}
	})
}
