package api_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/api"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// unrecorded are the operations that are not in the audit log, and why they need not be:
// they change nothing, and what they tell is nobody's.
var unrecorded = map[string]string{
	"list-keys": "keys are the integrator's", "get-key": "keys are the integrator's",
	"list-webhooks": "webhooks are the integrator's", "get-webhook": "webhooks are the integrator's",
	"list-deliveries": "of events it tells the kind and the id",
	"list-links":      "links are the integrator's", "get-link": "links are the integrator's", "get-link-event": "links are the integrator's",
	"get-link-qr.png": "links are the integrator's", "get-link-qr.svg": "links are the integrator's", "get-link-slots": "links are the integrator's",
	"get-stats": "it tells numbers, and no small ones",
}

// target is what an operation is about: the first value of its path, if it has one.
func (o operation) target(values map[string]string) (t store.AuditTarget) {
	for part := range strings.SplitSeq(o.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			return store.AuditTarget{Kind: name, ID: values[name]}
		}
	}
	return t
}

// isRecorded looks for operations that were carried out with a key, by what they were
// about, in the audit log.
func isRecorded(t *testing.T, w *things, carriedOut map[string]store.AuditTarget) {
	t.Helper()
	key, _, _ := strings.Cut(w.all, ".")
	var missing []string
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		entries, err := w.server.Store.Audit(t.Context(), store.AuditQuery{Key: key, Limit: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		missing = nil
		for id, target := range carriedOut {
			found := slices.ContainsFunc(entries, func(e store.AuditEntry) bool {
				made := target.Kind == "" && e.Code == ""
				forgotten := id == "delete-user" && e.Target == store.AuditTarget{Kind: target.Kind} // once the account is purged
				return e.Operation == id && e.Status >= 200 && e.Status < 300 && e.RequestID != "" && (made || forgotten || e.Target == target)
			})
			if !found && unrecorded[id] == "" {
				missing = append(missing, id)
			}
			if found && unrecorded[id] != "" {
				t.Errorf("%s is in the audit log; unrecorded says that it need not be", id)
			}
		}
		if len(missing) == 0 || time.Now().After(end) {
			break
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		t.Errorf("%v are not in the audit log, with their target and how they went; see record.go", missing)
	}
	for id := range unrecorded {
		if _, ok := carriedOut[id]; !ok {
			t.Errorf("there is no operation %s any more", id)
		}
	}
}

type auditPage struct {
	Items      []api.AuditEntry
	NextCursor string
}

// told is what the audit log says, sorted, once it has so many entries and says of all how they went.
func told(t *testing.T, s *signallingtest.Server, key, query string, n int) string {
	t.Helper()
	var said []string
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		page := decoded[auditPage](t, ask(t, "GET", s.URL+"/v1/audit?"+query, key, ""), http.StatusOK)
		said = nil
		open := false
		for _, e := range page.Items {
			if e.Operation == "list-audit" && !strings.Contains(query, "key=") {
				continue // this one, asked again
			}
			text := e.Operation
			for _, target := range []*api.AuditTarget{e.Target, e.Other} {
				if target != nil {
					text += fmt.Sprint(" ", target.Kind, "/", target.ID)
				}
			}
			said = append(said, fmt.Sprint(text, " ", e.Status, e.Code))
			open = open || e.Status == 0
		}
		if len(said) >= n && !open || time.Now().After(end) {
			slices.Sort(said)
			return strings.Join(said, "; ")
		}
	}
}

func TestWhatIsDoneWithKeysIsToldWhoMayReadIt(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := whole(t, signallingtest.Options{DSN: dsn})
		all, shop, clinic := key(t, s, "*"), key(t, s, "audit:read", "users:write", "keys:write"), key(t, s, "audit:read", "users:read")
		id := func(key string) string { id, _, _ := strings.Cut(key, "."); return id }
		ask(t, "PUT", s.URL+"/v1/users/zoe", shop, `{"name":"Zoe Zanetti"}`, "Request-Id", "mine")
		ask(t, "PUT", s.URL+"/v1/users/zoe/contacts/ana", shop, "")
		ask(t, "GET", s.URL+"/v1/users/nobody", shop, "")
		ask(t, "PUT", s.URL+"/v1/users/zoe", shop, `{"nothing":1}`) // nothing that could be done
		ask(t, "GET", s.URL+"/v1/groups/g1", shop, "")              // without the scope
		ask(t, "GET", s.URL+"/v1/links", shop, "")                  // nobody's, and without the scope
		ask(t, "GET", s.URL+"/v1/keys/"+id(shop), shop, "")         // nobody's
		successor := decoded[api.NewKey](t, ask(t, "POST", s.URL+"/v1/keys/"+id(shop)+"/rotate", shop, `{}`), http.StatusCreated)
		next := successor.ID + "." + successor.Secret
		ask(t, "GET", s.URL+"/v1/users/zoe", next, "")
		ask(t, "GET", s.URL+"/v1/users/zoe", clinic, "")
		ask(t, "POST", s.URL+"/v1/tokens", all, `{"user":"zoe"}`)

		of := "add-to-contacts user/zoe user/ana 204; get-group group/g1 403scopeMissing; get-user user/nobody 404notFound; get-user user/zoe 200; put-user user/zoe 200; rotate-key key/" +
			id(shop) + " key/" + successor.ID + " 201"
		for what, key := range map[string]string{"a key": shop, "its successor": next} {
			if got := told(t, s, key, "limit=200", 6); got != of {
				t.Errorf("%s is told %s\nwant %s", what, got, of)
			}
		}
		if got := told(t, s, clinic, "limit=200", 1); got != "get-user user/zoe 200" {
			t.Errorf("another integrator is told %s", got)
		}
		if got := told(t, s, clinic, "target=zoe&key="+id(shop), 0); got != "" {
			t.Errorf("another integrator is told %s", got)
		}
		if got := told(t, s, all, "target=zoe", 5); strings.Count(got, "zoe") != 5 || !strings.Contains(got, "create-token user/zoe 200") {
			t.Errorf("who may do everything is told %s", got)
		}
		if got := told(t, s, all, "key="+id(clinic), 2); !strings.HasPrefix(got, "get-user user/zoe 200; list-audit 200") {
			t.Errorf("that it was read is told as %s", got)
		}
		if got := told(t, s, all, "target=zoe&until=2020-01-01T00:00:00Z", 0); got != "" {
			t.Errorf("of long ago is told %s", got)
		}
		if got := told(t, s, all, "target=zoe&since="+url.QueryEscape(time.Now().Add(-time.Hour).Format(time.RFC3339)), 5); strings.Count(got, "zoe") != 5 {
			t.Errorf("of the last hour is told %s", got)
		}
		first := decoded[auditPage](t, ask(t, "GET", s.URL+"/v1/audit?target=zoe&limit=2", all, ""), http.StatusOK)
		second := decoded[auditPage](t, ask(t, "GET", s.URL+"/v1/audit?target=zoe&limit=3&cursor="+first.NextCursor, all, ""), http.StatusOK)
		if len(first.Items) != 2 || len(second.Items) != 3 || second.NextCursor != "" || second.Items[2].RequestID != "mine" || second.Items[2].At.After(first.Items[1].At) {
			t.Errorf("the pages are %+v, %+v", first, second)
		}
		refused(t, ask(t, "GET", s.URL+"/v1/audit", key(t, s, "users:write"), ""), http.StatusForbidden, string(api.CodeScopeMissing))
	})
}

func TestNothingIsDoneThatCannotBeWrittenDown(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := whole(t, signallingtest.Options{DSN: dsn})
		all := key(t, s, "*")
		storetest.Exec(t, dsn, `ALTER TABLE audit RENAME TO elsewhere`)
		refused(t, ask(t, "PUT", s.URL+"/v1/users/zoe", all, `{"name":"Zoe"}`), http.StatusServiceUnavailable, string(api.CodeUnavailable))
		if _, err := s.Store.User(t.Context(), "zoe"); err == nil {
			t.Error("it was done all the same")
		}
		storetest.Exec(t, dsn, `ALTER TABLE elsewhere RENAME TO audit`)
		decoded[api.User](t, ask(t, "PUT", s.URL+"/v1/users/zoe", all, `{"name":"Zoe"}`), http.StatusOK)
	})
}

func TestWhatWasReadLastIsWrittenDownAtTheEnd(t *testing.T) {
	dsn := storetest.SQLiteDSN(t)
	s := whole(t, signallingtest.Options{DSN: dsn})
	all := key(t, s, "*")
	for range 5 {
		ask(t, "GET", s.URL+"/v1/users", all, "")
	}
	s.Stop()
	entries, err := s.Store.Audit(t.Context(), store.AuditQuery{Limit: 10})
	if err != nil || len(entries) != 5 || entries[0].Status != http.StatusOK {
		t.Errorf("written down is %+v (%v)", entries, err)
	}
}

func TestTheAuditLogTakesNoMoreThanItHolds(t *testing.T) {
	db := storetest.SQLite(t)
	log := api.NewAuditLog(db, slog.New(slog.DiscardHandler)) // and nobody runs it
	entry := func(i int) store.AuditEntry {
		return store.AuditEntry{ID: fmt.Sprint("a", i), Key: "ck_1", Operation: "get-user", Status: 200}
	}
	var ends []func(store.AuditEntry)
	for i := range api.AuditRoom {
		end, err := log.Begin(t.Context(), entry(i))
		if err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		ends = append(ends, end)
	}
	if _, err := log.Begin(t.Context(), entry(-1)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("one more: %v", err)
	}
	for i, end := range ends[:300] {
		end(entry(i))
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	log.Run(over)
	if entries, err := db.Audit(t.Context(), store.AuditQuery{Limit: 1000}); err != nil || len(entries) != 300 {
		t.Errorf("of 300 that ended %d are written (%v)", len(entries), err)
	}
	if _, err := log.Begin(t.Context(), entry(-1)); err != nil {
		t.Errorf("one more when there is room: %v", err)
	}
}

func TestAKeyWithAnEndIsRefusedAfterItAndGivesNoneThatLastsLonger(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := whole(t, signallingtest.Options{DSN: dsn})
		all := key(t, s, "*")
		create := func(key, ends string) answer {
			t.Helper()
			return ask(t, "POST", s.URL+"/v1/keys", key, `{"name":"visitor","scopes":["keys:write"]`+ends+`}`)
		}
		in := func(d time.Duration) string {
			return `,"expiresAt":"` + time.Now().Add(d).UTC().Format(time.RFC3339) + `"`
		}
		made := decoded[api.NewKey](t, create(all, in(time.Hour)), http.StatusCreated)
		boxed := made.ID + "." + made.Secret
		if made.Expires == nil || time.Until(*made.Expires) > time.Hour {
			t.Fatalf("the key is %+v", made)
		}
		for what, ends := range map[string]string{"in the past": in(-time.Hour), "long ago": `,"expiresAt":"1970-01-01T00:00:00Z"`} {
			a := create(all, ends)
			if p := decoded[problemBody](t, a, http.StatusUnprocessableEntity); p.Code != string(api.CodeInvalid) || p.Errors[0].Pointer != "#/expiresAt" {
				t.Errorf("%s: %s", what, a.body)
			}
		}
		refused(t, create(boxed, in(2*time.Hour)), http.StatusUnprocessableEntity, string(api.CodeInvalid))
		if child := decoded[api.NewKey](t, create(boxed, ""), http.StatusCreated); child.Expires == nil || !child.Expires.Equal(*made.Expires) {
			t.Errorf("it gives %+v", child)
		}
		endless := decoded[api.NewKey](t, create(all, ""), http.StatusCreated)
		rotate := func(key, id, body string) answer { return ask(t, "POST", s.URL+"/v1/keys/"+id+"/rotate", key, body) }
		if next := decoded[api.NewKey](t, rotate(boxed, endless.ID, `{}`), http.StatusCreated); next.Expires == nil || !next.Expires.Equal(*made.Expires) {
			t.Errorf("the successor that it makes of one without an end is %+v", next)
		}
		refused(t, rotate(boxed, made.ID, `{"keepSeconds":0`+in(2*time.Hour)+`}`), http.StatusUnprocessableEntity, string(api.CodeInvalid))
		next := decoded[api.NewKey](t, rotate(all, made.ID, `{}`), http.StatusCreated)
		if next.Expires == nil || !next.Expires.Equal(*made.Expires) {
			t.Errorf("its successor is %+v", next)
		}
		storetest.Exec(t, dsn, `UPDATE api_keys SET expires_ms = expires_ms - 3600001`)
		a := ask(t, "GET", s.URL+"/v1/keys", next.ID+"."+next.Secret, "")
		refused(t, a, http.StatusUnauthorized, string(api.CodeKeyExpired))
		if p := decoded[problemBody](t, a, http.StatusUnauthorized); !strings.Contains(p.Detail, next.ID) || a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("it is refused by %s", a.body)
		}
		refused(t, ask(t, "GET", s.URL+"/v1/keys", next.ID+".cs_another", ""), http.StatusUnauthorized, string(api.CodeUnauthenticated))
		shown := decoded[api.Key](t, ask(t, "GET", s.URL+"/v1/keys/"+next.ID, all, ""), http.StatusOK)
		if shown.Expires == nil || time.Now().Before(*shown.Expires) {
			t.Errorf("it is listed as %+v", shown)
		}
	})
}
