package store_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// waiting are the cases that somebody has to decide about, in order, with their appeals.
func waiting(t *testing.T, s *store.Store, limit int) string {
	t.Helper()
	var list []string
	for after := (store.CaseCursor{}); ; {
		page := value(s.PageCases(t.Context(), true, after, limit))(t)
		for _, k := range page {
			list = append(list, strings.TrimSpace(fmt.Sprint(k.Subject.User, " ", k.Appeal.State)))
			after = k.Cursor()
		}
		if len(page) < limit {
			return strings.Join(list, ", ")
		}
	}
}

func appeal(user string) store.NewAppeal { return store.NewAppeal{User: user, Text: "It was not me."} }

// decide decides about a case whatever its version.
func decide(s *store.Store, t *testing.T, id, key string, action store.CaseAction) error {
	t.Helper()
	return s.DecideCase(t.Context(), store.CaseDecision{Case: id, Action: action, Key: key, Note: "seen", Until: store.Forever, Version: store.AnyVersion})
}

func TestAnAppealGoesIntoTheCaseThatTheAccountWasSuspendedBy(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio", "dora")
		for _, by := range []string{"ana", "caio"} {
			n := reportOf(by, "bia")
			n.Reason = "harassment"
			value(s.FileReport(ctx, n))(t)
		}
		value(s.FileReport(ctx, reportOf("dora", "bia")))(t)
		value(s.FileReport(ctx, reportOf("ana", "caio")))(t)
		k := caseOf(t, s, "bia")
		fails(t, s.FileAppeal(ctx, appeal("bia")), store.ErrNotSuspended)
		ok(t, decide(s, t, k.ID, "ck_1", store.CaseSuspend))
		fails(t, decide(s, t, k.ID, "ck_2", store.CaseLift), store.ErrNoAppeal)
		now := value(s.Suspension(ctx, "bia"))(t)
		if !now.Reported || now.Reason != "harassment" || now.Since.IsZero() || now.Until != store.Forever || now.Appeal.State != "" {
			t.Errorf("suspended by a case: %+v", now)
		}
		equal(t, "before", waiting(t, s, 10), "caio")
		ok(t, s.FileAppeal(ctx, appeal("bia")))
		fails(t, s.FileAppeal(ctx, appeal("bia")), store.ErrConflict)
		ok(t, s.Suspend(ctx, "bia", time.Now().Add(time.Hour), "", "ck_1")) // longer or shorter, it is the same one
		now = value(s.Suspension(ctx, "bia"))(t)
		equal(t, "why it is shorter", fmt.Sprint(now.Reported, now.Reason, now.Until != store.Forever, now.Appeal.State), "trueharassmenttrueopen")
		fails(t, s.FileAppeal(ctx, appeal("bia")), store.ErrConflict)
		for _, limit := range []int{1, 10} {
			equal(t, "those that wait", waiting(t, s, limit), "bia open, caio")
		}
		seen := value(s.Case(ctx, k.ID))(t)
		if seen.Appeal.Text != "It was not me." || seen.Appeal.Filed.IsZero() || seen.Key != "ck_1" || seen.Reporters != 3 || seen.Version <= k.Version+1 {
			t.Errorf("the case is %+v", seen)
		}
		fails(t, s.DecideCase(ctx, store.CaseDecision{Case: k.ID, Action: store.CaseUphold, Version: k.Version}), store.ErrConflict)
		fails(t, decide(s, t, k.ID, "ck_2", store.CaseDismiss), store.ErrConflict)
		fails(t, decide(s, t, "cas_none", "ck_2", store.CaseLift), store.ErrNotFound)
		ok(t, decide(s, t, k.ID, "ck_2", store.CaseUphold))
		fails(t, decide(s, t, k.ID, "ck_2", store.CaseLift), store.ErrNoAppeal)
		now = value(s.Suspension(ctx, "bia"))(t)
		equal(t, "upheld", now.Appeal.State, store.AppealUpheld)
		equal(t, "it stays suspended", now.Since.IsZero() || now.Appeal.Decided.IsZero(), false)
		equal(t, "afterwards", waiting(t, s, 10), "caio")
		closed := value(s.PageCases(ctx, false, store.CaseCursor{}, 10))(t)
		if len(closed) != 1 || closed[0].Appeal.Key != "ck_2" || closed[0].Appeal.Note != "seen" || closed[0].Cursor().Place != closed[0].Appeal.Decided.UnixMilli() {
			t.Errorf("closed are %+v", closed)
		}
		fails(t, s.FileAppeal(ctx, appeal("bia")), store.ErrConflict)
		ok(t, s.Resume(ctx, "bia"))
		equal(t, "what was decided stays so", value(s.Suspension(ctx, "bia"))(t).Appeal.State, store.AppealUpheld)
		ok(t, s.Suspend(ctx, "bia", store.Forever, "", "ck_1"))
		now = value(s.Suspension(ctx, "bia"))(t)
		equal(t, "of another suspension", now.Appeal, store.Appeal{})
		equal(t, "which is by no case", now.Reported, false)
		ok(t, s.FileAppeal(ctx, appeal("bia")))
	})
}

func TestAnAppealAgainstASuspensionByNoCaseGetsOneWithoutReports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		value(s.CreateWebhook(ctx, store.Webhook{ID: "w1", URL: "https://shop.example", Secret: []byte("a secret of webhooks")}))(t)
		ok(t, s.Suspend(ctx, "ana", store.Forever, "rude", store.CommandLine))
		now := value(s.Suspension(ctx, "ana"))(t)
		if now.Reported || now.Reason != "" || now.Since.IsZero() {
			t.Errorf("suspended by a command: %+v", now)
		}
		for what, text := range map[string]string{"NUL": "\x00", "long": strings.Repeat("x", store.MaxAppealText+1)} {
			if err := s.FileAppeal(ctx, store.NewAppeal{User: "ana", Text: text}); err == nil {
				t.Errorf("%s is taken", what)
			}
		}
		fails(t, s.FileAppeal(ctx, appeal("nobody")), store.ErrNotSuspended)
		var filed atomic.Int64
		together(8, func(int) {
			if s.FileAppeal(ctx, appeal("ana")) == nil {
				filed.Add(1)
			}
		})
		equal(t, "of many at once", filed.Load(), 1)
		equal(t, "those that wait", waiting(t, s, 10), "ana open")
		k := caseOf(t, s, "ana")
		if k.Reports != 0 || k.Reporters != 0 || k.Action != store.CaseSuspend || k.Key != store.CommandLine || !k.Decided.Equal(now.Since) {
			t.Errorf("the case is %+v", k)
		}
		entries := value(s.Audit(ctx, store.AuditQuery{Target: k.ID, Limit: 10}))(t)
		if len(entries) != 1 || entries[0].Key != store.ByAccount || entries[0].Operation != "file-appeal" || entries[0].Target.ID != "ana" {
			t.Errorf("written down is %+v", entries)
		}
		equal(t, "told", toldOf(t, s, store.EventAppealFiled), `{"case":"`+k.ID+`"}`)
		ok(t, decide(s, t, k.ID, "ck_1", store.CaseLift))
		equal(t, "resumed", value(s.Standing(ctx, "ana"))(t).Suspended(), false)
		now = value(s.Suspension(ctx, "ana"))(t)
		if !now.Since.IsZero() || now.Appeal.State != store.AppealLifted || now.Appeal.Text != "It was not me." {
			t.Errorf("lifted: %+v", now)
		}
		fails(t, decide(s, t, k.ID, "ck_1", store.CaseUphold), store.ErrNoAppeal)
		fails(t, s.FileAppeal(ctx, appeal("ana")), store.ErrNotSuspended)
		equal(t, "of who never was", value(s.Suspension(ctx, "bia"))(t), store.Suspension{})
		_, err := s.Suspension(ctx, "nobody")
		fails(t, err, store.ErrNotFound)
	})
}

// toldOf are the data of the events of a type.
func toldOf(t *testing.T, s *store.Store, kind string) string {
	t.Helper()
	var all []string
	for _, row := range value(s.Dump(t.Context(), "events"))(t) {
		if strings.Contains(row, kind) {
			_, data, _ := strings.Cut(row, "{")
			data, _, _ = strings.Cut(data, "}")
			all = append(all, "{"+data+"}")
		}
	}
	return strings.Join(all, " ")
}

func TestWhoHasSuspendedDoesNotDecideAboutTheAppealIfAnotherCan(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		newKey := func(id string, scopes ...string) {
			t.Helper()
			value(s.CreateKey(ctx, store.NewKey{ID: id, Name: id, Secret: []byte(id), Scopes: scopes}))(t)
		}
		newKey("ck_1", "users:write", "reports:write")
		newKey("ck_2", "links:read", "reports:read")
		value(s.RotateKey(ctx, "ck_1", "ck_1b", []byte("b"), time.Hour, time.Time{}))(t)
		tries := func(who string, key string, want error) {
			t.Helper()
			ok(t, s.Suspend(ctx, "ana", store.Forever, "", "ck_1"))
			ok(t, s.FileAppeal(ctx, appeal("ana")))
			id := caseOf(t, s, "ana").ID
			if err := decide(s, t, id, key, store.CaseLift); err != want {
				t.Errorf("%s: %v", who, err)
			}
			equal(t, who+": suspended still", value(s.Standing(ctx, "ana"))(t).Suspended(), want != nil)
			ok(t, s.Resume(ctx, "ana"))
		}
		tries("nobody else can", "ck_1", nil)
		newKey("ck_3", store.AllScopes)
		tries("somebody else can", "ck_1", store.ErrOtherKey)
		tries("its successor is the same", "ck_1b", store.ErrOtherKey)
		tries("somebody else does", "ck_3", nil)
		ok(t, s.RevokeKey(ctx, "ck_3"))
		tries("nobody else can any more", "ck_1b", nil)
		newKey("ck_4", "reports:write")
		tries("one that has the scope can", "ck_1", store.ErrOtherKey)
		ok(t, s.Exec(ctx, `UPDATE api_keys SET expires_ms = 1 WHERE id = 'ck_4'`))
		tries("one that has expired cannot", "ck_1", nil)
	})
}

func TestAnAppealIsClosedByTheEndOfItsSuspension(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		for how, end := range map[string]func() error{
			"resumed":  func() error { return s.Resume(ctx, "ana") },
			"run out":  func() error { return s.Exec(ctx, `UPDATE standing SET suspended_until_ms = 1`) },
			"replaced": func() error { return s.Exec(ctx, `UPDATE standing SET suspended_ms = suspended_ms - 1`) },
		} {
			ok(t, s.Suspend(ctx, "ana", store.Forever, "", ""))
			ok(t, s.FileAppeal(ctx, appeal("ana")))
			k := caseOf(t, s, "ana")
			ok(t, end())
			equal(t, how+": that wait", waiting(t, s, 10), "")
			equal(t, how, value(s.Case(ctx, k.ID))(t).Appeal.State, store.AppealClosed)
			fails(t, decide(s, t, k.ID, "ck_1", store.CaseLift), store.ErrNoAppeal)
			if how != "replaced" {
				now := value(s.Suspension(ctx, "ana"))(t)
				equal(t, how+": to its owner", now.Appeal.State, store.AppealClosed)
			}
			ok(t, s.Resume(ctx, "ana"))
		}
	})
}

func TestTheWordsOfAnAppealAreKeptAsLongAsItsCase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		older := func() {
			t.Helper()
			ok(t, s.Exec(ctx, fmt.Sprintf(`UPDATE report_cases SET decided_ms = decided_ms - %d`, store.ClosedCasesKept.Milliseconds()+60_000)))
		}
		ok(t, s.Suspend(ctx, "ana", store.Forever, "", ""))
		ok(t, s.FileAppeal(ctx, appeal("ana")))
		older()
		equal(t, "an open one", value(s.SweepReports(ctx, 10))(t), 0)
		ok(t, decide(s, t, caseOf(t, s, "ana").ID, "ck_1", store.CaseUphold))
		equal(t, "one that was decided now", value(s.SweepReports(ctx, 10))(t), 0)
		ok(t, s.Exec(ctx, fmt.Sprintf(`UPDATE appeals SET decided_ms = decided_ms - %d`, store.ClosedCasesKept.Milliseconds())))
		equal(t, "one that was decided long ago", value(s.SweepReports(ctx, 10))(t), 1)
		now := value(s.Suspension(ctx, "ana"))(t)
		if now.Appeal.Text != "" || now.Appeal.State != store.AppealUpheld {
			t.Errorf("what is left is %+v", now.Appeal)
		}
		fails(t, s.FileAppeal(ctx, appeal("ana")), store.ErrConflict) // it was one already
		ok(t, s.Resume(ctx, "ana"))
		equal(t, "later", value(s.SweepReports(ctx, 10))(t), 0)
		equal(t, "left", len(value(s.Dump(ctx, "appeals"))(t)), 0)
	})
}
