package main

import (
	"bytes"
	"context"
	"regexp"
	"testing"
	"time"

	"pronto/signalling/store"
)

func TestOperatorsSayHowAccountsStand(t *testing.T) {
	t.Setenv("PRONTO_DATA", t.TempDir())
	t.Setenv("PRONTO_LOG_LEVEL", "error")
	standing := func() (s store.Standing) {
		t.Helper()
		err := withStore(t.Context(), func(db *store.Store) (err error) {
			s, err = db.Standing(t.Context(), "ana")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	err := withStore(t.Context(), func(db *store.Store) error { return db.UpsertUser(t.Context(), "ana", "Ana") })
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		want func(store.Standing) bool
	}{
		{[]string{"suspend", "ana", "--reason", "spam"}, func(s store.Standing) bool {
			return s.SuspendedUntil.Equal(store.Forever) && s.SuspendedReason == "spam"
		}},
		{[]string{"suspend", "ana", "--for", "72h"}, func(s store.Standing) bool {
			left := time.Until(s.SuspendedUntil)
			return left > 71*time.Hour && left <= 72*time.Hour
		}},
		{[]string{"show", "ana"}, store.Standing.Suspended},
		{[]string{"resume", "ana"}, func(s store.Standing) bool { return s == store.Standing{} }},
		{[]string{"no-calls", "ana", "--text", "Write to us."}, func(s store.Standing) bool { return s.NoCalls && s.NoCallsText == "Write to us." }},
		{[]string{"no-calls", "ana", "--off"}, func(s store.Standing) bool { return !s.NoCalls && s.NoCallsText == "" }},
		{[]string{"minor", "ana"}, func(s store.Standing) bool { return s.Minor }},
		{[]string{"minor", "ana", "--off"}, func(s store.Standing) bool { return !s.Minor }},
		{[]string{"minor", "ana"}, func(s store.Standing) bool { return s.Minor }},
		{[]string{"delete", "ana", "--sure"}, func(s store.Standing) bool { return s == store.Standing{} }},
	} {
		if code := run(t.Context(), append([]string{"user"}, step.args...)); code != 0 {
			t.Fatalf("user %v ends with %d", step.args, code)
		}
		if s := standing(); !step.want(s) {
			t.Errorf("after user %v the account stands at %+v", step.args, s)
		}
	}
}

func TestWhatOperatorsGetWrongIsSaid(t *testing.T) {
	t.Setenv("PRONTO_DATA", t.TempDir())
	t.Setenv("PRONTO_LOG_LEVEL", "error")
	for _, args := range [][]string{
		{"suspend", "nobody"}, {"resume", "nobody"}, {"no-calls", "nobody"}, {"minor", "nobody"}, {"show", "nobody"},
		{"suspend", "nobody", "--for=-1h"}, {"delete", "nobody", "--sure"}, {"delete", "nobody"}, {"suspend"},
	} {
		if code := run(context.Background(), append([]string{"user"}, args...)); code == 0 {
			t.Errorf("user %v is carried out", args)
		}
	}
}

func TestAnOperatorSeesHowFarTheTermsHaveComeWithAnAccount(t *testing.T) {
	t.Setenv("PRONTO_DATA", t.TempDir())
	t.Setenv("PRONTO_LOG_LEVEL", "error")
	err := withStore(t.Context(), func(db *store.Store) error {
		if err := db.UpsertUser(t.Context(), "ana", "Ana"); err != nil {
			return err
		}
		_, err := db.SetPreferences(t.Context(), "ana", store.PreferencesChange{Terms: "2026-01", NoteTerms: true}, store.AnyVersion)
		if err == nil {
			_, err = db.TermsDelivered(t.Context(), "ana", "2026-02")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const at = `\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d\S*`
	for asJSON, want := range map[bool][]string{
		false: {`terms +2026-01  delivered no  accepted ` + at + ` UTC\n`, `terms +2026-02  delivered ` + at + ` UTC  accepted no\n`},
		true:  {`{"version":"2026-01","accepted":"` + at + `"}`, `{"version":"2026-02","delivered":"` + at + `"}`},
	} {
		var out bytes.Buffer
		if err := (userShowCmd{User: "ana"}).Run(t.Context(), &screen{out: &out, json: asJSON}); err != nil {
			t.Fatal(err)
		}
		for _, pattern := range want {
			if !regexp.MustCompile(pattern).Match(out.Bytes()) {
				t.Errorf("%q does not match %s", out.String(), pattern)
			}
		}
	}
}
