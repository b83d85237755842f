package signalling

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"pronto/signalling/call"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Rates of a socket. A page that sets up media sends about ten frames in its
// first second and one every few seconds after that.
const (
	framesPerSecond = 50
	framesBurst     = 200
	maxRefused      = 200 // frames over the rate before the socket is closed
	maxMalformed    = 20  // frames that are no JSON before it is closed
)

// read serves requests one after another until the socket ends.
func (s *Server) read(sock *socket, one *session) error {
	in := incoming{limiter: rate.NewLimiter(framesPerSecond, framesBurst)}
	silent := time.AfterFunc(silentFor, func() { sock.giveUp(closeSilent) })
	defer silent.Stop()
	for {
		_, data, err := sock.conn.Read(context.Background())
		if errors.Is(err, websocket.ErrMessageTooBig) { // the library has closed it with 1009
			s.cfg.Events(Handled{Type: "unknown", Code: wire.CodeTooLarge})
		}
		if err != nil {
			return err
		}
		silent.Reset(silentFor)
		enough, carry := 0, s.aside
		if isSmall(data) {
			carry = s.contain
		}
		carry(sock, func() { enough = s.take(&in, one, data) })
		if enough != 0 {
			return sock.cut(enough)
		}
	}
}

// incoming is what is counted of a socket's frames. Owned by its reader.
type incoming struct {
	limiter            *rate.Limiter
	refused, malformed int
}

// take carries out one frame, or refuses it. The code, if there is one, is why the
// socket should be closed instead.
func (s *Server) take(in *incoming, one *session, data []byte) (enough int) {
	if !in.limiter.Allow() {
		if in.refused++; in.refused > maxRefused {
			return wire.CloseTooMany
		}
		frame, _, _ := wire.Decode(data) // for its id; what is wrong with it does not matter now
		p := wire.Problemf(wire.CodeRateLimited, "more than %d frames a second", framesPerSecond)
		p.RetryAfterMs = 1000
		s.answer(one, frame, time.Now(), p)
		return 0
	}
	frame, message, err := wire.Decode(data)
	if p := (*wire.Problem)(nil); errors.As(err, &p) && p.Code == wire.CodeBadFrame {
		if in.malformed++; in.malformed > maxMalformed {
			return wire.CloseProtocol
		}
	}
	s.handle(one, frame, message, err)
	return 0
}

// handle carries out one request. It is finished even if its socket has gone.
func (s *Server) handle(one *session, frame wire.Frame, message any, err error) {
	start := time.Now()
	if err != nil {
		s.answer(one, frame, start, s.problem(err))
		return
	}
	if ping, ok := message.(*wire.Ping); ok {
		one.confirm(ping.Serial)
		if ping.RTTMs > 0 {
			s.cfg.Events(Pinged{time.Duration(ping.RTTMs) * time.Millisecond})
		}
	}
	if !one.take(frame.ID) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
	defer cancel()
	who := one.caller()
	who.Reply = func(body any) { s.post(one.id, frame, start, body) }
	if isReport(message) {
		who.Reply = func(body any) { s.acknowledge(one, frame, start, body) }
	}
	if err := s.dispatch(ctx, who, message); err != nil {
		s.answer(one, frame, start, s.problem(err))
	}
}

// dispatch hands a request to those who know. Whoever carries it out replies;
// after an error nothing was replied.
func (s *Server) dispatch(ctx context.Context, who call.Who, message any) error {
	if err := s.termsAllow(ctx, who, message); err != nil {
		return err
	}
	if handled, err := s.cfg.Calls.Handle(ctx, who, message); handled {
		return err
	}
	switch message.(type) {
	case *wire.Ping:
		who.Reply(wire.Done{})
		return nil
	case *wire.Hello:
		return wire.Problemf(wire.CodeForbidden, "hello was said already")
	}
	if who.Guest() {
		return wire.Problemf(wire.CodeForbidden, "a guest has no account")
	}
	if handled, err := s.groups(ctx, who, message); handled {
		return err
	}
	return s.account(ctx, who, message)
}

// post sends a reply the way events go, so that it keeps its place among them.
func (s *Server) post(session wire.SessionID, request wire.Frame, start time.Time, body any) {
	frame, err := wire.EncodeReply(request.ID, body)
	if err != nil {
		s.cfg.Logger.Error("a reply could not be encoded", "err", err)
		return
	}
	s.cfg.Post.ToSession(session, frame)
	s.cfg.Events(Handled{Type: request.Type, After: time.Since(start)})
}

// isReport tells whether a request only reports how a call is. Those are most of
// what a client sends while it talks.
func isReport(message any) bool {
	switch message.(type) {
	case *wire.ReportQuality, *wire.ReportConnection, *wire.ReportEnd:
		return true
	}
	return false
}

// acknowledge answers a report, from the goroutine that takes it: no event goes with it
// whose place the reply must keep, and the way over the bus and to a writer would cost
// more than all the rest.
func (s *Server) acknowledge(one *session, request wire.Frame, start time.Time, body any) {
	one.sendHere(reply(request.ID, body))
	s.cfg.Events(Handled{Type: request.Type, After: time.Since(start)})
}

// answer sends a problem.
func (s *Server) answer(one *session, request wire.Frame, start time.Time, p *wire.Problem) {
	one.send(reply(request.ID, p))
	kind := request.Type
	if p.Code == wire.CodeUnknownType || p.Code == wire.CodeBadFrame || p.Code == wire.CodeTooLarge {
		kind = "unknown"
	}
	s.cfg.Events(Handled{Type: kind, Code: p.Code, After: time.Since(start)})
}

// problem is what a client may know of an error; the rest goes to the log.
func (s *Server) problem(err error) *wire.Problem {
	switch {
	case errors.Is(err, store.ErrRevoked):
		return wire.Problemf(wire.CodeUnauthenticated, "this device was revoked; sign in anew")
	case errors.Is(err, store.ErrDeleted):
		return wire.Problemf(wire.CodeUnauthenticated, "this account was deleted, and does not come back under its id")
	case errors.Is(err, store.ErrPending):
		return wire.Problemf(wire.CodeForbidden, "another device of the account has to confirm this one first")
	case errors.Is(err, store.ErrNotFound):
		return wire.Problemf(wire.CodeNotFound, "there is no such thing for this account")
	case errors.Is(err, store.ErrConflict):
		return wire.Problemf(wire.CodeConflict, "it was changed meanwhile; read it again")
	case errors.Is(err, store.ErrLimit):
		return wire.Problemf(wire.CodeForbidden, "the account has as many of these as it may")
	case errors.Is(err, store.ErrInvalid):
		return wire.Problemf(wire.CodeInvalid, "a value cannot be stored")
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return wire.Problemf(wire.CodeUnavailable, "the server cannot do it now; try again")
	}
	p := wire.AsProblem(err)
	if p.Code == wire.CodeInternal {
		s.cfg.Logger.Error("a request failed", "err", err)
	}
	return p
}

func reply(id string, body any) []byte {
	frame, err := wire.EncodeReply(id, body)
	return encoded(frame, err)
}

func event(body any) []byte {
	frame, err := wire.EncodeEvent("", 0, 0, body)
	return encoded(frame, err)
}

// encoded is a frame as JSON. Frames of this package are made of strings and
// numbers, so that it cannot fail.
func encoded(frame wire.Frame, err error) []byte {
	if err == nil {
		var data []byte
		if data, err = json.Marshal(frame); err == nil {
			return data
		}
	}
	panic("signalling: " + err.Error())
}
