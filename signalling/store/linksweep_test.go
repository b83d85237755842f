package store_test

import (
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestALinkIsKeptForAMonthAfterItsEnd(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), storetest.Open(t, dsn)
		people(t, s, "ana")
		kept := store.LinksKept.Milliseconds()
		now := time.Now().UnixMilli()
		ago := func(id, column string, ms int64) {
			linkWith(t, s, id, store.LinkTerms{})
			storetest.Exec(t, dsn, `UPDATE links SET created_ms = 1, `+column+` = $1 WHERE id = $2`, now-ms, id)
		}
		const soon = 60_000
		ago("revoked", "revoked_ms", kept+soon)
		ago("revoked lately", "revoked_ms", kept-soon)
		ago("expired", "expires_ms", kept+soon)
		ago("expired lately", "expires_ms", kept-soon)
		ago("unused", "used_ms", kept+2*soon)
		ago("unused lately", "used_ms", kept)
		storetest.Exec(t, dsn, `UPDATE links SET idle_ms = $1 WHERE id LIKE 'unused%'`, soon)
		ago("old", "opens_ms", 2*kept)
		ago("used up", "used_ms", 2*kept)
		storetest.Exec(t, dsn, `UPDATE links SET max_uses = 1, uses = 1 WHERE id = 'used up'`)
		ok(t, s.MarkLink(ctx, "revoked", store.LinkMark{Subject: "bia", Ban: store.BanForever}))

		equal(t, "one at a time", value(s.SweepLinks(ctx, 1))(t), 1)
		equal(t, "the others", value(s.SweepLinks(ctx, 100))(t), 2)
		equal(t, "once more", value(s.SweepLinks(ctx, 100))(t), 0)
		never := value(s.LinkDoor(ctx, "never", "host of never"))(t)
		for _, id := range []string{"revoked", "expired", "unused"} {
			equal(t, id+" for who comes by it", value(s.LinkDoor(ctx, id, ""))(t), never)
			equal(t, id+" for a host", value(s.LinkDoor(ctx, "?", "host of "+id))(t), never)
			refused(t, storetest.UseLink(ctx, s, id), store.LinkUnknown)
			_, err := s.Link(ctx, id)
			fails(t, err, store.ErrNotFound)
			fails(t, s.RevokeLink(ctx, "ana", id), store.ErrNotFound)
		}
		equal(t, "those left", len(value(s.LinksOf(ctx, "ana"))(t)), 5)
	})
}

// What is still going on by a link that has ended keeps it.
func TestALinkIsKeptForWhatGoesOnByIt(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), storetest.Open(t, dsn)
		people(t, s, "ana")
		for _, id := range []string{"talking", "booking", "visited"} {
			linkWith(t, s, id, store.LinkTerms{})
		}
		value(s.BindLinkCall(ctx, "talking", "use-talking"))(t)
		ok(t, storetest.UseLink(ctx, s, "talking"))
		from := time.Now().Add(time.Hour).Truncate(time.Second)
		ok(t, s.SetSlots(ctx, "ana", "booking", []store.Slot{{From: from, To: from.Add(time.Hour)}}))
		value(s.BookSlot(ctx, "booking", from, store.NewLink{ID: "talk"}, store.Remind{}))(t)
		ok(t, s.KeepConsent(ctx, "g_1", "visited", "1"))
		storetest.Exec(t, dsn, `UPDATE links SET revoked_ms = 1 WHERE id <> 'talk'`)
		sweeps := func(what string, want int64) {
			t.Helper()
			equal(t, what, value(s.SweepLinks(ctx, 100))(t), want)
		}
		sweeps("while a call, a talk and a visit hang on them", 0)
		ok(t, s.Transition(ctx, "use-talking", 1, &store.Change{State: "ended", EndReason: "normal"}))
		sweeps("after the call", 1)
		ok(t, s.ForgetVisit(ctx, "g_1"))
		sweeps("after the visit", 1)
		storetest.Exec(t, dsn, `UPDATE links SET expires_ms = opens_ms, opens_ms = 1, created_ms = 1 WHERE id = 'talk'`)
		storetest.Exec(t, dsn, `UPDATE links SET expires_ms = 2 WHERE id = 'talk'`)
		sweeps("the talk itself", 1)
		sweeps("and then where it was booked", 1)
	})
}

// However many of somebody's links have ended since, those that live are listed.
func TestNoLinkThatLivesIsHiddenByThoseThatHaveEnded(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := storetest.Open(t, dsn)
		people(t, s, "ana")
		linkWith(t, s, "oldest", store.LinkTerms{})
		linkWith(t, s, "idle", store.LinkTerms{Idle: time.Hour})
		storetest.Exec(t, dsn, `UPDATE links SET created_ms = 1, opens_ms = 4102444800000 WHERE owner_id = 'ana'`)
		storetest.Exec(t, dsn, `INSERT INTO links (id, owner_id, kind, lobby, title, sealed, join_muted, ring_host, unencrypted, origins, created_ms, revoked_ms)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
			SELECT 'l' || i, owner_id, kind, lobby, title, sealed, join_muted, ring_host, unencrypted, origins, created_ms + i, 2 FROM links, n WHERE id = 'oldest'`)
		links := value(s.LinksOf(t.Context(), "ana"))(t)
		equal(t, "how many", len(links), store.MaxLinks)
		equal(t, "the newest", links[0].ID, "l1500")
		equal(t, "the oldest", links[store.MaxLinks-1].ID, "idle")
		equal(t, "the one before", links[store.MaxLinks-2].ID, "oldest")
	})
}
