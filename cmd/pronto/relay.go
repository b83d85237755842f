package main

import (
	"log/slog"
	"net"
	"strconv"
	"time"

	"pronto/signalling/wire"
	"pronto/turn"
	"pronto/turn/credential"
)

// relay gives the participants of calls access to the embedded TURN server.
// It implements call.Relay.
type relay struct {
	server *turn.Server
	secret []byte
	host   string
	log    *slog.Logger
}

// Servers implements call.Relay.
func (r *relay) Servers(call wire.CallID, p wire.ParticipantID) []wire.ICEServer {
	c, err := credential.Issue(r.secret, string(call), string(p), time.Now(), credential.MaxTTL)
	if err != nil {
		r.log.Error("a relay credential could not be issued", "err", err)
		return nil
	}
	at := net.JoinHostPort(r.host, strconv.Itoa(int(r.server.Addr().Port())))
	return []wire.ICEServer{{
		URLs:     []string{"turn:" + at + "?transport=udp", "turn:" + at + "?transport=tcp"},
		Username: c.Username, Credential: c.Password,
	}}
}

// Revoke implements call.Relay.
func (r *relay) Revoke(call wire.CallID, p wire.ParticipantID) {
	r.server.Revoke(string(call), string(p))
}

// noRelay is the relay of a server without TURN.
type noRelay struct{}

// Servers implements call.Relay.
func (noRelay) Servers(wire.CallID, wire.ParticipantID) []wire.ICEServer { return nil }

// Revoke implements call.Relay.
func (noRelay) Revoke(wire.CallID, wire.ParticipantID) {}
