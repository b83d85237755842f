package forward

const (
	// kept is how many packets of an encoding are kept at most.
	kept = 512
	// smallest and largest are how many bytes of payload are kept: it grows while the oldest
	// packet would be overwritten before its time.
	smallest, largest = 16 << 10, 512 << 10
	// keptFor is for how many units of the clock a packet should be kept: a second of video.
	keptFor = 90_000
)

// History keeps the newest packets of one received encoding, once for all who receive it, so that they can be
// sent again. It belongs to one goroutine.
type History struct {
	packets [kept]keptPacket
	next    uint64 // number of the packet that comes next
	oldest  uint64
	bytes   []byte
	at      int // where the next payload begins
}

type keptPacket struct {
	begin, size int32 // of the dependency descriptor and the payload behind it
	timestamp   uint32
	codec       Codec
	dependency  uint8 // length of the descriptor
	fields      Fields
}

func (p *keptPacket) end() int { return int(p.begin + p.size) }

// NewHistory returns an empty history.
func NewHistory() *History { return &History{bytes: make([]byte, smallest)} }

// Add keeps a packet and returns its number. dependency is its dependency descriptor, of at most [MaxDependency] bytes.
func (h *History) Add(payload, dependency []byte, timestamp uint32, codec Codec, fields Fields) uint64 {
	size := len(dependency) + len(payload)
	if h.at+size > len(h.bytes) {
		h.wrap(size, timestamp)
	}
	for h.oldest < h.next { // what is overwritten is no longer there
		p := &h.packets[h.oldest%kept]
		if h.next-h.oldest < kept && (int(p.begin) >= h.at+size || p.end() <= h.at) {
			break
		}
		h.oldest++
	}
	n := h.next
	h.packets[n%kept] = keptPacket{int32(h.at), int32(size), timestamp, codec, uint8(len(dependency)), fields}
	h.at += copy(h.bytes[h.at:], dependency)
	h.at += copy(h.bytes[h.at:], payload)
	h.next++
	return n
}

// wrap goes on at the beginning, of a longer buffer if the oldest packets are young.
func (h *History) wrap(n int, timestamp uint32) {
	young := h.oldest < h.next && timestamp-h.packets[h.oldest%kept].timestamp < keptFor
	if (young || n > len(h.bytes)) && len(h.bytes) < largest {
		longer := make([]byte, min(max(2*len(h.bytes), n), largest))
		copy(longer, h.bytes)
		h.bytes = longer
		if h.at+n <= len(h.bytes) {
			return
		}
	}
	for h.oldest < h.next && int(h.packets[h.oldest%kept].begin) >= h.at {
		h.oldest++
	}
	h.at = 0
}

// get returns a packet that is still kept. The payload is valid until the next Add.
func (h *History) get(n uint64) (p *keptPacket, dependency, payload []byte, ok bool) {
	if n < h.oldest || n >= h.next {
		return nil, nil, nil, false
	}
	p = &h.packets[n%kept]
	all := h.bytes[p.begin:p.end()]
	return p, all[:p.dependency], all[p.dependency:], true
}

// Release gives up everything that is kept, whoever still refers to the history. Nothing may be added any more.
func (h *History) Release() { h.oldest, h.bytes = h.next, nil }

// Sent is what went out to one receiver in one slot: which packet of which history, and how its fields were
// rewritten. The zero value is ready; it allocates when the first packet comes.
type Sent struct {
	entries []sentPacket
}

type sentPacket struct {
	from  *History
	n     uint64
	out   Out
	valid bool
	times uint8
}

const (
	// remembered is how many packets of a slot can be asked for: over a second of a large video.
	remembered = 256
	// MaxTimes is how often one packet is sent again.
	MaxTimes = 3
)

// Add remembers a packet that goes out.
func (s *Sent) Add(out Out, from *History, n uint64) {
	if s.entries == nil {
		s.entries = make([]sentPacket, remembered)
	}
	s.entries[out.Seq%remembered] = sentPacket{from: from, n: n, out: out, valid: true}
}

// Again is one packet to be sent again.
type Again struct {
	Out   Out
	Codec Codec
	// Payload and Dependency belong to the history; the fields of the payload are those of Out.
	Payload, Dependency []byte
}

// Find returns the packet that went out with a number, if it can be sent again; it does not count it.
func (s *Sent) Find(seq uint16) (Again, bool) {
	if s.entries == nil {
		return Again{}, false
	}
	e := &s.entries[seq%remembered]
	if !e.valid || e.out.Seq != seq || e.times >= MaxTimes {
		return Again{}, false
	}
	p, dependency, payload, ok := e.from.get(e.n)
	if !ok {
		return Again{}, false
	}
	p.fields.Write(payload, e.out)
	return Again{e.out, p.codec, payload, dependency}, true
}

// Forget forgets everything, so that no history is kept for what nobody asks for any more.
func (s *Sent) Forget() { clear(s.entries) }

// Count notes that a packet is sent again.
func (s *Sent) Count(seq uint16) {
	if s.entries != nil {
		s.entries[seq%remembered].times++
	}
}
