package forward

import (
	"encoding/binary"
	"time"
)

const (
	// received is how many packets behind the newest are remembered.
	received = 512
	// maxLost is how many lost packets of a stream are asked for at once.
	maxLost = 64
	// askAgain is the least time between two requests for one packet, askTimes how often one is asked for.
	askAgain = 60 * time.Millisecond
	askTimes = 8
	// askBefore is how old a loss may be, in packets.
	askBefore = received - 64
)

// Reception keeps the statistics of one received stream, and finds out what is lost. It belongs to one
// goroutine. The zero value is ready but for its clock rate.
type Reception struct {
	// ClockRate is that of the RTP timestamps, in Hz.
	ClockRate uint32
	// Ask says that lost packets are to be asked for.
	Ask bool

	begun          bool
	first, newest  int64 // extended sequence numbers
	packets        int64
	recovered      int64 // of those, by retransmission
	seen           [received / 64]uint64
	jitter         float64 // in units of the clock
	transit        uint32
	priorExpected  int64
	priorPackets   int64
	senderReport   uint32 // middle bits of the NTP time of the newest
	senderReportAt time.Time
	lost           [maxLost]loss
	losses         int
}

type loss struct {
	seq   int64
	asked time.Time
	times uint8
}

// Heard takes a packet. It reports whether it is ahead of all before it.
func (r *Reception) Heard(seq uint16, timestamp uint32, now time.Time) (ahead bool) {
	r.packets++
	if !r.begun {
		r.begun = true
		r.first = int64(seq) + 1<<16
		r.newest = r.first
		r.mark(r.newest)
		r.transit = r.clock(now) - timestamp
		return true
	}
	n := r.newest + int64(int16(seq-uint16(r.newest)))
	if n <= r.newest {
		if n > r.newest-received {
			r.mark(n)
		}
		return false
	}
	if n-r.newest > received {
		r.losses = 0 // too many to ask for
	}
	for i := max(r.newest+1, n-received+1); i <= n; i++ {
		r.seen[i/64%(received/64)] &^= 1 << (i % 64)
		if r.Ask && i < n && n-r.newest <= maxLost && r.losses < maxLost {
			r.lost[r.losses] = loss{seq: i}
			r.losses++
		}
	}
	r.newest = n
	r.mark(n)
	r.hearTransit(timestamp, now)
	return true
}

// Recovered takes a packet that came by retransmission. It reports whether it is new.
func (r *Reception) Recovered(seq uint16) bool {
	if !r.begun {
		return false
	}
	n := r.newest + int64(int16(seq-uint16(r.newest)))
	if n > r.newest || n <= r.newest-received || n < r.first || r.has(n) {
		return false
	}
	r.packets++
	r.recovered++
	r.mark(n)
	return true
}

// Counts returns how many packets should have come so far, and how many did without being sent again.
func (r *Reception) Counts() (expected, received int64) {
	if !r.begun {
		return 0, 0
	}
	return r.newest - r.first + 1, r.packets - r.recovered
}

// Arrived returns how many packets should have come so far, and how many did, those that were sent again among them.
func (r *Reception) Arrived() (expected, received int64) {
	if !r.begun {
		return 0, 0
	}
	return r.newest - r.first + 1, r.packets
}

// Jitter is the interarrival jitter (RFC 3550, section 6.4.1).
func (r *Reception) Jitter() time.Duration {
	if r.ClockRate == 0 {
		return 0
	}
	return time.Duration(r.jitter * float64(time.Second) / float64(r.ClockRate))
}

func (r *Reception) mark(n int64)     { r.seen[n/64%(received/64)] |= 1 << (n % 64) }
func (r *Reception) has(n int64) bool { return r.seen[n/64%(received/64)]&(1<<(n%64)) != 0 }

// Losing tells whether anything may have to be asked for.
func (r *Reception) Losing() bool { return r.losses > 0 }

// Lost appends the sequence numbers that are to be asked for now, in ascending order.
func (r *Reception) Lost(dst []uint16, now time.Time) []uint16 {
	left := 0
	for _, l := range r.lost[:r.losses] {
		if l.times >= askTimes || l.seq < r.newest-askBefore || r.has(l.seq) {
			continue
		}
		if l.times == 0 || now.Sub(l.asked) >= askAgain {
			l.times++
			l.asked = now
			dst = append(dst, uint16(l.seq))
		}
		r.lost[left] = l
		left++
	}
	r.losses = left
	return dst
}

// clock is the time in units of the stream's clock.
func (r *Reception) clock(now time.Time) uint32 {
	return uint32(now.Unix()*int64(r.ClockRate) + int64(now.Nanosecond())*int64(r.ClockRate)/int64(time.Second))
}

// hearTransit follows the jitter (RFC 3550, section 6.4.1).
func (r *Reception) hearTransit(timestamp uint32, now time.Time) {
	transit := r.clock(now) - timestamp
	d := int32(transit - r.transit)
	r.transit = transit
	if d < 0 {
		d = -d
	}
	r.jitter += (float64(uint32(d)) - r.jitter) / 16
}

// HeardSender takes the time of a sender report.
func (r *Reception) HeardSender(ntp uint32, now time.Time) {
	r.senderReport, r.senderReportAt = ntp, now
}

// Begun tells whether a packet has come.
func (r *Reception) Begun() bool { return r.begun }

// AppendBlock appends a report block (RFC 3550, section 6.4.1) and begins the next interval. The share that was lost,
// in 256ths, is told as no less than worst, but the number of packets lost is what it is: senders choose how much a
// codec protects by the share, and estimate their bandwidth by the number.
func (r *Reception) AppendBlock(dst []byte, ssrc uint32, worst uint8, now time.Time) []byte {
	expected := r.newest - r.first + 1
	total := min(max(expected-r.packets, 0), 1<<23-1)
	interval, lost := expected-r.priorExpected, int64(0)
	if interval > 0 {
		lost = min(max(interval-(r.packets-r.priorPackets), 0)*256/interval, 255)
	}
	lost = max(lost, int64(worst))
	r.priorExpected, r.priorPackets = expected, r.packets
	dst = binary.BigEndian.AppendUint32(dst, ssrc)
	dst = binary.BigEndian.AppendUint32(dst, uint32(lost)<<24|uint32(total))
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.newest-1<<16))
	dst = binary.BigEndian.AppendUint32(dst, uint32(min(r.jitter, 1<<31)))
	dst = binary.BigEndian.AppendUint32(dst, r.senderReport)
	since := uint32(0)
	if r.senderReport != 0 {
		since = uint32(min(now.Sub(r.senderReportAt), time.Hour) * 65536 / time.Second)
	}
	return binary.BigEndian.AppendUint32(dst, since)
}
