package impair

import (
	"container/heap"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxClients is how many clients a relay has at most; packets of others are lost.
	maxClients = 64
	// maxFlying is how many packets are on the way at most; more are lost.
	maxFlying = 1 << 16
	// longestPacket is the longest datagram that passes, in bytes.
	longestPacket = 2048
)

// Relay is a bad network between clients and one UDP server: clients send to the relay what is for the server, who sees
// each client at an address of its own, as behind a NAT.
type Relay struct {
	front  *net.UDPConn
	target *net.UDPAddr

	mu       sync.Mutex // guards what follows
	up, down *Path
	clients  map[netip.AddrPort]*net.UDPConn
	flying   flights
	order    uint64
	closed   bool

	wake chan struct{} // holds one token while the next delivery may have changed
	done chan struct{} // closed by Close
	work sync.WaitGroup
}

// flight is a packet on its way.
type flight struct {
	at     time.Time
	order  uint64
	data   []byte
	arrive func([]byte)
}

// NewRelay begins to relay from a new port of the address listen, which may name a port, to target. Both directions are perfect
// until [Relay.Set].
func NewRelay(listen, target string, seed uint64) (*Relay, error) {
	to, err := net.ResolveUDPAddr("udp", target)
	if err != nil {
		return nil, fmt.Errorf("impair: the server's address: %w", err)
	}
	from, err := net.ResolveUDPAddr("udp", listen)
	if err != nil {
		return nil, fmt.Errorf("impair: the relay's address: %w", err)
	}
	front, err := net.ListenUDP("udp", from)
	if err != nil {
		return nil, fmt.Errorf("impair: %w", err)
	}
	r := &Relay{
		front: front, target: to, up: NewPath(seed), down: NewPath(seed + 1), clients: map[netip.AddrPort]*net.UDPConn{},
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	r.work.Go(r.readFront)
	r.work.Go(r.deliver)
	return r, nil
}

// Addr is where clients send.
func (r *Relay) Addr() netip.AddrPort { return r.front.LocalAddr().(*net.UDPAddr).AddrPort() }

// Set changes what happens to packets from clients (up) and to clients (down), from the next one on.
func (r *Relay) Set(up, down Conditions) error {
	if err := errors.Join(up.Validate(), down.Validate()); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up.Set(up)
	r.down.Set(down)
	return nil
}

// Close ends the relay and waits for its goroutines.
func (r *Relay) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	close(r.done)
	_ = r.front.Close()
	for _, c := range r.clients {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.work.Wait()
}

// readFront takes what clients send.
func (r *Relay) readFront() {
	buf := make([]byte, longestPacket)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if back := r.client(from); back != nil {
			r.send(r.up, buf[:n], func(b []byte) { _, _ = back.Write(b) })
		}
	}
}

// client returns the socket by which the server sees a client.
func (r *Relay) client(from netip.AddrPort) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.clients[from]; c != nil || r.closed || len(r.clients) >= maxClients {
		return c
	}
	c, err := net.DialUDP("udp", nil, r.target)
	if err != nil {
		return nil
	}
	r.clients[from] = c
	r.work.Go(func() { r.readBack(c, from) })
	return c
}

// readBack takes what the server sends to a client.
func (r *Relay) readBack(c *net.UDPConn, to netip.AddrPort) {
	buf := make([]byte, longestPacket)
	for {
		n, err := c.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			r.send(r.down, buf[:n], func(b []byte) { _, _ = r.front.WriteToUDPAddrPort(b, to) })
		}
	}
}

// send puts a packet on its way.
func (r *Relay) send(path *Path, data []byte, arrive func([]byte)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, passes := path.Pass(len(data), time.Now())
	if !passes || len(r.flying) >= maxFlying {
		return
	}
	r.order++
	heap.Push(&r.flying, flight{at: at, order: r.order, data: append([]byte(nil), data...), arrive: arrive})
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// deliver lets packets arrive when it is their time.
func (r *Relay) deliver() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, next := r.due(time.Now())
		for _, f := range due {
			f.arrive(f.data)
		}
		timer.Reset(next)
		select {
		case <-r.done:
			return
		case <-r.wake:
		case <-timer.C:
		}
	}
}

// due takes out the packets that arrive by now, and says after what time the next one does.
func (r *Relay) due(now time.Time) (due []flight, next time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.flying) > 0 {
		if after := r.flying[0].at.Sub(now); after > 0 {
			return due, after
		}
		due = append(due, heap.Pop(&r.flying).(flight))
	}
	return due, time.Hour
}

// flights is a heap of packets, the first to arrive at the top.
type flights []flight

func (f flights) Len() int      { return len(f) }
func (f flights) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f flights) Less(i, j int) bool {
	if !f[i].at.Equal(f[j].at) {
		return f[i].at.Before(f[j].at)
	}
	return f[i].order < f[j].order
}

// Push implements [heap.Interface].
func (f *flights) Push(x any) { *f = append(*f, x.(flight)) }

// Pop implements [heap.Interface].
func (f *flights) Pop() any {
	last := len(*f) - 1
	x := (*f)[last]
	(*f)[last] = flight{}
	*f = (*f)[:last]
	return x
}
