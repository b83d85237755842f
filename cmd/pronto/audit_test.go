package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/api"
	"pronto/signalling/store"
)

// Each command that changes the server's store, or reads what is somebody's, is in the
// audit log with what it was about and how it went.
func TestCommandsAreWrittenDown(t *testing.T) {
	t.Setenv("PRONTO_DATA", t.TempDir())
	t.Setenv("PRONTO_LOG_LEVEL", "error")
	err := withStore(t.Context(), func(db *store.Store) error {
		if err := db.UpsertUser(t.Context(), "ana", "Ana"); err != nil {
			return err
		}
		_, err := db.CreateGroup(t.Context(), store.NewGroup{ID: "g1", Name: "Choir", Creator: "ana"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	key := printed[struct{ Key string }](t, "keys", "create", "visitor").Key
	want := []string{"create-key key/" + key + " 200"}
	for _, step := range []struct{ args, entry string }{
		{"keys rotate " + key, "rotate-key key/" + key + " 200"},
		{"keys origins " + key + " https://shop.example", "change-key key/" + key + " 200"},
		{"token ana --key " + key, "create-token user/ana 200"},
		{"keys revoke " + key, "revoke-key key/" + key + " 200"},
		{"keys list", ""}, // keys are nobody's
		{"user suspend ana --reason spam", "suspend-user user/ana 200"},
		{"user resume ana", "resume-user user/ana 200"},
		{"user no-calls ana", "change-user user/ana 200"},
		{"user minor ana", "change-user user/ana 200"},
		{"user show ana", "get-user user/ana 200"},
		{"user show nobody", "get-user user/nobody 500failed"},
		{"group suspend g1", "change-group group/g1 200"},
		{"group resume g1", "change-group group/g1 200"},
		{"group show g1", "get-group group/g1 200"},
		{"group lift-ban g1 ana", "change-group group/g1 500failed"},
		{"audit list", "list-audit 200"},
		{"user delete ana --sure", "delete-user user/ana 200"},
	} {
		command(t, strings.Fields(step.args)...)
		if step.entry != "" {
			want = append(want, step.entry)
		}
	}
	var got []string
	for _, e := range printed[[]api.AuditEntry](t, "audit", "list", "--key", store.CommandLine, "--since", "1h", "--limit", "1000") {
		if e.Status == 0 {
			continue // this reading itself, which is not over
		}
		target := targetText(e.Target)
		if target != "" {
			target += " "
		}
		got = append(got, fmt.Sprint(e.Operation, " ", target, e.Status, e.Code))
		if e.At.IsZero() || time.Since(e.At) > time.Minute {
			t.Errorf("%s was at %v", e.Operation, e.At)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("written down is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := printed[[]api.AuditEntry](t, "audit", "list", "--target", key); len(got) != 4 {
		t.Errorf("of the key is written down %+v", got)
	}
}

func TestAKeyIsCreatedWithAnEnd(t *testing.T) {
	t.Setenv("PRONTO_DATA", t.TempDir())
	t.Setenv("PRONTO_LOG_LEVEL", "error")
	for text, lasts := range map[string]time.Duration{
		"30d": 30 * 24 * time.Hour, "12h": 12 * time.Hour, time.Now().Add(time.Hour).UTC().Format(time.RFC3339): time.Hour,
	} {
		made := printed[struct{ Key string }](t, "keys", "create", "visitor", "--expires", text).Key
		next := printed[struct{ Key string }](t, "keys", "rotate", made, "--keep", "1m").Key
		for _, listed := range printed[[]listedKey](t, "keys", "list") {
			if listed.ID != next {
				continue
			}
			if listed.Expires == nil || (time.Until(*listed.Expires)-lasts).Abs() > time.Minute {
				t.Errorf("%s: the successor is good until %v", text, listed.Expires)
			}
		}
	}
	for _, text := range []string{"0d", "-1h", "soon", "2020-01-01T00:00:00Z", "99999999999d"} {
		if _, errs, code := command(t, "keys", "create", "visitor", "--expires="+text); code == 0 || !strings.Contains(errs, text) {
			t.Errorf("%s ends with %d: %s", text, code, errs)
		}
	}
}
