package udp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxWait is how long is waited for room in a full send queue. What does not get any by then is lost: it would come too late, and
// while it waits nobody is read.
const maxWait = 20 * time.Millisecond

// batcher moves datagrams with recvmmsg(2) and sendmmsg(2). The calls never block the
// thread: the runtime's poller waits where there is nothing to do.
type batcher struct {
	conn      syscall.RawConn
	until     func(time.Time) error // sets for how long is waited to write
	ipv6      bool                  // the socket's addresses are IPv6 ones, or mapped to them
	refused   *atomic.Uint64
	segmented *atomic.Bool

	in   inbox
	out  outbox
	vain time.Time // when waiting for room ended without any
}

// header is struct mmsghdr.
type header struct {
	unix.Msghdr
	n uint32 // bytes received or sent
}

// inbox is where received datagrams are put.
type inbox struct {
	headers [BatchSize]header
	vectors [BatchSize]unix.Iovec
	names   [BatchSize]unix.RawSockaddrInet6
	buffers []byte
	read    func(fd uintptr) bool // made once, so that no call allocates
	n       int
	err     error
}

// outbox is what the kernel is told about datagrams to be sent.
type outbox struct {
	headers  [maxMessages]header
	vectors  [maxMessages]unix.Iovec
	controls [maxMessages]control
	write    func(fd uintptr) bool
	begin, n int  // what is left to send
	full     bool // the send queue has no room
	err      error
}

// control is a control message that says how long a segment is (UDP_SEGMENT, udp(7)).
type control struct {
	unix.Cmsghdr
	segment uint16
	_       [6]byte
}

func newBatcher(conn *net.UDPConn, refused *atomic.Uint64, segmented *atomic.Bool) (*batcher, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("look at the socket: %w", err)
	}
	b := &batcher{conn: raw, until: conn.SetWriteDeadline, refused: refused, segmented: segmented}
	var asked error
	err = raw.Control(func(fd uintptr) {
		domain, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		b.ipv6, asked = domain == unix.AF_INET6, err
		// A kernel that knows the option answers; one before 4.18 does not.
		_, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT)
		segmented.Store(err == nil)
	})
	if err = errors.Join(err, asked); err != nil {
		return nil, fmt.Errorf("ask what kind the socket is: %w", err)
	}
	b.in.prepare()
	b.out.prepare()
	b.in.read, b.out.write = b.recvmmsg, b.sendmmsg
	return b, nil
}

func (in *inbox) prepare() {
	in.buffers = make([]byte, BatchSize*MTU)
	for i := range in.headers {
		in.vectors[i].Base = &in.buffers[i*MTU]
		in.vectors[i].SetLen(MTU)
		h := &in.headers[i]
		h.Name, h.Iov = (*byte)(unsafe.Pointer(&in.names[i])), &in.vectors[i]
		h.SetIovlen(1)
	}
}

func (out *outbox) prepare() {
	for i := range out.headers {
		c := &out.controls[i]
		c.Level, c.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
		c.SetLen(unix.CmsgLen(2))
		h := &out.headers[i]
		h.Iov = &out.vectors[i]
		h.SetIovlen(1)
	}
}

func (b *batcher) receive(into *[BatchSize]Packet) (int, error) {
	for {
		if err := b.conn.Read(b.in.read); err != nil {
			return 0, err
		}
		if b.in.err != nil {
			return 0, b.in.err
		}
		n := 0
		for i := range b.in.n {
			h := &b.in.headers[i]
			if h.Flags&unix.MSG_TRUNC != 0 {
				continue
			}
			into[n] = Packet{From: addrPort(&b.in.names[i]), Data: b.in.buffers[i*MTU : i*MTU+int(h.n)]}
			n++
		}
		if n > 0 {
			return n, nil
		}
	}
}

// recvmmsg reads what is there; false has the poller wait.
func (b *batcher) recvmmsg(fd uintptr) bool {
	for i := range b.in.headers {
		b.in.headers[i].Namelen = unix.SizeofSockaddrInet6
		b.in.headers[i].Flags = 0
	}
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.in.headers[0])),
			BatchSize, unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			b.in.n, b.in.err = int(n), nil
			return true
		case unix.EINTR, unix.ECONNREFUSED: // the latter tells of a datagram that was sent
		case unix.EAGAIN:
			return false
		default:
			b.in.n, b.in.err = 0, fmt.Errorf("recvmmsg: %w", errno)
			return true
		}
	}
}

// send sends messages whose bytes are in buffer.
func (b *batcher) send(messages []message, buffer []byte) {
	out := &b.out
	for i := range messages {
		m, h := &messages[i], &out.headers[i]
		out.vectors[i].Base = &buffer[m.begin]
		out.vectors[i].SetLen(m.end - m.begin)
		h.Name, h.Namelen = &m.to.name[0], m.to.nameLen
		if m.segments > 1 {
			out.controls[i].segment = uint16(m.segment)
			h.Control = (*byte)(unsafe.Pointer(&out.controls[i]))
			h.SetControllen(int(unsafe.Sizeof(out.controls[i])))
		} else {
			h.Control = nil
			h.SetControllen(0)
		}
	}
	for out.begin, out.n = 0, len(messages); out.begin < out.n; {
		if err := b.conn.Write(out.write); err != nil {
			return // closed
		}
		if out.full {
			if !b.wait() {
				for _, m := range messages[out.begin:] {
					b.refused.Add(uint64(m.segments))
				}
				return
			}
			continue
		}
		if out.err == nil {
			continue
		}
		// The kernel refuses the first that is left. One with segments may be too long for
		// a tunnel, or the device cannot do it: then each goes by itself.
		i := out.begin
		if m := &messages[i]; m.segments > 1 {
			if errors.Is(out.err, unix.EIO) {
				b.segmented.Store(false)
			}
			b.sendEach(i, m, buffer)
		} else {
			b.refused.Add(1)
		}
		out.begin++
	}
	runtime.KeepAlive(buffer)
}

// wait waits for room in the send queue, for a while; not soon after that was in vain, for
// what goes out together with what got no room would hold up the readers once more. It
// reports whether there is some.
func (b *batcher) wait() bool {
	now := time.Now()
	if now.Sub(b.vain) < maxWait || b.until(now.Add(maxWait)) != nil { // the latter if it is closed
		return false
	}
	looked := false
	err := b.conn.Write(func(uintptr) bool { // the poller waits when this says that nothing could be written
		again := looked
		looked = true
		return again
	})
	if err != nil {
		b.vain = time.Now()
	}
	return b.until(time.Time{}) == nil && err == nil
}

// sendEach sends the segments of one message by themselves, with the headers of its place.
func (b *batcher) sendEach(i int, m *message, buffer []byte) {
	out, n := &b.out, b.out.n
	out.headers[i].Control = nil
	out.headers[i].SetControllen(0)
	for at := m.begin; at < m.end; at += m.segment {
		out.vectors[i].Base = &buffer[at]
		out.vectors[i].SetLen(min(m.segment, m.end-at))
		out.begin, out.n = i, i+1
		if err := b.conn.Write(out.write); err != nil {
			break // closed
		}
		if out.full || out.err != nil {
			b.refused.Add(1)
		}
	}
	out.begin, out.n = i, n
}

// sendmmsg sends what is left, as far as the send queue has room.
func (b *batcher) sendmmsg(fd uintptr) bool {
	out := &b.out
	out.full = false
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&out.headers[out.begin])),
			uintptr(out.n-out.begin), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			out.begin, out.err = out.begin+int(n), nil
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			out.full = true
			return true
		default:
			out.err = errno
			return true
		}
	}
}

// name writes an address as the kernel wants it.
func (b *batcher) name(a *Address) {
	addr, port := a.to.Addr(), a.to.Port()
	if !b.ipv6 {
		if !addr.Is4() {
			return // nobody of this socket; the kernel refuses an empty name
		}
		binary.NativeEndian.PutUint16(a.name[:], unix.AF_INET)
		binary.BigEndian.PutUint16(a.name[2:], port)
		ip := addr.As4()
		copy(a.name[4:], ip[:])
		a.nameLen = unix.SizeofSockaddrInet4
		return
	}
	binary.NativeEndian.PutUint16(a.name[:], unix.AF_INET6)
	binary.BigEndian.PutUint16(a.name[2:], port)
	ip := addr.As16()
	copy(a.name[8:], ip[:])
	if zone := addr.Zone(); zone != "" {
		if i, err := net.InterfaceByName(zone); err == nil {
			binary.NativeEndian.PutUint32(a.name[24:], uint32(i.Index))
		}
	}
	a.nameLen = unix.SizeofSockaddrInet6
}

// addrPort reads an address that the kernel wrote.
func addrPort(name *unix.RawSockaddrInet6) netip.AddrPort {
	port := name.Port>>8 | name.Port<<8
	if name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), port)
}

// Enlarge asks for longer queues: with the right to it more than the system's usual limit
// (net.core.rmem_max and wmem_max), else up to that. Less is no error.
func Enlarge(conn *net.UDPConn) {
	_ = conn.SetReadBuffer(receiveQueue)
	_ = conn.SetWriteBuffer(sendQueue)
	if raw, err := conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveQueue)
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendQueue)
		})
	}
}
