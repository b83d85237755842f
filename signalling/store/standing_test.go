package store_test

import (
	"slices"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestASuspensionHoldsUntilItsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		equal(t, "at first", value(s.Standing(ctx, "ana"))(t), store.Standing{})
		fails(t, s.Suspend(ctx, "nobody", store.Forever, "", ""), store.ErrNotFound)
		ok(t, s.Suspend(ctx, "ana", time.Now().Add(time.Hour), "spam", ""))
		got := value(s.Standing(ctx, "ana"))(t)
		if left := time.Until(got.SuspendedUntil); !got.Suspended() || got.SuspendedReason != "spam" || left < 59*time.Minute || left > time.Hour {
			t.Errorf("suspended: %+v", got)
		}
		rel := value(s.Relation(ctx, "ana", "bia"))(t)
		equal(t, "the caller is suspended", rel.CallerSuspended && !rel.CalleeSuspended, true)
		rel = value(s.Relation(ctx, "bia", "ana"))(t)
		equal(t, "the callee is suspended", !rel.CallerSuspended && rel.CalleeSuspended, true)
		ok(t, s.Exec(ctx, `UPDATE standing SET suspended_until_ms = suspended_until_ms - 7200000`))
		equal(t, "after its end", value(s.Standing(ctx, "ana"))(t).Suspended(), false)
		equal(t, "after its end, for calls", value(s.Relation(ctx, "ana", "bia"))(t).CallerSuspended, false)
		ok(t, s.Suspend(ctx, "ana", store.Forever, "", ""))
		equal(t, "for good", value(s.Standing(ctx, "ana"))(t).SuspendedUntil, store.Forever)
		ok(t, s.Resume(ctx, "ana"))
		ok(t, s.Resume(ctx, "ana"))
		equal(t, "after it was taken back", value(s.Standing(ctx, "ana"))(t), store.Standing{})
	})
}

func TestSuspensionsAreFoundByTheirTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		users, since, err := s.SuspendedSince(ctx, time.Time{})
		ok(t, err)
		equal(t, "at first", len(users), 0)
		ok(t, s.Suspend(ctx, "ana", store.Forever, "", ""))
		ok(t, s.SetNoCalls(ctx, "caio", true, ""))
		users, since, err = s.SuspendedSince(ctx, since)
		ok(t, err)
		equal(t, "the first", slices.Equal(users, []string{"ana"}), true)
		ok(t, s.Exec(ctx, `UPDATE standing SET changed_ms = changed_ms - 60000`))
		ok(t, s.Suspend(ctx, "bia", store.Forever, "", ""))
		users, since, err = s.SuspendedSince(ctx, since)
		ok(t, err)
		equal(t, "the second, not the old one", slices.Equal(users, []string{"bia"}), true)
		users, _, err = s.SuspendedSince(ctx, since)
		ok(t, err)
		equal(t, "again, in case something was committed late", slices.Equal(users, []string{"bia"}), true)
	})
}

func TestAnAccountThatTakesNoCallsSaysSo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "desk")
		fails(t, s.SetNoCalls(ctx, "nobody", true, ""), store.ErrNotFound)
		ok(t, s.SetNoCalls(ctx, "desk", true, "Write to us."))
		rel := value(s.Relation(ctx, "ana", "desk"))(t)
		equal(t, "to who calls", rel.CalleeNoCalls && rel.CalleeNoCallsText == "Write to us.", true)
		equal(t, "the other way", value(s.Relation(ctx, "desk", "ana"))(t).CalleeNoCalls, false)
		ok(t, s.Suspend(ctx, "desk", store.Forever, "x", ""))
		equal(t, "besides a suspension", value(s.Standing(ctx, "desk"))(t).NoCalls, true)
		ok(t, s.SetNoCalls(ctx, "desk", false, ""))
		equal(t, "taken back", value(s.Relation(ctx, "ana", "desk"))(t).CalleeNoCalls, false)
	})
}

func TestMinorsHaveStricterDefaults(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "kid")
		ok(t, s.SetMinor(ctx, "kid", true))
		strict := store.Privacy{WhoMayCall: store.Contacts, WhoMayAdd: store.Contacts, SilenceUnknown: true, HideAddress: true}
		usual := store.Privacy{WhoMayCall: store.Everyone, WhoMayAdd: store.Everyone}
		equal(t, "his settings", value(s.Privacy(ctx, "kid"))(t), strict)
		equal(t, "the others'", value(s.Privacy(ctx, "ana"))(t), usual)
		rel := value(s.Relation(ctx, "ana", "kid"))(t)
		equal(t, "for calls to him", rel.CalleePrivacy, strict)
		equal(t, "for the one who calls him", rel.CallerPrivacy, usual)
		value(s.SetPrivacy(ctx, "kid", usual, 0))(t)
		usual.Version = 1
		equal(t, "what he has set", value(s.Privacy(ctx, "kid"))(t), usual)
		ok(t, s.SetMinor(ctx, "kid", false))
	})
}
