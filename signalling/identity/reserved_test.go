package identity_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"pronto/signalling/identity"
)

// names are those that others would take for the service, and those that are like
// them. The page's check reads the same file.
func names(t testing.TB) (list struct{ Pretending, Harmless []string }) {
	t.Helper()
	text, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &list); err != nil || len(list.Pretending) < 50 || len(list.Harmless) < 30 {
		t.Fatalf("%d and %d names (%v)", len(list.Pretending), len(list.Harmless), err)
	}
	return list
}

// An account may not call itself, or what is its own, what others would take for the
// service; what only has such a word in it passes.
func TestNoNameReadsAsTheServicesOwn(t *testing.T) {
	list := names(t)
	for _, name := range list.Pretending {
		if err := identity.CheckOwnName(name); !errors.Is(err, identity.ErrReserved) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range list.Harmless {
		if err := identity.CheckOwnName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Signs and spaces around a name, its case and a title before it change nothing of
// the answer, and no name takes long.
func FuzzOwnName(f *testing.F) {
	list := names(f)
	for _, name := range append(list.Pretending, list.Harmless...) {
		f.Add(name)
	}
	f.Add(strings.Repeat("a", 80))
	f.Add(strings.Repeat("\ufdfa", 80))
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 320 { // 80 characters, as titles have
			return
		}
		err := identity.CheckOwnName(name)
		for _, dressed := range []string{" " + name + " ", "«" + name + "»", "\u2800" + name + "\u2003"} {
			if got := identity.CheckOwnName(dressed); !errors.Is(got, err) {
				t.Errorf("%q is %v, %q is %v", name, err, dressed, got)
			}
		}
		if err != nil && identity.CheckOwnName("The "+name) == nil {
			t.Errorf("%q is refused, and passes with an article", name)
		}
	})
}
