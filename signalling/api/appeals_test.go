package api_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"pronto/signalling"
	"pronto/signalling/api"
	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

const notMe = `{"text":"  It was not me.\r\nAsk anybody.\n"}`

func (d *desk) appeals(t *testing.T, token, body string) answer {
	t.Helper()
	return ask(t, http.MethodPost, d.URL+"/v1/account/appeal", token, body, "Request-Id", "test")
}

func (d *desk) own(t *testing.T, token string) api.AccountAppeal {
	t.Helper()
	a := ask(t, http.MethodGet, d.URL+"/v1/account/appeal", token, "")
	if a.header.Get("Cache-Control") != "no-store" {
		t.Error("it may be kept on the way")
	}
	return decoded[api.AccountAppeal](t, a, http.StatusOK)
}

// suspends has a key suspend an account; people are made on the way.
func (d *desk) suspends(t *testing.T, key, user string) {
	t.Helper()
	if err := d.Store.UpsertUser(t.Context(), user, user); err != nil {
		t.Fatal(err)
	}
	decoded[api.User](t, ask(t, http.MethodPost, d.URL+"/v1/users/"+user+"/suspend", key, `{}`), http.StatusOK)
}

// first is the first case of the queue.
func (d *desk) first(t *testing.T) api.ReportCase {
	t.Helper()
	list := decoded[struct{ Items []api.ReportCase }](t, ask(t, http.MethodGet, d.URL+"/v1/reports", d.all, ""), http.StatusOK)
	if len(list.Items) == 0 {
		t.Fatal("the queue is empty")
	}
	return list.Items[0]
}

func (d *desk) decides(t *testing.T, key, id, action string) answer {
	t.Helper()
	return ask(t, http.MethodPost, d.URL+"/v1/reports/"+id+"/decide", key, `{"action":"`+action+`","note":"seen"}`)
}

func TestWhoIsSuspendedForReportsAppealsAndIsGivenBack(t *testing.T) {
	d := newDesk(t)
	call := talk(t, d.Server).Call
	token := d.Token(t, "carlo")
	if now := d.own(t, token); now.Suspended || now.Appeal != nil || now.Since != nil || now.Reported {
		t.Errorf("before: %+v", now)
	}
	refused(t, d.appeals(t, token, notMe), http.StatusConflict, "conflict")
	d.taken(t, "a report", d.report(t, d.Token(t, "dora"), call, byUser("carlo")))
	mine, others := key(t, d.Server, "reports:write"), key(t, d.Server, "reports:write")
	decoded[api.WholeCase](t, d.decides(t, mine, d.first(t).ID, "suspend"), http.StatusOK)
	d.taken(t, "a later report", d.report(t, d.Token(t, "dora"), call, ""))
	now := d.own(t, token)
	if !now.Suspended || now.Since == nil || now.Until != nil || !now.Reported || now.Reason != "spam" || now.Appeal != nil {
		t.Errorf("suspended: %+v", now)
	}
	now = decoded[api.AccountAppeal](t, d.appeals(t, token, notMe), http.StatusOK)
	if now.Appeal == nil || now.Appeal.State != "open" || now.Appeal.Text != "It was not me.\nAsk anybody." || now.Appeal.Decided != nil {
		t.Errorf("appealed: %+v", now.Appeal)
	}
	refused(t, d.appeals(t, token, notMe), http.StatusConflict, "conflict")
	k := d.first(t)
	if id, _, _ := strings.Cut(mine, "."); k.User != "carlo" || k.Action != "suspend" || k.Key != id || k.Appeal == nil || k.Appeal.State != "open" || k.Appeal.Text != now.Appeal.Text {
		t.Errorf("first in the queue is %+v", k)
	}
	refused(t, d.decides(t, mine, k.ID, "lift"), http.StatusConflict, "otherKey")
	refused(t, d.decides(t, others, k.ID, "dismiss"), http.StatusConflict, "conflict")
	decided := decoded[api.WholeCase](t, d.decides(t, others, k.ID, "lift"), http.StatusOK)
	if id, _, _ := strings.Cut(others, "."); decided.Appeal.State != "lifted" || decided.Appeal.Key != id || decided.Appeal.Note != "seen" || decided.Appeal.Decided == nil {
		t.Errorf("lifted: %+v", decided.Appeal)
	}
	refused(t, d.decides(t, others, k.ID, "uphold"), http.StatusConflict, "conflict")
	if now := d.own(t, token); now.Suspended || now.Appeal == nil || now.Appeal.State != "lifted" || now.Reason != "" {
		t.Errorf("given back: %+v", now)
	}
	if got := d.report(t, token, call, byUser("dora")); got.status != http.StatusNoContent {
		t.Errorf("who is given back can do nothing: %+v", got)
	}
	refused(t, d.appeals(t, token, notMe), http.StatusConflict, "conflict")
	filed := 0
	for _, e := range d.Events() {
		if _, ok := e.(signalling.AppealFiled); ok {
			filed++
		}
	}
	if filed != 1 {
		t.Errorf("%d appeals are counted", filed)
	}
	d.wroteDown(t, "carlo", "account file-appeal 200", "key decide-report 200", "key decide-report 409 otherKey")
}

// wroteDown waits until steps are in the audit log of an account or its case.
func (d *desk) wroteDown(t *testing.T, user string, steps ...string) {
	t.Helper()
	var text string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		text = ""
		entries := decoded[struct{ Items []api.AuditEntry }](t, ask(t, http.MethodGet, d.URL+"/v1/audit?limit=100", d.all, ""), http.StatusOK)
		for _, e := range entries.Items {
			who := "key"
			if e.Key == store.ByAccount {
				who = e.Key
				if e.Target.ID != user || e.Other == nil || e.Other.Kind != "case" || e.RequestID != "test" {
					t.Fatalf("the appeal is written down as %+v", e)
				}
			}
			text += "\n" + strings.TrimSpace(fmt.Sprint(who, " ", e.Operation, " ", e.Status, " ", e.Code)) + "\n"
		}
		missing := 0
		for _, step := range steps {
			if !strings.Contains(text, "\n"+step+"\n") {
				missing++
			}
		}
		if missing == 0 {
			return
		}
	}
	t.Errorf("written down is%s", text)
}

func TestASuspensionWithoutReportsIsAppealedInACaseWithoutReports(t *testing.T) {
	d := newDesk(t)
	d.suspends(t, d.all, "ana")
	token := d.Token(t, "ana")
	if now := d.own(t, token); !now.Suspended || now.Reported || now.Reason != "" {
		t.Errorf("suspended: %+v", now)
	}
	decoded[api.AccountAppeal](t, d.appeals(t, token, notMe), http.StatusOK)
	k := decoded[api.WholeCase](t, ask(t, http.MethodGet, d.URL+"/v1/reports/"+d.first(t).ID, d.all, ""), http.StatusOK)
	if id, _, _ := strings.Cut(d.all, "."); len(k.Filed) != 0 || k.Reports != 0 || k.Key != id || k.Appeal.State != "open" || k.Kind != "user" {
		t.Errorf("the case is %+v", k)
	}
	// There is no other key that may: this one decides.
	if k = decoded[api.WholeCase](t, d.decides(t, d.all, k.ID, "uphold"), http.StatusOK); k.Appeal.State != "upheld" {
		t.Errorf("upheld: %+v", k.Appeal)
	}
	now := d.own(t, token)
	if !now.Suspended || now.Appeal.State != "upheld" || now.Appeal.Decided == nil {
		t.Errorf("upheld, to ana: %+v", now)
	}
	refused(t, d.appeals(t, token, notMe), http.StatusConflict, "conflict")
	d.resumes(t, "ana")
	d.suspends(t, d.all, "ana")
	if now := d.own(t, token); now.Appeal != nil {
		t.Errorf("of another suspension: %+v", now.Appeal)
	}
	decoded[api.AccountAppeal](t, d.appeals(t, token, notMe), http.StatusOK)
	open := d.first(t)
	d.resumes(t, "ana")
	if now := d.own(t, token); now.Suspended || now.Appeal.State != "closed" {
		t.Errorf("resumed by an operator: %+v", now)
	}
	refused(t, d.decides(t, d.all, open.ID, "lift"), http.StatusConflict, "conflict")
	refused(t, d.appeals(t, token, notMe), http.StatusConflict, "conflict")
	refused(t, d.decides(t, d.all, "cas_none", "lift"), http.StatusNotFound, "notFound")
}

func (d *desk) resumes(t *testing.T, user string) {
	t.Helper()
	decoded[api.User](t, ask(t, http.MethodPost, d.URL+"/v1/users/"+user+"/resume", d.all, ""), http.StatusOK)
}

func TestAnAppealIsPlainText(t *testing.T) {
	d := newDesk(t)
	d.suspends(t, d.all, "ana")
	token := d.Token(t, "ana")
	for what, text := range map[string]string{
		"nothing": ``, "blanks": ` \n\t `, "NUL": `a\u0000`, "a bell": `a\u0007`, "turned around": `a\u202eb`, "too much": strings.Repeat("é", 1001),
	} {
		got := d.appeals(t, token, `{"text":"`+text+`"}`)
		if p := refused(t, got, http.StatusUnprocessableEntity, "invalid"); len(p.Errors) != 1 || p.Errors[0].Pointer != "#/text" {
			t.Errorf("%s: %+v", what, p)
		}
	}
	if now := d.own(t, token); now.Appeal != nil {
		t.Errorf("taken is %+v", now.Appeal)
	}
	long := strings.Repeat("😀", 1000)
	if now := decoded[api.AccountAppeal](t, d.appeals(t, token, `{"text":"`+long+`"}`), http.StatusOK); now.Appeal.Text != long {
		t.Error("a thousand characters are not kept")
	}
}

// The token is that of the account, or opens nothing, whoever it names; and while the
// account is suspended it opens its appeal and nothing else.
func TestASuspendedAccountsTokenOpensItsAppealAndNothingElse(t *testing.T) {
	d := newDesk(t)
	guest := visit(t, d.Server, link(t, d.Server, func(n *store.NewLink) { n.Kind = store.Voice })) // ana's
	d.suspends(t, d.all, "ana")
	d.suspends(t, d.all, "bia")
	sign := func(key string, secret []byte, user string, g identity.Grants) string {
		t.Helper()
		token, err := identity.Sign(key, secret, identity.Identity{User: wire.UserID(user), Name: user, Grants: g}, time.Now(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	account := identity.Grants{Account: true}
	for what, token := range map[string]string{
		"none":                     "none",
		"an API key":               d.all,
		"a guest's":                guest,
		"a guest's with her name":  sign(signallingtest.Key, d.Secret, "ana", identity.Grants{Link: "front-door"}),
		"of who does not exist":    sign(signallingtest.Key, d.Secret, "nobody", account),
		"of a device that is gone": sign(signallingtest.Key, d.Secret, "ana", identity.Grants{Account: true, Device: "dev_none"}),
		"signed by nobody":         sign(signallingtest.Key, []byte(strings.Repeat("x", 32)), "ana", account),
		"by a key that is none":    sign("ck_none", d.Secret, "ana", account),
	} {
		for _, got := range []answer{d.appeals(t, token, notMe), ask(t, http.MethodGet, d.URL+"/v1/account/appeal", token, "")} {
			if p := refused(t, got, http.StatusUnauthorized, "unauthenticated"); p.Detail != "the token opens nothing; sign in anew" {
				t.Errorf("%s: %+v", what, p)
			}
		}
	}
	if _, err := d.Store.CreateKey(t.Context(), store.NewKey{ID: "ck_shop", Secret: []byte("ck_shop"), Origins: []string{"https://shop.example"}}); err != nil {
		t.Fatal(err)
	}
	elsewhere := sign("ck_shop", []byte("ck_shop"), "ana", account)
	if got := ask(t, http.MethodGet, d.URL+"/v1/account/appeal", elsewhere, "", "Origin", "https://mall.example"); got.status != http.StatusForbidden {
		t.Errorf("on a page of another site: %+v", got)
	}
	token := d.Token(t, "ana")
	decoded[api.AccountAppeal](t, d.appeals(t, token, notMe), http.StatusOK)
	if now := d.own(t, d.Token(t, "bia")); now.Appeal != nil {
		t.Errorf("another one's appeal is told: %+v", now.Appeal)
	}
	data, err := os.ReadFile(descriptionFile)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, o := range operations(parse(t, data)) {
		if o.needsKey || o.path == "/v1/account/appeal" || !strings.HasPrefix(o.path, "/v1/account/") && !strings.HasPrefix(o.path, "/v1/notes/") && o.id != "file-report" {
			continue
		}
		tried++
		body := ""
		switch o.id {
		case "put-avatar":
			body = dot
		case "file-report":
			body = `{"call":"cal_1","user":"bia","reason":"spam"}`
		case "permit-calls", "leave-note":
			body = `{}`
		}
		if got := ask(t, o.method, o.url(d.URL, map[string]string{"call": "cal_1", "caller": "bia", "user": "bia", "other": "bia"}), token, body); got.status != http.StatusForbidden || !strings.Contains(got.body, `"suspended"`) {
			t.Errorf("%s: %+v", o.id, got)
		}
	}
	if tried < 6 {
		t.Errorf("%d operations were tried", tried)
	}
}

// A device of a suspended account lives on: it gets a token to appeal by, if it says so,
// and so does who signs in by a code. When the account is given back, both are let in.
func TestADeviceOfASuspendedAccountGetsATokenToAppealBy(t *testing.T) {
	s, l := withCodes(t)
	verify := func(more string) answer {
		t.Helper()
		post(t, s.URL+"/v1/accounts/code", `{"phone":"+3906123456"}`)
		return post(t, s.URL+"/v1/accounts/verify", `{"phone":"+3906123456","code":"`+l.code(t, "+3906123456")+`"`+more+`}`)
	}
	ana := read(t, verify(`,"name":"Ana"`))
	if err := s.Store.Suspend(t.Context(), ana.User, store.Forever, "spam", ""); err != nil {
		t.Fatal(err)
	}
	refresh := func(more string) answer {
		t.Helper()
		return post(t, s.URL+"/v1/accounts/refresh", `{"refresh":"`+ana.Refresh+`"`+more+`}`)
	}
	for _, got := range []answer{refresh(``), refresh(`,"toAppeal":false`), verify(``)} {
		refused(t, got, http.StatusForbidden, "suspended")
	}
	old, anew := read(t, refresh(`,"toAppeal":true`)), read(t, verify(`,"toAppeal":true,"name":"Zoe"`))
	if anew.User != ana.User || anew.Name != "Ana" || anew.Device == ana.Device {
		t.Errorf("by a code: %+v", anew)
	}
	appeal := func(token string) answer {
		t.Helper()
		return ask(t, http.MethodGet, s.URL+"/v1/account/appeal", token, "")
	}
	for _, token := range []string{ana.Token, old.Token, anew.Token} {
		if now := decoded[api.AccountAppeal](t, appeal(token), http.StatusOK); !now.Suspended {
			t.Errorf("it is told %+v", now)
		}
		refused(t, ask(t, http.MethodGet, s.URL+"/v1/account/export", token, ""), http.StatusForbidden, "suspended")
	}
	if got := read(t, refresh(`,"toAppeal":true`)); got.Refresh != "" {
		t.Error("a device gets another secret")
	}
	// One that is put out of the account does not get in by that.
	if err := s.Store.RevokeDevice(t.Context(), ana.User, anew.Device); err != nil {
		t.Fatal(err)
	}
	refused(t, appeal(anew.Token), http.StatusUnauthorized, "unauthenticated")
	refused(t, post(t, s.URL+"/v1/accounts/refresh", `{"refresh":"`+anew.Refresh+`","toAppeal":true}`), http.StatusUnauthorized, "unauthenticated")
	if err := s.Store.Resume(t.Context(), ana.User); err != nil {
		t.Fatal(err)
	}
	read(t, refresh(``))
	// Who deletes his account while it is suspended does not come back by it.
	if err := s.Store.Suspend(t.Context(), ana.User, store.Forever, "spam", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.DeleteUser(t.Context(), ana.User); err != nil {
		t.Fatal(err)
	}
	refused(t, appeal(old.Token), http.StatusUnauthorized, "unauthenticated")
}

func TestWhoAsksAboutHisAppealTooOftenWaits(t *testing.T) {
	d := newDesk(t)
	d.suspends(t, d.all, "ana")
	d.suspends(t, d.all, "bia")
	token := d.Token(t, "ana")
	var last answer
	for range 60 {
		if last = ask(t, http.MethodGet, d.URL+"/v1/account/appeal", token, ""); last.status != http.StatusOK {
			break
		}
	}
	if refused(t, last, http.StatusTooManyRequests, "rateLimited"); last.header.Get("Retry-After") == "" {
		t.Error("it does not say for how long")
	}
	d.own(t, d.Token(t, "bia"))
}

func TestAnAppealGoesWithItsAccount(t *testing.T) {
	d := newDesk(t)
	d.suspends(t, d.all, "ana")
	decoded[api.AccountAppeal](t, d.appeals(t, d.Token(t, "ana"), notMe), http.StatusOK)
	copied := ask(t, http.MethodGet, d.URL+"/v1/users/ana/export", d.all, "")
	if !strings.Contains(copied.body, `Ask anybody.`) {
		t.Errorf("her copy has no appeal: %s", copied.body)
	}
	if _, err := d.Store.DeleteUser(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	refused(t, ask(t, http.MethodGet, d.URL+"/v1/account/appeal", d.Token(t, "ana"), ""), http.StatusUnauthorized, "unauthenticated")
	if got := d.cases(t); got != "" {
		t.Errorf("left are %s", got)
	}
}
