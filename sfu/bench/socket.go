//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is a client's socket. Nothing sleeps on it: if the server's send had to wake a
// client, that would count as the server's time, which no real network does to it. One goroutine
// empties all sockets now and then.
type socket struct {
	fd    int
	local *net.UDPAddr
	aside chan []byte // what is no media, for ICE and DTLS
	from  net.Addr    // the server, who alone sends here
	done  chan struct{}
	once  sync.Once
}

func newSocket() (*socket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket: %w", err)
	}
	s := &socket{fd: fd, aside: make(chan []byte, 64), done: make(chan struct{})}
	loopback := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := unix.Bind(fd, loopback); err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	for option, value := range map[int]int{unix.SO_TIMESTAMPNS: 1, unix.SO_RCVBUF: 1 << 20} {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, value); err != nil {
			return nil, fmt.Errorf("set an option: %w", err)
		}
	}
	// With the right to it, so that a busy machine loses nothing here.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20)
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, fmt.Errorf("ask for the port: %w", err)
	}
	s.local = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*unix.SockaddrInet4).Port}
	return s, nil
}

// ReadFrom implements [net.PacketConn] for what is no media.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case p := <-s.aside:
		return copy(b, p), s.from, nil
	case <-s.done:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements [net.PacketConn].
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	addr := to.(*net.UDPAddr)
	name := unix.SockaddrInet4{Port: addr.Port}
	copy(name.Addr[:], addr.IP.To4())
	if err := unix.Sendto(s.fd, b, 0, &name); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close implements [net.PacketConn]. The descriptor stays until the bench ends: others may be using it.
func (s *socket) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// free gives the descriptor back, when nobody uses it any more.
func (s *socket) free() error { return unix.Close(s.fd) }

// LocalAddr implements [net.PacketConn].
func (s *socket) LocalAddr() net.Addr { return s.local }

// SetDeadline implements [net.PacketConn]; nobody here needs deadlines.
func (s *socket) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements [net.PacketConn].
func (s *socket) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements [net.PacketConn].
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

const (
	drainBatch = 64
	drainMTU   = 1500
)

// drain empties sockets with one buffer.
type drain struct {
	headers  [drainBatch]mmsghdr
	vectors  [drainBatch]unix.Iovec
	controls [drainBatch][64]byte
	names    [drainBatch]unix.RawSockaddrInet4
	buffers  [drainBatch][drainMTU]byte
}

type mmsghdr struct {
	unix.Msghdr
	n uint32
}

func newDrain() *drain {
	d := &drain{}
	for i := range d.headers {
		h := &d.headers[i]
		d.vectors[i].Base = &d.buffers[i][0]
		d.vectors[i].SetLen(drainMTU)
		h.Iov, h.Control = &d.vectors[i], &d.controls[i][0]
		h.Name = (*byte)(unsafe.Pointer(&d.names[i]))
		h.SetIovlen(1)
	}
	return d
}

// empty hands everything in the socket to on, with the time at which the kernel got it.
func (d *drain) empty(s *socket, on func(packet []byte, at time.Time)) {
	for {
		for i := range d.headers {
			d.headers[i].Namelen = unix.SizeofSockaddrInet4
			d.headers[i].SetControllen(len(d.controls[i]))
		}
		n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&d.headers[0])),
			drainBatch, unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 {
			return
		}
		for i := range int(n) {
			h := &d.headers[i]
			if s.from == nil {
				port := d.names[i].Port
				s.from = net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4(d.names[i].Addr), port>>8|port<<8))
			}
			// One control message: cmsghdr, then seconds and nanoseconds.
			c := d.controls[i][unix.CmsgLen(0):]
			at := time.Unix(int64(binary.NativeEndian.Uint64(c)), int64(binary.NativeEndian.Uint64(c[8:])))
			on(d.buffers[i][:h.n], at)
		}
		if n < drainBatch {
			return
		}
	}
}
