package udp

import "net"

const (
	slabSize = 160 << 10
	// maxMessages is how many go out with one call. Few, so that the first need not wait for
	// all the others to be sealed, and what was sealed is still near the processor when the
	// kernel copies it; enough that the call itself costs little.
	maxMessages = 8
	maxSegments = 48       // a message; Linux takes 64
	maxMessage  = 60 << 10 // bytes of a message with segments
)

// Slab collects datagrams that are sent together. It belongs to the goroutine that uses the socket.
type Slab struct {
	socket   *Socket
	buffer   []byte
	at       int
	messages []message
}

// message is one datagram, or several of one destination that follow each other in the buffer:
// all of the length segment but the last, which may be shorter.
type message struct {
	to         *Address
	begin, end int
	segment    int
	segments   int
	ended      bool // the last one was shorter
}

// NewSlab returns an empty slab for the socket.
func (s *Socket) NewSlab() *Slab {
	return &Slab{socket: s, buffer: make([]byte, slabSize), messages: make([]message, 0, maxMessages)}
}

// Room returns n bytes, at most [MTU], for the next datagram. It sends what has been collected if
// there is no room otherwise.
func (s *Slab) Room(n int) []byte {
	if s.at+n > len(s.buffer) || len(s.messages) == maxMessages {
		s.Flush()
	}
	return s.buffer[s.at : s.at+n : s.at+n]
}

// Add sends the first n bytes of the room that was returned last to an address, at the
// latest at the next Flush.
func (s *Slab) Add(to *Address, n int) {
	begin := s.at
	s.at += n
	if i := len(s.messages) - 1; i >= 0 && s.socket.segmented.Load() {
		if m := &s.messages[i]; m.to == to && !m.ended && n <= m.segment &&
			m.segments < maxSegments && s.at-m.begin <= maxMessage {
			m.end = s.at
			m.segments++
			m.ended = n < m.segment
			return
		}
	}
	s.messages = append(s.messages, message{to: to, begin: begin, end: s.at, segment: n, segments: 1})
}

// Flush sends what has been collected. What the system refuses is lost, as in any network.
func (s *Slab) Flush() {
	if len(s.messages) > 0 {
		if s.socket.fast != nil {
			s.socket.fast.send(s.messages, s.buffer)
		} else {
			s.socket.sendEach(s.messages, s.buffer)
		}
	}
	s.messages, s.at = s.messages[:0], 0
}

// sendEach sends one datagram after another.
func (s *Socket) sendEach(messages []message, buffer []byte) {
	for i := range messages {
		m := &messages[i]
		to := net.UDPAddrFromAddrPort(m.to.to)
		for at := m.begin; at < m.end; at += m.segment {
			if _, err := s.conn.WriteTo(buffer[at:min(at+m.segment, m.end)], to); err != nil {
				s.refused.Add(1)
			}
		}
	}
}
