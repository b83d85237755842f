package signalling

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// hello waits for the first request and answers it. A problem has been told to
// the client when it is returned.
func (s *Server) hello(sock *socket) (one *session, _ *wire.Problem) {
	late := time.AfterFunc(helloWithin, func() { sock.giveUp(wire.CloseUnauthenticated) })
	_, data, err := sock.conn.Read(context.Background())
	late.Stop()
	if err != nil {
		return nil, wire.Problemf(wire.CodeHelloFirst, "the first message must be hello, within %s", helloWithin)
	}
	problem := wire.Problemf(wire.CodeInternal, "the server is at fault")
	s.aside(sock, func() { one, problem = s.greet(sock, data) })
	return one, problem
}

// greet answers the first request.
func (s *Server) greet(sock *socket, data []byte) (*session, *wire.Problem) {
	ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
	defer cancel()
	frame, message, err := wire.Decode(data)
	one, err := s.open(ctx, sock, frame, message, err)
	if err == nil {
		return one, nil
	}
	problem := s.problem(err)
	if reply, err := wire.EncodeReply(frame.ID, problem); err == nil {
		if data, err := json.Marshal(reply); err == nil {
			_ = sock.conn.Write(ctx, websocket.MessageText, data) // the close that follows tells it too
		}
	}
	s.cfg.Events(Handled{Type: "hello", Code: problem.Code})
	return nil, problem
}

func (s *Server) open(ctx context.Context, sock *socket, frame wire.Frame, message any, err error) (*session, error) {
	if err != nil {
		return nil, err
	}
	m, ok := message.(*wire.Hello)
	if !ok {
		return nil, wire.Problemf(wire.CodeHelloFirst, "the first message must be hello")
	}
	id, err := s.cfg.Identity.Verify(ctx, m.Token, sock.page)
	switch {
	case errors.Is(err, identity.ErrPage):
		s.cfg.Events(TokenRefused{})
		return nil, wire.Problemf(wire.CodeForbidden, "%s", err) // another token of the key would do no better
	case errors.Is(err, identity.ErrToken):
		s.cfg.Events(TokenRefused{})
		return nil, wire.Problemf(wire.CodeUnauthenticated, "%s", err)
	case err != nil:
		s.cfg.Logger.Error("a token could not be checked", "err", err)
		return nil, wire.Problemf(wire.CodeUnavailable, "the server cannot check the token now; try again")
	}
	who := call.Who{User: id.User, Name: id.Name, Automated: id.Automated, Link: id.Grants.Link, Network: id.Grants.Network, Key: id.Key, Device: m.Device, DeviceName: m.DeviceName, Encryption: m.Encryption, Client: sock.client, Class: sock.class, Can: m.Capabilities, Prefix: sock.prefix}
	if bound := id.Grants.Device; bound != "" && bound != m.Device {
		return nil, wire.Problemf(wire.CodeUnauthenticated, "the token is another device's")
	}
	if err := s.admitted(ctx, who); err != nil {
		return nil, err
	}
	if one := s.resume(ctx, sock, frame.ID, who, m.Resume); one != nil {
		return one, nil
	}
	token := identity.HashSecret(m.Token)
	who.Name, err = s.enrol(ctx, who, store.DeviceUse{
		User: string(id.User), Device: string(m.Device), Name: m.DeviceName, Known: id.Grants.Device != "",
		TokenHash: token, TokenExpires: id.Expires,
	})
	if err != nil {
		return nil, err
	}
	return s.begin(ctx, sock, frame.ID, who, token)
}

// resume takes up a session, if it still is one, of this very account and
// device.
func (s *Server) resume(ctx context.Context, sock *socket, id string, who call.Who, m *wire.Resume) *session {
	if m == nil {
		return nil
	}
	one := s.session(m.Session)
	if one == nil || !identity.SameSecret(one.secret, m.Secret) || one.who.User != who.User || one.who.Device != who.Device ||
		one.who.Link != who.Link {
		return nil
	}
	before, ok := one.attach(sock, m.Serial)
	if !ok {
		s.forget(one)
		return nil
	}
	if before != nil {
		before.giveUp(wire.CloseReplaced)
	}
	s.cfg.Calls.Attach(ctx, one.caller())
	one.send(reply(id, wire.Welcome{
		Session: one.id, Secret: one.secret, Resumed: true, GraceMs: uint32(s.cfg.Grace.Milliseconds()),
		User: account(one.who), Name: one.caller().Name, Calls: []wire.CallState{}, Incoming: []wire.Incoming{},
	}))
	s.cfg.Events(Handled{Type: "hello"})
	return one
}

func account(who call.Who) wire.UserID {
	if who.Guest() {
		return ""
	}
	return who.User
}

// enrol stores who this is, and returns the name. Accounts of integrators come
// to be, and are renamed, when their token says so; those that sign in by
// themselves are there already, and have their name here.
func (s *Server) enrol(ctx context.Context, who call.Who, use store.DeviceUse) (name string, err error) {
	if who.Guest() {
		return who.Name, nil
	}
	user, err := s.cfg.Store.User(ctx, string(who.User))
	name = who.Name
	switch {
	case use.Known && errors.Is(err, store.ErrNotFound):
		err = store.ErrRevoked // with the account
	case use.Known:
		name = user.Name
	case errors.Is(err, store.ErrNotFound), err == nil && user.Name != who.Name:
		renamed := err == nil
		if err = s.cfg.Store.UpsertUser(ctx, string(who.User), who.Name); renamed && err == nil {
			s.renamed(who.User, who.Name)
		}
	}
	if err == nil {
		err = s.cfg.Store.UseDevice(ctx, use)
	}
	return name, err
}

// begin makes a new session. It is subscribed before its state is read, so
// that nothing falls between the two, and registered before its device's
// standing is asked for once more: whoever revokes it meanwhile sees one of the
// two.
func (s *Server) begin(ctx context.Context, sock *socket, id string, who call.Who, token string) (*session, error) {
	one := newSession(who)
	who = one.who
	if !s.keep(one) {
		return nil, wire.Problemf(wire.CodeRateLimited, "the account has %d sessions; close one", s.cfg.SessionsPerUser)
	}
	unsubscribe, err := s.cfg.Post.subscribe(one.id, account(who), one.send)
	if err != nil {
		s.forget(one)
		return nil, err
	}
	s.mu.Lock()
	one.unsubscribe = unsubscribe
	s.mu.Unlock()
	var begins store.Beginning
	if !who.Guest() {
		if begins, err = s.cfg.Store.DeviceStanding(ctx, string(who.User), string(who.Device), token); err != nil {
			s.forget(one)
			return nil, err
		}
		one.labelAtFirst(begins.Automated)
	}
	terms, told, err := s.notice(ctx, who)
	if err != nil {
		s.forget(one)
		return nil, err
	}
	w := wire.Welcome{
		Session: one.id, Secret: one.secret, GraceMs: uint32(s.cfg.Grace.Milliseconds()), User: account(who), Name: who.Name, Terms: terms,
		Calls: s.cfg.Calls.Attach(ctx, who), Incoming: []wire.Incoming{},
	}
	if !who.Guest() {
		w.Incoming = s.cfg.Calls.Incoming(ctx, who.User)
	}
	if _, ok := one.attach(sock, 0); !ok { // ended this very moment
		s.cfg.Calls.SessionEnded(ctx, who.User, one.id)
		s.remove(one)
		return nil, wire.Problemf(wire.CodeUnauthenticated, "the session was ended; sign in again")
	}
	one.welcome(reply(id, w))
	if terms != nil && !told {
		s.delivered(ctx, who)
	}
	if !who.Guest() {
		for _, lobby := range s.cfg.Calls.Lobbies(ctx, who.User) {
			one.send(event(lobby))
		}
	}
	if begins.NoteKey && who.Encryption > 0 {
		one.send(event(wire.NoteKeyWanted{}))
	}
	s.cfg.Events(Handled{Type: "hello"})
	return one, nil
}
