package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestAProfileIsSeenByWhoKnowsTheAccountAndIsInItsAudience(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "friend", "talked", "mate", "stranger")
		ok(t, s.SetProfile(ctx, "ana", "Ana", "Hello"))
		ok(t, s.SetAvatar(ctx, "ana", "a1", "image/png", []byte("png")))
		ok(t, s.AddContact(ctx, "ana", "friend"))
		value(s.CreateCall(ctx, call("c1", "talked", "ana"), nil))(t)
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "active", Snapshot: "{}", Answers: []store.Answer{{Caller: "talked", Callee: "ana"}}}))
		value(s.CreateGroup(ctx, store.NewGroup{ID: "g1", Name: "Choir", Creator: "ana"}))(t)
		_, _, err := s.ChangeGroup(ctx, "g1", []string{"mate"}, func(g *store.GroupRow) error { return g.Add("mate", "ana", true, false) })
		ok(t, err)
		ok(t, s.SetAutomated(ctx, "ana", true))
		all := store.Profile{User: "ana", Name: "Ana", Automated: true, About: "Hello", Avatar: "a1"}
		for _, viewer := range []string{"friend", "talked", "mate", "stranger", "met", "ana", "nobody"} {
			for _, audience := range []store.WhoMayCall{store.Everyone, store.Contacts, store.Nobody} {
				value(s.SetPreferences(ctx, "ana", store.PreferencesChange{Audience: audience}, store.AnyVersion))(t)
				want := store.Profile{User: "ana"}
				switch {
				case viewer == "ana", audience == store.Everyone && viewer != "stranger" && viewer != "nobody", audience == store.Contacts && viewer == "friend":
					want = all
				}
				got := value(s.Profiles(ctx, viewer, []string{"ana", "unknown"}, func(string) bool { return viewer == "met" }))(t)
				if diff := cmp.Diff([]store.Profile{want, {User: "unknown"}}, got); diff != "" {
					t.Errorf("%s, to whom %s are shown: %s", viewer, audience, diff)
				}
				rel := value(s.Relation(ctx, viewer, "ana"))(t)
				if rel.CalleeAutomated != (rel.CalleeName != "") {
					t.Errorf("%s, to whom %s are shown, learns as a caller: %+v", viewer, audience, rel)
				}
				_, err := s.Avatar(ctx, viewer, "a1")
				if shown := viewer == "ana" || audience == store.Everyone || audience == store.Contacts && viewer == "friend"; (err == nil) != shown {
					t.Errorf("the avatar, of which %s hold the address, to %s: %v", audience, viewer, err)
				}
			}
		}
	})
}

func TestAnImageGoesWhenAnotherOneComes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		ok(t, s.SetAvatar(ctx, "ana", "a1", "image/png", []byte("one")))
		ok(t, s.SetAvatar(ctx, "ana", "a2", "image/webp", []byte("two")))
		_, err := s.Avatar(ctx, "ana", "a1")
		fails(t, err, store.ErrNotFound)
		got := value(s.Avatar(ctx, "ana", "a2"))(t)
		if diff := cmp.Diff(store.Avatar{Owner: "ana", Type: "image/webp", Image: []byte("two")}, got); diff != "" {
			t.Error(diff)
		}
		ok(t, s.SetAvatar(ctx, "ana", "", "", nil))
		_, err = s.Avatar(ctx, "ana", "a2")
		fails(t, err, store.ErrNotFound)
		fails(t, s.SetAvatar(ctx, "ana", "a3", "image/png", make([]byte, store.MaxAvatar+1)), store.ErrInvalid)
		fails(t, s.SetAvatar(ctx, "nobody", "a3", "image/png", nil), store.ErrNotFound)
		fails(t, s.SetProfile(ctx, "nobody", "x", ""), store.ErrNotFound)
		fails(t, s.SetProfile(ctx, "ana", "", strings.Repeat("x", store.MaxAbout+1)), store.ErrInvalid)
	})
}

func TestOfTwoWhoChangePreferencesAtOnceTheSecondIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		first := value(s.Preferences(ctx, "ana"))(t)
		equal(t, "the first version", first.Version, 0)
		ok(t, s.Block(ctx, "ana", "mal")) // on another device
		_, err := s.SetPreferences(ctx, "ana", store.PreferencesChange{Blocked: []string{}}, first.Version)
		fails(t, err, store.ErrConflict)
		equal(t, "the block is there", len(value(s.Blocks(ctx, "ana"))(t)), 1)
		second := value(s.Preferences(ctx, "ana"))(t)
		done := value(s.SetPreferences(ctx, "ana", store.PreferencesChange{
			Terms: "2026-01", Audience: store.Contacts, Blocked: []string{"mal", "ugo"},
			Privacy:  &store.Privacy{WhoMayCall: store.Contacts, HideAddress: true},
			Presence: &store.PresenceSetting{Audience: store.PresenceNobody},
		}, second.Version))(t)
		equal(t, "who is blocked now", strings.Join(done.Blocked, " "), "ugo")
		got := value(s.Preferences(ctx, "ana"))(t)
		if got.TermsAt.IsZero() || got.Version != second.Version+1 {
			t.Errorf("the record is %+v", got)
		}
		equal(t, "the terms", got.Terms, "2026-01")
		equal(t, "the audience", got.Audience, store.Contacts)
		equal(t, "privacy", got.Privacy.WhoMayCall, store.Contacts)
		equal(t, "presence", got.Presence.Audience, store.PresenceNobody)
		equal(t, "blocks", len(got.Blocked), 2)
		for name, change := range map[string]func() error{
			"a block": func() error { return s.Unblock(ctx, "ana", "mal") },
			"privacy": func() error { _, err := s.SetPrivacy(ctx, "ana", got.Privacy, got.Privacy.Version); return err },
			"presence": func() error {
				_, err := s.SetPresenceSetting(ctx, "ana", got.Presence, got.Presence.Version)
				return err
			},
			"the terms": func() error {
				_, err := s.SetPreferences(ctx, "ana", store.PreferencesChange{Terms: "2"}, store.AnyVersion)
				return err
			},
		} {
			before := value(s.Preferences(ctx, "ana"))(t).Version
			ok(t, change())
			_, err := s.SetPreferences(ctx, "ana", store.PreferencesChange{Terms: "3"}, before)
			if fails(t, err, store.ErrConflict); t.Failed() {
				t.Fatalf("after %s", name)
			}
		}
		for _, wrong := range []store.PreferencesChange{
			{Audience: "friends"}, {Blocked: []string{"ana"}}, {Blocked: make([]string, store.MaxBlocks+1)},
			{Privacy: &store.Privacy{}}, {Presence: &store.PresenceSetting{}}, {Terms: strings.Repeat("x", store.MaxID+1)},
		} {
			_, err := s.SetPreferences(ctx, "ana", wrong, store.AnyVersion)
			fails(t, err, store.ErrInvalid)
		}
		_, err = s.SetPreferences(ctx, "nobody", store.PreferencesChange{Terms: "1"}, 0)
		fails(t, err, store.ErrNotFound)
	})
}

func TestDefaultsAreStricterForMinors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		type defaults struct {
			Call, Add, Profile store.WhoMayCall
			Silence, Hide      bool
			Presence           store.PresenceAudience
			Discoverable       bool
		}
		for name, want := range map[string]defaults{
			"adult": {store.Everyone, store.Everyone, store.Everyone, false, false, store.PresenceContacts, true},
			"minor": {store.Contacts, store.Contacts, store.Contacts, true, true, store.PresenceContacts, false},
			"grown": {store.Everyone, store.Everyone, store.Everyone, false, false, store.PresenceContacts, true},
		} {
			people(t, s, name)
			if name != "adult" {
				ok(t, s.SetMinor(ctx, name, true))
			}
			if name == "grown" {
				ok(t, s.SetMinor(ctx, name, false))
			}
			value(s.SetNumber(ctx, name, "h-"+name, "67"))(t)
			p := value(s.Preferences(ctx, name))(t)
			got := defaults{p.Privacy.WhoMayCall, p.Privacy.WhoMayAdd, p.Audience, p.Privacy.SilenceUnknown, p.Privacy.HideAddress,
				p.Presence.Audience, value(s.NumberOf(ctx, name))(t).Discoverable}
			equal(t, name, got, want)
			equal(t, name+" is a minor", p.Minor, name == "minor")
		}
		ok(t, s.SetMinor(ctx, "adult", true))
		equal(t, "the number of who becomes one", value(s.NumberOf(ctx, "adult"))(t).Discoverable, false)
	})
}
