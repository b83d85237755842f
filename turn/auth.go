package turn

import (
	"net"
	"strings"
	"time"

	"github.com/pion/stun/v4"
	pion "github.com/pion/turn/v5"

	"pronto/turn/credential"
)

const attrMessageIntegrity = stun.AttrMessageIntegrity

// authenticate is the library's [pion.AuthHandler]: it turns a username into the
// key that the message must be signed with (RFC 8489, section 9.2). A credential
// that has expired still serves the allocation that was made with it, so that a
// call may outlast it. The user's id for the library is "call:user".
func (s *Server) authenticate(ra *pion.RequestAttributes) (string, []byte, bool) {
	c := clientOf(ra.SrcAddr)
	refuse := func(reason Reason) (string, []byte, bool) {
		if ra.Method == stun.MethodAllocate {
			s.refused(c.transport, reason)
		}
		return "", nil, false
	}
	claims, err := credential.Parse(ra.Username)
	line := s.lineOf(c)
	if err != nil || line == nil || ra.Realm != s.cfg.Realm {
		return refuse(ReasonAuth)
	}
	a := s.table.ofClient(c)
	owns := a != nil && a.pair == pair{claims.Call, claims.User} && ra.Method != stun.MethodAllocate
	if !owns {
		if err := claims.Check(time.Now()); err != nil {
			return refuse(ReasonExpired)
		}
		if s.revoked.refuses(claims) {
			return refuse(ReasonAuth)
		}
	}
	line.claims = claims
	password := credential.Password(s.cfg.Secret, ra.Username)
	return claims.Call + ":" + claims.User, pion.GenerateAuthKey(ra.Username, s.cfg.Realm, password), true
}

// authenticated hears whether the signature was good.
func (s *Server) authenticated(src, _ net.Addr, _, _, _ string, method string, good bool) {
	if !good && method == stun.MethodAllocate.String() {
		s.refused(clientOf(src).transport, ReasonAuth)
	}
}

// withinQuota is the library's [pion.QuotaHandler]; open counts again, for two
// connections that ask at once.
func (s *Server) withinQuota(userID, _ string, src net.Addr) bool {
	if p, ok := pairOf(userID); ok && s.table.hasRoom(p.user, s.cfg.Quotas.AllocationsPerUser) {
		return true
	}
	s.refused(clientOf(src).transport, ReasonQuota)
	return false
}

// created hears of a new allocation, before its relay is read.
func (s *Server) created(src, _ net.Addr, _, _, _ string, relayed net.Addr, _ int) {
	c := clientOf(src)
	a, l := s.table.atPort(clientOf(relayed).addr), s.lineOf(c)
	if a == nil || l == nil {
		return // cannot happen: the relay has just been opened for a message on that line
	}
	s.table.bind(a, c, src, l)
	s.cfg.Events(AllocationOpened{Transport: c.transport})
	if s.revoked.refuses(l.claims) {
		a.end() // revoked between its authentication and now
	}
}

// channelBound hears of a new channel.
func (s *Server) channelBound(_, _ net.Addr, _, _, _ string, relayed, _ net.Addr, number uint16) {
	if a := s.table.atPort(clientOf(relayed).addr); a != nil {
		a.channelBound(number)
	}
}

// channelGone hears of the end of a channel.
func (s *Server) channelGone(_, _ net.Addr, _, _, _ string, relayed, _ net.Addr, number uint16) {
	if a := s.table.atPort(clientOf(relayed).addr); a != nil {
		a.channelGone(number)
	}
}

// lineOf is where a client's messages are read, nil if its connection is gone.
func (s *Server) lineOf(c client) *line {
	if c.transport == UDP {
		return &s.datagrams.line
	}
	if conn := s.frames.connOf(c); conn != nil {
		return &conn.line
	}
	return nil
}

// pairOf takes the user's id for the library apart.
func pairOf(userID string) (pair, bool) {
	call, name, ok := strings.Cut(userID, ":")
	return pair{call, name}, ok
}

func (s *Server) refused(t Transport, reason Reason) {
	s.cfg.Events(AllocationRefused{Transport: t, Reason: reason})
}
