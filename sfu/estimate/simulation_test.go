package estimate_test

import (
	"encoding/binary"
	"sort"
	"testing"
	"time"

	"pronto/sfu/estimate"
	"pronto/sfu/impair"
)

var t0 = time.Unix(1_700_000_000, 0)

// simulation is a sender, a bad network and a receiver, in a time of their own. The sender sends what the estimate
// allows, up to what it wants, as frames of a picture and packets of sound.
type simulation struct {
	t        *testing.T
	e        *estimate.Estimator
	down, up *impair.Path
	now      time.Time
	wanted   int // bit/s of pictures
	ladder   []int
	sends    bool

	flying   []packet // to the receiver
	reports  []packet // to the sender
	arrived  map[int64]time.Time
	next     int64 // number, whole
	reported int64 // the last number that was reported
	highest  int64
	padding  int

	history []sample
	longest time.Duration // that a packet took
	carried int           // bytes that arrived
}

type packet struct {
	at     time.Time
	number int64
	body   []byte
	sent   time.Time
	size   int
}

type sample struct {
	at  time.Duration
	bps int
}

func simulate(t *testing.T, config estimate.Config, wanted int) *simulation {
	s := &simulation{
		t: t, e: estimate.New(config, t0), down: impair.NewPath(1), up: impair.NewPath(2), now: t0, wanted: wanted, sends: true,
		arrived: map[int64]time.Time{}, reported: -1, highest: -1,
	}
	s.down.Set(impair.Conditions{DelayMs: 20})
	s.up.Set(impair.Conditions{DelayMs: 20})
	return s
}

// run lets so much time pass.
func (s *simulation) run(d time.Duration) {
	s.t.Helper()
	for end := s.now.Add(d); s.now.Before(end); s.now = s.now.Add(time.Millisecond) {
		ms := s.now.Sub(t0).Milliseconds()
		s.arrive()
		if s.sends && ms%20 == 0 {
			s.send(120)
		}
		if s.sends && ms%33 == 0 {
			for left := s.picture() / 8 * 33 / 1000; left > 0; left -= 1200 {
				s.send(min(left, 1200) + 40)
			}
		}
		if ms%20 == 0 {
			s.e.Want(s.wanted + 100_000)
			for left := s.e.Tick(s.now); left > 0; left -= 290 {
				s.send(290)
				s.padding += 290
			}
		}
		if ms%50 == 0 {
			s.report()
		}
		if ms%100 == 0 {
			s.history = append(s.history, sample{s.now.Sub(t0), s.e.Bps()})
		}
	}
}

// picture is how much of the picture is sent: the highest step of the ladder that fits, or anything.
func (s *simulation) picture() int {
	most := min(s.e.Bps()-60_000, s.wanted)
	if s.ladder == nil {
		return max(most, 0)
	}
	best := 0
	for _, step := range s.ladder {
		if step <= most {
			best = step
		}
	}
	return best
}

func (s *simulation) send(size int) {
	number := s.e.Sent(size+28, s.now)
	if uint16(s.next) != number {
		s.t.Fatalf("packet %d has number %d", s.next, number)
	}
	if at, passes := s.down.Pass(size, s.now); passes {
		s.flying = append(s.flying, packet{at: at, number: s.next, sent: s.now, size: size})
	}
	s.next++
}

func (s *simulation) arrive() {
	left := s.flying[:0]
	for _, p := range s.flying {
		if p.at.After(s.now) {
			left = append(left, p)
			continue
		}
		s.arrived[p.number] = p.at
		s.reported = min(s.reported, p.number-1) // late, it is reported again
		s.highest = max(s.highest, p.number)
		s.longest = max(s.longest, p.at.Sub(p.sent))
		s.carried += p.size + 28
	}
	s.flying = left
	waiting := s.reports[:0]
	for _, r := range s.reports {
		if r.at.After(s.now) {
			waiting = append(waiting, r)
			continue
		}
		if err := s.e.Feedback(r.body, s.now); err != nil {
			s.t.Fatal(err)
		}
	}
	s.reports = waiting
}

// report says what has come since the last report.
func (s *simulation) report() {
	if s.highest <= s.reported {
		return
	}
	first := s.reported + 1
	var began time.Time
	for n := first; n <= s.highest && began.IsZero(); n++ {
		began = s.arrived[n]
	}
	if s.highest-first > 1000 {
		first = s.highest - 1000
	}
	body := report(first, s.highest, s.arrived)
	s.reported = s.highest
	if at, passes := s.up.Pass(len(body), s.now); passes {
		s.reports = append(s.reports, packet{at: at, body: body})
	}
}

// report writes feedback about packets from first to last: two bits each, large differences.
func report(first, last int64, arrived map[int64]time.Time) []byte {
	var earliest time.Time
	for n := first; n <= last; n++ {
		if at, came := arrived[n]; came && (earliest.IsZero() || at.Before(earliest)) {
			earliest = at
		}
	}
	reference := earliest.UnixMilli() / 64
	b := binary.BigEndian.AppendUint16(nil, uint16(first))
	b = binary.BigEndian.AppendUint16(b, uint16(last-first+1))
	b = binary.BigEndian.AppendUint32(b, uint32(reference)<<8)
	var deltas []byte
	before := time.UnixMilli(reference * 64)
	for n := first; n <= last; n += 7 {
		chunk := uint16(0xc000)
		for i := range int64(7) {
			at, came := arrived[n+i]
			if n+i > last || !came {
				continue
			}
			chunk |= 2 << (12 - 2*i)
			delta := at.Sub(before) / (250 * time.Microsecond)
			deltas = binary.BigEndian.AppendUint16(deltas, uint16(int16(delta)))
			before = before.Add(delta * 250 * time.Microsecond)
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
	}
	return append(b, deltas...)
}

// median is that of the estimate over the last while.
func (s *simulation) median(over time.Duration) int {
	var all []int
	for _, h := range s.history {
		if h.at >= s.now.Sub(t0)-over {
			all = append(all, h.bps)
		}
	}
	sort.Ints(all)
	return all[len(all)/2]
}

// first is when the estimate was at least so much for the first time after a moment, or at most if least is false.
func (s *simulation) first(after time.Duration, bps int, least bool) time.Duration {
	for _, h := range s.history {
		if h.at > after && (h.bps >= bps) == least {
			return h.at - after
		}
	}
	return time.Hour
}
