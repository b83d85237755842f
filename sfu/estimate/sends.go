package estimate

import "time"

// remembered is how many packets that were sent are remembered: over two seconds of a large grid. A report that
// names more is refused.
const remembered = 2048

// sent is one packet. Times are in µs, modulo an hour; longer nothing is remembered.
type sent struct {
	at     uint32
	size   uint16
	state  fate
	probed bool // part of a probe
}

// fate is what became of a packet.
type fate uint8

const (
	unknown fate = iota
	lost
	came
	forgotten // sent into an interruption
)

// sends are the packets that were sent, the newest of them. It allocates when the first is.
type sends struct {
	packets []sent
	next    int64 // number of the packet that comes next; its lower 16 bits go out
}

func (s *sends) add(at time.Duration, size int, probed bool) {
	if s.packets == nil {
		s.packets = make([]sent, remembered)
	}
	s.packets[s.next%remembered] = sent{at: uint32(at / time.Microsecond), size: uint16(min(size, 1<<16-1)), probed: probed}
	s.next++
}

// find returns a packet that is still remembered, and its whole number.
func (s *sends) find(number uint16) (*sent, int64) {
	newest := s.next - 1
	n := newest + int64(int16(number-uint16(newest)))
	if n < 0 || n > newest || n <= newest-remembered {
		return nil, 0
	}
	return &s.packets[n%remembered], n
}

// ago is how long before now a packet was sent.
func (p *sent) ago(now time.Duration) time.Duration {
	return time.Duration(int32(uint32(now/time.Microsecond)-p.at)) * time.Microsecond
}
