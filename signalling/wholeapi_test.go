package signalling_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pronto/signalling/hook"
	"pronto/signalling/identity"
	"pronto/signalling/notify"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// hooks is the server of an integrator, who is told of everything.
type hooks struct {
	t   testing.TB
	web *httptest.Server

	mu   sync.Mutex
	told [][]byte // headers and bodies
}

func (h *hooks) bodies() [][]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.told)
}

// wait waits until the test event has come, which is told after all the others.
func (h *hooks) wait() {
	h.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if slices.ContainsFunc(h.bodies(), func(b []byte) bool { return strings.Contains(string(b), "webhook.test") }) {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("of the webhook's events %d came", len(h.bodies()))
		}
	}
}

// listen has an integrator with a key, whose server hears all that happens from now on.
func (r *run) listen(log *slog.Logger) {
	r.hooks = &hooks{t: r.t}
	r.hooks.web = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		head, _ := json.Marshal(q.Header)
		body, _ := io.ReadAll(q.Body)
		r.hooks.mu.Lock()
		defer r.hooks.mu.Unlock()
		r.hooks.told = append(r.hooks.told, append(head, body...))
	}))
	r.t.Cleanup(r.hooks.web.Close)
	client := hook.New(hook.Config{AllowPrivate: true})
	w, err := notify.New(notify.Config{
		Store: r.server.Store, Client: client, Node: "test", Every: 10 * time.Millisecond, Events: func(notify.Event) {}, Logger: log,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	reminders, err := notify.NewReminders(notify.RemindConfig{Store: r.server.Store, Tell: r.server.Calls.Remind, Every: 10 * time.Millisecond, Logger: log})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	running.Go(func() { reminders.Run(ctx) })
	r.t.Cleanup(func() { cancel(); running.Wait(); client.Close() })

	id, text := identity.NewKey()
	if _, err := r.server.Store.CreateKey(r.t.Context(), store.NewKey{ID: id, Name: "shop", Secret: []byte(text), Scopes: []string{"*"}}); err != nil {
		r.t.Fatal(err)
	}
	r.key = id + "." + text
	r.secret(nobody, text)
	r.webhook = r.as("POST", "/v1/webhooks", `{"url":"`+r.hooks.web.URL+`","name":"`+r.word("shop")+`"}`, "Idempotency-Key", "one")["id"].(string)
}

// as is rest for the integrator.
func (r *run) as(method, path, body string, headers ...string) map[string]any {
	r.t.Helper()
	return r.rest(method, path, r.key, body, headers...)
}

// integrate has an integrator, and people by their tokens, do all that the REST API
// has not done yet.
func (r *run) integrate() {
	r.keep()
	r.care()
	r.oversee()
	link := r.as("POST", "/v1/links", `{"owner":"`+string(r.user(8))+`","kind":"voice","title":"`+r.word("tour")+`","hostLink":true}`)["id"].(string)
	at := time.Now().Add(24 * time.Hour).UTC()
	for _, q := range [][3]string{
		{"GET", "", ""}, {"GET", "/door", ""}, {"PATCH", "", `{"title":"` + r.word("visit") + `","opensAt":"` + at.Format(time.RFC3339) + `"}`},
		{"POST", "/host", ""}, {"GET", "/event.ics", ""}, {"GET", "/qr.png", ""}, {"GET", "/qr.svg", ""}, {"DELETE", "/bans", ""},
		{"PUT", "/slots", `{"slots":[{"from":"` + at.Format(time.RFC3339) + `","to":"` + at.Add(time.Hour).Format(time.RFC3339) + `"}]}`},
		{"GET", "/slots", ""}, {"POST", "/revoke", `{}`},
	} {
		r.as(q[0], "/v1/links/"+link+q[1], q[2])
	}
	for _, path := range []string{"/v1/links", "/v1/users", "/v1/stats", "/v1/demo/identities", "/v1/sign-in"} {
		r.as("GET", path, "")
	}
	r.post("/v1/demo/sign-in", `{"user":"ana"}`)
	hook := "/v1/webhooks/" + r.webhook
	other := r.as("POST", "/v1/webhooks", `{"url":"http://127.0.0.1:9/"}`)["id"].(string)
	r.as("DELETE", "/v1/webhooks/"+other, "")
	r.as("POST", hook+"/rotate", `{}`)
	r.as("PATCH", hook, `{"name":"`+r.word("store")+`"}`)
	r.as("POST", hook+"/replay", `{"since":"`+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+`"}`)
	r.as("POST", hook+"/test", "")
	for _, path := range []string{"/v1/webhooks", hook, hook + "/deliveries"} {
		r.as("GET", path, "")
	}
}

// keep has keys and tokens made and taken back.
func (r *run) keep() {
	made := r.as("POST", "/v1/keys", `{"name":"`+r.word("till")+`","scopes":["links:read"]}`, "Idempotency-Key", "two")
	key := made["id"].(string)
	r.as("GET", "/v1/keys", "")
	r.as("GET", "/v1/keys/"+key, "")
	r.as("PATCH", "/v1/keys/"+key, `{"name":"`+r.word("desk")+`","origins":["https://`+r.word("shop")+`.example"]}`)
	r.as("POST", "/v1/keys/"+key+"/rotate", `{}`, "Idempotency-Key", "three")
	r.as("DELETE", "/v1/keys/"+key, "")
	// What opens nothing is not said back.
	r.rest("GET", "/v1/links", key+"."+made["secret"].(string), "")
	r.rest("GET", "/v1/links", r.key+"x", "")
	r.rest("DELETE", "/v1/account/avatar", r.token(4)+"x", "")
	r.as("POST", "/v1/tokens", `{"user":"u5","name":"`+r.names[5]+`"}`, "Idempotency-Key", "four")
}

// care has accounts shown and changed.
func (r *run) care() {
	one, other := string(r.user(5)), string(r.user(6))
	user := "/v1/users/" + one
	for _, q := range [][3]string{
		{"PUT", "", `{"name":"` + r.names[5] + `"}`}, {"GET", "", ""},
		{"PATCH", "", `{"about":"` + r.word("says") + `","noCalls":true,"noCallsText":"` + r.word("text") + `"}`},
		{"PUT", "/blocks/" + other, ""}, {"GET", "/blocks", ""}, {"DELETE", "/blocks/" + other, ""},
		{"PUT", "/contacts/" + other, ""}, {"GET", "/contacts", ""}, {"DELETE", "/contacts/" + other, ""},
		{"PUT", "/permissions/" + other, `{}`}, {"GET", "/permissions", ""}, {"DELETE", "/permissions/" + other, ""},
		{"GET", "/privacy", ""}, {"GET", "/export", ""},
		{"PUT", "/privacy", `{"whoMayCall":"everyone","whoMayAdd":"everyone","silenceUnknown":false,"hideAddress":true}`},
		{"POST", "/quota-overrides", `{"calls":5,"forSeconds":60,"reason":"` + r.word("flood") + `"}`}, {"GET", "/quota-overrides", ""},
		{"POST", "/suspend", `{"reason":"` + r.word("noise") + `"}`}, {"POST", "/resume", ""}, {"GET", "/groups", ""},
	} {
		r.as(q[0], user+q[1], q[2])
	}
	r.as("PUT", "/v1/users/gone", `{"name":"`+r.names[4]+`"}`)
	r.as("DELETE", "/v1/users/gone", "")
	r.as("GET", "/v1/audit", "")
	token := r.token(4)
	r.rest("GET", "/v1/account/export", token, "")
	r.rest("PUT", "/v1/account/permissions/"+other, token, `{}`)
	r.rest("DELETE", "/v1/account/permissions/"+other, token, "")
	r.rest("PUT", "/v1/account/avatar", token, string(picture(r.t)), "Content-Type", "application/octet-stream")
	r.rest("GET", profileOf(r.pages[3], r.user(4)).Avatar, "", "")
	r.rest("DELETE", "/v1/account/avatar", token, "")
}

// oversee has an integrator look at calls and groups, and put an end to them.
func (r *run) oversee() {
	call := r.ring(0, r.user(3), r.user(6)).Call
	r.accept(3, call)
	state := r.accept(6, call)
	path := "/v1/calls/" + string(call)
	r.as("GET", "/v1/calls", "")
	r.as("GET", path, "")
	r.as("POST", path+"/participants/"+string(state.Self)+"/mute", "")
	r.as("DELETE", path+"/participants/"+string(state.Self), "")
	r.as("POST", path+"/end", "")
	r.ended(0, call)
	r.as("GET", path+"/events", "")
	r.judge(call)

	group := r.as("POST", "/v1/groups", `{"creator":"`+string(r.user(6))+`","name":"`+r.word("band")+`","members":["`+string(r.user(3))+`"]}`)["id"].(string)
	r.as("GET", "/v1/groups/"+group, "")
	r.as("PATCH", "/v1/groups/"+group, `{"name":"`+r.word("trio")+`"}`)
	r.as("DELETE", "/v1/groups/"+group+"/members/"+string(r.user(3)), "")
}

// judge has somebody reported, and an integrator decide.
func (r *run) judge(call wire.CallID) {
	r.rest("POST", "/v1/reports", r.token(3), `{"call":"`+string(call)+`","user":"`+string(r.user(6))+`","reason":"spam","text":"`+r.word("shouts")+`"}`)
	cases := r.as("GET", "/v1/reports", "")["items"].([]any)
	one := "/v1/reports/" + cases[0].(map[string]any)["id"].(string)
	r.as("GET", one, "")
	r.as("POST", one+"/decide", `{"action":"dismiss","note":"`+r.word("harmless")+`"}`)
	user := "/v1/users/" + string(r.user(7))
	r.as("POST", user+"/suspend", `{}`)
	r.rest("POST", "/v1/account/appeal", r.token(7), `{"text":"`+r.word("innocent")+`"}`)
	r.rest("GET", "/v1/account/appeal", r.token(7), "")
	cases = r.as("GET", "/v1/reports", "")["items"].([]any)
	r.as("POST", "/v1/reports/"+cases[0].(map[string]any)["id"].(string)+"/decide", `{"action":"lift","note":"`+r.word("so")+`"}`)
}

// leftOut are the requests and events that the run has not in it, and why.
var leftOut = map[string]string{
	"restarting":      "says nothing; told when a server stops",
	"presenceChanged": "names a participant; told of who was not heard of for 3 s",
	"keysRestarted":   "is a number; told when all holders of keys have gone",
	"slots":           "names participants; told while media flows, as the next four are",
	"speakers":        "names participants",
	"paused":          "names participants",
	"encodings":       "is numbers",
	"dataUse":         "is numbers",
}

// nothingLeftOut fails if there is a request that was never carried out, an event that
// nobody heard or an operation of the REST API that was never done, so that whatever
// is added to the protocol comes into the run too.
func (r *run) nothingLeftOut() {
	r.t.Helper()
	seen := map[string]bool{}
	for _, p := range r.pages {
		for _, h := range p.heardAfter(0) {
			switch {
			case h.frame.ID == "":
				seen[h.frame.Type] = true
			case h.frame.Type != "problem":
				seen[p.asked[h.frame.ID]] = true
			}
		}
	}
	want := map[string]bool{}
	for _, m := range wire.Requests {
		want[m.Type] = true
	}
	for _, m := range wire.Events {
		want[m.Type] = true
	}
	for kind := range want {
		if _, ok := leftOut[kind]; !seen[kind] && !ok {
			r.t.Errorf("the run has no %s in it", kind)
		}
	}
	for kind := range leftOut {
		if !want[kind] {
			r.t.Errorf("there is no %s to leave out", kind)
		}
	}
	for _, operation := range operations(r.t) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(r.done)), func(done string) bool { return fits(operation, done) }) {
			r.t.Errorf("the run does not %s", operation)
		}
	}
}

// operations are those of the REST API, as GET /v1/links/{link}.
func operations(t testing.TB) (list []string) {
	t.Helper()
	data, err := os.ReadFile("api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var description struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(data, &description); err != nil {
		t.Fatal(err)
	}
	for path, methods := range description.Paths {
		for method := range methods {
			list = append(list, strings.ToUpper(method)+" "+path)
		}
	}
	return list
}

// fits tells whether a request was one of an operation.
func fits(operation, done string) bool {
	want, got := strings.Split(operation, "/"), strings.Split(done, "/")
	return slices.EqualFunc(want, got, func(want, got string) bool { return want == got || strings.HasPrefix(want, "{") })
}
