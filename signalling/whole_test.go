package signalling_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pronto/metrics"
	"pronto/signalling"
	"pronto/signalling/call"
	enrolment "pronto/signalling/enrol"
	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// postman delivers codes, as a provider would.
type postman struct {
	mu    sync.Mutex
	codes map[string]string
}

// Send implements enrol.Sender.
func (p *postman) Send(_ context.Context, m enrolment.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[m.To.Text] = m.Code
	return nil
}

// canaries are what is looked for after a run, each unlike anything else.
type canaries struct {
	numbers []string // of telephones
	names   []string // of people
	secrets []string // tokens, and what gets one
}

func newCanaries() *canaries {
	c := &canaries{}
	stem := rand.IntN(1e6)
	for i := range 10 {
		c.numbers = append(c.numbers, fmt.Sprintf("+39347%06d%d", stem, i))
		c.names = append(c.names, fmt.Sprintf("Canarino%06dX%d", stem, i))
	}
	return c
}

// needles are what must not be found: secrets as they are, and numbers, which can be
// guessed one after another, hashed without a key neither.
func (c *canaries) needles() map[string][]byte {
	found := map[string][]byte{}
	for i, secret := range c.secrets {
		found[fmt.Sprint("secret ", i)] = []byte(secret)
	}
	for i, number := range c.numbers {
		found[fmt.Sprint("number ", i)] = []byte(number[1:])
		for _, text := range []string{number, number[1:]} {
			sum := sha256.Sum256([]byte(text))
			found[fmt.Sprint("number ", text, " hashed")] = sum[:]
			found[fmt.Sprint("number ", text, " hashed, in hex")] = []byte(hex.EncodeToString(sum[:]))
			found[fmt.Sprint("number ", text, " hashed, in base64")] = []byte(base64.RawURLEncoding.EncodeToString(sum[:]))
		}
	}
	return found
}

// run is one server with ten people whom everything happens to.
type run struct {
	*canaries
	t       *testing.T
	server  *signallingtest.Server
	codes   *postman
	pages   []*page
	answers [][]byte // of the REST API, where it refuses
	support string   // code of a call that is over
}

// post posts to the API and returns what it answers.
func (r *run) post(path, body string) map[string]any {
	r.t.Helper()
	response, err := http.Post(r.server.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		r.answers = append(r.answers, data)
	}
	var fields map[string]any
	_ = json.Unmarshal(data, &fields) // a refusal may be no JSON
	for _, secret := range []string{"token", "refresh"} {
		if text, ok := fields[secret].(string); ok && text != "" {
			r.secrets = append(r.secrets, text)
		}
	}
	return fields
}

// enrol makes ten accounts: three by a code to their number, the others by tokens of
// an integrator.
func (r *run) enrol() {
	for i, name := range r.names {
		device := fmt.Sprint("canarys-cage-", i)
		var token string
		if i < 3 {
			r.post("/v1/accounts/code", `{"phone":"`+r.numbers[i]+`"}`)
			r.post("/v1/accounts/verify", `{"phone":"`+r.numbers[i]+`","code":"wrong"}`)
			r.codes.mu.Lock()
			code := r.codes.codes[r.numbers[i]]
			r.codes.mu.Unlock()
			got := r.post("/v1/accounts/verify", `{"phone":"`+r.numbers[i]+`","code":"`+code+`","name":"`+name+`","deviceName":"`+device+`"}`)
			token, device = got["token"].(string), got["device"].(string)
			r.post("/v1/accounts/refresh", `{"refresh":"`+got["refresh"].(string)+`"}`)
		} else {
			user := wire.UserID(fmt.Sprint("u", i))
			var err error
			token, err = identity.Sign(signallingtest.Key, r.server.Secret, identity.Identity{User: user, Name: name, Grants: identity.Grants{Account: true}},
				time.Now(), time.Hour)
			if err != nil {
				r.t.Fatal(err)
			}
			r.secrets = append(r.secrets, token)
		}
		p := connect(r.t, r.server)
		p.welcome = ask[wire.Welcome](p, "hello", wire.Hello{Token: token, Device: wire.DeviceID(device), DeviceName: device})
		r.secrets = append(r.secrets, p.welcome.Secret)
		r.pages = append(r.pages, p)
		if i >= 3 {
			if err := r.server.Sockets.SetNumber(r.t.Context(), p.welcome.User, r.numbers[i]); err != nil {
				r.t.Fatal(err)
			}
		}
	}
}

func (r *run) user(i int) wire.UserID { return r.pages[i].welcome.User }

// befriend has people find each other by their numbers and by their ids.
func (r *run) befriend() {
	for _, p := range r.pages {
		ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
		ask[wire.Matches](p, "uploadContacts", wire.UploadContacts{Add: r.numbers, Start: true, Complete: true})
	}
	for i, p := range r.pages {
		ask[wire.People](p, "addContact", wire.AddContact{User: r.user((i + 1) % len(r.pages))})
	}
	ask[wire.Discovery](r.pages[0], "blockNumber", wire.BlockNumber{Number: r.numbers[8]})
	ask[wire.Discovery](r.pages[0], "unblockNumber", wire.UnblockNumber{Number: r.numbers[8]})
	ask[wire.People](r.pages[4], "block", wire.Block{User: r.user(5)})
	code := ask[wire.DeviceCode](r.pages[3], "linkDevice", wire.LinkDevice{}).Code
	r.secrets = append(r.secrets, code)
	r.post("/v1/devices/link", `{"code":"`+code+`","deviceName":"tablet"}`)
	r.post("/v1/devices/link", `{"code":"`+code+`","deviceName":"tablet"}`) // used already
}

// talk has people call each other: answered, unanswered, blocked, as a group, by a link.
func (r *run) talk() {
	p := r.pages
	ring := func(by int, users ...wire.UserID) wire.CallID {
		return ask[wire.CallState](p[by], "ring", wire.Ring{Users: users, Kind: wire.KindVoice}).Call
	}
	answered := ring(0, r.user(1))
	state := ask[wire.CallState](p[1], "accept", wire.Accept{Call: answered})
	r.support = state.Support
	ask[wire.Done](p[1], "mediaFlows", wire.MediaFlows{Call: answered, Generation: state.Generation, Path: wire.PathHost, AfterMs: 150})
	ask[wire.Done](p[1], "reportQuality", wire.ReportQuality{
		Call: answered, SpanMs: 10_000, Path: wire.PathHost, RTTMs: 30, Pictures: []wire.SeenPictures{},
		Sound: &wire.HeardSound{PlayedMs: 9_000, ConcealedMs: 90, Packets: 450},
	})
	ask[wire.Done](p[0], "invite", wire.Invite{Call: answered, Users: []wire.UserID{r.user(2)}})
	ask[wire.Done](p[2], "decline", wire.Decline{Call: answered})
	heard := p[1].count()
	ask[wire.Done](p[0], "leave", wire.Leave{Call: answered})
	p[1].wait("the end of the call", heard, func(f wire.Frame) bool { return f.Type == "callEnded" && f.Call == answered })
	from := p[5].count()
	blocked := ring(5, r.user(4))
	p[5].wait("the end of a ring", from, func(f wire.Frame) bool { return f.Type == "callEnded" && f.Call == blocked })

	group := ask[wire.Group](p[6], "createGroup", wire.CreateGroup{Name: "choir", Users: []wire.UserID{r.user(7)}})
	call := ask[wire.CallState](p[6], "ringGroup", wire.RingGroup{Group: group.Group, Kind: wire.KindVoice}).Call
	ask[wire.Done](p[6], "leave", wire.Leave{Call: call})

	link := ask[wire.Link](p[8], "createLink", wire.CreateLink{Kind: wire.KindVoice, Terms: wire.LinkTerms{Title: "rehearsal"}}).Link
	ask[wire.CallState](p[8], "joinLink", wire.JoinLink{Link: link})
	got := r.post("/v1/links/"+string(link)+"/guests", `{"name":"`+r.names[9]+`"}`)
	guest := connect(r.t, r.server)
	guest.welcome = ask[wire.Welcome](guest, "hello", wire.Hello{Token: got["token"].(string), Device: "page"})
	r.pages = append(r.pages, guest)
	ask[wire.CallState](guest, "joinLink", wire.JoinLink{Link: link})
	ask[wire.Link](p[8], "revokeLink", wire.RevokeLink{Link: link})
}

// blunder says everything in the wrong place.
func (r *run) blunder() {
	p := r.pages[0]
	token, name, number := r.secrets[0], r.names[7], r.numbers[7]
	for _, canary := range []string{token, name, number} {
		quoted := `"` + canary + `"`
		for kind, body := range map[string]string{
			"ring":           `{"users":[` + quoted + `],"kind":` + quoted + `}`,
			"hello":          `{"token":` + quoted + `,"device":` + quoted + `}`,
			"joinLink":       `{"link":` + quoted + `}`,
			"uploadContacts": `{"add":[` + quoted + `,7]}`,
			"blockNumber":    `{"number":` + quoted + quoted + `}`,
			"setMedia":       `{"call":` + quoted + `,` + quoted + `:` + quoted + `}`,
			"getCallLog":     `{"before":` + quoted + `}`,
			"renameGroup":    `{"group":` + quoted + `,"name":` + quoted + `}`,
			"confirmDevice":  `{"device":` + quoted + `,"accept":true}`,
		} {
			p.raw([]byte(`{"type":"` + kind + `","id":"x","body":` + body + `}`))
		}
		p.raw([]byte(`{"type":` + quoted + `,"id":"x","body":{}}`))
		p.raw([]byte(`{"type":"ping","id":` + quoted + `,"body":` + quoted))
		wrong := connect(r.t, r.server)
		refused(wrong, "hello", wire.Hello{Token: canary + "x", Device: "page"})
		for _, path := range []string{
			"/v1/accounts/code", "/v1/accounts/verify", "/v1/accounts/refresh", "/v1/devices/link", "/v1/demo/sign-in", "/v1/links/nowhere/guests",
		} {
			r.post(path, `{"phone":`+quoted+quoted+`}`)
			r.post(path, `{"phone":`+quoted+`,"code":`+quoted+`,"refresh":`+quoted+`,"user":`+quoted+`,`+quoted+`:1}`)
		}
		dialRaw(r.t, r.server, http.Header{"Origin": {"https://" + canary}, "Authorization": {"Bearer " + canary}})
		response, err := http.Get(r.server.URL + "/v1/ws?token=" + canary)
		if err != nil {
			r.t.Fatal(err)
		}
		response.Body.Close()
	}
	ask[wire.Done](p, "ping", wire.Ping{})
	if err := r.server.Sockets.SetNumber(r.t.Context(), "nobody", number); err == nil || strings.Contains(err.Error(), number[1:]) {
		r.t.Errorf("the error is %v", err)
	}
	gone, cancel := context.WithCancel(r.t.Context())
	cancel()
	if err := r.server.Sockets.SetNumber(gone, r.user(0), number); err == nil || strings.Contains(err.Error(), number[1:]) {
		r.t.Errorf("the error is %v", err)
	}
}

// scrape is what Prometheus would get that asks for exemplars.
func (r *run) scrape() []byte {
	m := metrics.New(metrics.Options{Exemplars: true})
	m.Watch(metrics.Sources{Calls: r.server.Calls.Shapes, SFU: r.server.SFU.Stats})
	for _, e := range r.server.Events() {
		switch e := e.(type) {
		case call.Event:
			m.Call(e)
		case signalling.Event:
			m.Signalling(e)
		}
	}
	request, w := httptest.NewRequest(http.MethodGet, "/metrics", nil), httptest.NewRecorder()
	request.Header.Set("Accept", "application/openmetrics-text")
	m.Handler().ServeHTTP(w, request)
	return w.Body.Bytes()
}

// timeline is what an engineer sees of the answered call.
func (r *run) timeline() []byte {
	r.t.Helper()
	text, err := r.server.Store.Timeline(r.t.Context(), call.TimelineKey(r.support))
	if err != nil {
		r.t.Fatal(err)
	}
	return []byte(text)
}

// Ten people with ten numbers and a token each enrol, find each other, call, are
// refused, and say everything in the wrong place. Afterwards no number and no token, and
// nothing else that opens a session, is anywhere, and no number hashed without a key: not in the
// database's files and dump, the log of every level, the metrics with their exemplars, a call's timeline,
// or what others are sent.
// (The store keeps SHA-256 of tokens, which nobody guesses.) Names are what accounts are shown by:
// the database keeps them and others see them. They are in no log, metric, timeline or refusal.
func TestARunOverEverythingLeavesNoNumberTokenOrNameWhereItDoesNotBelong(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		var log locked
		r := &run{canaries: newCanaries(), t: t, codes: &postman{codes: map[string]string{}}}
		r.server = signallingtest.Start(t, signallingtest.Options{
			DSN: dsn, Codes: r.codes, RingTimeout: time.Second, Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		r.enrol()
		r.befriend()
		r.talk()
		refusals := r.answers // later ones may quote to somebody his own words
		r.blunder()
		if len(r.secrets) < 10 {
			t.Fatalf("there are %d secrets only", len(r.secrets))
		}

		scraped, timeline := r.scrape(), r.timeline()
		public := map[string][]byte{"the log": log.bytes(), "the metrics": scraped, "a timeline": timeline} // where names do not belong either
		private := storetest.Written(t, dsn)
		for i, data := range refusals {
			public[fmt.Sprint("refusal ", i, " of the API")] = data
		}
		for i, p := range r.pages {
			for n, h := range p.heardAfter(0) {
				name := fmt.Sprintf("frame %d of %d, %s,", n, i, h.frame.Type)
				switch {
				case h.frame.Type == "problem" && i > 0: // the first is told his own words
					public[name] = h.frame.Body
				case h.frame.Type == "welcome", h.frame.Type == "deviceCode": // the secret of one's own session, the code one asked for
				case h.frame.Type != "problem":
					private[name] = h.frame.Body
				}
			}
		}
		found := false
		for _, data := range private {
			found = found || bytes.Contains(data, []byte("canarys-cage-5"))
		}
		if !found || !bytes.Contains(scraped, []byte(`trace_id="`)) || !bytes.Contains(timeline, []byte("reportQuality")) || !bytes.Contains(log.bytes(), []byte(`"level":`)) || len(r.answers) < 10 {
			t.Fatalf("the search does not find what is there, of %d answers", len(r.answers))
		}
		for where, data := range public {
			private[where] = data
			for i, name := range r.names {
				if bytes.Contains(data, []byte(name)) {
					t.Errorf("name %d is in %s", i, where)
				}
			}
		}
		for what, needle := range r.needles() {
			for where, data := range private {
				if bytes.Contains(data, needle) {
					t.Errorf("%s is in %s", what, where)
				}
			}
		}
	})
}
