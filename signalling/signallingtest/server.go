// Package signallingtest runs a whole server inside a test: SQLite in a
// temporary directory, bus, SFU and TURN on loopback, WebSocket and API over
// HTTP. Only for tests.
package signallingtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pronto/sfu"
	"pronto/signalling"
	"pronto/signalling/api"
	"pronto/signalling/avatar"
	"pronto/signalling/bus"
	"pronto/signalling/call"
	"pronto/signalling/contact"
	"pronto/signalling/enrol"
	"pronto/signalling/identity"
	"pronto/signalling/link"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
	"pronto/turn"
	"pronto/turn/credential"
)

// Options change what Start makes; the zero value is usual.
type Options struct {
	// PushKey is what browsers subscribe to pushes with; empty sends none.
	PushKey wire.Blob
	// DSN is the database; a new SQLite file if empty.
	DSN string
	// Beside is another server, whose database, bus and secret this one shares; it must
	// stop later. Nil for a server alone.
	Beside *Server
	// RingTimeout and Grace are 45 s and 30 s if zero.
	RingTimeout, Grace time.Duration
	// Origins are further web origins.
	Origins []string
	// Proxies are believed in X-Forwarded-For.
	Proxies []netip.Prefix
	// NoDemo leaves the demo identities out.
	NoDemo bool
	// Operator is who runs the server.
	Operator api.Operator
	// Codes carries one-time codes; without it nobody gets an account by one.
	Codes enrol.Sender
	// Limits of callers; next to none if zero, so that tests may ring as they
	// like.
	Limits call.Limits
	// Unused and UnusedCheck are as in [signalling.Config].
	Unused, UnusedCheck time.Duration
	// RemindBefore is as in [call.Config].
	RemindBefore time.Duration
	// Terms are as in [signalling.Config].
	Terms signalling.Terms
	// Encryption says which calls are end-to-end encrypted; none if empty.
	Encryption call.Encryption
	// APIPerMinute is how often an API key may ask; the API's own limit if 0.
	APIPerMinute int
	// WebhooksInside lets webhooks lead to this machine.
	WebhooksInside bool
	// Secret signs tokens; random if empty. Give it to take up a database.
	Secret []byte
	// CallStore, if not nil, makes of the store the one that calls have.
	CallStore func(*store.Store) call.Store
	// Logger hears all that the server logs; nobody does if nil.
	Logger *slog.Logger
}

// Server is a running server.
type Server struct {
	// URL is the page's address, http://127.0.0.1:port.
	URL string
	// Sockets is the endpoint of the WebSockets.
	Sockets *signalling.Server
	// Store, Calls, SFU and Secret are the server's own.
	Store  *store.Store
	Calls  *call.Registry
	SFU    *sfu.SFU
	Secret []byte

	dsn, node string
	bus       *bus.Bus

	mu     sync.Mutex
	events []any
	stop   func()
}

// Key is the API key that signs the tokens of a test server.
const Key = "test"

// Start runs a server until the test ends or Stop is called.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("start the test server: %v", err)
		}
	}
	node := "test"
	if o.Beside != nil {
		o.DSN, o.Secret, node = o.Beside.dsn, o.Beside.Secret, o.Beside.node+"+"
	}
	if o.DSN == "" {
		o.DSN = storetest.SQLiteDSN(t)
	}
	if o.RingTimeout == 0 {
		o.RingTimeout = 45 * time.Second
	}
	if o.Grace == 0 {
		o.Grace = 30 * time.Second
	}
	if o.Limits == (call.Limits{}) {
		o.Limits = call.Limits{Rings: 1 << 20, PairRings: 1 << 20, PrefixRings: 1 << 20, Strangers: 1000}
	}
	if len(o.Secret) == 0 {
		o.Secret = make([]byte, 32)
		rand.Read(o.Secret)
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	secret := sha256.Sum256(append([]byte("numbers"), o.Secret...))
	numbers, err := contact.NewKey(secret[:])
	must(err)
	pictures := sha256.Sum256(append([]byte("avatars"), o.Secret...))
	avatars, err := avatar.NewSealer(pictures[:])
	must(err)
	s := &Server{Secret: o.Secret, dsn: o.DSN, node: node}
	var closers []func()
	later := func(f func()) { closers = append(closers, f) }
	s.stop = sync.OnceFunc(func() {
		for i := len(closers) - 1; i >= 0; i-- {
			closers[i]()
		}
	})
	t.Cleanup(s.stop)

	s.Store = storetest.Open(t, o.DSN)
	if o.Beside != nil {
		s.bus = o.Beside.bus
	} else {
		s.bus, err = bus.Start(bus.Config{Logger: log})
		must(err)
		later(func() { _ = s.bus.Close() })
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(err)
	s.SFU, err = sfu.New(sfu.Config{Conn: conn, Logger: log})
	must(err)
	later(func() { _ = s.SFU.Close() })
	relay, err := turn.New(turn.Config{
		ListenAddr: "127.0.0.1:0", PublicIPs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Realm: "test",
		Secret: o.Secret, MediaAddrs: s.SFU.Addrs(), Logger: log,
	})
	must(err)
	var running sync.WaitGroup
	running.Go(func() { _ = relay.Run(context.Background()) })
	later(func() { _ = relay.Close(); running.Wait() })
	post := signalling.NewPost(s.bus, log)
	marks := sha256.Sum256(append([]byte("marks"), o.Secret...))
	marker, err := link.NewMarker(marks[:])
	must(err)
	var calls call.Store = s.Store
	if o.CallStore != nil {
		calls = o.CallStore(s.Store)
	}
	s.Calls, err = call.New(t.Context(), call.Config{
		Node: node, RingTimeout: o.RingTimeout, Grace: o.Grace, RemindBefore: o.RemindBefore, Store: calls, Post: post, Media: call.SFU(s.SFU),
		Limits: o.Limits, Marker: marker, Encryption: cmp.Or(o.Encryption, call.EncryptionOff),
		Relay: relays{relay, o.Secret}, Events: func(e call.Event) { s.note(e) }, Logger: log,
	})
	must(err)
	later(s.Calls.Close)
	verifier := identity.Verifier{Keys: s.Keys()}
	sockets, err := signalling.New(signalling.Config{
		Origins: o.Origins, Proxies: o.Proxies, Grace: o.Grace, SocketsPerAddress: 10_000, SessionsPerUser: 32,
		Identity: verifier, Store: s.Store, Calls: s.Calls, Post: post,
		Numbers: numbers, Codes: enrol.Hasher{Key: o.Secret}, Avatars: avatars, PushKey: o.PushKey, Node: node, Unused: o.Unused, UnusedCheck: o.UnusedCheck, Terms: o.Terms,
		Events: func(e signalling.Event) { s.note(e) }, Logger: log,
	})
	must(err)
	s.Sockets = sockets
	watching, unwatch := context.WithCancel(context.Background())
	running.Go(func() { sockets.Watch(watching) })
	running.Go(func() { sockets.WatchAccounts(watching) })
	mux := http.NewServeMux()
	mux.Handle("GET /v1/ws", sockets)
	audit := api.NewAuditLog(s.Store, log)
	writing, unwrite := context.WithCancel(context.Background())
	var written sync.WaitGroup
	written.Go(func() { audit.Run(writing) })
	later(func() { unwrite(); written.Wait() })
	must(api.Register(mux, api.Config{
		Audit: audit,
		Store: s.Store, Links: s.Calls, Proxies: o.Proxies, Key: Key, Secret: o.Secret, Demo: !o.NoDemo, Operator: o.Operator, PerMinute: o.APIPerMinute, WebhooksInside: o.WebhooksInside, Act: sockets.Act, SuspendGroup: sockets.SuspendGroup, Calls: s.Calls, Logger: log, Listed: sockets.OriginAllowed, DevicesChanged: sockets.DevicesChanged,
		Notes:    sockets,
		Reports:  sockets,
		Profiles: api.Profiles{Identity: verifier, Avatars: avatars, Changed: sockets.ProfileChanged},
		Accounts: api.Accounts{Sender: o.Codes, Hasher: enrol.Hasher{Key: o.Secret}, Numbers: numbers, NumberVerified: sockets.SetNumber},
	}))
	web := httptest.NewServer(mux)
	s.URL = web.URL
	later(web.Close)
	later(func() { unwatch(); sockets.Close() })
	return s
}

// Keys are what tokens are verified with.
func (s *Server) Keys() identity.Keys { return api.Keyring{Store: s.Store, Own: Key, Secret: s.Secret} }

// Stop ends the server before the test does. The database stays.
func (s *Server) Stop() { s.stop() }

// Socket is the address of the WebSocket.
func (s *Server) Socket() string { return "ws" + strings.TrimPrefix(s.URL, "http") + "/v1/ws" }

// Token is a token for an account, named by its id with a capital.
func (s *Server) Token(t testing.TB, user wire.UserID) string {
	t.Helper()
	name := strings.ToUpper(string(user[:1])) + string(user[1:])
	token, err := identity.Sign(Key, s.Secret, identity.Identity{User: user, Name: name, Grants: identity.Grants{Account: true}},
		time.Now(), time.Hour)
	if err != nil {
		t.Fatalf("sign a token: %v", err)
	}
	return token
}

func (s *Server) note(e any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// Events returns what metrics were told so far.
func (s *Server) Events() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]any(nil), s.events...)
}

type relays struct {
	server *turn.Server
	secret []byte
}

// Servers implements call.Relay.
func (r relays) Servers(id wire.CallID, p wire.ParticipantID) []wire.ICEServer {
	c, err := credential.Issue(r.secret, string(id), string(p), time.Now(), credential.MaxTTL)
	if err != nil {
		return nil
	}
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(int(r.server.Addr().Port())))
	return []wire.ICEServer{{URLs: []string{"turn:" + at + "?transport=udp"}, Username: c.Username, Credential: c.Password}}
}

// Revoke implements call.Relay.
func (r relays) Revoke(id wire.CallID, p wire.ParticipantID) { r.server.Revoke(string(id), string(p)) }
