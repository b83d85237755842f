package signalling_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pronto/metrics"
	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/signalling/contact"
	enrolment "pronto/signalling/enrol"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store/storetest"
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

// nobody is who is told a secret in no frame.
const nobody = -1

// secret is something that only its owner may read: the page with this number, if any.
type secret struct {
	text  string
	owner int
}

// canaries are what is looked for after a run, each unlike anything else.
type canaries struct {
	stem    int
	numbers []string       // of telephones
	names   []string       // of people
	words   []string       // what people call things, and say
	secrets []secret       // tokens, what gets one, and what is sealed
	told    map[string]int // whom a number was told to
}

func newCanaries() *canaries {
	c := &canaries{stem: rand.IntN(1e6), told: map[string]int{}}
	for i := range 10 {
		c.numbers = append(c.numbers, fmt.Sprintf("+39347%06d%d", c.stem, i))
		c.names = append(c.names, fmt.Sprintf("Canarino%06dX%d", c.stem, i))
	}
	c.numbers = append(c.numbers, fmt.Sprintf("+39348%06d0", c.stem)) // of nobody at first
	return c
}

func (c *canaries) secret(owner int, text string) { c.secrets = append(c.secrets, secret{text, owner}) }

// word is something that people write, and see.
func (c *canaries) word(about string) string {
	text := fmt.Sprintf("%sCanto%06dX", about, c.stem)
	c.words = append(c.words, text)
	return text
}

// needle is what must not be found but in frames of its owner.
type needle struct {
	what  string
	text  []byte
	owner int
}

// needles are secrets as they are, and numbers, which can be guessed one after another,
// hashed without a key neither.
func (c *canaries) needles() (found []needle) {
	for i, s := range c.secrets {
		found = append(found, needle{fmt.Sprint("secret ", i), []byte(s.text), s.owner})
		if plain, ok := strings.CutPrefix(s.text, "whsec_"); ok {
			bytes, _ := base64.StdEncoding.DecodeString(plain)
			found = append(found, needle{fmt.Sprint("secret ", i, " without its prefix"), []byte(plain), s.owner}, needle{fmt.Sprint("secret ", i, " as bytes"), bytes, s.owner})
		}
	}
	for i, number := range c.numbers {
		owner, ok := c.told[number]
		if !ok {
			owner = nobody
		}
		found = append(found, needle{fmt.Sprint("number ", i), []byte(number[1:]), owner})
		for _, text := range []string{number, number[1:]} {
			sum := sha256.Sum256([]byte(text))
			what := fmt.Sprint("number ", i, " hashed")
			found = append(found, needle{what, sum[:], nobody}, needle{what + ", in hex", []byte(hex.EncodeToString(sum[:])), nobody},
				needle{what + ", in base64", []byte(base64.RawURLEncoding.EncodeToString(sum[:])), nobody})
		}
	}
	return found
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

// place is where something was written: a file, a table, a frame of a page.
type place struct {
	name string
	data []byte
	of   int // the page whose frame it is, or nobody

	stored bool // it is the database's
}

// keyed are the numbers as the database keeps them: hashed, with the server's key.
// They stay there.
func (r *run) keyed() (list []string) {
	r.t.Helper()
	secret := sha256.Sum256(append([]byte("numbers"), r.server.Secret...))
	key, err := contact.NewKey(secret[:])
	if err != nil {
		r.t.Fatal(err)
	}
	for _, text := range r.numbers {
		number, err := contact.Parse(text)
		if err != nil {
			r.t.Fatal(err)
		}
		list = append(list, key.Hash(number))
	}
	return list
}

// places are where numbers and secrets do not belong, and where names do not either.
func (r *run) places(dsn string, log []byte) (private, public []place) {
	r.t.Helper()
	public = []place{{name: "the log", data: log, of: nobody}, {name: "the metrics", data: r.scrape(), of: nobody}, {name: "a timeline", data: r.timeline(), of: nobody}}
	for i, data := range r.answers {
		public = append(public, place{name: fmt.Sprint("refusal ", i, " of the API"), data: data, of: nobody})
	}
	for name, data := range storetest.Written(r.t, dsn) {
		private = append(private, place{name, data, nobody, true})
	}
	for i, data := range r.hooks.bodies() {
		private = append(private, place{name: fmt.Sprint("delivery ", i, " of a webhook"), data: data, of: nobody})
	}
	for i, p := range r.pages {
		for n, h := range p.heardAfter(0) {
			at := place{name: fmt.Sprintf("frame %d of %d, %s,", n, i, h.frame.Type), data: h.frame.Body, of: i}
			if h.frame.Type == "problem" {
				public = append(public, at)
			} else {
				private = append(private, at)
			}
		}
	}
	return private, public
}

// Ten people with ten numbers and a token each do all that there is to do (leftOut is what is not in it,
// and nothingLeftOut sees to it that what is new is), and say everything in the wrong place. Afterwards no
// number and no token, nothing else that opens anything, and nothing that is for a device's or
// an operator's eyes only is anywhere, and no number hashed without a key: not in the
// database's files, its write-ahead log and its dump, the log of every level, the metrics with
// their exemplars, a call's timeline, what webhooks are told, or what others are sent. What the store
// has of numbers, their hashes with a key, is nowhere but there. (It
// keeps SHA-256 of tokens, which nobody guesses, and seals what it has to give back.)
//
// Names are what accounts, groups and links are shown by: the database keeps them and others see
// them. They are in no log, metric, timeline or refusal.
func TestARunOverEverythingLeavesNoNumberTokenOrNameWhereItDoesNotBelong(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		var log locked
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		r := &run{canaries: newCanaries(), t: t, codes: &postman{codes: map[string]string{}}, done: map[string]bool{}}
		r.server = signallingtest.Start(t, signallingtest.Options{
			DSN: dsn, Codes: r.codes, RingTimeout: 5 * time.Second, Logger: logger, Encryption: call.EncryptionRequired, PushKey: "a2V5", WebhooksInside: true,
			Terms:        signalling.Terms{Version: "7", URL: "/terms"}, // which the run accepts
			RemindBefore: 48 * time.Hour,                                // so that whoever is booked tomorrow is reminded at once
		})
		r.listen(logger)
		for _, part := range []func(){
			r.enrol, r.befriend, r.own, r.settle, r.talk, r.gather, r.whisper, r.sing, r.meet, r.serve, r.look, r.integrate, r.leave, r.hooks.wait,
		} {
			part()
		}
		answers := r.answers
		r.blunder()
		r.answers = answers // later ones may quote to somebody his own words
		r.nothingLeftOut()

		private, public := r.places(dsn, log.bytes())
		r.searchable(private, public)
		for _, at := range public {
			for _, word := range append(r.words, r.names...) {
				if bytes.Contains(at.data, []byte(word)) {
					t.Errorf("%s is in %s", word, at.name)
				}
			}
		}
		for i, hash := range r.keyed() {
			found := false
			for _, at := range append(private, public...) {
				if bytes.Contains(at.data, []byte(hash)) {
					found = true
					if !at.stored {
						t.Errorf("the hash of number %d is in %s", i, at.name)
					}
				}
			}
			if i < 9 && !found {
				t.Errorf("the hash of number %d is not found in the database", i)
			}
		}
		for _, n := range r.needles() {
			for _, at := range append(private, public...) {
				if !r.same(n.owner, at.of) && bytes.Contains(at.data, n.text) {
					t.Errorf("%s is in %s", n.what, at.name)
				}
			}
		}
	})
}

// same tells whether two pages are of one person.
func (r *run) same(a, b int) bool {
	return a != nobody && b != nobody && (a == b || r.user(a) != "" && r.user(a) == r.user(b))
}

// searchable fails unless the search finds what is there.
func (r *run) searchable(private, public []place) {
	r.t.Helper()
	finds := func(places []place, text string) bool {
		return slices.ContainsFunc(places, func(at place) bool { return bytes.Contains(at.data, []byte(text)) })
	}
	for _, text := range []string{"canarys-cage-5", r.names[5], r.word("choir"), "webhook.test"} {
		if !finds(private, text) {
			r.t.Errorf("%s is not found", text)
		}
	}
	for _, text := range []string{`trace_id="`, "reportQuality", `"level":`} {
		if !finds(public, text) {
			r.t.Errorf("%s is not found", text)
		}
	}
	if len(r.secrets) < 80 || len(r.answers) < 4 {
		r.t.Errorf("there are %d secrets and %d refusals only", len(r.secrets), len(r.answers))
	}
}
