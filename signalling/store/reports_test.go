package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// reportOf is one account's report of another.
func reportOf(by, of string) store.NewReport {
	return store.NewReport{
		By: store.Reporter{User: by}, Subject: store.Subject{Kind: store.SubjectUser, User: of}, Call: "c1", Reason: "spam", Text: "again and again",
	}
}

// openCases are those who are reported in open cases, in order, with their scores.
func openCases(t testing.TB, s *store.Store) string {
	t.Helper()
	var list []string
	for _, k := range value(s.PageCases(t.Context(), true, store.CaseCursor{}, 100))(t) {
		list = append(list, fmt.Sprint(k.Subject.User, k.Subject.Name, " ", k.Score))
	}
	return strings.Join(list, ", ")
}

// caseOf is the open case of an account.
func caseOf(t testing.TB, s *store.Store, user string) store.Case {
	t.Helper()
	for _, k := range value(s.PageCases(t.Context(), true, store.CaseCursor{}, 100))(t) {
		if k.Subject.User == user {
			return k
		}
	}
	t.Fatalf("of %s no case is open", user)
	return store.Case{}
}

func TestWhatIsReportedOfOneIsOneCase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		equal(t, "the first", value(s.FileReport(ctx, reportOf("ana", "bia")))(t), true)
		equal(t, "the same again", value(s.FileReport(ctx, reportOf("ana", "bia")))(t), false)
		again := reportOf("ana", "bia")
		again.Reason, again.Text, again.Call = "harassment", "worse", "c2"
		equal(t, "another of the same day", value(s.FileReport(ctx, again))(t), false)
		equal(t, "somebody else's", value(s.FileReport(ctx, reportOf("caio", "bia")))(t), true)
		k := caseOf(t, s, "bia")
		if k.Reporters != 2 || k.Reports != 3 || !slices.Equal(k.Reasons, []int64{1, 2, 0, 0, 0}) || k.Score != 2000 || k.First.IsZero() || k.Last.Before(k.First) {
			t.Errorf("the case is %+v", k)
		}
		rows := value(s.CaseReports(ctx, k.ID))(t)
		i := slices.IndexFunc(rows, func(r store.ReportRow) bool { return r.User == "ana" })
		if len(rows) != 2 || i < 0 || rows[i].Text != "worse" || rows[i].Times != 2 || rows[i].Call != "c2" || rows[i].Guest {
			t.Errorf("the reports are %+v", rows)
		}
		ok(t, s.Exec(ctx, `UPDATE reports SET first_ms = first_ms - 86400001`))
		equal(t, "another day's", value(s.FileReport(ctx, again))(t), true)
		k = caseOf(t, s, "bia")
		if k.Reporters != 2 || k.Reports != 4 {
			t.Errorf("a day later the case is %+v", k)
		}
		for name, change := range map[string]func(*store.NewReport){
			"of nobody":   func(n *store.NewReport) { n.Subject.User = "nobody" },
			"by nobody":   func(n *store.NewReport) { n.By.User = "nobody" },
			"NUL":         func(n *store.NewReport) { n.Text = "\x00" },
			"long":        func(n *store.NewReport) { n.Text = strings.Repeat("x", store.MaxReportText+1) },
			"of no kind":  func(n *store.NewReport) { n.Subject.Kind = "other" },
			"without why": func(n *store.NewReport) { n.Reason = "" },
		} {
			n := reportOf("ana", "caio")
			change(&n)
			if _, err := s.FileReport(ctx, n); !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		equal(t, "cases", len(strings.Split(openCases(t, s), ", ")), 1)
	})
}

func TestTheSameReportAtTheSameTimeIsFiledOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana", "bia", "caio")
		together(8, func(i int) {
			n := reportOf("ana", "bia")
			if i%2 == 1 {
				n.By.User = "caio"
			}
			if _, err := s.FileReport(t.Context(), n); err != nil {
				t.Error(err)
			}
		})
		k := caseOf(t, s, "bia")
		if k.Reporters != 2 || k.Reports != 2 {
			t.Errorf("the case is %+v", k)
		}
	})
}

func TestNobodyReportsMoreThanTenTimesADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		for i := range store.ReportsPerDay {
			n := reportOf("ana", "bia")
			n.Subject = store.Subject{Kind: store.SubjectCall, Call: fmt.Sprint("c", i/2)} // each twice
			n.Text = fmt.Sprint(i)
			value(s.FileReport(ctx, n))(t)
		}
		_, err := s.FileReport(ctx, reportOf("ana", "bia"))
		many, is := errors.AsType[*store.TooManyReports](err)
		if !is || many.Wait < 23*time.Hour || many.Wait > 24*time.Hour {
			t.Fatalf("the eleventh is answered with %v", err)
		}
		value(s.FileReport(ctx, reportOf("caio", "bia")))(t)
		ok(t, s.Exec(ctx, `UPDATE reports SET first_ms = first_ms - 86400001`)) // and repeated today
		if _, err = s.FileReport(ctx, reportOf("ana", "bia")); !errors.As(err, &many) {
			t.Errorf("what is repeated does not count: %v", err)
		}
		ok(t, s.Exec(ctx, `UPDATE reports SET last_ms = last_ms - 86400001`))
		value(s.FileReport(ctx, reportOf("ana", "bia")))(t)
	})
}

// Whose reports are always dismissed sinks, and with him what he reports.
func TestCasesAreInTheOrderOfWhoHasReportedThem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio", "dora", "ezio", "frida")
		file := func(of string, by ...string) {
			for _, one := range by {
				value(s.FileReport(ctx, reportOf(one, of)))(t)
			}
		}
		decide := func(of string, what store.CaseAction) {
			ok(t, s.DecideCase(ctx, store.CaseDecision{Case: caseOf(t, s, of).ID, Action: what, Version: store.AnyVersion}))
		}
		file("ana", "caio", "dora")
		decide("ana", store.CaseDismiss)
		file("ana", "caio", "dora")
		decide("ana", store.CaseDismiss)
		file("frida", "bia", "dora")
		decide("frida", store.CaseClose)
		file("ana", "caio", "dora") // caio weighs 1/3, dora 2/4
		file("ezio", "bia")         // bia 2/2
		guest := reportOf("", "")
		guest.By, guest.Subject = store.Reporter{Mark: "m"}, store.Subject{Kind: store.SubjectGuest, Link: "l", Mark: "z", Name: "Zoe"}
		value(s.FileReport(ctx, guest))(t)
		guest.By.Mark = "n"
		value(s.FileReport(ctx, guest))(t)
		equal(t, "the order", openCases(t, s), "Zoe 2000, ezio 1000, ana 833")
		first := value(s.PageCases(ctx, true, store.CaseCursor{}, 1))(t)
		rest := value(s.PageCases(ctx, true, first[0].Cursor(), 10))(t)
		if len(rest) != 2 || rest[0].Subject.User != "ezio" {
			t.Errorf("the rest is %+v", rest)
		}
		closed := value(s.PageCases(ctx, false, store.CaseCursor{}, 10))(t)
		if len(closed) != 3 || len(value(s.PageCases(ctx, false, closed[2].Cursor(), 10))(t)) != 0 || closed[0].Action == "" {
			t.Errorf("closed are %+v", closed)
		}
	})
}

func TestACaseIsDecidedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		value(s.FileReport(ctx, reportOf("ana", "bia")))(t)
		k := caseOf(t, s, "bia")
		d := store.CaseDecision{Case: k.ID, Action: store.CaseSuspend, Note: "clear", Key: "ck_1", Until: store.Forever, Reason: "spam", Version: k.Version + 1}
		fails(t, s.DecideCase(ctx, d), store.ErrConflict)
		d.Version = k.Version
		ok(t, s.DecideCase(ctx, d))
		fails(t, s.DecideCase(ctx, d), store.ErrConflict)
		d.Version = store.AnyVersion
		fails(t, s.DecideCase(ctx, d), store.ErrConflict)
		d.Case = "nothing"
		fails(t, s.DecideCase(ctx, d), store.ErrNotFound)
		k = value(s.Case(ctx, k.ID))(t)
		if k.Action != store.CaseSuspend || k.Note != "clear" || k.Key != "ck_1" || k.Decided.IsZero() {
			t.Errorf("the case is %+v", k)
		}
		if st := value(s.Standing(ctx, "bia"))(t); !st.Suspended() || st.SuspendedReason != "spam" {
			t.Errorf("the account stands %+v", st)
		}
		link := reportOf("ana", "")
		link.Subject = store.Subject{Kind: store.SubjectLink, Link: "l1"}
		value(s.FileReport(ctx, link))(t)
		of := caseOf(t, s, "")
		fails(t, s.DecideCase(ctx, store.CaseDecision{Case: of.ID, Action: store.CaseSuspend, Until: store.Forever, Version: store.AnyVersion}), store.ErrNoAccount)
		if !value(s.Case(ctx, of.ID))(t).Decided.IsZero() {
			t.Error("what could not be carried out is decided")
		}
		value(s.FileReport(ctx, reportOf("ana", "bia")))(t) // a new case
		equal(t, "open", len(strings.Split(openCases(t, s), ", ")), 2)
	})
}

func TestOldCasesAreSwept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		swept := func(want int64) {
			t.Helper()
			equal(t, "swept", value(s.SweepReports(ctx, 10))(t), want)
		}
		value(s.FileReport(ctx, reportOf("ana", "bia")))(t)
		value(s.FileReport(ctx, reportOf("caio", "bia")))(t)
		value(s.FileReport(ctx, reportOf("ana", "caio")))(t)
		ok(t, s.DecideCase(ctx, store.CaseDecision{Case: caseOf(t, s, "caio").ID, Action: store.CaseDismiss, Version: store.AnyVersion}))
		ok(t, s.Exec(ctx, fmt.Sprintf(`UPDATE report_cases SET decided_ms = decided_ms - %d`, store.ClosedCasesKept.Milliseconds()-60_000)))
		year := store.OpenCasesKept.Milliseconds()
		ok(t, s.Exec(ctx, fmt.Sprintf(`UPDATE reports SET last_ms = last_ms - %d WHERE reporter = 'user:caio'`, year)))
		swept(0)
		if k := caseOf(t, s, "bia"); k.Reporters != 1 {
			t.Errorf("a report of a year ago is in %+v", k)
		}
		ok(t, s.Exec(ctx, `UPDATE report_cases SET decided_ms = decided_ms - 60000`))
		swept(1)
		ok(t, s.Exec(ctx, fmt.Sprintf(`UPDATE report_cases SET last_ms = last_ms - %d`, year)))
		swept(1)
		equal(t, "left", len(value(s.Dump(ctx, "reports"))(t)), 0)
	})
}

func TestWhatADeletedAccountHasReportedStaysWithoutItsName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		value(s.FileReport(ctx, reportOf("ana", "bia")))(t)
		value(s.FileReport(ctx, reportOf("caio", "bia")))(t)
		value(s.FileReport(ctx, reportOf("bia", "ana")))(t)
		value(s.DeleteUser(ctx, "ana"))(t)
		equal(t, "open", openCases(t, s), "bia 2000")
		for _, r := range value(s.CaseReports(ctx, caseOf(t, s, "bia").ID))(t) {
			if r.User == "ana" || r.Guest || r.Text == "" {
				t.Errorf("a report is %+v", r)
			}
		}
		_, err := s.FileReport(ctx, reportOf("caio", "ana"))
		fails(t, err, store.ErrNotFound)
	})
}
