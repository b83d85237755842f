package signalling

import (
	"context"
	"crypto/ecdh"
	"net/url"

	"pronto/signalling/call"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// push carries out requests about how a device is reached while its page is
// closed.
func (s *Server) push(ctx context.Context, who call.Who, message any) (handled bool, err error) {
	user, device := string(who.User), string(who.Device)
	reply := wire.Push{Key: s.cfg.PushKey}
	switch m := message.(type) {
	case *wire.GetPush:
		list, err := s.cfg.Store.PushSubscriptions(ctx, user)
		if err != nil {
			return true, err
		}
		for _, p := range list {
			reply.Subscribed = reply.Subscribed || p.Device == device
		}
	case *wire.SetPush:
		if s.cfg.PushKey == "" {
			return true, wire.Problemf(wire.CodeForbidden, "this server does not reach devices by push; its operator can switch that on")
		}
		if err := checkPush(m); err != nil {
			return true, err
		}
		p := store.PushSubscription{Device: device, Endpoint: m.Endpoint, P256DH: string(m.P256DH), Auth: string(m.Auth)}
		if err := s.cfg.Store.SetPushSubscription(ctx, user, p); err != nil {
			return true, err
		}
		reply.Subscribed = true
	case *wire.ClearPush:
		if err := s.cfg.Store.DeletePushSubscription(ctx, user, device, ""); err != nil {
			return true, err
		}
	default:
		return false, nil
	}
	who.Reply(reply)
	return true, nil
}

// checkPush says what is wrong with a subscription. Whether its address leads
// anywhere that it may is seen when something is sent there.
func checkPush(m *wire.SetPush) error {
	u, err := url.Parse(m.Endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return wire.Problemf(wire.CodeInvalid, "endpoint is not an address such as a browser gives")
	}
	point, err := m.P256DH.Bytes()
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(point)
	}
	if err != nil {
		return wire.Problemf(wire.CodeInvalid, "p256dh is no point of P-256")
	}
	const secretBytes = 16 // RFC 8291, section 3.2
	if secret, err := m.Auth.Bytes(); err != nil || len(secret) != secretBytes {
		return wire.Problemf(wire.CodeInvalid, "auth is not %d bytes", secretBytes)
	}
	return nil
}

// Here tells whether a device of an account has a socket at this server.
func (s *Server) Here(user, device string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.users[wire.UserID(user)] {
		if string(one.who.Device) == device && one.awaySince().IsZero() {
			return true
		}
	}
	return false
}
