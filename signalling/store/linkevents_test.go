package store_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// What fails tells nothing, and what is done twice tells it once: the event is
// written in the transaction that makes it happen.
func TestWebhooksAreToldWhatBecomesOfALink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana")
		ctx := t.Context()
		value(s.CreateWebhook(ctx, store.Webhook{ID: "whk_1", URL: "https://shop.example/hook", Types: store.LinkEvents(), Secret: []byte("0123456789abcdef")}))(t)
		value(s.CreateLink(ctx, store.NewLink{ID: "one", OwnerID: "ana", Kind: store.Voice, LinkTerms: store.LinkTerms{MaxUses: 1}}))(t)
		if _, err := s.CreateLink(ctx, store.NewLink{ID: "one", OwnerID: "ana", Kind: store.Voice}); !errors.Is(err, store.ErrConflict) {
			t.Errorf("the same id: %v", err)
		}
		if err := storetest.UseLink(ctx, s, "one"); err != nil {
			t.Fatal(err)
		}
		refused(t, storetest.UseLink(ctx, s, "one"), store.LinkExhausted)
		for range 2 {
			if err := s.RevokeLink(ctx, "ana", "one"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.RevokeLink(ctx, "bia", "one"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody else's link: %v", err)
		}
		newLink(t, s, "shop", "ana")
		if err := errors.Join(
			s.SetQueue(ctx, "ana", store.Queue{LinkID: "shop", Operators: []string{"ana"}}), s.KeepConsent(ctx, "g_zoe", "shop", "1"),
			s.AskCallback(ctx, "g_zoe", "shop", store.Callback{Name: "Zoe", Contact: "canary-number"}),
		); err != nil {
			t.Fatal(err)
		}

		var told []string
		for _, d := range value(s.PageDeliveries(ctx, "whk_1", time.Time{}, "", 100))(t) {
			var e store.LinkEvent
			if err := json.Unmarshal([]byte(d.Event.Data), &e); err != nil || e.Owner != "ana" || e.Kind == "" || strings.Contains(d.Event.Data, "canary") {
				t.Errorf("%s has %s (%v)", d.Event.Type, d.Event.Data, err)
			}
			if (e.Callback != "") != (d.Event.Type == store.EventCallbackCreated) {
				t.Errorf("%s has the callback %q", d.Event.Type, e.Callback)
			}
			told = append([]string{d.Event.Type + " " + e.Link}, told...)
		}
		want := []string{"link.created one", "link.used one", "link.revoked one", "link.created shop", "callback.created shop"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("the webhook is told (-want +got)\n%s", diff)
		}
	})
}
