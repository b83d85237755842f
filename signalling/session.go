package signalling

import (
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/wire"
)

// Limits of a session.
const (
	maxQueuedFrames = 256
	maxQueuedBytes  = 2 * wire.MaxServerFrameBytes
	maxRemembered   = 256 // ids of requests
)

// session is one signed-in page or app. It keeps the frames that the client
// has not confirmed, so that they can be sent again on the next socket.
type session struct {
	// Set by newSession.
	id          wire.SessionID
	secret      string
	who         call.Who      // without Reply; name and Automated are those at the beginning
	unsubscribe func()        // guarded by the server's mu
	watches     *rate.Limiter // of watchPresence

	mu         sync.Mutex // guards what follows; held for memory access only
	name       string     // what others see
	automated  bool       // whether they see that it is a program
	labelled   bool       // that was changed since the session began
	serial     uint32     // of the newest frame
	queue      []queued
	bytes      int
	held       [][]byte // frames that came before welcome; nil once it was sent
	ready      bool     // welcome was sent
	ids        []string // requests that were taken, the oldest first
	taken      map[string]struct{}
	socket     *socket // nil while it has none
	away       time.Time
	expire     *time.Timer
	dropped    bool
	isDeafened bool // the account has ended: nothing more is taken
}

type queued struct {
	serial uint32
	data   []byte
}

func newSession(who call.Who) *session {
	s := &session{secret: identity.NewSecret(), who: who, name: who.Name, automated: who.Automated, taken: map[string]struct{}{}, watches: rate.NewLimiter(1, 10)}
	s.id = wire.SessionID(identity.NewID("ses"))
	s.who.Session = s.id
	return s
}

// caller is who the session is, as others would see him now.
func (s *session) caller() call.Who {
	who := s.who
	s.mu.Lock()
	who.Name, who.Automated = s.name, s.automated
	s.mu.Unlock()
	return who
}

func (s *session) rename(name string) {
	s.mu.Lock()
	s.name = name
	s.mu.Unlock()
}

// label takes over what was said of the account.
func (s *session) label(automated bool) {
	s.mu.Lock()
	s.automated, s.labelled = automated, true
	s.mu.Unlock()
}

// labelAtFirst takes over what the store says when the session begins, unless more has been
// said meanwhile.
func (s *session) labelAtFirst(automated bool) {
	s.mu.Lock()
	if !s.labelled {
		s.automated = automated
	}
	s.mu.Unlock()
}

// send queues a frame, which is a JSON object without a serial, and has it written. It
// never blocks; a client that does not read loses its socket.
func (s *session) send(frame []byte) {
	if sock := s.put(frame); sock != nil {
		sock.wake(s)
	}
}

// sendHere is send that writes on the caller's goroutine, unless another writes already.
// It can take as long as a write may.
func (s *session) sendHere(frame []byte) {
	if sock := s.put(frame); sock != nil && sock.claim() {
		defer sock.wait.Done()
		sock.write(s)
	}
}

// put queues a frame and returns the socket to write it to, if there is one.
func (s *session) put(frame []byte) *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready {
		if len(s.held) < maxQueuedFrames {
			s.held = append(s.held, frame)
		}
		return nil
	}
	s.push(frame)
	return s.socket
}

// welcome queues the first frame of a session, and then those that came before
// it.
func (s *session) welcome(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(frame)
	for _, f := range s.held {
		s.push(f)
	}
	s.ready, s.held = true, nil
	if s.socket != nil {
		s.socket.wake(s)
	}
}

// push numbers a frame and queues it. The caller holds mu.
func (s *session) push(frame []byte) {
	s.serial++
	data := make([]byte, 0, len(frame)+24)
	data = append(data, `{"serial":`...)
	data = strconv.AppendUint(data, uint64(s.serial), 10)
	data = append(data, ',')
	data = append(data, frame[1:]...)
	s.queue = append(s.queue, queued{s.serial, data})
	s.bytes += len(data)
	for len(s.queue) > maxQueuedFrames || s.bytes > maxQueuedBytes {
		if s.socket != nil && s.socket.written < s.queue[0].serial {
			s.socket.giveUp(wire.CloseTooSlow)
		}
		s.bytes -= len(s.queue[0].data)
		s.queue = s.queue[1:]
	}
}

// confirm forgets the frames that the client has seen.
func (s *session) confirm(serial uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(s.queue) && s.queue[n].serial <= serial {
		s.bytes -= len(s.queue[n].data)
		n++
	}
	s.queue = append([]queued(nil), s.queue[n:]...)
}

// take notes a request's id, and reports false if it was taken before: its
// reply is under way or was sent again when the session was resumed.
func (s *session) take(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.taken[id]; ok || s.isDeafened {
		return false
	}
	if len(s.ids) == maxRemembered {
		delete(s.taken, s.ids[0])
		s.ids = s.ids[1:]
	}
	s.ids = append(s.ids, id)
	s.taken[id] = struct{}{}
	return true
}

// attach gives the session a socket that has seen frames up to serial, and
// returns the socket it had before. It reports false if frames after serial
// are gone.
func (s *session) attach(sock *socket, serial uint32) (before *socket, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dropped || serial > s.serial || len(s.queue) > 0 && s.queue[0].serial > serial+1 || len(s.queue) == 0 && serial != s.serial {
		return nil, false
	}
	before = s.socket
	s.socket, sock.written = sock, serial
	if s.expire != nil {
		s.expire.Stop()
		s.expire = nil
	}
	sock.wake(s)
	return before, true
}

// detach takes the socket away if it is still the session's, and has expired
// called after grace. It reports whether it was.
func (s *session) detach(sock *socket, grace time.Duration, expired func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != sock {
		return false
	}
	s.socket, s.away = nil, time.Now()
	if !s.dropped {
		s.expire = time.AfterFunc(grace, expired)
	}
	return true
}

// drop ends a session that has no socket; it reports false if it has one.
func (s *session) drop() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != nil {
		return false
	}
	s.dropped = true
	if s.expire != nil {
		s.expire.Stop()
	}
	return true
}

// expel ends a session for good and closes its socket. If the session is being
// made, who makes it finds it dropped.
func (s *session) expel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped = true
	if s.expire != nil {
		s.expire.Stop()
	}
	if s.socket != nil {
		s.socket.giveUp(wire.CloseUnauthenticated)
		s.socket, s.away = nil, time.Now()
	}
}

// deafen has the session take no request any more.
func (s *session) deafen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isDeafened = true
}

// isDeaf tells whether deafen was called.
func (s *session) isDeaf() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isDeafened
}

// ended tells whether the session was ended for good.
func (s *session) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// pending returns the next frame for the socket, if there is one.
func (s *session) pending(sock *socket) (queued, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != sock {
		return queued{}, false
	}
	for _, q := range s.queue {
		if q.serial > sock.written {
			sock.written = q.serial
			return q, true
		}
	}
	return queued{}, false
}

// awaySince returns since when the session has no socket; zero if it has one.
func (s *session) awaySince() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != nil {
		return time.Time{}
	}
	return s.away
}
