package signalling

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/identity"
	"pronto/signalling/source"
	"pronto/signalling/wire"
)

// Subprotocol is what a client must ask for (RFC 6455, section 1.9).
const Subprotocol = "pronto.v1"

// Server is the WebSocket endpoint. It is an [http.Handler].
type Server struct {
	cfg  Config
	ctx  context.Context // done when the server goes away
	stop context.CancelFunc
	wait sync.WaitGroup

	presence *presence
	unwatch  func() // ends what revoked devices and new names are heard by
	uploads  pace   // of address books
	lookUps  pace   // of accounts and numbers

	notesLeft pace

	mu        sync.Mutex // guards what follows; held for map access only
	closed    bool
	addresses map[string]int // sockets by network address
	sockets   map[*socket]struct{}
	sessions  map[wire.SessionID]*session
	users     map[wire.UserID]map[*session]struct{}
	tell      teller
}

// New makes the endpoint.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, addresses: map[string]int{}, sockets: map[*socket]struct{}{}, sessions: map[wire.SessionID]*session{},
		users: map[wire.UserID]map[*session]struct{}{}, notesLeft: pace{in: time.Hour},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	unwatch, err := cfg.Post.onRevoked(s.endSessions)
	if err != nil {
		return nil, err
	}
	forget, err := cfg.Post.onRenamed(s.renameSessions)
	if err != nil {
		unwatch()
		return nil, err
	}
	unlabel, err := cfg.Post.onLabelled(s.labelSessions)
	if err != nil {
		unwatch()
		forget()
		return nil, err
	}
	ignore, err := cfg.Post.onNoteKeysWanted(s.wantNoteKeys)
	if err != nil {
		unwatch()
		forget()
		unlabel()
		return nil, err
	}
	s.unwatch = func() { unwatch(); forget(); unlabel(); ignore() }
	s.presence = newPresence(s)
	cfg.Calls.WatchPresence(s.presence.changed)
	return s, nil
}

// Close tells the clients that the server goes away, closes their sockets and
// returns when all goroutines are gone.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	sessions := make([]*session, 0, len(s.sessions))
	for _, one := range s.sessions {
		sessions = append(sessions, one)
	}
	s.mu.Unlock()
	for _, one := range sessions {
		one.send(event(wire.Restarting{}))
	}
	const drain = 300 * time.Millisecond // for the frames to be written
	select {
	case <-time.After(drain):
	case <-s.idle():
	}
	s.stop()
	s.cutOff()
	s.wait.Wait()
	for _, one := range sessions {
		s.forget(one)
	}
	s.unwatch()
	s.presence.close()
}

// idle is closed when no socket is open any more.
func (s *Server) idle() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		s.wait.Wait()
		close(done)
	}()
	return done
}

// ServeHTTP accepts a WebSocket, which is served until it closes or Close is called.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.OriginAllowed(r) {
		http.Error(w, "this origin may not connect", http.StatusForbidden)
		return
	}
	remote := source.OfRequest(r, s.cfg.Proxies)
	address, release, ok := s.admit(remote)
	if !ok {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "too many connections, or the server is restarting", http.StatusServiceUnavailable)
		return
	}
	conn, err := upgrade(w, r)
	if err != nil {
		release(address)
		return
	}
	conn.SetReadLimit(wire.MaxFrameBytes)
	client, page := clientOf(r.UserAgent()), identity.Page(r)
	// On a goroutine of its own, which release counts out: this one keeps the request,
	// its headers and net/http's buffers for as long as it runs.
	go func() {
		defer release(address)
		s.cfg.Events(SocketOpened{Client: client})
		s.cfg.Events(SocketClosed{Client: client, Reason: s.serve(&socket{conn: conn, client: client, class: classOf(r.UserAgent()), prefix: source.Prefix(remote), page: page})})
	}()
}

// hold has the socket closed when the server goes away, until drop.
func (s *Server) hold(k *socket) (drop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets[k] = struct{}{}
	if s.ctx.Err() != nil {
		k.giveUp(wire.CloseRestarting)
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sockets, k)
	}
}

// cutOff closes all sockets, after stop.
func (s *Server) cutOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.sockets {
		k.giveUp(wire.CloseRestarting)
	}
}

// admit counts a socket.
func (s *Server) admit(remote string) (address string, release func(string), ok bool) {
	address, _, err := net.SplitHostPort(remote)
	if err != nil {
		address = remote
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.addresses[address] >= s.cfg.SocketsPerAddress {
		return address, nil, false
	}
	s.addresses[address]++
	s.wait.Add(1)
	return address, func(address string) {
		s.mu.Lock()
		if s.addresses[address]--; s.addresses[address] == 0 {
			delete(s.addresses, address)
		}
		s.mu.Unlock()
		s.wait.Done()
	}, true
}

// serve is the life of one socket: hello, requests, end.
func (s *Server) serve(sock *socket) CloseReason {
	sock.sent = func(n int) { s.cfg.Events(EventsSent{n}) }
	defer s.hold(sock)()
	defer sock.end()
	one, problem := s.hello(sock)
	if problem != nil {
		if sock.code.Load() != 0 { // nothing came in time
			return CloseTimeout
		}
		_ = sock.conn.Close(websocket.StatusCode(closeCode(problem.Code)), string(problem.Code))
		return ClosePolicy
	}
	err := s.read(sock, one)
	if one.detach(sock, s.cfg.Grace, func() { s.forget(one) }) {
		ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
		defer cancel()
		s.cfg.Calls.SessionLost(ctx, one.who.User, one.id)
	}
	return closeReason(int(sock.code.Load()), err)
}

// closeReason is why a socket ended, for counting: the code it was given up
// with, or what reading ended with.
func closeReason(code int, err error) CloseReason {
	switch {
	case code == wire.CloseRestarting:
		return CloseDrain
	case code == wire.CloseTooSlow:
		return CloseSlowConsumer
	case code == closeSilent:
		return CloseTimeout
	case code != 0, errors.Is(err, websocket.ErrMessageTooBig):
		return ClosePolicy
	}
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway:
		return CloseNormal
	}
	return CloseError
}

// closeSilent closes a socket whose client says nothing any more.
const closeSilent = int(websocket.StatusPolicyViolation)

func closeCode(code wire.Code) int {
	switch code {
	case wire.CodeUnauthenticated, wire.CodeForbidden, wire.CodeHelloFirst, wire.CodeSuspended:
		return wire.CloseUnauthenticated
	case wire.CodeUnavailable:
		return wire.CloseTooMany
	}
	return wire.CloseProtocol
}

// forget ends a session for good. Its calls have their own grace.
func (s *Server) forget(one *session) {
	if one.drop() {
		s.remove(one)
	}
}

// keep registers a new session. If the account has too many, the one that has
// been without a socket the longest makes room.
func (s *Server) keep(one *session) bool {
	s.mu.Lock()
	others := s.users[one.who.User]
	var oldest *session
	if len(others) >= s.cfg.SessionsPerUser {
		for o := range others {
			if since := o.awaySince(); !since.IsZero() && (oldest == nil || since.Before(oldest.awaySince())) {
				oldest = o
			}
		}
		if oldest == nil {
			s.mu.Unlock()
			return false
		}
	}
	first := others == nil
	if first {
		others = map[*session]struct{}{}
		s.users[one.who.User] = others
	}
	others[one] = struct{}{}
	s.sessions[one.id] = one
	s.mu.Unlock()
	if first && !one.who.Guest() {
		s.presence.changed(one.who.User)
	}
	if oldest != nil {
		s.forget(oldest)
	}
	return true
}

func (s *Server) session(id wire.SessionID) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}
