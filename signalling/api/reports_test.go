package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"pronto/signalling"
	"pronto/signalling/api"
	"pronto/signalling/client"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// desk is a server at which things are reported.
type desk struct {
	*signallingtest.Server
	dsn string
	all string // a key that may do everything
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dsn := storetest.SQLiteDSN(t)
	s := signallingtest.Start(t, signallingtest.Options{DSN: dsn, Secret: []byte(strings.Repeat("s", 32))})
	return &desk{s, dsn, key(t, s, "*")}
}

// report files a report by a token; whom is such as `"user":"bia",`, or empty.
func (d *desk) report(t *testing.T, token string, call wire.CallID, whom string) answer {
	t.Helper()
	return ask(t, http.MethodPost, d.URL+"/v1/reports", token, fmt.Sprintf(`{"call":%q,%s"reason":"spam","text":"again"}`, call, whom), "Request-Id", "test")
}

func byUser(user wire.UserID) string { return fmt.Sprintf(`"user":%q,`, user) }

func byParticipant(p wire.ParticipantID) string { return fmt.Sprintf(`"participant":%q,`, p) }

func (d *desk) taken(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status != http.StatusNoContent {
		t.Errorf("%s: %+v", what, a)
	}
}

// cases are the open ones, in words.
func (d *desk) cases(t *testing.T) string {
	t.Helper()
	var list []string
	body := decoded[struct{ Items []api.ReportCase }](t, ask(t, http.MethodGet, d.URL+"/v1/reports", d.all, ""), http.StatusOK)
	for _, k := range body.Items {
		list = append(list, strings.TrimSpace(fmt.Sprint(k.Kind, " ", k.User, k.Name, " ", k.Reporters)))
	}
	return strings.Join(list, ", ")
}

// hangUp ends a call, and waits until the store has it.
func (d *desk) hangUp(t *testing.T, call wire.CallID) {
	t.Helper()
	if a := ask(t, http.MethodPost, d.URL+"/v1/calls/"+string(call)+"/end", d.all, ""); a.status != http.StatusNoContent {
		t.Fatalf("the call does not end: %+v", a)
	}
}

// What is not so by the server's own record is answered alike, whatever is wrong with it.
func TestOnlyWhatIsSoCanBeReported(t *testing.T) {
	d := newDesk(t)
	s := d.Server
	state := talk(t, s)
	call := state.Call
	var carlo wire.ParticipantID
	for _, p := range state.Participants {
		if p.User == "carlo" {
			carlo = p.Participant
		}
	}
	person(t, s, "ana")
	person(t, s, "ezio")
	other := request[wire.CallState](t, person(t, s, "ana"), wire.Ring{Users: []wire.UserID{"ezio"}, Kind: wire.KindVoice}).Call
	dora := s.Token(t, "dora")
	want := d.report(t, dora, "cal_none", byUser("carlo"))
	refused(t, want, http.StatusNotFound, "notFound")
	forged := map[string]func() answer{
		"by who was not there":     func() answer { return d.report(t, s.Token(t, "ana"), call, byUser("carlo")) },
		"the call, by a stranger":  func() answer { return d.report(t, s.Token(t, "ana"), call, "") },
		"of who was not there":     func() answer { return d.report(t, dora, call, byUser("ana")) },
		"of who does not exist":    func() answer { return d.report(t, dora, call, byUser("nobody")) },
		"of no participant":        func() answer { return d.report(t, dora, call, byParticipant("p99")) },
		"of oneself":               func() answer { return d.report(t, dora, call, byUser("dora")) },
		"of oneself as a person":   func() answer { return d.report(t, dora, call, byParticipant(state.Self)) },
		"in a call of strangers":   func() answer { return d.report(t, dora, other, byUser("ana")) },
		"of a stranger by another": func() answer { return d.report(t, dora, other, byUser("carlo")) },
		"in what is no call":       func() answer { return d.report(t, dora, "a/b c", byUser("carlo")) },
	}
	try := func(when string) {
		t.Helper()
		for what, ask := range forged {
			if got := ask(); got.status != want.status || got.body != want.body {
				t.Errorf("%s, %s: %d %s", when, what, got.status, got.body)
			}
		}
	}
	try("live")
	if got := d.cases(t); got != "" {
		t.Fatalf("forged reports make cases: %s", got)
	}
	d.taken(t, "an account", d.report(t, dora, call, byUser("carlo")))
	d.taken(t, "the same as a participant", d.report(t, dora, call, byParticipant(carlo)))
	d.taken(t, "the call", d.report(t, s.Token(t, "carlo"), call, ""))
	d.hangUp(t, call)
	try("after the end")
	d.taken(t, "after the end", d.report(t, s.Token(t, "carlo"), call, byUser("dora")))
	if got := d.cases(t); got != "user dora 1, call  1, user carlo 1" {
		t.Errorf("the cases are %s", got)
	}
	storetest.Exec(t, d.dsn, `DELETE FROM calls WHERE ended_ms IS NOT NULL`)
	storetest.Exec(t, d.dsn, `DELETE FROM reports`)
	try("after a day")
	d.taken(t, "by the call log", d.report(t, dora, call, byUser("carlo")))
	d.taken(t, "the call by the call log", d.report(t, dora, call, ""))
	filed := 0
	for _, e := range s.Events() {
		if _, ok := e.(signalling.ReportFiled); ok {
			filed++
		}
	}
	if filed != 5 {
		t.Errorf("%d are counted", filed)
	}
}

func TestACallThatWasMissedOrNeverRangIsReportedByWhoKnowsOfIt(t *testing.T) {
	d := newDesk(t)
	s := d.Server
	carlo, dora := person(t, s, "carlo"), person(t, s, "dora")
	ring := func() wire.CallID {
		return request[wire.CallState](t, carlo, wire.Ring{Users: []wire.UserID{"dora"}, Kind: wire.KindVoice}).Call
	}
	call := ring()
	d.taken(t, "while it rings", d.report(t, s.Token(t, "dora"), call, byUser("carlo")))
	request[wire.Done](t, carlo, wire.Cancel{Call: call})
	d.taken(t, "once it is missed", d.report(t, s.Token(t, "dora"), call, byUser("carlo")))
	request[wire.People](t, dora, wire.Block{User: "carlo"})
	call = ring()
	want := d.report(t, s.Token(t, "dora"), "cal_none", byUser("carlo"))
	for _, when := range []string{"it seems to ring", "it is over"} { // of a call that she does not know of
		if got := d.report(t, s.Token(t, "dora"), call, byUser("carlo")); got.status != http.StatusNotFound || got.body != want.body {
			t.Errorf("while %s: %+v", when, got)
		}
		d.taken(t, "by who does not know that he is blocked", d.report(t, s.Token(t, "carlo"), call, byUser("dora")))
		if when == "it seems to ring" {
			request[wire.Done](t, carlo, wire.Cancel{Call: call})
		}
	}
}

// guestClient connects a guest of a link, and takes him into its call.
func (d *desk) guestIn(t *testing.T, link string) (*client.Client, wire.CallState, string) {
	t.Helper()
	token := visit(t, d.Server, link)
	c, err := client.Dial(t.Context(), client.Config{
		URL: d.Socket(), Token: func(context.Context) (string, error) { return token, nil }, Device: "test", DeviceName: "test",
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, request[wire.CallState](t, c, wire.JoinLink{Link: wire.LinkID(link)}), token
}

func TestGuestsReportAndAreReported(t *testing.T) {
	d := newDesk(t)
	s := d.Server
	id := link(t, s, func(n *store.NewLink) { n.Kind = store.Voice })
	host := person(t, s, "ana")
	call := request[wire.CallState](t, host, wire.JoinLink{Link: wire.LinkID(id)}).Call
	_, first, one := d.guestIn(t, id)
	second, state, two := d.guestIn(t, id)
	d.taken(t, "a guest of a guest", d.report(t, two, call, byParticipant(first.Self)))
	d.taken(t, "an account of a guest", d.report(t, s.Token(t, "ana"), call, byParticipant(first.Self)))
	d.taken(t, "a guest of an account", d.report(t, two, call, byUser("ana")))
	d.taken(t, "the link", d.report(t, one, call, ""))
	request[wire.Done](t, second, wire.Leave{Call: call})
	d.taken(t, "a guest who has left", d.report(t, two, call, byParticipant(first.Self)))
	d.taken(t, "of a guest who has left", d.report(t, one, call, byParticipant(state.Self)))
	_, late, three := d.guestIn(t, id)
	want := d.report(t, one, "cal_none", byParticipant(state.Self))
	for what, got := range map[string]answer{
		"who came later":                 d.report(t, two, call, byParticipant(late.Self)),
		"who left earlier":               d.report(t, three, call, byParticipant(state.Self)),
		"by a guest who was never there": d.report(t, visit(t, s, id), call, ""),
	} {
		if got.status != want.status || got.body != want.body {
			t.Errorf("%s: %+v", what, got)
		}
	}
	d.hangUp(t, call)
	d.taken(t, "after the end", d.report(t, three, call, byParticipant(first.Self)))
	body := decoded[struct{ Items []api.ReportCase }](t, ask(t, http.MethodGet, s.URL+"/v1/reports", d.all, ""), http.StatusOK)
	kinds := map[string]int{}
	for _, k := range body.Items {
		kinds[k.Kind]++
		if k.Kind != "user" && k.Link != id || k.Kind == "guest" && (k.Name != "Zoe" || k.Mark == "" || k.User != "") {
			t.Errorf("a case is %+v", k)
		}
	}
	if kinds["guest"] != 2 || kinds["link"] != 1 || kinds["user"] != 1 || body.Items[0].Reporters != 3 {
		t.Errorf("the cases are %+v", body.Items)
	}
	decide := ask(t, http.MethodPost, s.URL+"/v1/reports/"+body.Items[0].ID+"/decide", d.all, `{"action":"suspend"}`)
	refused(t, decide, http.StatusUnprocessableEntity, "invalid")
}

func TestWhoReportsTooMuchIsToldWhenToComeAgain(t *testing.T) {
	d := newDesk(t)
	call := talk(t, d.Server).Call
	for i := range store.ReportsPerDay {
		body := fmt.Sprintf(`{"call":%q,"user":"carlo","reason":"other","text":"%d"}`, call, i)
		d.taken(t, "a report", ask(t, http.MethodPost, d.URL+"/v1/reports", d.Token(t, "dora"), body))
	}
	got := d.report(t, d.Token(t, "dora"), call, byUser("carlo"))
	if refused(t, got, http.StatusTooManyRequests, "rateLimited"); got.header.Get("Retry-After") == "" {
		t.Error("it does not say for how long")
	}
	if got := d.report(t, d.Token(t, "dora"), "cal_none", byUser("carlo")); got.status != http.StatusNotFound {
		t.Errorf("what is not so, beyond the limit: %+v", got)
	}
}

func TestTwoModeratorsDecideOnce(t *testing.T) {
	d := newDesk(t)
	call := talk(t, d.Server).Call
	d.taken(t, "a report", d.report(t, d.Token(t, "dora"), call, byUser("carlo")))
	list := decoded[struct{ Items []api.ReportCase }](t, ask(t, http.MethodGet, d.URL+"/v1/reports", d.all, ""), http.StatusOK)
	one := d.URL + "/v1/reports/" + list.Items[0].ID
	seen := ask(t, http.MethodGet, one, key(t, d.Server, "reports:read"), "")
	whole := decoded[api.WholeCase](t, seen, http.StatusOK)
	if len(whole.Filed) != 1 || whole.Filed[0].User != "dora" || whole.Filed[0].Text != "again" || whole.Filed[0].Call != string(call) || whole.Score != 1 {
		t.Errorf("the case is %+v", whole)
	}
	for _, scope := range []string{"reports:read", "users:write"} { // a key that may not
		refused(t, ask(t, http.MethodPost, one+"/decide", key(t, d.Server, scope), `{"action":"dismiss"}`), http.StatusForbidden, "scopeMissing")
	}
	refused(t, ask(t, http.MethodGet, one, key(t, d.Server, "users:read"), ""), http.StatusForbidden, "scopeMissing")
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	suspend := `{"action":"suspend","note":"clear","reason":"spam","until":"` + until + `"}`
	etag := seen.header.Get("Etag")
	by := key(t, d.Server, "reports:write")
	decided := decoded[api.WholeCase](t, ask(t, http.MethodPost, one+"/decide", by, suspend, "If-Match", etag), http.StatusOK)
	if id, _, _ := strings.Cut(by, "."); decided.Action != "suspend" || decided.Key != id || decided.Note != "clear" || decided.Decided == nil {
		t.Errorf("the decision is %+v", decided)
	}
	refused(t, ask(t, http.MethodPost, one+"/decide", by, `{"action":"dismiss"}`, "If-Match", etag), http.StatusPreconditionFailed, "changed")
	refused(t, ask(t, http.MethodPost, one+"/decide", by, `{"action":"dismiss"}`), http.StatusConflict, "conflict")
	user := decoded[api.User](t, ask(t, http.MethodGet, d.URL+"/v1/users/carlo", d.all, ""), http.StatusOK)
	if user.Suspended == nil || user.Suspended.Format(time.RFC3339) != until {
		t.Errorf("he is suspended until %v", user.Suspended)
	}
	if got := d.report(t, d.Token(t, "carlo"), call, byUser("dora")); got.status != http.StatusForbidden {
		t.Errorf("who is suspended reports: %+v", got)
	}
	closed := decoded[struct{ Items []api.ReportCase }](t, ask(t, http.MethodGet, d.URL+"/v1/reports?state=closed", d.all, ""), http.StatusOK)
	if len(closed.Items) != 1 || d.cases(t) != "" {
		t.Errorf("closed are %+v", closed)
	}
}

func TestTheQueueIsPaged(t *testing.T) {
	d := newDesk(t)
	for _, user := range []string{"ana", "bia", "carlo", "dora"} {
		if err := d.Store.UpsertUser(t.Context(), user, user); err != nil {
			t.Fatal(err)
		}
	}
	for _, pair := range []string{"ana bia", "ana carlo", "bia carlo", "dora ana"} {
		by, of, _ := strings.Cut(pair, " ")
		if _, err := caseOf(t, d.Server, store.NewReport{By: store.Reporter{User: by}, Subject: store.Subject{Kind: store.SubjectUser, User: of}, Call: "c", Reason: "spam"}); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for at := "/v1/reports?limit=1"; at != ""; {
		a := ask(t, http.MethodGet, d.URL+at, d.all, "")
		for _, k := range decoded[struct{ Items []api.ReportCase }](t, a, http.StatusOK).Items {
			all = append(all, k.User)
		}
		at, _, _ = strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
	}
	if len(all) != 3 || all[0] != "carlo" {
		t.Errorf("the pages have %v", all)
	}
}
