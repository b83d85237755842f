package store_test

import (
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestPermissionsExpireAndQuotasAreCountedForSevenDays(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), storetest.Open(t, dsn)
		for _, user := range []string{"town", "ana"} {
			ok(t, s.UpsertUser(ctx, user, user))
		}
		ok(t, s.SetRules(ctx, "town", store.Rules{AsksFirst: true, Quota: 1}))
		fails(t, s.SetRules(ctx, "none", store.Rules{}), store.ErrNotFound)
		relation := func() store.Relation { t.Helper(); return value(s.Relation(ctx, "town", "ana"))(t) }
		if r := relation(); r.Permitted || !r.CallerAsksFirst || r.CallerQuotaSpent {
			t.Errorf("at first: %+v", r)
		}
		ok(t, s.Permit(ctx, "ana", "town", time.Hour))
		fails(t, s.Permit(ctx, "none", "town", 0), store.ErrNotFound)
		equal(t, "permitted", relation().Permitted, true)
		storetest.Exec(t, dsn, `UPDATE call_permissions SET until_ms = until_ms - 3600001`)
		equal(t, "an hour later", relation().Permitted, false)
		ok(t, s.Permit(ctx, "ana", "town", 0))
		equal(t, "for good", relation().Permitted, true)
		ok(t, s.Withdraw(ctx, "ana", "town"))
		ok(t, s.Withdraw(ctx, "ana", "town"))
		equal(t, "withdrawn", relation().Permitted, false)

		n := &store.NewCall{
			ID: "cal_1", Kind: store.Voice, Topology: store.Pair, State: "ringing", Snapshot: "{}", OwnerNode: "n", Caller: "town", Callees: []string{"ana"},
			Log: []store.LogChange{{UserID: "town", Direction: store.Outgoing, PeerIDs: "[]", Kind: store.Voice, Outcome: "ongoing"}},
		}
		value(s.CreateCall(ctx, n, nil))(t)
		equal(t, "the quota is spent", relation().CallerQuotaSpent, true)
		ok(t, s.OverrideQuota(ctx, store.Override{User: "town", Key: "ck_1", Calls: 1, Reason: "flood"}, time.Hour))
		fails(t, s.OverrideQuota(ctx, store.Override{User: "none", Key: "ck_1", Calls: 1, Reason: "flood"}, time.Hour), store.ErrNotFound)
		fails(t, s.OverrideQuota(ctx, store.Override{User: "town", Key: "ck_1", Calls: 1}, time.Hour), store.ErrInvalid)
		equal(t, "overridden", relation().CallerQuotaSpent, false)
		storetest.Exec(t, dsn, `UPDATE quota_overrides SET until_ms = until_ms - 3600001`)
		equal(t, "an hour later", relation().CallerQuotaSpent, true)
		equal(t, "on the record", len(value(s.Overrides(ctx, "town"))(t)), 1)
		storetest.Exec(t, dsn, `UPDATE call_log SET started_ms = started_ms - 604800001`)
		equal(t, "seven days later", relation().CallerQuotaSpent, false)
	})
}
