package api_test

import (
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// visitor is a request of somebody without an API key: a guest, an account by its
// own token, or one who has neither yet.
type visitor struct {
	path        map[string]string
	token, body string
}

// comer makes a request anew: what is asked for may be good once.
type comer func(t *testing.T, h *hall) visitor

// entrance is how an operation without an API key is tried.
type entrance struct {
	// right is a request that is carried out.
	right comer
	// wrong are requests for the refusals, by status, that no rule finds.
	wrong map[string]comer
}

// says is the same body each time.
func says(text string) comer { return func(*testing.T, *hall) visitor { return visitor{body: text} } }

// dot is an image of one pixel.
var dot = func() string {
	var b strings.Builder
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	return b.String()
}()

// unknown is a secret or a code that nobody was given.
var unknown = strings.Repeat("x", 22)

// entrances has one for every operation that takes no API key.
var entrances = map[string]entrance{
	"list-ways-in":         {right: says("")},
	"list-demo-identities": {right: says("")},
	"demo-sign-in":         {right: says(`{"user":"ana"}`), wrong: map[string]comer{"404": says(`{"user":"zoe"}`)}},
	"look-at-link":         {right: func(t *testing.T, h *hall) visitor { return visitor{path: at("link", h.link(t)).path} }},
	"create-guest": {right: func(t *testing.T, h *hall) visitor {
		return visitor{path: at("link", h.link(t)).path, body: `{"name":"Zoe"}`}
	}},
	"send-code": {right: func(_ *testing.T, h *hall) visitor { return visitor{body: `{"email":"` + h.email() + `"}`} }},
	"verify-code": {
		right: func(t *testing.T, h *hall) visitor { return visitor{body: h.coded(t, h.email())} },
		wrong: map[string]comer{
			"401": says(`{"email":"zoe@example.com","code":"000000"}`),
			"403": func(t *testing.T, h *hall) visitor {
				email := h.email()
				h.suspend(t, h.signIn(t, email).User)
				return visitor{body: h.coded(t, email)}
			},
		},
	},
	"refresh-token": {
		right: func(t *testing.T, h *hall) visitor { return h.refreshes(h.signIn(t, h.email())) },
		wrong: map[string]comer{
			"401": says(`{"refresh":"` + unknown + `"}`),
			"403": func(t *testing.T, h *hall) visitor {
				who := h.signIn(t, h.email())
				h.suspend(t, who.User)
				return h.refreshes(who)
			},
		},
	},
	"get-appeal": {right: func(t *testing.T, h *hall) visitor { return visitor{token: h.server.Token(t, "frida")} }},
	"file-appeal": {
		right: func(t *testing.T, h *hall) visitor {
			h.appeals++
			user := fmt.Sprint("suspended", h.appeals)
			if err := h.server.Store.UpsertUser(t.Context(), user, user); err != nil {
				t.Fatal(err)
			}
			h.suspend(t, user)
			return visitor{token: h.server.Token(t, wire.UserID(user)), body: `{"text":"It was not me."}`}
		},
		wrong: map[string]comer{"409": func(t *testing.T, h *hall) visitor {
			return visitor{token: h.server.Token(t, "ana"), body: `{"text":"I may do all."}`}
		}},
	},
	"link-device": {
		right: func(t *testing.T, h *hall) visitor { return visitor{body: `{"code":"` + h.deviceCode(t, "ana") + `"}`} },
		wrong: map[string]comer{
			"401": says(`{"code":"` + unknown + `"}`),
			"403": func(t *testing.T, h *hall) visitor {
				code := h.deviceCode(t, "gina")
				h.suspend(t, "gina")
				return visitor{body: `{"code":"` + code + `"}`}
			},
		},
	},
	"put-avatar": {
		right: func(t *testing.T, h *hall) visitor { return visitor{token: h.server.Token(t, "ana"), body: dot} },
		wrong: map[string]comer{"413": func(t *testing.T, h *hall) visitor {
			return visitor{token: h.server.Token(t, "ana"), body: strings.Repeat(dot, 1<<16/len(dot)+1)}
		}},
	},
	"delete-avatar": {right: func(t *testing.T, h *hall) visitor { return visitor{token: h.server.Token(t, "ana")} }},
	"get-avatar":    {right: func(t *testing.T, h *hall) visitor { return visitor{path: at("ticket", h.ticket(t)).path} }},
	"leave-note": {
		right: func(t *testing.T, h *hall) visitor { return h.leaves(t, "ana", "bia") },
		wrong: map[string]comer{
			"404": func(t *testing.T, h *hall) visitor {
				v := h.leaves(t, "ana", "bia")
				v.token = h.server.Token(t, "bia")
				return v
			},
			"409": func(t *testing.T, h *hall) visitor { return h.leaves(t, "ana", "carlo") },
			"413": func(t *testing.T, h *hall) visitor {
				v := h.leaves(t, "ana", "bia")
				v.body = strings.Repeat("s", store.MaxNote+1)
				return v
			},
		},
	},
	"get-note": {
		right: func(t *testing.T, h *hall) visitor { return h.fetches(t, "sealed") },
		wrong: map[string]comer{"409": func(t *testing.T, h *hall) visitor {
			v := h.fetches(t, "\x01\x01"+strings.Repeat("\x00", 72)) // for one key
			v.path["call"] += "?key=AQAAAAAAAAA"
			return v
		}},
	},
	"delete-note":    {right: func(t *testing.T, h *hall) visitor { return h.fetches(t, "sealed") }},
	"export-account": {right: func(t *testing.T, h *hall) visitor { return visitor{token: h.signIn(t, h.email()).Token} }},
	"permit-calls": {
		right: func(t *testing.T, h *hall) visitor { return h.permits(t, "ana") },
		wrong: map[string]comer{
			"401": func(t *testing.T, h *hall) visitor { return h.permits(t, "nobody") },
			"409": func(t *testing.T, h *hall) visitor {
				storetest.Exec(t, h.dsn, `INSERT INTO call_permissions (callee_id, caller_id, created_ms, until_ms)
					WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
					SELECT 'carlo', 'caller' || i, 1, 0 FROM n`, store.MaxPermissions)
				return h.permits(t, "carlo")
			},
		},
	},
	"stop-calls": {right: func(t *testing.T, h *hall) visitor {
		return visitor{h.permits(t, "ana").path, h.server.Token(t, "ana"), ""}
	}},
	"file-report": {
		right: func(t *testing.T, h *hall) visitor { return h.reports(t, "bia") },
		wrong: map[string]comer{
			"403": func(t *testing.T, h *hall) visitor {
				v := h.reports(t, "bia")
				v.token = h.server.Token(t, "frida")
				return v
			},
			"404": func(t *testing.T, h *hall) visitor { return h.reports(t, "gina") },
		},
	},
	"keep-consent": {
		right: func(t *testing.T, h *hall) visitor {
			return visitor{token: h.guest(t, h.link(t)), body: `{"notice":"1"}`}
		},
		wrong: map[string]comer{"404": func(t *testing.T, h *hall) visitor {
			return visitor{token: h.guest(t, "nothing"), body: `{"notice":"1"}`}
		}},
	},
	"ask-callback": {
		right: func(t *testing.T, h *hall) visitor { return h.callsBack(t, true) },
		wrong: map[string]comer{
			"404": func(t *testing.T, h *hall) visitor { return h.callsBack(t, false) },
			"409": func(t *testing.T, h *hall) visitor {
				v := h.callsBack(t, true)
				storetest.Exec(t, h.dsn, `INSERT INTO visits (id, link_id, notice, agreed_ms, asked_ms, until_ms)
					WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
					SELECT 'visit' || i, ?, '1', 1, 1, 4102444800000 FROM n`, store.MaxCallbacks, h.last)
				return v
			},
		},
	},
	"forget-visit": {right: func(t *testing.T, h *hall) visitor { return visitor{token: h.guest(t, h.link(t))} }},
}

// unreachable are documented statuses that nobody can have, and why they are
// documented.
var unreachable = map[string]map[string]string{
	"forget-visit": {"422": "the library says so of whatever takes a header"},
	"get-appeal":   {"403": isOtherPages},
	"file-appeal":  {"403": isOtherPages},
}

// isOtherPages is what only pages are answered.
const isOtherPages = "of a token on a page that its key does not list; TestASuspendedAccountsTokenOpensItsAppealAndNothingElse asks from one"

// hall is where they come.
type hall struct {
	server, broken *signallingtest.Server
	dsn            string // of server
	letters        *letters
	network        int    // where the visitors of an operation come from, so that none is told to wait for another one's sake
	emails         int    // so many were used
	appeals        int    // so many accounts have appealed, or could
	last           string // the link that was made last
}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{dsn: storetest.SQLiteDSN(t), letters: &letters{}}
	secret := []byte(strings.Repeat("s", 32))
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	h.server = signallingtest.Start(t, signallingtest.Options{Codes: h.letters, DSN: h.dsn, Secret: secret, Proxies: proxies})
	h.broken = signallingtest.Start(t, signallingtest.Options{Codes: h.letters, Secret: secret, Proxies: proxies})
	for _, user := range []string{"ana", "bia", "carlo", "frida", "gina"} {
		if err := h.server.Store.UpsertUser(t.Context(), user, strings.ToUpper(user[:1])+user[1:]); err != nil {
			t.Fatal(err)
		}
	}
	h.suspend(t, "frida")
	if err := h.broken.Store.Close(); err != nil {
		t.Fatal(err)
	}
	return h
}

// tired is a network whose visitors have asked for too much.
const tired = "203.0.113.1"

// ask sends a request of somebody of this hall.
func (h *hall) ask(t *testing.T, s *signallingtest.Server, o operation, v visitor, headers ...string) answer {
	t.Helper()
	headers = append([]string{"X-Forwarded-For", fmt.Sprint("198.51.100.", h.network)}, headers...)
	return ask(t, o.method, o.url(s.URL, v.path), v.token, v.body, headers...)
}

func (h *hall) suspend(t *testing.T, user string) {
	t.Helper()
	if err := h.server.Store.Suspend(t.Context(), user, store.Forever, "spam", ""); err != nil {
		t.Fatal(err)
	}
}

func (h *hall) link(t *testing.T) string {
	t.Helper()
	h.last = link(t, h.server, func(n *store.NewLink) { n.Kind = store.Voice })
	return h.last
}

func (h *hall) email() string {
	h.emails++
	return fmt.Sprintf("visitor%d@example.com", h.emails)
}

// coded has a code sent and returns what to verify it with.
func (h *hall) coded(t *testing.T, email string) string {
	t.Helper()
	sent := h.ask(t, h.server, operation{method: http.MethodPost, path: "/v1/accounts/code"}, visitor{body: `{"email":"` + email + `"}`})
	if sent.status != http.StatusAccepted {
		t.Fatalf("no code is sent: %+v", sent)
	}
	return `{"email":"` + email + `","code":"` + h.letters.code(t, email) + `"}`
}

func (h *hall) signIn(t *testing.T, email string) signedIn {
	t.Helper()
	v := visitor{body: h.coded(t, email)}
	return read(t, h.ask(t, h.server, operation{method: http.MethodPost, path: "/v1/accounts/verify"}, v))
}

func (h *hall) refreshes(who signedIn) visitor {
	return visitor{body: `{"refresh":"` + who.Refresh + `"}`}
}

func (h *hall) deviceCode(t *testing.T, user wire.UserID) string {
	t.Helper()
	return request[wire.DeviceCode](t, person(t, h.server, user), wire.LinkDevice{}).Code
}

// ticket is what bia finds her own image by.
func (h *hall) ticket(t *testing.T) string {
	t.Helper()
	put := ask(t, http.MethodPut, h.server.URL+"/v1/account/avatar", h.server.Token(t, "bia"), dot)
	if put.status != http.StatusNoContent {
		t.Fatalf("the image is refused: %+v", put)
	}
	bia := request[wire.Profiles](t, person(t, h.server, "bia"), wire.GetProfiles{Users: []wire.UserID{"bia"}})
	return strings.TrimPrefix(bia.Profiles[0].Avatar, "/v1/avatars/")
}

// leaves is somebody who has rung somebody in vain, and leaves a note; bia takes notes.
func (h *hall) leaves(t *testing.T, caller, callee wire.UserID) visitor {
	t.Helper()
	if _, err := h.server.Store.SetPrivacy(t.Context(), "bia", store.Privacy{WhoMayCall: store.Everyone, TakeNotes: true}, store.AnyVersion); err != nil {
		t.Fatal(err)
	}
	p := person(t, h.server, caller)
	id := request[wire.CallState](t, p, wire.Ring{Users: []wire.UserID{callee}, Kind: wire.KindVoice}).Call
	request[wire.Done](t, p, wire.Cancel{Call: id})
	return visitor{at("call", string(id)).path, h.server.Token(t, caller), "sealed"}
}

// fetches is bia, for whom a note waits.
func (h *hall) fetches(t *testing.T, note string) visitor {
	t.Helper()
	v := h.leaves(t, "carlo", "bia")
	v.body = note
	if put := h.ask(t, h.server, operation{method: http.MethodPut, path: "/v1/notes/{call}"}, v); put.status != http.StatusNoContent {
		t.Fatalf("the note is refused: %+v", put)
	}
	return visitor{v.path, h.server.Token(t, "bia"), ""}
}

// reports is ana, who has rung bia in vain, and reports somebody.
func (h *hall) reports(t *testing.T, whom string) visitor {
	t.Helper()
	v := h.leaves(t, "ana", "bia")
	return visitor{token: v.token, body: `{"call":"` + v.path["call"] + `","user":"` + whom + `","reason":"harassment"}`}
}

func (h *hall) permits(t *testing.T, user wire.UserID) visitor {
	t.Helper()
	return visitor{at("caller", "bia").path, h.server.Token(t, user), `{"forSeconds":60}`}
}

// guest is the token of a guest of a link, whether it leads anywhere or not.
func (h *hall) guest(t *testing.T, link string) string {
	t.Helper()
	who := identity.Identity{User: wire.UserID("g_" + identity.NewSecret()), Name: "Zoe", Grants: identity.Grants{Link: wire.LinkID(link)}}
	token, err := identity.Sign(signallingtest.Key, h.server.Secret, who, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// callsBack is a guest of a queue who asks to be called back, and has or has not
// agreed to the notice before.
func (h *hall) callsBack(t *testing.T, agreed bool) visitor {
	t.Helper()
	v := visitor{token: h.guest(t, h.link(t)), body: `{"contact":"zoe@example.com"}`}
	if err := h.server.Store.SetQueue(t.Context(), "ana", store.Queue{LinkID: h.last, Operators: []string{"ana"}}); err != nil {
		t.Fatal(err)
	}
	if agreed {
		consent := ask(t, http.MethodPut, h.server.URL+"/v1/visits/consent", v.token, `{"notice":"1"}`)
		if consent.status != http.StatusNoContent {
			t.Fatalf("the consent is refused: %+v", consent)
		}
	}
	return v
}

// Who comes without an API key is answered as the description says as well: each
// documented status can be had, nothing else comes, and no operation is left out.
func TestEveryRouteWithoutAKeyDoesWhatTheDescriptionSays(t *testing.T) {
	data, err := os.ReadFile(descriptionFile)
	if err != nil {
		t.Fatal(err)
	}
	bodies := bodiesOf(t, data)
	h := newHall(t)
	left := maps.Clone(entrances)
	for _, o := range operations(parse(t, data)) {
		if o.needsKey {
			continue
		}
		h.network++
		t.Run(o.id, func(t *testing.T) {
			e, ok := entrances[o.id]
			if !ok {
				t.Fatal("the table entrances has no request for it")
			}
			delete(left, o.id)
			c := contract{t: t, o: o, bodies: bodies, seen: map[string]bool{}, want: sub(o.node, "responses")}
			c.turnedAway(h, e)
			c.note(h.ask(t, h.server, o, e.right(t, h)), "a request that is right")
			c.complete()
		})
	}
	for id := range left {
		t.Errorf("there is no operation %s without an API key any more", id)
	}
}

// turnedAway tries the ways in which an operation without an API key can fail.
func (c *contract) turnedAway(h *hall, e entrance) {
	t, o := c.t, c.o
	note := func(what string, s *signallingtest.Server, v visitor, headers ...string) {
		t.Helper()
		c.note(h.ask(t, s, o, v, headers...), what)
	}
	right := e.right(t, h)
	for _, status := range slices.Sorted(maps.Keys(e.wrong)) {
		if a := h.ask(t, h.server, o, e.wrong[status](t, h)); fmt.Sprint(a.status) != status {
			t.Errorf("what should be %s is %d: %s", status, a.status, a.body)
		} else {
			c.note(a, status)
		}
	}
	if c.takesToken() {
		for what, token := range map[string]string{"no token": "", "no good token": "none", "an API key": key(t, h.server, "*")} {
			note(what, h.server, visitor{right.path, token, right.body})
		}
		if strings.HasPrefix(o.path, "/v1/account/") || strings.HasPrefix(o.path, "/v1/notes/") {
			note("a suspended account", h.server, visitor{right.path, h.server.Token(t, "frida"), right.body})
			note("a guest", h.server, visitor{right.path, h.guest(t, h.link(t)), right.body})
		} else {
			note("an account", h.server, visitor{right.path, h.server.Token(t, "ana"), right.body})
		}
	}
	if right.path != nil {
		note("nothing that is there", h.server, visitor{nil, right.token, right.body})
		note("no id at all", h.server, visitor{c.tooLong(), right.token, right.body})
	}
	if content := sub(o.node, "requestBody", "content"); content != nil {
		note("nothing that is known", h.server, visitor{right.path, right.token, `{"nothing":1}`})
		note("no body", h.server, visitor{right.path, right.token, ""})
		if content["application/json"] != nil {
			note("no JSON", h.server, visitor{right.path, right.token, `{`})
			note("no JSON either", h.server, right, "Content-Type", "text/plain")
			note("too large", h.server, visitor{right.path, right.token, `{"x":"` + strings.Repeat("a", 1<<17) + `"}`})
		}
	}
	if c.want["429"] != nil {
		for range 100 {
			a := h.ask(t, h.server, o, right, "X-Forwarded-For", tired)
			if c.note(a, "too often"); a.status == http.StatusTooManyRequests {
				if a.header.Get("Retry-After") == "" {
					t.Error("who asks too often is not told when to come again")
				}
				break
			}
		}
	}
	if c.want["503"] != nil {
		note("no database", h.broken, right)
	}
}

func (c *contract) takesToken() bool {
	return slices.ContainsFunc(listOf(c.o.node["parameters"]), func(p node) bool { return p["name"] == "Authorization" })
}

// tooLong are values for the path that are longer than they may be.
func (c *contract) tooLong() map[string]string {
	path := map[string]string{}
	for _, p := range listOf(c.o.node["parameters"]) {
		if most, ok := sub(p, "schema")["maxLength"].(float64); ok && p["in"] == "path" {
			path[fmt.Sprint(p["name"])] = strings.Repeat("a", int(most)+1)
		}
	}
	return path
}

// complete says what is documented and did not come.
func (c *contract) complete() {
	for status := range c.want {
		if !c.seen[status] && status != "500" && status != "default" && unreachable[c.o.id][status] == "" {
			c.t.Errorf("the documented status %s did not come", status) // 500 is a fault of ours, which nobody can ask for
		}
	}
}
