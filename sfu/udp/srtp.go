package udp

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pion/srtp/v3"
)

// Overhead is the most by which a packet grows when it is sealed, in bytes.
const Overhead = 16 + 4

// The lengths of the fixed parts of packets.
const (
	rtpHeader  = 12
	rtcpHeader = 8
)

// ErrSRTP is returned for a packet that is not authentic, was seen before, or is cut off.
var ErrSRTP = errors.New("udp: not an authentic packet")

// Keys are the keying material of one DTLS-SRTP association (RFC 5764, section 4.2), seen from
// the server.
type Keys struct {
	Profile               srtp.ProtectionProfile
	ClientKey, ClientSalt []byte
	ServerKey, ServerSalt []byte
}

// Session keeps what SRTP needs for one association, as the server. It belongs to one goroutine.
//
// With AEAD_AES_128_GCM (RFC 7714) nothing is allocated for a packet. The other profiles are
// served by pion/srtp.
type Session struct {
	in, out suite
	outRTCP uint32             // index of the last SRTCP packet sent; one for all SSRCs
	inRTCP  map[uint32]*window // by SSRC of the sender
}

// suite is what differs by profile. Each works in place.
type suite interface {
	// openRTP opens a packet whose header has n bytes.
	openRTP(packet []byte, n int, roc uint32) ([]byte, error)
	// sealRTP appends payload to header, which has extensions or not, and room behind it.
	sealRTP(header, payload []byte, roc uint32) ([]byte, error)
	openRTCP(packet []byte) (plain []byte, index uint32, err error)
	sealRTCP(plain []byte, index uint32) ([]byte, error)
}

// NewSession makes a session. The error says that the keys do not fit the profile.
func NewSession(keys Keys) (*Session, error) {
	in, err := newSuite(keys.Profile, keys.ClientKey, keys.ClientSalt)
	if err != nil {
		return nil, fmt.Errorf("udp: keys of the client: %w", err)
	}
	out, err := newSuite(keys.Profile, keys.ServerKey, keys.ServerSalt)
	if err != nil {
		return nil, fmt.Errorf("udp: keys of the server: %w", err)
	}
	return &Session{in: in, out: out, inRTCP: map[uint32]*window{}}, nil
}

func newSuite(profile srtp.ProtectionProfile, key, salt []byte) (suite, error) {
	if profile == srtp.ProtectionProfileAeadAes128Gcm {
		return newGCM(key, salt)
	}
	return newOther(profile, key, salt)
}

// Source is what is known about one received synchronisation source.
type Source struct {
	ssrc   uint32
	roc    uint32 // roll-over counter (RFC 3711, section 3.3.1) of newest
	newest uint16
	begun  bool
	seen   window
}

// NewSource returns what is known about a source before its first packet.
func NewSource(ssrc uint32) *Source { return &Source{ssrc: ssrc} }

// Reset makes of s what is known about another source before its first packet.
func (s *Source) Reset(ssrc uint32) { *s = Source{ssrc: ssrc} }

// SSRC returns the source's identifier.
func (s *Source) SSRC() uint32 { return s.ssrc }

// Begun tells whether an authentic packet has come.
func (s *Source) Begun() bool { return s.begun }

// OpenRTP decrypts a packet in place and returns its payload with its padding. header is the length of its header,
// at least 12 and within the packet. [ErrSRTP] changes nothing about the source.
func (e *Session) OpenRTP(s *Source, packet []byte, header int) ([]byte, error) {
	if len(packet) < header || header < rtpHeader {
		return nil, ErrSRTP
	}
	seq := binary.BigEndian.Uint16(packet[2:])
	roc := s.guess(seq)
	index := uint64(roc)<<16 | uint64(seq)
	if !s.seen.fresh(index) {
		return nil, ErrSRTP
	}
	payload, err := e.in.openRTP(packet, header, roc)
	if err != nil {
		return nil, err
	}
	s.seen.mark(index)
	if !s.begun || index > uint64(s.roc)<<16|uint64(s.newest) {
		s.begun, s.roc, s.newest = true, roc, seq
	}
	return payload, nil
}

// guess estimates the roll-over counter of a packet (RFC 3711, appendix A).
func (s *Source) guess(seq uint16) uint32 {
	switch ahead := int16(seq - s.newest); {
	case !s.begun:
		return 0
	case ahead > 0 && seq < s.newest:
		return s.roc + 1
	case ahead < 0 && seq > s.newest && s.roc > 0:
		return s.roc - 1
	}
	return s.roc
}

// Sink counts the roll-overs of one synchronisation source that is sent.
type Sink struct {
	begun  bool
	roc    uint32
	newest uint16
}

// SealRTP appends a payload to a header, of 12 bytes or more with extensions, and seals both. Behind the
// header there must be room for the payload and [Overhead]. The same sequence number must never be sealed with
// other content.
func (e *Session) SealRTP(s *Sink, header, payload []byte) ([]byte, error) {
	if len(header) < rtpHeader {
		return nil, ErrSRTP
	}
	return e.out.sealRTP(header, payload, s.rollOver(binary.BigEndian.Uint16(header[2:])))
}

func (s *Sink) rollOver(seq uint16) uint32 {
	ahead := int16(seq - s.newest)
	switch {
	case !s.begun:
		s.begun, s.newest = true, seq
	case ahead > 0:
		if seq < s.newest {
			s.roc++
		}
		s.newest = seq
	case ahead < 0 && seq > s.newest && s.roc > 0:
		return s.roc - 1
	}
	return s.roc
}

// maxReporters is how many senders of RTCP a session has at most.
const maxReporters = 128

// OpenRTCP decrypts a compound packet in place.
func (e *Session) OpenRTCP(packet []byte) ([]byte, error) {
	if len(packet) < rtcpHeader {
		return nil, ErrSRTP
	}
	ssrc := binary.BigEndian.Uint32(packet[4:])
	plain, index, err := e.in.openRTCP(packet)
	if err != nil {
		return nil, err
	}
	seen := e.inRTCP[ssrc]
	if seen == nil {
		if len(e.inRTCP) >= maxReporters {
			return nil, ErrSRTP
		}
		seen = new(window)
		e.inRTCP[ssrc] = seen
	}
	if !seen.fresh(uint64(index)) {
		return nil, ErrSRTP
	}
	seen.mark(uint64(index))
	return plain, nil
}

// SealRTCP seals a compound packet in place; behind it there must be room for [Overhead].
func (e *Session) SealRTCP(plain []byte) ([]byte, error) {
	if len(plain) < rtcpHeader || e.outRTCP == 1<<31-1 {
		return nil, ErrSRTP
	}
	e.outRTCP++
	return e.out.sealRTCP(plain, e.outRTCP)
}

// windowSize is how many packets behind the newest one is accepted, once.
const windowSize = 512

// window remembers which of the last packets came (RFC 3711, section 3.3.2).
type window struct {
	newest uint64 // index + 1, 0 when none came
	bits   [windowSize / 64]uint64
}

func (w *window) fresh(index uint64) bool {
	switch n := index + 1; {
	case n > w.newest:
		return true
	case w.newest-n >= windowSize:
		return false
	}
	return w.bits[index/64%(windowSize/64)]&(1<<(index%64)) == 0
}

func (w *window) mark(index uint64) {
	if n := index + 1; n > w.newest {
		if n-w.newest >= windowSize {
			w.bits = [windowSize / 64]uint64{}
		} else {
			for i := w.newest; i < n; i++ { // i is the index after the newest
				w.bits[i/64%(windowSize/64)] &^= 1 << (i % 64)
			}
		}
		w.newest = n
	}
	w.bits[index/64%(windowSize/64)] |= 1 << (index % 64)
}
