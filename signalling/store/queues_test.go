package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestQueuesAreKeptForTheOwnerOfTheirLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana", "bia")
		newLink(t, s, "shop", "ana")
		ctx := t.Context()
		if _, err := s.Queue(ctx, "shop"); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("a link like others: %v", err)
		}
		q := store.Queue{LinkID: "shop", Hours: "{}", Operators: []string{"bia", "nobody-yet"}}
		if err := s.SetQueue(ctx, "bia", q); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("by somebody else: %v", err)
		}
		for range 2 { // the second time in place of the first
			if err := s.SetQueue(ctx, "ana", q); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Queue(ctx, "shop")
		if err != nil || got.OwnerID != "ana" || got.Hours != "{}" || !slices.Equal(got.Operators, q.Operators) {
			t.Errorf("got %+v, %v", got, err)
		}
		if err := s.SetQueue(ctx, "ana", store.Queue{LinkID: "shop"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Queue(ctx, "shop"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after it was taken away: %v", err)
		}
	})
}

func TestWhatAVisitorLeftIsSealedAndGoesWhenHeSaysSo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana")
		newLink(t, s, "shop", "ana")
		newLink(t, s, "plain", "ana")
		ctx := t.Context()
		if err := s.SetQueue(ctx, "ana", store.Queue{LinkID: "shop", Operators: []string{"ana"}}); err != nil {
			t.Fatal(err)
		}
		back := store.Callback{Name: "Zoe", Contact: "+39-canary-number", Note: "Bread"}
		if err := s.AskCallback(ctx, "g_zoe", "shop", back); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("without consent: %v", err)
		}
		for _, link := range []string{"shop", "plain"} {
			if err := s.KeepConsent(ctx, "g_zoe_"+link, link, "7"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.AskCallback(ctx, "g_zoe_plain", "plain", back); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("where there is no queue: %v", err)
		}
		if err := s.AskCallback(ctx, "g_zoe_shop", "shop", back); err != nil {
			t.Fatal(err)
		}
		dump := value(s.Dump(ctx, "visits"))(t)
		if len(dump) != 2 {
			t.Fatalf("%d rows", len(dump))
		}
		for _, text := range dump {
			if strings.Contains(text, "canary") || strings.Contains(text, "g_zoe") {
				t.Errorf("the database has %.80q", text)
			}
		}
		list, err := s.Callbacks(ctx, "shop")
		if err != nil || len(list) != 1 || list[0].Name != "Zoe" || list[0].Contact != back.Contact || list[0].Asked.IsZero() {
			t.Fatalf("the operators read %+v, %v", list, err)
		}
		if err := s.ForgetVisit(ctx, "g_zoe_shop"); err != nil {
			t.Fatal(err)
		}
		if err := s.FinishCallback(ctx, "shop", list[0].ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a callback that was deleted: %v", err)
		}
		if n, err := s.SweepVisits(ctx); n != 0 || err != nil {
			t.Errorf("%d visits were swept on their first day, %v", n, err)
		}
	})
}

func TestACallbackIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana")
		newLink(t, s, "shop", "ana")
		ctx := t.Context()
		err := errors.Join(
			s.SetQueue(ctx, "ana", store.Queue{LinkID: "shop", Operators: []string{"ana"}}),
			s.KeepConsent(ctx, "g_zoe", "shop", "1"), s.KeepConsent(ctx, "g_zoe", "shop", "2"),
			s.AskCallback(ctx, "g_zoe", "shop", store.Callback{Name: "Zoe", Contact: "one"}),
			s.AskCallback(ctx, "g_zoe", "shop", store.Callback{Name: "Zoe", Contact: "two"}),
		)
		list, listErr := s.Callbacks(ctx, "shop")
		if err != nil || listErr != nil || len(list) != 1 || list[0].Contact != "two" {
			t.Fatalf("%+v, %v, %v", list, err, listErr)
		}
		if err := s.FinishCallback(ctx, "shop", list[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := s.FinishCallback(ctx, "shop", list[0].ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the second operator: %v", err)
		}
	})
}

func newLink(t *testing.T, s *store.Store, id, owner string) {
	t.Helper()
	if _, err := s.CreateLink(t.Context(), store.NewLink{ID: id, OwnerID: owner, Kind: store.Voice}); err != nil {
		t.Fatal(err)
	}
}

// A queue is entered in its owner's name, also one whose operator he is himself.
func TestAnOwnerIsAnOperatorOfHisQueue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana", "bia")
		newLink(t, s, "shop", "ana")
		var asked []string
		_, err := s.CreateCall(t.Context(), &store.NewCall{
			ID: "c1", Kind: store.Voice, Topology: store.Group, State: "ringing", OwnerNode: "n1", UseLink: "shop", Caller: "ana", Callees: []string{"ana", "bia"},
		}, func(relations []store.Relation) error {
			for _, r := range relations {
				asked = append(asked, r.Callee)
			}
			return nil
		})
		if slices.Sort(asked); err != nil || !slices.Equal(asked, []string{"ana", "bia"}) {
			t.Errorf("asked about %v, %v", asked, err)
		}
	})
}
