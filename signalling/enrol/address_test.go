package enrol

import (
	"strings"
	"testing"
)

func TestAddressesHaveOneForm(t *testing.T) {
	for text, want := range map[string]string{
		"ana@example.com": "ana@example.com", "Ana.B+calls@Example.COM": "ana.b+calls@example.com",
	} {
		if a, err := ParseEmail(text); err != nil || a != (Address{Email, want}) {
			t.Errorf("%s: %+v (%v)", text, a, err)
		}
	}
	for _, text := range []string{"+3906123456", "+12025550123", "+1234567", "+123456789012345"} {
		if a, err := ParsePhone(text); err != nil || a != (Address{Phone, text}) {
			t.Errorf("%s: %+v (%v)", text, a, err)
		}
	}
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "ana", "@example.com", "ana@", "ana@localhost", "ana@example.com\r\nBcc: eve@example.com", "ana@example.com, eve@example.com",
		"Ana <ana@example.com>", `"a b"@example.com`, "ana@[127.0.0.1]", "anà@example.com", "ana@example..com\x00",
		strings.Repeat("a", 250) + "@example.com",
	} {
		if a, err := ParseEmail(text); err == nil {
			t.Errorf("%q is taken for %+v", text, a)
		}
	}
	for _, text := range []string{"", "+", "3906123456", "+0123456789", "+123456", "+1234567890123456", "+39 06 123456", "+39061234５6", "+39-06-12345"} {
		if a, err := ParsePhone(text); err == nil {
			t.Errorf("%q is taken for %+v", text, a)
		}
	}
}

func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{"ana@example.com", "a@b\r\n.c", `"x"@y.z`, "a@b.c(d)", "@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseEmail(text)
		if err != nil {
			return
		}
		if strings.ContainsAny(a.Text, "\r\n<>,; ") || len(a.Text) > MaxAddressBytes || strings.Count(a.Text, "@") != 1 {
			t.Errorf("%q became %q", text, a.Text)
		}
		if again, err := ParseEmail(a.Text); err != nil || again != a {
			t.Errorf("%q became %q and that %+v (%v)", text, a.Text, again, err)
		}
	})
}

func FuzzParsePhone(f *testing.F) {
	for _, seed := range []string{"+3906123456", "+0", "+1 2", "1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := ParsePhone(text); err == nil && (a.Text != text || len(text) > 16) {
			t.Errorf("%q became %q", text, a.Text)
		}
	})
}

func TestCodesAreSixDigitsAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		code := NewCode()
		if !IsCode(code) {
			t.Fatalf("%q is no code", code)
		}
		seen[code] = true
	}
	if len(seen) < 990 {
		t.Errorf("of 1000 codes only %d differ", len(seen))
	}
	for _, text := range []string{"", "12345", "1234567", "12345a", "12345６"} {
		if IsCode(text) {
			t.Errorf("%q is taken for a code", text)
		}
	}
}

func TestHashesDependOnAllTheyAreOf(t *testing.T) {
	h, other := Hasher{[]byte("0123456789abcdef")}, Hasher{[]byte("0123456789abcdeg")}
	a, b := Address{Email, "ana@example.com"}, Address{Email, "bia@example.com"}
	hashes := map[string]string{}
	for what, hash := range map[string]string{
		"an address": h.Address(a), "another address": h.Address(b), "another key": other.Address(a), "another kind": h.Address(Address{Phone, a.Text}),
		"a code": h.Code("a", "123456"), "another code": h.Code("a", "123457"), "another's code": h.Code("b", "123456"), "a source": h.Source(a.Text),
	} {
		if same, ok := hashes[hash]; ok {
			t.Errorf("%s and %s have one hash", what, same)
		}
		hashes[hash] = what
	}
	if first, second := h.Code("a", "123456"), h.Code("a", "123456"); first != second {
		t.Error("the same code has two hashes")
	}
}
