package sfu

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"pronto/sfu/udp"
)

const (
	// wheelStep is how often the worker looks at what is due, wheelSize in how many steps it has looked at
	// every peer: each peer's reports go out once a turn.
	wheelStep = 20 * time.Millisecond
	wheelSize = 50
	// transportEvery is after how many steps the arrivals of packets are reported to publishers.
	transportEvery = 5
	// maxFailures is how often in a row the socket may fail.
	maxFailures = 500
	// lazySteps is how many steps are taken at once while nobody sends.
	lazySteps = 5
)

// worker is the media path: one goroutine that reads the socket in batches, decrypts each
// packet once, forwards it to who receives it and sends the batch, without a lock, an allocation or another
// goroutine on the way. It also keeps all timers of the media. It owns the links and what hangs on them.
type worker struct {
	// Set by newWorkers.
	socket    *udp.Socket
	aside     *udp.Aside // of all workers
	fragments *fragments // likewise
	siblings  []*worker  // this one is among them
	index     int        // in siblings
	count     *counters
	logger    *slog.Logger
	slab      *udp.Slab
	done      chan struct{} // closed when run has returned

	load atomic.Int64 // rooms and peers that it has

	mu       sync.Mutex  // guards what follows; held for list access and copying only
	posted   []func()    // what others want done
	asked    atomic.Bool // posted or incoming is not empty
	incoming *handed     // what came to others; nil before
	ended    bool        // nothing posted will be done

	// Owned by run.
	now     time.Time // when the batch came
	batch   [udp.BatchSize]udp.Packet
	routes  map[netip.AddrPort]*link
	checked map[string]*link // by the user name fragment of this side
	from    netip.AddrPort   // where the packet before came from, and whose it was
	newest  *link
	wheel   [wheelSize][]*link
	step    int
	next    time.Time // of the next step
	lazy    bool      // the socket wakes late
	joined  int       // where the next link goes in the wheel
	active  []*link   // who have sent, or were sent something, since the last step
	busy    []*encoding
	scratch []byte
	lost    []uint16
	totals  Stats // since the counters were told

	// Owned by run, and nil where there is one worker only.
	via      *worker // to whom the datagram came, if to another
	spare    *handed
	outgoing [][]udp.Packet // of this batch, by index of the worker whose they are
	foreign  map[netip.AddrPort]*foreign
	told     map[netip.AddrPort]*worker // who knows that what comes from there is for this worker
}

// newWorkers makes a worker for each socket.
func newWorkers(conns []net.PacketConn, count *counters, logger *slog.Logger) ([]*worker, error) {
	workers, known := make([]*worker, 0, len(conns)), new(fragments)
	for i, conn := range conns {
		socket, err := udp.New(conn)
		if err != nil {
			return nil, err
		}
		workers = append(workers, &worker{
			socket: socket, fragments: known, index: i, count: count, logger: logger, slab: socket.NewSlab(), done: make(chan struct{}),
			routes: map[netip.AddrPort]*link{}, checked: map[string]*link{}, scratch: make([]byte, 0, 2*udp.MTU), lost: make([]uint16, 0, 64),
		})
	}
	aside := workers[0].socket.NewAside(func() (err error) {
		for _, w := range workers {
			err = errors.Join(err, w.socket.Close())
		}
		return err
	})
	for _, w := range workers {
		w.aside, w.siblings = aside, workers
	}
	return workers, nil
}

// post has run carry out f soon. It reports false if it never will.
func (w *worker) post(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return false
	}
	w.posted = append(w.posted, f)
	if !w.asked.Swap(true) {
		w.socket.Wake()
	}
	return true
}

// do has run carry out f, and waits for it. The caller must hold no lock that the media path takes.
func (w *worker) do(f func()) {
	done := make(chan struct{})
	if w.post(func() { f(); close(done) }) {
		<-done
	}
}

// run moves packets until the socket is closed.
func (w *worker) run() {
	defer close(w.done)
	for failures := 0; ; {
		n, err := w.socket.Receive(&w.batch)
		w.now = time.Now()
		switch {
		case err == nil:
			failures = 0
		case errors.Is(err, udp.ErrWoken):
			// Before what was posted is looked at, so that who posts later wakes again.
			w.rearm()
		default:
			if failures++; errors.Is(err, net.ErrClosed) || failures > maxFailures {
				w.end(err)
				return
			}
			time.Sleep(wheelStep) // the system is short of memory, or the like
		}
		if w.asked.Load() {
			w.carryOut()
		}
		for _, p := range w.batch[:n] {
			w.take(p)
		}
		w.deliver()
		w.forward()
		if w.has() && !w.now.Before(w.next) {
			w.look()
		}
		if w.lazy && len(w.active) > 0 {
			w.rearm()
		}
		w.slab.Flush()
		if w.totals.Out != (Media{}) {
			w.count.took(time.Since(w.now))
		}
		w.tell()
	}
}

// rearm has the socket wake for the next step, if there is anybody to look after; while nobody sends, for
// several steps at once.
func (w *worker) rearm() {
	w.lazy = len(w.active) == 0
	w.socket.WakeAt(w.wakeAt())
	if w.asked.Load() { // what was posted in between has been undone
		w.socket.Wake()
	}
}

// has tells whether there is anybody to look after, or to be forgotten at the next step.
func (w *worker) has() bool { return len(w.routes)+len(w.active) > 0 }

// wakeAt is when the socket is to wake; the zero time is never.
func (w *worker) wakeAt() time.Time {
	if !w.has() {
		return time.Time{}
	}
	at := w.next
	if w.lazy {
		at = at.Add((lazySteps - 1) * wheelStep)
	}
	if !w.now.Before(at) {
		at = w.now.Add(wheelStep)
	}
	return at
}

func (w *worker) carryOut() {
	w.mu.Lock()
	posted := w.posted
	w.posted = nil
	handed := w.incoming
	if handed != nil {
		w.incoming, w.spare = w.spare, handed
	}
	w.asked.Store(false)
	w.mu.Unlock()
	for _, f := range posted {
		f()
	}
	if handed != nil {
		w.takeHanded(handed)
	}
	w.rearm()
}

// end carries out what was posted and refuses more.
func (w *worker) end(err error) {
	if op := new(net.OpError); errors.As(err, &op) {
		err = op.Err // without the address
	}
	if !errors.Is(err, net.ErrClosed) {
		w.logger.Error("the media socket cannot be read", "error", err)
	}
	w.mu.Lock()
	w.ended = true
	posted := w.posted
	w.posted = nil
	w.mu.Unlock()
	for _, f := range posted {
		f()
	}
}

// take decides what a datagram is (RFC 7983). Media counts only from where ICE has found a peer.
func (w *worker) take(p udp.Packet) {
	if len(p.Data) < 2 || p.Data[0] < 128 || p.Data[0] > 191 {
		w.check(p)
		return
	}
	l := w.newest
	if l == nil || w.from != p.From {
		if l = w.routes[p.From]; l == nil {
			w.takeForeign(p)
			return
		}
		w.from, w.newest = p.From, l
	}
	w.takeFrom(l, p.Data)
}

// takeFrom takes a packet of a peer's media.
func (w *worker) takeFrom(l *link, packet []byte) {
	defer w.contain(l)
	if packet[1] >= 192 && packet[1] <= 223 { // RFC 5761, section 4
		l.takeReport(packet)
		return
	}
	l.takeMedia(packet)
}

// contain ends the peer whose packet made the media path panic, and nobody else. It is deferred.
func (w *worker) contain(l *link) {
	if cause := recover(); cause != nil {
		w.logger.Error("a packet could not be handled", "cause", cause, "stack", string(debug.Stack()))
		w.remove(l)
		l.peer.closeLater(ReasonAbuse)
	}
}

// forward sends on what has come in this batch, all packets of one encoding at once: to each receiver they are
// one run, which the kernel may be able to take as one.
func (w *worker) forward() {
	for _, e := range w.busy {
		w.forwardFrom(e)
		e.run = e.run[:0]
	}
	clear(w.busy) // so that nobody who has gone is kept
	w.busy = w.busy[:0]
}

func (w *worker) forwardFrom(e *encoding) {
	defer w.contain(e.of.peer.link)
	e.forward(w)
}

// look does what is due.
func (w *worker) look() {
	for range lazySteps {
		w.takeStep()
		if w.next = w.next.Add(wheelStep); w.now.Before(w.next) {
			return
		}
	}
	w.next = w.now.Add(wheelStep) // it was held up: let it be
}

func (w *worker) takeStep() {
	w.step++
	bucket := w.wheel[w.step%wheelSize]
	for i := len(bucket) - 1; i >= 0; i-- { // one that is removed is replaced by one that had its turn
		w.report(bucket[i])
	}
	due := w.step%transportEvery == 0
	still := w.active[:0]
	for _, l := range w.active {
		if l.active = w.lookAfter(l, due); l.active {
			still = append(still, l)
		}
	}
	clear(w.active[len(still):])
	w.active = still
}

func (w *worker) report(l *link) {
	defer w.contain(l)
	l.report()
}

// lookAfter does what is due for a link that has sent, or was sent something, lately. It reports whether that goes on.
func (w *worker) lookAfter(l *link, due bool) (goesOn bool) {
	if l.session == nil {
		return false
	}
	defer w.contain(l)
	losing := l.askForLost()
	probing := l.lookAtPath()
	if due {
		l.reportArrivals()
	}
	return !due || losing || probing
}

// tell adds what was counted since the last time to the counters.
func (w *worker) tell() {
	t, c := &w.totals, w.count
	if t.In != (Media{}) {
		c.audioIn.Add(t.In.AudioPackets)
		c.audioInBytes.Add(t.In.AudioBytes)
		c.videoIn.Add(t.In.VideoPackets)
		c.videoInBytes.Add(t.In.VideoBytes)
		t.In = Media{}
	}
	if t.Out != (Media{}) {
		c.audioOut.Add(t.Out.AudioPackets)
		c.audioOutBytes.Add(t.Out.AudioBytes)
		c.videoOut.Add(t.Out.VideoPackets)
		c.videoOutBytes.Add(t.Out.VideoBytes)
		t.Out = Media{}
	}
}

// add counts one packet.
func (m *Media) add(audio bool, bytes int) {
	if audio {
		m.AudioPackets++
		m.AudioBytes += uint64(bytes)
		return
	}
	m.VideoPackets++
	m.VideoBytes += uint64(bytes)
}
