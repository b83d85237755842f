package link_test

import (
	"strings"
	"testing"

	"pronto/signalling/link"
)

// What the SDK sealed; its own test opens what was sealed here.
const (
	sdkSecret = "AAECAwQFBgcICQoLDA0ODw"
	sdkSealed = "SEoGXi1JXCW-jNRTbx0PpnT5Gw_B11xTrokNjUjqfEowTNjxCWQBL__xy1d2yQWTEtkT3L6qNdVsuZmmowA_2aleAhmJgIhYygj0lnngrc4FeXnkXXYvLzGpp_64XEWvjval0rza_SdgC83H621dItwvPZRVxXlUz9v0nXGIIZe04AE22P18MZGWkRElwcS7t5uYleL2P058MVxH"
)

func TestDetailsAreReadByWhomTheAddressIsGivenTo(t *testing.T) {
	want := link.Details{Title: "Revisão do orçamento <Q3>", Description: "Bring\nnumbers."}
	secret := link.NewSecret()
	sealed, err := want.Seal(secret)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := link.OpenDetails(secret, sealed); err != nil || got != want {
		t.Errorf("they are %+v (%v)", got, err)
	}
	if again, _ := want.Seal(secret); again == sealed {
		t.Error("sealed twice, they are the same")
	}
	short, _ := link.Details{Title: "a"}.Seal(secret)
	long, _ := link.Details{Title: strings.Repeat("a", 80)}.Seal(secret)
	if len(short) != len(long) {
		t.Errorf("the size tells how long the title is: %d and %d", len(short), len(long))
	}
	for what, f := range map[string]func() (link.Details, error){
		"another secret": func() (link.Details, error) { return link.OpenDetails(link.NewSecret(), sealed) },
		"changed":        func() (link.Details, error) { return link.OpenDetails(secret, sealed[:len(sealed)-4]+"AAAA") },
		"short":          func() (link.Details, error) { return link.OpenDetails(secret, "AAAA") },
		"no base64":      func() (link.Details, error) { return link.OpenDetails(secret, "+/") },
		"nothing":        func() (link.Details, error) { return link.OpenDetails(secret, "") },
	} {
		if d, err := f(); err == nil || d != (link.Details{}) {
			t.Errorf("%s: opened as %+v", what, d)
		}
	}
	got, err := link.OpenDetails(sdkSecret, sdkSealed)
	if want := (link.Details{Title: "Dinner ✓", Description: "At eight.\nBring wine."}); err != nil || got != want {
		t.Errorf("what the SDK sealed is %+v (%v)", got, err)
	}
}

func TestDetailsThatCannotBeShownAreRefused(t *testing.T) {
	for _, d := range []link.Details{
		{Title: strings.Repeat("ä", 81)}, {Title: "two\nlines"}, {Title: "\u202eback"}, {Description: strings.Repeat("ä", 501)}, {Description: "a\x00b"}, {Title: "\xff"},
	} {
		if _, err := d.Seal(link.NewSecret()); err == nil {
			t.Errorf("%.20q is sealed", d)
		}
	}
}

func TestAnAddressIsTakenApart(t *testing.T) {
	for _, secret := range []string{"", link.NewSecret()} {
		server, id, got, err := link.ReadAddress(link.Address("https://calls.example.com:8443", "abc_-1", secret))
		if err != nil || server != "https://calls.example.com:8443" || id != "abc_-1" || got != secret {
			t.Errorf("%q %q %q %v", server, id, got, err)
		}
	}
	for _, wrong := range []string{
		"", "abc", "/j/abc", "ftp://a/j/abc", "https://a/j/", "https://a/j/a/b", "https://a/x/abc", "https://a/j/abc#secret", "https://a/j/abc#k=", "https://a/j/abc#k=a+b", "https://a/j/%zz",
		"https://a/j/" + strings.Repeat("a", 65),
	} {
		_, _, _, err := link.ReadAddress(wrong)
		if err == nil {
			t.Errorf("%q is an address", wrong)
		} else if strings.Contains(err.Error(), "a+b") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}
