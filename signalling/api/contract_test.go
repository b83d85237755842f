package api_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"pronto/signalling/api"
	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
)

// success is a request that an operation carries out: the values of the path,
// and the body.
type success struct {
	path map[string]string
	body string
}

// successes has one for every operation that takes an API key. Each is tried
// with things made for it alone.
var successes = map[string]func(t *testing.T, w *things) success{
	"list-keys":       func(*testing.T, *things) success { return success{} },
	"get-key":         func(_ *testing.T, w *things) success { return at("key", w.key) },
	"create-key":      func(*testing.T, *things) success { return body(`{"name":"shop","scopes":["links:read"]}`) },
	"change-key":      func(_ *testing.T, w *things) success { return at("key", w.key, `{"origins":["https://shop.example"]}`) },
	"rotate-key":      func(_ *testing.T, w *things) success { return at("key", w.key, `{}`) },
	"revoke-key":      func(_ *testing.T, w *things) success { return at("key", w.key) },
	"create-token":    func(*testing.T, *things) success { return body(`{"user":"zoe"}`) },
	"list-webhooks":   func(*testing.T, *things) success { return success{} },
	"create-webhook":  func(*testing.T, *things) success { return body(`{"url":"https://shop.example/hook"}`) },
	"get-webhook":     func(_ *testing.T, w *things) success { return at("webhook", w.webhook) },
	"change-webhook":  func(_ *testing.T, w *things) success { return at("webhook", w.webhook, `{"types":["call.ended"]}`) },
	"delete-webhook":  func(_ *testing.T, w *things) success { return at("webhook", w.webhook) },
	"rotate-webhook":  func(_ *testing.T, w *things) success { return at("webhook", w.webhook, `{}`) },
	"test-webhook":    func(_ *testing.T, w *things) success { return at("webhook", w.webhook) },
	"replay-webhook":  func(_ *testing.T, w *things) success { return at("webhook", w.webhook, `{}`) },
	"list-deliveries": func(_ *testing.T, w *things) success { return at("webhook", w.webhook) },
	"list-users":      func(*testing.T, *things) success { return success{} },
	"get-user":        func(*testing.T, *things) success { return at("user", "ana") },
	"export-user":     func(*testing.T, *things) success { return at("user", "ana") },
	"put-user":        func(*testing.T, *things) success { return at("user", "zoe", `{"name":"Zoe","automated":true}`) },
	"change-user": func(*testing.T, *things) success {
		return at("user", "ana", `{"about":"Hello","noCalls":true,"automated":true}`)
	},
	"delete-user":        func(*testing.T, *things) success { return at("user", "frida") },
	"suspend-user":       func(*testing.T, *things) success { return at("user", "ezio", `{}`) },
	"resume-user":        func(*testing.T, *things) success { return at("user", "ezio") },
	"list-blocks":        func(*testing.T, *things) success { return at("user", "ana") },
	"add-to-blocks":      func(*testing.T, *things) success { return two("user", "ana", "other", "dora") },
	"remove-from-blocks": func(*testing.T, *things) success { return two("user", "ana", "other", "dora") },
	"list-contacts":      func(*testing.T, *things) success { return at("user", "ana") },
	"add-to-contacts":    func(*testing.T, *things) success { return two("user", "ana", "other", "dora") },
	"remove-from-contacts": func(*testing.T, *things) success {
		return two("user", "ana", "other", "dora")
	},
	"list-permissions": func(*testing.T, *things) success { return at("user", "ana") },
	"permit": func(*testing.T, *things) success {
		return success{two("user", "ana", "caller", "bia").path, `{"forSeconds":60}`}
	},
	"withdraw":             func(*testing.T, *things) success { return two("user", "ana", "caller", "bia") },
	"list-quota-overrides": func(*testing.T, *things) success { return at("user", "ana") },
	"override-quota": func(*testing.T, *things) success {
		return at("user", "ana", `{"calls":1,"forSeconds":60,"reason":"flood"}`)
	},
	"get-privacy": func(*testing.T, *things) success { return at("user", "ana") },
	"put-privacy": func(*testing.T, *things) success {
		return at("user", "ana", `{"whoMayCall":"contacts","whoMayAdd":"nobody","silenceUnknown":true,"rejectInCall":true,"takeNotes":true,"hideAddress":true,
			"doNotDisturb":{"zone":"Europe/Rome","ranges":[{"from":1320,"to":420}]}}`)
	},
	"create-group": func(*testing.T, *things) success { return body(`{"creator":"ana","name":"Tea","members":["bia"]}`) },
	"get-group":    func(_ *testing.T, w *things) success { return at("group", w.group) },
	"change-group": func(_ *testing.T, w *things) success {
		return at("group", w.group, `{"name":"Coffee","suspended":true}`)
	},
	"remove-from-group":   func(_ *testing.T, w *things) success { return two("group", w.group, "user", "bia") },
	"list-groups-of-user": func(*testing.T, *things) success { return at("user", "ana") },
	"list-calls":          func(*testing.T, *things) success { return success{} },
	"get-call":            func(t *testing.T, w *things) success { return at("call", w.call(t)) },
	"list-call-events":    func(t *testing.T, w *things) success { return at("call", w.call(t)) },
	"end-call":            func(t *testing.T, w *things) success { return at("call", w.call(t)) },
	"remove-participant":  func(t *testing.T, w *things) success { return two("call", w.call(t), "participant", w.participant) },
	"mute-participant":    func(t *testing.T, w *things) success { return two("call", w.call(t), "participant", w.participant) },
	"get-stats":           func(*testing.T, *things) success { return success{} },
	"list-audit":          func(*testing.T, *things) success { return success{} },
	"list-reports":        func(*testing.T, *things) success { return success{} },
	"get-report":          func(t *testing.T, w *things) success { return at("case", w.reported(t)) },
	"decide-report": func(t *testing.T, w *things) success {
		return at("case", w.reported(t), `{"action":"suspend","note":"clear"}`)
	},
	"list-links":       func(*testing.T, *things) success { return success{} },
	"create-link":      func(*testing.T, *things) success { return body(`{"owner":"ana","kind":"voice"}`) },
	"get-link":         func(_ *testing.T, w *things) success { return at("link", w.link) },
	"change-link":      func(_ *testing.T, w *things) success { return at("link", w.link, `{"title":"Coffee"}`) },
	"revoke-link":      func(_ *testing.T, w *things) success { return at("link", w.link, `{}`) },
	"create-host-link": func(_ *testing.T, w *things) success { return at("link", w.link) },
	"lift-link-bans":   func(_ *testing.T, w *things) success { return at("link", w.link) },
	"get-link-event":   func(_ *testing.T, w *things) success { return at("link", w.link) },
	"get-link-qr.png":  func(_ *testing.T, w *things) success { return at("link", w.link) },
	"get-link-qr.svg":  func(_ *testing.T, w *things) success { return at("link", w.link) },
	"get-link-slots":   func(_ *testing.T, w *things) success { return at("link", w.link) },
	"set-link-slots":   func(_ *testing.T, w *things) success { return at("link", w.link, `{"slots":[]}`) },
}

// strangers are bodies that name somebody who is not there, where the path names
// nobody.
var strangers = map[string]string{"create-group": `{"creator":"nothing","name":"Tea"}`}

func body(text string) success { return success{body: text} }

func at(name, value string, body ...string) success {
	return success{map[string]string{name: value}, strings.Join(body, "")}
}

func two(a, av, b, bv string) success { return success{path: map[string]string{a: av, b: bv}} }

// operation is one of the description.
type operation struct {
	id, method, path string
	node             node
	needsKey         bool
}

func operations(description node) (list []operation) {
	for path, item := range sorted(sub(description, "paths")) {
		for method, op := range sorted(item.(node)) {
			o := operation{fmt.Sprint(op.(node)["operationId"]), strings.ToUpper(method), path, op.(node), false}
			o.needsKey = o.node["security"] != nil
			list = append(list, o)
		}
	}
	return list
}

// url fills in the path; what has no value gets one that nothing has.
func (o operation) url(base string, values map[string]string) string {
	var parts []string
	for _, part := range strings.Split(o.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			part = values[strings.TrimSuffix(name, "}")]
			if part == "" {
				part = "nothing"
			}
		}
		parts = append(parts, part)
	}
	return base + strings.Join(parts, "/")
}

// things are what operations are tried on.
type things struct {
	server                           *signallingtest.Server
	key, webhook, group, participant string
	link, all                        string // all is a key that may do everything
}

// make makes them anew.
func (w *things) make(t *testing.T) {
	t.Helper()
	s := w.server
	for _, user := range []string{"ana", "bia", "carlo", "dora", "ezio", "frida"} {
		if user == "frida" && w.group != "" {
			continue // deleted by the operation that deletes
		}
		if err := s.Store.UpsertUser(t.Context(), user, strings.ToUpper(user[:1])+user[1:]); err != nil {
			t.Fatal(err)
		}
	}
	w.key, _, _ = strings.Cut(key(t, s, "links:read"), ".")
	w.webhook = identity.NewID("whk")
	if _, err := s.Store.CreateWebhook(t.Context(), store.Webhook{ID: w.webhook, URL: "https://shop.example", Secret: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	made := w.webhook
	t.Cleanup(func() { _ = s.Store.DeleteWebhook(context.WithoutCancel(t.Context()), made) })
	w.link = linkOf(t, s, w.all, `{"owner":"ana","kind":"video","opensAt":"2030-01-01T10:00:00Z"}`)
	w.group = identity.NewID("grp")
	if _, err := s.Store.CreateGroup(t.Context(), store.NewGroup{ID: w.group, Name: "Tea", Creator: "ana"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Store.ChangeGroup(t.Context(), w.group, []string{"bia"}, func(g *store.GroupRow) error { return g.Add("bia", "ana", true, false) }); err != nil {
		t.Fatal(err)
	}
}

// linkOf makes a call link.
func linkOf(t *testing.T, s *signallingtest.Server, key, wish string) string {
	t.Helper()
	return decoded[api.Link](t, ask(t, "POST", s.URL+"/v1/links", key, wish), http.StatusCreated).ID
}

// call has carlo ring dora, who answers.
func (w *things) call(t *testing.T) string {
	t.Helper()
	state := talk(t, w.server)
	w.participant = string(state.Self)
	return string(state.Call)
}

// reported is the open case of ezio, whom ana has reported.
func (w *things) reported(t *testing.T) string {
	t.Helper()
	id, err := caseOf(t, w.server, store.NewReport{
		By: store.Reporter{User: "ana"}, Subject: store.Subject{Kind: store.SubjectUser, User: "ezio"}, Call: "cal_1", Reason: "spam",
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// caseOf files a report and returns its case.
func caseOf(t testing.TB, s *signallingtest.Server, n store.NewReport) (string, error) {
	t.Helper()
	if _, err := s.Store.FileReport(t.Context(), n); err != nil {
		return "", err
	}
	list, err := s.Store.PageCases(t.Context(), true, store.CaseCursor{}, 1)
	if err != nil {
		return "", err
	}
	return list[0].ID, nil
}

// Every operation answers as its description says: each documented error can be
// had, nothing else comes, and what succeeds has the documented status and body.
// keyless_test.go has those that take no API key.
func TestEveryRouteDoesWhatTheDescriptionSays(t *testing.T) {
	data, err := os.ReadFile(descriptionFile)
	if err != nil {
		t.Fatal(err)
	}
	known, bodies := map[string]bool{}, bodiesOf(t, data)
	carriedOut := map[string]store.AuditTarget{}
	w := &things{server: whole(t, signallingtest.Options{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})}
	slow, broken := whole(t, signallingtest.Options{APIPerMinute: 1}), whole(t, signallingtest.Options{})
	if err := broken.Store.Close(); err != nil {
		t.Fatal(err)
	}
	w.all = key(t, w.server, "*")
	if err := w.server.Store.UpsertUser(t.Context(), "gone", "Gone"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.server.Store.DeleteUser(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	for _, o := range operations(parse(t, data)) {
		if !o.needsKey {
			continue
		}
		known[o.id] = true
		t.Run(o.id, func(t *testing.T) {
			make := successes[o.id]
			if make == nil {
				t.Fatal("the table successes has no request for it")
			}
			w.make(t)
			c := contract{t: t, o: o, bodies: bodies, network: len(known), seen: map[string]bool{}, want: sub(o.node, "responses")}
			ok := make(t, w)
			c.errors(w.server, slow, broken, w.all, ok)
			c.note(ask(t, o.method, o.url(w.server.URL, ok.path), w.all, ok.body), "a request that is right")
			carriedOut[o.id] = o.target(ok.path)
			c.complete()
		})
	}
	isRecorded(t, w, carriedOut)
	for id := range successes {
		if !known[id] {
			t.Errorf("there is no operation %s any more", id)
		}
	}
}

// contract is one operation, tried out.
type contract struct {
	t      *testing.T
	o      operation
	bodies bodies
	want   node
	seen   map[string]bool

	network int // where those come from who have no key, so that nobody is told to wait for another one's sake
}

// note checks an answer against the description.
func (c *contract) note(a answer, what string) {
	c.t.Helper()
	status := fmt.Sprint(a.status)
	c.seen[status] = true
	if c.want[status] == nil && a.status >= 400 && c.want["default"] != nil {
		status = "default"
	}
	response, ok := c.want[status].(node)
	if !ok {
		c.t.Errorf("%s: the status %d is not documented: %s", what, a.status, a.body)
		return
	}
	types := slices.Collect(maps.Keys(sub(response, "content")))
	got, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if len(types) > 0 && !slices.Contains(types, got) || len(types) == 0 && a.body != "" {
		c.t.Errorf("%s: %d is %q, documented as %v", what, a.status, got, types)
	} else if err := c.bodies.check(c.o, status, got, a.body); err != nil {
		c.t.Errorf("%s: %d is not as documented: %v\n%s", what, a.status, err, a.body)
	}
	if a.status >= 400 {
		p := decoded[problemBody](c.t, a, a.status)
		refused(c.t, a, a.status, p.Code)
	}
}

// errors tries the ways in which any operation can fail.
func (c *contract) errors(s, slow, broken *signallingtest.Server, all string, ok success) {
	t, o := c.t, c.o
	url := o.url(s.URL, ok.path)
	other := "links:read"
	if strings.HasPrefix(o.path, "/v1/links") {
		other = "stats:read"
	}
	c.note(ask(t, o.method, url, "", ok.body, "X-Forwarded-For", fmt.Sprint("198.51.100.", c.network)), "no key")
	c.note(ask(t, o.method, url, key(t, s, other), ok.body), "another scope")
	limited := key(t, slow, other)
	ask(t, o.method, o.url(slow.URL, ok.path), limited, ok.body)
	c.note(ask(t, o.method, o.url(slow.URL, ok.path), limited, ok.body), "too often")
	c.note(ask(t, o.method, o.url(broken.URL, ok.path), "ck_1.cs_1", ok.body), "no database")
	if c.want["404"] != nil {
		content := ok.body
		if strange, ok := strangers[o.id]; ok {
			content = strange
		}
		c.note(ask(t, o.method, o.url(s.URL, nil), all, content), "nothing that is there")
	}
	if c.want["422"] != nil {
		c.note(c.invalid(s, all, ok), "what is not valid")
	}
	if o.node["requestBody"] != nil {
		c.note(ask(t, o.method, url, all, `{`), "no JSON")
		c.note(ask(t, o.method, url, all, `{"x":"`+strings.Repeat("a", 1<<20)+`"}`), "too large")
		c.note(ask(t, o.method, url, all, ok.body, "Content-Type", "text/plain"), "no JSON either")
	}
	if c.want["412"] != nil {
		c.note(ask(t, o.method, url, all, ok.body, "If-Match", `"old"`), "what has changed")
	}
	switch {
	case o.method == http.MethodPost:
		id, _, _ := strings.Cut(all, ".")
		r := store.Request{Key: id, Name: identity.HashSecret(o.id), Hash: api.RequestHash(o.method, strings.TrimPrefix(url, s.URL), ok.body)}
		if _, _, err := s.Store.BeginRequest(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		c.note(ask(t, o.method, url, all, ok.body, "Idempotency-Key", o.id), "the same at the same time")
	case o.id == "permit":
		for i := range store.MaxPermissions + 1 {
			if err := s.Store.Permit(t.Context(), "ezio", fmt.Sprint("c", i), 0); err != nil {
				break
			}
		}
		c.note(ask(t, o.method, o.url(s.URL, map[string]string{"user": "ezio", "caller": "bia"}), all, ok.body), "too many")
	case o.id == "get-link-event":
		c.note(ask(t, o.method, o.url(s.URL, map[string]string{"link": linkOf(t, s, all, `{"owner":"ana","kind":"voice"}`)}), all, ""), "a link without a time")
	case c.want["409"] != nil:
		c.note(ask(t, o.method, o.url(s.URL, map[string]string{"user": "gone"}), all, ok.body), "what is deleted")
	}
}

// invalid is the answer to a request with something that is not valid.
func (c *contract) invalid(s *signallingtest.Server, all string, ok success) answer {
	t, o := c.t, c.o
	if o.node["requestBody"] != nil {
		return ask(t, o.method, o.url(s.URL, ok.path), all, `{"nothing":1}`)
	}
	for _, p := range listOf(o.node["parameters"]) {
		schema := sub(p, "schema")
		switch name := fmt.Sprint(p["name"]); {
		case p["in"] == "query" && schema["type"] == "integer":
			return ask(t, o.method, o.url(s.URL, ok.path)+"?"+name+"=-1", all, "")
		case p["in"] == "path":
			bad := maps.Clone(ok.path)
			bad[name] = strings.Repeat("a", 65)
			return ask(t, o.method, o.url(s.URL, bad), all, "")
		}
	}
	return ask(t, o.method, o.url(s.URL, ok.path), all, ok.body, "Idempotency-Key", strings.Repeat("a", 256))
}
