package notify_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pronto/signalling/hook"
	"pronto/signalling/notify"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// browser is a device that has subscribed, and its push service.
type browser struct {
	t      *testing.T
	key    *ecdh.PrivateKey
	secret []byte
	server *httptest.Server
	public string // of the sender's VAPID key

	mu       sync.Mutex // guards what follows
	answers  []int      // what the service says next; 201 when there are none left
	messages []pushed
}

// pushed is one push as the device gets it.
type pushed struct {
	Type, Call, Kind    string
	V                   int
	Exp, At             int64
	Host                bool
	ttl, urgency, topic string
}

func newBrowser(t *testing.T, public string, answers ...int) *browser {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, key: key, secret: make([]byte, 16), public: public, answers: answers}
	rand.Read(b.secret)
	b.server = httptest.NewServer(http.HandlerFunc(b.take))
	t.Cleanup(b.server.Close)
	return b
}

func (b *browser) subscription(device string) store.PushSubscription {
	encode := base64.RawURLEncoding.EncodeToString
	return store.PushSubscription{Device: device, Endpoint: b.server.URL + "/" + device, P256DH: encode(b.key.PublicKey().Bytes()), Auth: encode(b.secret)}
}

// take is the push service: it checks who sends (RFC 8292) and passes on.
func (b *browser) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil || len(body) > 4096 || r.Header.Get("Content-Encoding") != "aes128gcm" {
		b.t.Errorf("a push of %d bytes, %s: %v", len(body), r.Header.Get("Content-Encoding"), err)
	}
	if err := b.sentBy(r.Header.Get("Authorization")); err != nil {
		b.t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.answers) > 0 && b.answers[0] != http.StatusCreated {
		status := b.answers[0]
		b.answers = b.answers[1:]
		w.WriteHeader(status)
		return
	}
	plain, err := b.open(body)
	if err != nil {
		b.t.Error(err)
	}
	m := pushed{ttl: r.Header.Get("TTL"), urgency: r.Header.Get("Urgency"), topic: r.Header.Get("Topic")}
	if err := json.Unmarshal(plain, &m); err != nil {
		b.t.Error(err)
	}
	b.messages = append(b.messages, m)
	w.WriteHeader(http.StatusCreated)
}

func (b *browser) sentBy(authorization string) error {
	parts := strings.Split(strings.TrimPrefix(authorization, "vapid "), ", ")
	if len(parts) != 2 || parts[1] != "k="+b.public {
		return errors.New("the sender's key is not the one that was subscribed with")
	}
	point, err := base64.RawURLEncoding.DecodeString(b.public)
	if err != nil {
		return err
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return err
	}
	_, err = jwt.Parse(strings.TrimPrefix(parts[0], "t="), func(*jwt.Token) (any, error) { return key, nil },
		jwt.WithAudience(b.server.URL), jwt.WithSubject("https://calls.example"), jwt.WithExpirationRequired())
	return err
}

// open decrypts a push (RFC 8291, section 3; RFC 8188).
func (b *browser) open(body []byte) ([]byte, error) {
	salt, size := body[:16], int(body[20])
	sender, sealed := body[21:21+size], body[21+size:]
	if record := binary.BigEndian.Uint32(body[16:20]); len(body) > int(record) {
		return nil, errors.New("more than one record")
	}
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := b.key.ECDH(public)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(b.key.PublicKey().Bytes()) + string(sender)
	ikm, err := hkdf.Key(sha256.New, shared, b.secret, info, 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	plain = plain[:strings.LastIndexByte(string(plain), 2)] // the end of the record
	return plain, nil
}

func (b *browser) got() []pushed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// pushing runs pushes over a store in which ana and bia have devices.
type pushing struct {
	store *store.Store
	vapid notify.VAPID
	steps sync.Mutex // held while a test changes what is one transaction in a call

	mu      sync.Mutex // guards what follows
	here    map[string]bool
	results []notify.PushResult
	rang    []string // messages of the outbox
}

// noting notes which message of the outbox a ring was.
type noting struct {
	*store.Store
	p *pushing
}

func (n noting) Due(ctx context.Context, topic string, limit int) ([]store.OutboxRow, error) {
	n.p.steps.Lock()
	defer n.p.steps.Unlock()
	return n.Store.Due(ctx, topic, limit)
}

func (n noting) PushRingsOver(ctx context.Context, limit int) ([]store.PushRingOver, error) {
	n.p.steps.Lock()
	defer n.p.steps.Unlock()
	return n.Store.PushRingsOver(ctx, limit)
}

func (n noting) PushRang(ctx context.Context, ring store.OutboxRow) error {
	err := n.Store.PushRang(ctx, ring)
	n.p.mu.Lock()
	defer n.p.mu.Unlock()
	n.p.rang = append(n.p.rang, ring.ID)
	return err
}

// rangAs returns the message that the last ring was.
func (p *pushing) rangAs(t *testing.T) string {
	t.Helper()
	last := ""
	eventually(t, "the ring is noted", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.rang) > 0 {
			last = p.rang[len(p.rang)-1]
		}
		return last != ""
	})
	return last
}

func startPushing(t *testing.T, s *store.Store, client *http.Client) *pushing {
	vapid, err := notify.NewVAPID([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	p := &pushing{store: s, vapid: vapid, here: map[string]bool{}}
	for _, user := range []string{"ana", "bia"} {
		must(t, s.UpsertUser(t.Context(), user, user))
		for _, device := range []string{"phone", "laptop"} {
			must(t, s.TouchDevice(t.Context(), user, device, ""))
		}
	}
	pushes, err := notify.NewPushes(notify.PushConfig{
		Store: noting{s, p}, Client: client, VAPID: vapid, Subject: "https://calls.example", Ring: "push.ring", Missed: "push.missed", Reminder: store.TopicReminderPush,
		Here: func(user, device string) bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.here[user+"/"+device]
		},
		Every: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
		Events: func(e notify.Pushed) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.results = append(p.results, e.Result)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); pushes.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return p
}

func (p *pushing) enqueue(t *testing.T, topic, call, user string, ttl time.Duration) {
	t.Helper()
	must(t, p.store.Enqueue(t.Context(), store.NewOutbox{
		Topic: topic, Key: call + "/" + user, UserID: user, Payload: []byte(`{"call":"` + call + `","kind":"video"}`), TTL: ttl,
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func local() *http.Client { return hook.NewHTTP(hook.Config{AllowPrivate: true}) }

func TestARingIsPushedAndTakenBackOrMissed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := startPushing(t, s, local())
		phone, laptop, other := newBrowser(t, p.vapid.Public), newBrowser(t, p.vapid.Public), newBrowser(t, p.vapid.Public)
		must(t, s.SetPushSubscription(t.Context(), "bia", phone.subscription("phone")))
		must(t, s.SetPushSubscription(t.Context(), "bia", laptop.subscription("laptop")))
		must(t, s.SetPushSubscription(t.Context(), "ana", other.subscription("phone")))
		p.mu.Lock()
		p.here["bia/laptop"] = true // its page is open
		p.mu.Unlock()

		p.enqueue(t, "push.ring", "c1", "bia", 45*time.Second)
		eventually(t, "the phone is told of the ring", func() bool { return len(phone.got()) == 1 })
		ring := phone.got()[0]
		if ring.Type != "incoming" || ring.Call != "c1" || ring.Kind != "video" || ring.V != 1 || ring.urgency != "high" || len(ring.topic) != 32 {
			t.Errorf("the ring is %+v", ring)
		}
		ttl, err := strconv.Atoi(ring.ttl)
		if left := time.Until(time.UnixMilli(ring.Exp)); err != nil || ttl < 30 || ttl > 45 || left < 30*time.Second || left > 45*time.Second {
			t.Errorf("the ring lives for %v, TTL %s", left, ring.ttl)
		}
		// It is answered elsewhere: the call drops what waits under its key.
		must(t, s.Done(t.Context(), p.rangAs(t)))
		eventually(t, "the ring is taken back", func() bool { return len(phone.got()) == 2 })
		if last := phone.got()[1]; last.Type != "cancel" || last.topic != ring.topic {
			t.Errorf("what takes the ring back is %+v", last)
		}

		p.enqueue(t, "push.missed", "c2", "bia", 24*time.Hour)
		eventually(t, "both devices are told of the missed call", func() bool { return len(phone.got()) == 3 && len(laptop.got()) >= 1 })
		if last := phone.got()[2]; last.Type != "missed" || last.urgency != "normal" || last.topic == ring.topic {
			t.Errorf("the missed call is %+v", last)
		}
		for _, m := range laptop.got() {
			if m.Type != "missed" {
				t.Errorf("a device whose page is open was told %q", m.Type)
			}
		}
		if got := other.got(); len(got) != 0 {
			t.Errorf("somebody else was told %v", got)
		}
	})
}

func TestThatACallWasMissedIsNotTakenBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := startPushing(t, s, local())
		phone := newBrowser(t, p.vapid.Public)
		must(t, s.SetPushSubscription(t.Context(), "bia", phone.subscription("phone")))
		last := map[string]string{} // by call
		heard := func(call string) string {
			for _, m := range phone.got() {
				last[m.Call] = m.Type
			}
			return last[call]
		}
		for i := range 6 {
			call := fmt.Sprintf("c%d", i)
			p.enqueue(t, "push.ring", call, "bia", 45*time.Second)
			eventually(t, "the phone is told of the ring", func() bool { return heard(call) == "incoming" })
			eventually(t, "the ring is noted", func() bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				return len(p.rang) == i+1
			})
			ring := p.rangAs(t)
			p.steps.Lock() // the end of a call is one transaction
			p.enqueue(t, "push.missed", call, "bia", 24*time.Hour)
			must(t, s.Done(t.Context(), ring))
			p.steps.Unlock()
			eventually(t, "the phone is told that it was missed", func() bool { return heard(call) == "missed" })
		}
		p.enqueue(t, "push.ring", "after", "bia", 45*time.Second)
		eventually(t, "the phone is told of the next ring", func() bool { return heard("after") == "incoming" })
		for call, kind := range last {
			if call != "after" && kind != "missed" {
				t.Errorf("the last that is told of call %s is %q", call, kind)
			}
		}
	})
}

func TestWhatPushServicesAnswer(t *testing.T) {
	s := storetest.SQLite(t)
	p := startPushing(t, s, local())
	gone, busy, small := newBrowser(t, p.vapid.Public, http.StatusGone), newBrowser(t, p.vapid.Public, http.StatusTooManyRequests, http.StatusInternalServerError),
		newBrowser(t, p.vapid.Public, http.StatusRequestEntityTooLarge)
	must(t, s.SetPushSubscription(t.Context(), "bia", gone.subscription("phone")))
	p.enqueue(t, "push.missed", "c1", "bia", time.Hour)
	eventually(t, "an ended subscription is forgotten", func() bool {
		left, err := s.PushSubscriptions(t.Context(), "bia")
		return err == nil && len(left) == 0
	})
	must(t, s.SetPushSubscription(t.Context(), "bia", busy.subscription("phone")))
	must(t, s.SetPushSubscription(t.Context(), "ana", small.subscription("phone")))
	p.enqueue(t, "push.missed", "c2", "bia", time.Hour)
	p.enqueue(t, "push.missed", "c3", "ana", time.Hour)
	eventually(t, "a push is tried again", func() bool { return len(busy.got()) == 1 })
	eventually(t, "nothing waits", func() bool {
		a, err1 := s.CountOutbox(t.Context(), "ana")
		b, err2 := s.CountOutbox(t.Context(), "bia")
		return err1 == nil && err2 == nil && a+b == 0
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.Sort(p.results)
	want := []notify.PushResult{notify.PushError, notify.PushGone, notify.PushOK, notify.PushThrottled, notify.PushTooBig}
	if !slices.Equal(p.results, want) {
		t.Errorf("the results are %v", p.results)
	}
}

func TestAPushLeadsOnlyOutside(t *testing.T) {
	s := storetest.SQLite(t)
	p := startPushing(t, s, hook.NewHTTP(hook.Config{}))
	inside := newBrowser(t, p.vapid.Public)
	must(t, s.SetPushSubscription(t.Context(), "bia", inside.subscription("phone")))
	p.enqueue(t, "push.ring", "c1", "bia", 45*time.Second)
	eventually(t, "the push fails", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.Contains(p.results, notify.PushError)
	})
	if got := inside.got(); len(got) != 0 {
		t.Errorf("a service inside was told %v", got)
	}
}

func TestTheVAPIDKeyIsTheSameForTheSameSecret(t *testing.T) {
	a, err := notify.NewVAPID([]byte("0123456789abcdef"))
	must(t, err)
	b, err := notify.NewVAPID([]byte("0123456789abcdef"))
	must(t, err)
	c, err := notify.NewVAPID([]byte("fedcba9876543210"))
	must(t, err)
	if a != b || a == c || len(a.Public) != 87 || len(a.Private) != 43 {
		t.Errorf("%v %v %v", a, b, c)
	}
}
