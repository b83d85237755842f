package store_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// refused reports an error other than the refusal for this reason.
func refused(t testing.TB, err error, reason store.LinkReason) {
	t.Helper()
	var r *store.LinkRefused
	if !errors.As(err, &r) || r.Reason != reason {
		t.Errorf("the error is %v, want a refusal because %s", err, reason)
	}
	fails(t, err, store.ErrNotFound)
	if err != nil && err.Error() != (&store.LinkRefused{}).Error() {
		t.Errorf("the text %q tells the reason", err)
	}
}

func TestALinkIsCreatedListedAndRevoked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		expires := time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC()
		n := store.NewLink{ID: "l1", OwnerID: "ana", Kind: store.Video, HostHash: "h1", LinkTerms: store.LinkTerms{
			Title: "Tea", Sealed: "c2VhbGVk", Lobby: store.LobbyGuests, Opens: expires.Add(-time.Hour / 2), Expires: expires, Idle: time.Minute,
			MaxUses: 3, MaxPeople: 4, JoinMuted: true, RingHost: true,
		}}
		created := value(s.CreateLink(ctx, n))(t)
		equal(t, "the link", created, store.Link{ID: "l1", OwnerID: "ana", Kind: store.Video, LinkTerms: n.LinkTerms, Created: created.Created, HasHost: true})
		equal(t, "the link as read", value(s.Link(ctx, "l1"))(t), created)
		_, err := s.CreateLink(ctx, n)
		fails(t, err, store.ErrConflict)
		n.ID, n.OwnerID, n.HostHash = "l2", "nobody", ""
		_, err = s.CreateLink(ctx, n)
		fails(t, err, store.ErrNotFound)
		n.OwnerID, n.Kind = "ana", "fax"
		_, err = s.CreateLink(ctx, n)
		fails(t, err, store.ErrInvalid)

		fails(t, s.RevokeLink(ctx, "bia", "l1"), store.ErrNotFound)
		ok(t, s.RevokeLink(ctx, "ana", "l1"))
		revoked := value(s.Link(ctx, "l1"))(t).Revoked
		ok(t, s.RevokeLink(ctx, "ana", "l1"))
		links := value(s.LinksOf(ctx, "ana"))(t)
		if len(links) != 1 || links[0].Revoked.IsZero() || links[0].Revoked != revoked {
			t.Errorf("the links are %+v", links)
		}
	})
}

func TestOutsidersCannotTellWhyALinkAdmitsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		link := func(id string, expires time.Time, uses int64) {
			value(s.CreateLink(ctx, store.NewLink{
				ID: id, OwnerID: "ana", Kind: store.Voice, LinkTerms: store.LinkTerms{Expires: expires, MaxUses: uses},
			}))(t)
		}
		link("live", time.Now().Add(time.Hour), 2)
		link("endless", time.Time{}, 0)
		link("revoked", time.Time{}, 0)
		link("expired", time.Now().Add(-time.Minute), 0)
		ok(t, s.RevokeLink(ctx, "ana", "revoked"))

		for range 2 {
			ok(t, storetest.UseLink(ctx, s, "live"))
		}
		for range 5 {
			ok(t, storetest.UseLink(ctx, s, "endless"))
		}
		for id, reason := range map[string]store.LinkReason{
			"live": store.LinkExhausted, "revoked": store.LinkRevoked, "expired": store.LinkExpired, "none": store.LinkUnknown,
		} {
			refused(t, storetest.UseLink(ctx, s, id), reason)
			equal(t, "why "+id+" is shut", value(s.LinkDoor(ctx, id, "none"))(t).Shut, reason)
		}
		equal(t, "uses after a refusal", value(s.Link(ctx, "live"))(t).Uses, 2)
	})
}

func TestALinkForOneAdmitsOneOfMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana")
		for i := range 20 {
			id := fmt.Sprint("l", i)
			value(s.CreateLink(t.Context(), store.NewLink{ID: id, OwnerID: "ana", Kind: store.Voice, LinkTerms: store.LinkTerms{MaxUses: 1}}))(t)
			var admitted atomic.Int32
			together(4, func(int) {
				if err := storetest.UseLink(t.Context(), s, id); err == nil {
					admitted.Add(1)
				} else {
					refused(t, err, store.LinkExhausted)
				}
			})
			equal(t, "the number admitted", admitted.Load(), 1)
		}
	})
}

func TestWhoComeFirstTogetherMeetInOneCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana")
		for i := range 30 {
			id := fmt.Sprint("l", i)
			value(s.CreateLink(t.Context(), store.NewLink{ID: id, OwnerID: "ana", Kind: store.Voice}))(t)
			winners := make([]string, 4)
			together(len(winners), func(j int) {
				winner, err := s.BindLinkCall(t.Context(), id, fmt.Sprintf("c%d-%d", i, j))
				if err != nil {
					t.Error(err)
				}
				winners[j] = winner
			})
			for _, w := range winners {
				if w == "" || w != winners[0] {
					t.Fatalf("they are in %v", winners)
				}
			}
			equal(t, "the link's call", value(s.Link(t.Context(), id))(t).CallID, winners[0])
		}
	})
}

func TestWhoCreateALinksCallTogetherGetOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana")
		for i := range 30 {
			id := fmt.Sprint("l", i)
			value(s.CreateLink(t.Context(), store.NewLink{ID: id, OwnerID: "ana", Kind: store.Voice}))(t)
			in := make([]string, 4)
			var created atomic.Int32
			together(len(in), func(j int) {
				c, err := s.CreateCall(t.Context(), linked(fmt.Sprintf("c%d-%d", i, j), id), nil)
				in[j] = c.ID
				var glare *store.Glare
				if errors.As(err, &glare) {
					in[j] = glare.CallID
				} else if err != nil {
					t.Error(err)
				} else {
					created.Add(1)
				}
			})
			equal(t, "the number created", created.Load(), 1)
			for _, c := range in {
				if c != in[0] {
					t.Fatalf("they are in %v", in)
				}
			}
		}
	})
}

// linked is a call entered by a link.
func linked(id, link string) *store.NewCall {
	return &store.NewCall{ID: id, Kind: store.Voice, Topology: store.Group, State: "active", OwnerNode: "n1", LinkID: link}
}

func TestALinkLeadsToAnotherCallAfterItsCallHasEnded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		value(s.CreateLink(ctx, store.NewLink{ID: "l1", OwnerID: "ana", Kind: store.Voice}))(t)
		equal(t, "the first call", value(s.BindLinkCall(ctx, "l1", "c1"))(t), "c1")
		equal(t, "the call before it is created", value(s.BindLinkCall(ctx, "l1", "c2"))(t), "c1")
		value(s.CreateCall(ctx, linked("c1", "l1"), nil))(t)
		ok(t, s.Exec(ctx, `UPDATE links SET bound_ms = 1`))
		equal(t, "the call while it lives", value(s.BindLinkCall(ctx, "l1", "c2"))(t), "c1")
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "ended", EndReason: "normal"}))
		equal(t, "the call after it", value(s.BindLinkCall(ctx, "l1", "c2"))(t), "c2")
		// c2 is never created: after the grace another may take its place.
		equal(t, "the call within the grace", value(s.BindLinkCall(ctx, "l1", "c3"))(t), "c2")
		ok(t, s.Exec(ctx, `UPDATE links SET bound_ms = bound_ms - $1`, store.BindGrace.Milliseconds()))
		equal(t, "the call after the grace", value(s.BindLinkCall(ctx, "l1", "c3"))(t), "c3")

		ok(t, s.RevokeLink(ctx, "ana", "l1"))
		_, err := s.BindLinkCall(ctx, "l1", "c4")
		refused(t, err, store.LinkRevoked)
		_, err = s.CreateCall(ctx, linked("c4", "l1"), nil)
		refused(t, err, store.LinkRevoked)
		_, err = s.CreateCall(ctx, linked("c4", "none"), nil)
		refused(t, err, store.LinkUnknown)
		_, err = s.Call(ctx, "c4")
		fails(t, err, store.ErrNotFound)
	})
}

// Booked talks that are over, and whatever else has expired, leave room for more.
func TestOnlyLinksThatLiveAreCounted(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := storetest.Open(t, dsn)
		ctx := t.Context()
		people(t, s, "ana", "bia")
		n := store.NewLink{OwnerID: "ana", Kind: store.Voice}
		make := func(id string) error {
			n.ID = id
			_, err := s.CreateLink(ctx, n)
			return err
		}
		ok(t, make("first"))
		storetest.Exec(t, dsn, `INSERT INTO links (id, owner_id, kind, lobby, title, sealed, join_muted, ring_host, unencrypted, origins, created_ms, expires_ms)
			WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
			SELECT 'l' || i, owner_id, kind, lobby, title, sealed, join_muted, ring_host, unencrypted, origins, created_ms, 4102444800000 FROM links, n WHERE id = 'first'`)
		fails(t, make("more"), store.ErrLimit)
		for what, change := range map[string]string{
			"expired": `expires_ms = 1`, "unused for long": `idle_ms = 1, created_ms = 1`, "revoked": `revoked_ms = 1`,
		} {
			storetest.Exec(t, dsn, `UPDATE links SET `+change+` WHERE id = 'l2'`)
			if err := make(what); err != nil {
				t.Errorf("one is %s, and another is refused: %v", what, err)
			}
			fails(t, make("more"), store.ErrLimit)
			storetest.Exec(t, dsn, `DELETE FROM links WHERE id = '`+what+`'`)
			storetest.Exec(t, dsn, `UPDATE links SET expires_ms = 4102444800000, idle_ms = NULL, revoked_ms = NULL WHERE id = 'l2'`)
		}
		n.OwnerID = "bia"
		ok(t, make("another account's"))
	})
}
