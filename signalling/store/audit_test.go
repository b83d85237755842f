package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func user(id string) store.AuditTarget { return store.AuditTarget{Kind: "user", ID: id} }

// audit are the ids of the entries that a query chooses, in its order.
func audit(t *testing.T, s *store.Store, q store.AuditQuery) string {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	var ids []string
	for _, e := range value(s.Audit(t.Context(), q))(t) {
		ids = append(ids, e.ID)
	}
	return strings.Join(ids, " ")
}

func TestWhatWasDoneIsFoundByWhoWhatAndWhen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		entries := []store.AuditEntry{
			{ID: "a1", Key: "ck_1", Line: "ck_1", Operation: "put-user", Target: user("ana"), RequestID: "req_1"},
			{ID: "a2", Key: "ck_2", Line: "ck_1", Operation: "add-to-contacts", Target: user("bia"), Other: user("ana"), Status: 204},
			{ID: "a3", Key: "ck_3", Line: "ck_3", Operation: "get-call", Target: store.AuditTarget{Kind: "call", ID: "cal_1"}, Status: 404, Code: "notFound"},
			{ID: "a4", Key: store.CommandLine, Operation: "create-key", Target: store.AuditTarget{Kind: "key", ID: "ck_1"}, Status: 200},
		}
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Secret: []byte("x")}))(t)
		value(s.RotateKey(ctx, "ck_1", "ck_2", []byte("x"), time.Hour, time.Time{}))(t)
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_3", Secret: []byte("x")}))(t)
		before := time.Now()
		ok(t, s.WriteAudit(ctx, entries))
		for i := range entries { // each at a time of its own
			ok(t, s.Exec(ctx, `UPDATE audit SET at_ms = at_ms - $1 WHERE id = $2`, (10-i)*60_000, entries[i].ID))
		}
		all := value(s.Audit(ctx, store.AuditQuery{Limit: 10}))(t)
		if gap := before.Sub(all[0].At); gap < 6*time.Minute || gap > 8*time.Minute {
			t.Errorf("the last was written %v ago", gap)
		}
		all[1].At = time.Time{}
		equal(t, "an entry", all[1], entries[2])
		minutes := func(n int) time.Time { return before.Add(-time.Duration(n)*time.Minute - 30*time.Second) }
		for _, c := range []struct {
			what string
			q    store.AuditQuery
			want string
		}{
			{"all", store.AuditQuery{}, "a4 a3 a2 a1"},
			{"of a line", store.AuditQuery{Line: "ck_1"}, "a2 a1"},
			{"of a key", store.AuditQuery{Key: "ck_2"}, "a2"},
			{"of another line's key", store.AuditQuery{Line: "ck_1", Key: "ck_3"}, ""},
			{"of a key that there is not", store.AuditQuery{Key: "ck_4"}, ""},
			{"of commands", store.AuditQuery{Key: store.CommandLine}, "a4"},
			{"about somebody", store.AuditQuery{Target: "ana"}, "a2 a1"},
			{"about somebody in a line", store.AuditQuery{Line: "ck_3", Target: "ana"}, ""},
			{"since", store.AuditQuery{Since: minutes(8)}, "a4 a3"},
			{"until", store.AuditQuery{Until: minutes(8)}, "a2 a1"},
			{"between", store.AuditQuery{Since: minutes(9), Until: minutes(7)}, "a3 a2"},
			{"the first page", store.AuditQuery{Limit: 3}, "a4 a3 a2"},
			{"the next page", store.AuditQuery{Before: all[2].At, BeforeID: all[2].ID}, "a1"},
		} {
			equal(t, c.what, audit(t, s, c.q), c.want)
		}

		entries[0].Status = 200
		entries[0].Target = user("another") // what is known already stays
		made := entries[3]
		made.ID, made.Target, made.Status = "a5", store.AuditTarget{}, 0
		ok(t, s.WriteAudit(ctx, []store.AuditEntry{made}))
		made.Target, made.Status = store.AuditTarget{Kind: "link", ID: "l1"}, 201
		ok(t, s.WriteAudit(ctx, []store.AuditEntry{entries[0], made}))
		ends := value(s.Audit(ctx, store.AuditQuery{Limit: 10}))(t)
		equal(t, "one that had a target has it still", ends[4].Target, user("ana"))
		equal(t, "its status", ends[4].Status, 200)
		equal(t, "its time", ends[4].At, all[3].At)
		equal(t, "one that had none has one", ends[0].Target, store.AuditTarget{Kind: "link", ID: "l1"})
		fails(t, s.WriteAudit(ctx, []store.AuditEntry{{ID: "a6", Operation: "nobody did it"}}), store.ErrInvalid)
	})
}

func TestTheAuditLogNamesNoDeletedAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		write := func(id string, target, other store.AuditTarget) {
			t.Helper()
			ok(t, s.WriteAudit(ctx, []store.AuditEntry{{ID: id, Key: "ck_1", Operation: "x", Target: target, Other: other}}))
		}
		write("a1", user("ana"), store.AuditTarget{})
		write("a2", user("bia"), user("ana"))
		write("a3", store.AuditTarget{Kind: "group", ID: "ana"}, store.AuditTarget{}) // a group that has the same id
		value(s.DeleteUser(ctx, "ana"))(t)
		write("a4", user("ana"), user("bia")) // who still asks about it
		ok(t, s.Purge(ctx, "ana", forgetAna))
		write("a5", user("bia"), user("ana"))
		write("a1", user("ana"), store.AuditTarget{}) // the result
		var got []string
		for _, e := range value(s.Audit(ctx, store.AuditQuery{Limit: 10}))(t) {
			got = append(got, fmt.Sprint(e.ID, " ", e.Target.Kind, "/", e.Target.ID, " ", e.Other.Kind, "/", e.Other.ID))
		}
		slices.Sort(got)
		equal(t, "the log", strings.Join(got, "; "), "a1 user/ /; a2 user/bia user/; a3 group/ana /; a4 user/ user/bia; a5 user/bia user/")
	})
}

func TestTheAuditLogIsKeptForItsTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		const year = 365 * 24 * time.Hour
		for i := range 4 {
			ok(t, s.WriteAudit(ctx, []store.AuditEntry{{ID: fmt.Sprint("a", i), Key: "ck_1", Operation: "x"}}))
		}
		ok(t, s.Exec(ctx, `UPDATE audit SET at_ms = at_ms - $1 WHERE id <> 'a0'`, year.Milliseconds()+1))
		equal(t, "swept where it is kept for good", value(s.SweepAudit(ctx, 0, 10))(t), 0)
		equal(t, "swept of what is not as old", value(s.SweepAudit(ctx, year+time.Hour, 10))(t), 0)
		equal(t, "swept at a time", value(s.SweepAudit(ctx, year, 2))(t), 2)
		equal(t, "swept then", value(s.SweepAudit(ctx, year, 2))(t), 1)
		equal(t, "left", audit(t, s, store.AuditQuery{}), "a0")
	})
}
