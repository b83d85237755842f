package main

import (
	"errors"
	"testing"

	"pronto/signalling/store"
)

func TestOperatorsStopGroupsAndLiftBans(t *testing.T) {
	t.Setenv("PRONTO_DATA", t.TempDir())
	t.Setenv("PRONTO_LOG_LEVEL", "error")
	with := func(f func(db *store.Store) error) {
		t.Helper()
		if err := withStore(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	do := func(want int, args ...string) {
		t.Helper()
		if code := run(t.Context(), append([]string{"group"}, args...)); code != want {
			t.Fatalf("group %v ends with %d", args, code)
		}
	}
	suspended := func() (is bool) {
		with(func(db *store.Store) error {
			g, err := db.Group(t.Context(), "g1")
			is = !g.Suspended.IsZero()
			return err
		})
		return is
	}
	with(func(db *store.Store) error {
		ctx := t.Context()
		_, err := db.CreateGroup(ctx, store.NewGroup{ID: "g1", Name: "Choir", Creator: "ana"})
		if err == nil || !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a group of nobody: %v", err)
		}
		for _, user := range []string{"ana", "ugo"} {
			if err := db.UpsertUser(ctx, user, user); err != nil {
				return err
			}
		}
		if _, err := db.CreateGroup(ctx, store.NewGroup{ID: "g1", Name: "Choir", Creator: "ana"}); err != nil {
			return err
		}
		_, _, err = db.ChangeGroup(ctx, "g1", []string{"ugo"}, func(g *store.GroupRow) error {
			if err := g.Add("ugo", "ana", true, false); err != nil {
				return err
			}
			return g.Drop("ugo", false, true)
		})
		return err
	})
	do(0, "suspend", "g1")
	do(0, "show", "g1")
	if !suspended() {
		t.Error("the group is not suspended")
	}
	do(0, "resume", "g1")
	if suspended() {
		t.Error("the group is suspended still")
	}
	do(0, "lift-ban", "g1", "ugo")
	do(exitFailed, "lift-ban", "g1", "ugo")
	for _, verb := range []string{"suspend", "resume", "show"} {
		do(exitFailed, verb, "nothing")
	}
	with(func(db *store.Store) error {
		_, _, err := db.ChangeGroup(t.Context(), "g1", []string{"ugo"}, func(g *store.GroupRow) error { return g.Add("ugo", "ana", true, false) })
		return err
	})
}
