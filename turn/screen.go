package turn

import (
	"encoding/binary"
	"time"

	"github.com/pion/stun/v4"
)

// minLifetime is the shortest lifetime that a client may ask for, zero aside. RFC 8656,
// section 7.2 lets a server grant more; the library grants less, down to a second.
const minLifetime = time.Minute

// screen decides what becomes of a message before the library sees it: it passes,
// or is answered here, or, with neither, is dropped. a is the sender's
// allocation, nil for a stranger.
func (s *Server) screen(a *allocation, raw []byte) (pass bool, answer []byte) {
	if a != nil && a.ended.Load() {
		return false, nil
	}
	if isChannelData(raw) {
		return a != nil, nil
	}
	m, ok := parseMessage(raw)
	if !ok {
		return false, nil
	}
	t := m.messageType()
	if t.Class == stun.ClassIndication {
		return a != nil && t.Method == stun.MethodSend, nil
	}
	if t.Class != stun.ClassRequest {
		return false, nil
	}
	code, ok := s.screenRequest(a, m, t.Method)
	switch {
	case !ok:
		return false, nil
	case code != 0:
		return false, m.refusal(code)
	}
	return true, nil
}

// screenRequest returns the error code that a request deserves, 0 if the library
// shall answer, and not ok if nobody shall. A request without MESSAGE-INTEGRITY
// goes to the library, which answers with a nonce.
func (s *Server) screenRequest(a *allocation, m message, method stun.Method) (code stun.ErrorCode, ok bool) {
	signed := m.has(stun.AttrMessageIntegrity)
	switch method {
	case stun.MethodBinding:
		return 0, true
	case stun.MethodConnect, stun.MethodConnectionBind:
		// No relays over TCP (RFC 6062): to open one the library would dial while all
		// other clients wait, for as long as the peer cares to be silent.
		return stun.CodeBadRequest, true
	case stun.MethodAllocate:
		if signed {
			return s.screenAllocate(m), true
		}
	case stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind:
		switch {
		case !signed:
		case a == nil:
			return stun.CodeAllocMismatch, true
		case method == stun.MethodRefresh && tooShort(m):
			return stun.CodeBadRequest, true
		case method == stun.MethodChannelBind && !a.takesChannel(m, s.cfg.Quotas.ChannelsPerAllocation):
			s.refused(a.transport, ReasonQuota)
			return stun.CodeInsufficientCapacity, true
		}
	default:
		return 0, false
	}
	return 0, true
}

// screenAllocate refuses what this server never grants.
func (s *Server) screenAllocate(m message) stun.ErrorCode {
	const protocolUDP, familyIPv4, familyIPv6 = 17, 1, 2
	if v, ok := m.attr(stun.AttrRequestedTransport); ok && len(v) == 4 && v[0] != protocolUDP {
		return stun.CodeUnsupportedTransProto
	}
	if v, ok := m.attr(stun.AttrRequestedAddressFamily); ok && len(v) == 4 {
		switch {
		case v[0] == familyIPv4 && s.relays4 == nil, v[0] == familyIPv6 && s.relays6 == nil:
			return stun.CodeAddrFamilyNotSupported
		}
	}
	if tooShort(m) {
		return stun.CodeBadRequest
	}
	// An even port is found, but no second one is kept for RTCP. The library remembers
	// each even port for 30 s all the same, which is why there are not many.
	const keepNext = 0x80
	even, ok := m.attr(stun.AttrEvenPort)
	if ok && (len(even) == 0 || even[0]&keepNext != 0 || !s.evenPorts.Allow()) || m.has(stun.AttrReservationToken) {
		return stun.CodeInsufficientCapacity
	}
	return 0
}

// tooShort reports whether a request asks for a lifetime that lets the library's
// own timer come first; see allocation.extend.
func tooShort(m message) bool {
	l, ok := m.lifetime()
	return ok && l > 0 && l < minLifetime
}

// channelOf is the value of CHANNEL-NUMBER (RFC 8656, section 18.1).
func channelOf(m message) (uint16, bool) {
	v, ok := m.attr(stun.AttrChannelNumber)
	if !ok || len(v) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint16(v), true
}

// outgoing looks at a response of the library on its way to a client, and returns
// what shall be sent.
func (s *Server) outgoing(a *allocation, raw []byte) []byte {
	m, ok := parseMessage(raw)
	if !ok {
		return raw
	}
	t := m.messageType()
	switch {
	case t.Class == stun.ClassSuccessResponse && (t.Method == stun.MethodAllocate || t.Method == stun.MethodRefresh):
		if l, ok := m.lifetime(); ok && a != nil {
			a.granted(l, t.Method == stun.MethodRefresh)
		}
	case t.Class == stun.ClassErrorResponse && t.Method == stun.MethodChannelBind && !m.has(stun.AttrNonce):
		// The library says 401 where RFC 8656, section 12.2 wants 403.
		if v, ok := m.attr(stun.AttrErrorCode); ok && len(v) >= 4 && v[2] == 4 && v[3] == 1 {
			return m.refusal(stun.CodeForbidden)
		}
	}
	return raw
}
