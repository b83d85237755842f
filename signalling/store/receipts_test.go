package store_test

import (
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestATermsReceiptIsWrittenOncePerVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		stands := func(version string, accepted, told bool) {
			t.Helper()
			a, b, err := s.Terms(ctx, "ana", version)
			ok(t, err)
			if a != accepted || b != told {
				t.Errorf("of %s, accepted is %v and told is %v", version, a, b)
			}
		}
		accept := func(version string, noted bool) bool {
			t.Helper()
			done := value(s.SetPreferences(ctx, "ana", store.PreferencesChange{Terms: version, NoteTerms: noted}, store.AnyVersion))(t)
			return done.Accepted
		}
		stands("1", false, false)
		equal(t, "the first delivery", value(s.TermsDelivered(ctx, "ana", "1"))(t), true)
		equal(t, "another device's", value(s.TermsDelivered(ctx, "ana", "1"))(t), false)
		stands("1", false, true)
		equal(t, "the first acceptance", accept("1", true), true)
		stands("1", true, true)
		first := value(s.Receipts(ctx, "ana"))(t)
		equal(t, "another device's", accept("1", true), false)
		equal(t, "one of no version of ours", accept("0", false), false)
		stands("1", false, true) // his record names the other one
		equal(t, "the same again", accept("1", true), false)
		equal(t, "one that no device was told of", accept("2", true), true)
		stands("2", true, false)
		equal(t, "a late delivery", value(s.TermsDelivered(ctx, "ana", "2"))(t), true)
		stands("1", false, true)

		list := value(s.Receipts(ctx, "ana"))(t)
		if len(first) != 1 || len(list) != 2 {
			t.Fatalf("the receipts are %+v, then %+v", first, list)
		}
		for _, r := range list {
			if r.Delivered.IsZero() || r.Accepted.IsZero() {
				t.Errorf("%+v has a time that is missing", r)
			}
			if r.Version == "1" && r != first[0] {
				t.Errorf("%+v was %+v", r, first[0])
			}
		}
		_, err := s.TermsDelivered(ctx, "nobody", "1")
		fails(t, err, store.ErrNotFound)
		_, err = s.TermsDelivered(ctx, "ana", "")
		fails(t, err, store.ErrInvalid)
	})
}
