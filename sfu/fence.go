package sfu

import (
	"io"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/packetio"
)

const (
	rtpQueue  = 256 << 10 // bytes of one received stream that wait for their reader
	rtcpQueue = 64 << 10  // bytes of RTCP of one peer that wait for their reader
	// resendsPerSecond is how many packets a peer may have sent again. A NACK of a few bytes names many packets
	// (RFC 4585, section 6.2.1), so that feedback would otherwise multiply traffic.
	resendsPerSecond = 400
)

// fence stands between the decrypted packets of one peer and the memory of this
// process. Every SSRC that a client names, in RTP or only inside RTCP, costs a stream
// with a buffer until the session ends; the fence hands out the buffers, counts, and
// calls abuse when there are too many. It also enforces the rates of a peer before any
// goroutine wakes for a packet.
//
// All RTCP goes into one queue, which is read once, through the sender of the first slot.
type fence struct {
	limits Limits
	count  *counters
	abuse  func() // must not block
	now    func() time.Time
	rtcp   *packetio.Buffer

	mu      sync.Mutex // guards what follows
	own     map[uint32]bool
	seen    map[uint32]bool
	first   uint32 // SSRC of the first slot
	last    []byte // the RTCP packet that was queued last
	uplink  bucket // bits
	reports bucket // RTCP packets
	resends bucket // packets asked for by NACK
}

func newFence(limits Limits, count *counters, abuse func()) *fence {
	f := &fence{
		limits: limits, count: count, abuse: abuse, now: time.Now, rtcp: packetio.NewBuffer(),
		own: map[uint32]bool{}, seen: map[uint32]bool{},
		// Half a second of burst lets a key frame pass.
		uplink:  newBucket(limits.UplinkBps, limits.UplinkBps/2),
		reports: newBucket(limits.RTCPPerSecond, limits.RTCPPerSecond),
		resends: newBucket(resendsPerSecond, resendsPerSecond),
	}
	f.rtcp.SetLimitSize(rtcpQueue)
	return f
}

// expect exempts an SSRC that this side chose from the count.
func (f *fence) expect(ssrc uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == 0 {
		f.first = ssrc
	}
	f.own[ssrc] = true
}

// buffer is pion's BufferFactory: it returns where the packets of one SSRC go.
func (f *fence) buffer(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.own[ssrc] {
		f.seen[ssrc] = true
		if len(f.seen) > f.limits.SSRCs {
			delete(f.seen, ssrc)
			f.count.droppedSSRC.Add(1)
			f.abuse()
			return newSink(func([]byte) {})
		}
	}
	switch {
	case kind == packetio.RTPBufferPacket:
		buffer := packetio.NewBuffer()
		buffer.SetLimitSize(rtpQueue)
		return &metered{Buffer: buffer, fence: f}
	case ssrc == f.first:
		return &inbox{Buffer: f.rtcp, fence: f}
	default:
		return newSink(f.feedback)
	}
}

// admit decides whether RTP of the given length passes.
func (f *fence) admit(bytes int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.uplink.take(bytes*8, f.now()) {
		return true
	}
	f.count.droppedUplink.Add(1)
	return false
}

// feedback queues one RTCP packet. pion hands the same bytes to the stream of each SSRC that the packet
// is addressed to; one time is enough.
func (f *fence) feedback(packet []byte) {
	if len(packet) == 0 {
		return
	}
	if f.heed(packet) {
		// A full queue drops; reports and feedback come again.
		_, _ = f.rtcp.Write(packet)
	}
}

func (f *fence) heed(packet []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.last) == len(packet) && &f.last[0] == &packet[0] {
		return false
	}
	f.last = packet // keeps it alive, so that its address is not used again
	now := f.now()
	if !f.reports.take(1, now) || !f.resends.take(asked(packet), now) {
		f.count.droppedRTCP.Add(1)
		return false
	}
	return true
}

// asked returns how many packets an RTCP packet asks to be sent again.
func asked(packet []byte) int {
	var header rtcp.Header
	if header.Unmarshal(packet) != nil || header.Type != rtcp.TypeTransportSpecificFeedback ||
		header.Count != rtcp.FormatTLN {
		return 0
	}
	var nack rtcp.TransportLayerNack
	if nack.Unmarshal(packet) != nil {
		return 0
	}
	n := 0
	for _, pair := range nack.Nacks {
		n += len(pair.PacketList())
	}
	return n
}

// metered is the buffer of a received RTP stream.
type metered struct {
	*packetio.Buffer
	fence *fence
}

// Write drops what is above the uplink limit. It never fails for that: an error
// would end the session.
func (m *metered) Write(packet []byte) (int, error) {
	if !m.fence.admit(len(packet)) {
		return len(packet), nil
	}
	return m.Buffer.Write(packet)
}

// inbox is the buffer of the SSRC through which all RTCP is read.
type inbox struct {
	*packetio.Buffer
	fence *fence
}

func (i *inbox) Write(packet []byte) (int, error) {
	i.fence.feedback(packet)
	return len(packet), nil
}

// sink is the buffer of a stream that nobody reads.
type sink struct {
	write  func([]byte)
	closed chan struct{}
	once   sync.Once
}

func newSink(write func([]byte)) *sink { return &sink{write: write, closed: make(chan struct{})} }

func (s *sink) Write(packet []byte) (int, error) {
	s.write(packet)
	return len(packet), nil
}

// Read waits for Close.
func (s *sink) Read([]byte) (int, error) {
	<-s.closed
	return 0, io.EOF
}

func (s *sink) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
