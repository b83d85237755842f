package turn

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// cpu is what this process has used so far.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heap is what is in use after everything unreachable is gone.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

func stunHead(length uint16) []byte {
	b := make([]byte, stunHeaderSize)
	b[1] = 1 // a Binding request
	binary.BigEndian.PutUint16(b[2:], length)
	binary.BigEndian.PutUint32(b[4:], 0x2112A442)
	return b
}

func dialTCP(t *testing.T, s running) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestEveryFrameLengthIsTakenWholeOrRefused(t *testing.T) {
	for length := range 1 << 16 {
		head := binary.BigEndian.AppendUint16([]byte{0x40, 0}, uint16(length))
		size, err := frameSize(head)
		if padded := (length + 3) / 4 * 4; padded+4 > maxFrame != (err != nil) || err == nil && size != padded+4 {
			t.Fatalf("ChannelData of %d: size %d, %v", length, size, err)
		}
		size, err = frameSize(stunHead(uint16(length)))
		if (length+20 > maxFrame || length%4 != 0) != (err != nil) || err == nil && size != length+20 {
			t.Fatalf("STUN of %d: size %d, %v", length, size, err)
		}
	}
}

// Lengths that wrap around in 16 bits once made a read loop spin for ever, also
// after the client had gone.
func TestALengthThatWrapsAroundClosesTheConnection(t *testing.T) {
	s := start(t, nil)
	before := cpu(t)
	for _, b := range [][]byte{
		{0x40, 0, 0xff, 0xfc, 0, 0, 0, 0, 0, 0}, {0x40, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0},
		{0x7f, 0xff, 0xff, 0xfd, 0, 0, 0, 0, 0, 0}, stunHead(0xffec), stunHead(0xfff0), stunHead(0xffff),
		stunHead(3), []byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0xff}, 20), make([]byte, 20),
	} {
		conn := dialTCP(t, s)
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if !closedBy(t, conn, patience) {
			t.Errorf("% x: the connection stays open", b)
		} else if took := time.Since(begun); took > time.Second {
			t.Errorf("% x: closed only after %v", b, took)
		}
	}
	eventually(t, "all read loops have ended", func() bool { return s.frames.count() == 0 })
	if used := cpu(t) - before; used > time.Second {
		t.Errorf("used %v of processor time", used)
	}
}

// A frame that comes byte by byte once cost a copy of all before it for each byte,
// kept to the end.
func TestADrippedFrameCostsNothingAndIsCutOff(t *testing.T) {
	const conns, drips = 20, 400
	s := start(t, func(c *Config) { c.Timeouts.WholeFrame = time.Second })
	memory, processor := heap(), cpu(t)
	var open []net.Conn
	for range conns {
		conn := dialTCP(t, s)
		if err := conn.(*net.TCPConn).SetNoDelay(true); err != nil {
			t.Fatal(err)
		}
		// A frame of the greatest size, of which little ever comes.
		if _, err := conn.Write([]byte{0x40, 0, 0x06, 0x38}); err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	for range drips {
		for _, conn := range open {
			if _, err := conn.Write([]byte{0}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if grown := heap() - memory; grown > 4<<20 {
		t.Errorf("grown by %d kB", grown>>10)
	}
	begun := time.Now()
	for _, conn := range open {
		if !closedBy(t, conn, 5*time.Second) {
			t.Fatal("a partial frame is waited for longer than it may take")
		}
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("closed only after %v", took)
	}
	eventually(t, "all read loops have ended", func() bool { return s.frames.count() == 0 })
	if used := cpu(t) - processor; used > 3*time.Second {
		t.Errorf("used %v of processor time, the client's included", used)
	}
}

func TestSilentConnectionsAreClosedAndOthersServedMeanwhile(t *testing.T) {
	const silent = 300
	s := start(t, func(c *Config) {
		c.Timeouts.FirstFrame = time.Second
		c.Quotas.ConnectionsPerAddress = silent
	})
	var open []net.Conn
	for i := range silent {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 2, byte(1+i%4))}}
		conn, err := dialer.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		open = append(open, conn)
	}
	c := dialRaw(t, s, "tcp", issue(t, "call", "ana"))
	begun := time.Now()
	c.mustAllocate()
	if took := time.Since(begun); took > 500*time.Millisecond {
		t.Errorf("a client of good faith waited %v", took)
	}
	closed := 0
	for _, conn := range open {
		if closedBy(t, conn, patience) {
			closed++
		}
	}
	if closed != silent {
		t.Errorf("%d of %d were closed", closed, silent)
	}
	eventually(t, "only the client of good faith is left", func() bool { return s.frames.count() == 1 })
	if code := codeOf(c.signed(stun.MethodRefresh)); code != 0 {
		t.Errorf("his refresh was answered %d", code)
	}
}

func TestOneAddressHoldsOnlySoManyConnections(t *testing.T) {
	s := start(t, func(c *Config) { c.Quotas.ConnectionsPerAddress = 3 })
	clients := make([]*rawClient, 3)
	for i := range clients {
		clients[i] = dialRaw(t, s, "tcp", issue(t, "call", "ana"))
		clients[i].challenge()
	}
	if !closedBy(t, dialTCP(t, s), patience) {
		t.Error("a fourth connection stays open")
	}
	dialRawFrom(t, s, "tcp", "127.0.3.1", issue(t, "call", "bia")).challenge()
	_ = clients[0].conn.Close()
	eventually(t, "the closed connection is counted no more", func() bool { return s.frames.count() == 3 })
	dialRaw(t, s, "tcp", issue(t, "call", "ana")).challenge()
}

func TestAConnectionWithoutAllocationIsNotServedForEver(t *testing.T) {
	s := start(t, nil)
	conn := dialTCP(t, s)
	for range strangerFrames + 1 {
		if _, err := conn.Write(stunHead(0)); err != nil {
			t.Fatal(err)
		}
	}
	if !closedBy(t, conn, patience) {
		t.Error("it stays open")
	}
}

// memoryConn is a connection whose other side has said everything already.
type memoryConn struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (c *memoryConn) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *memoryConn) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *memoryConn) Close() error                     { return nil }
func (c *memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memoryConn) SetWriteDeadline(time.Time) error { return nil }
func (c *memoryConn) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3478}
}
func (c *memoryConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4000}
}

// Whatever comes in a stream, the library gets whole frames that say their own
// length, and the end comes after as many reads as there can be frames.
func FuzzFrames(f *testing.F) {
	f.Add(stunHead(0), uint8(1))
	f.Add([]byte{0x40, 0, 0xff, 0xfc, 0, 0, 0, 0, 0, 0}, uint8(3))
	f.Add(stunHead(0xffec), uint8(200))
	f.Add(append(stunHead(8), 0x00, 0x0d, 0x00, 0x04, 0, 0, 0, 1), uint8(7))
	f.Add(append(stunHead(4), 0x00, 0x08, 0xff, 0xff), uint8(255))
	s := &Server{cfg: Config{}.withDefaults(), table: newTable()}
	owner := newFrames(nil, s)
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		conn := newFrameConn(&memoryConn{in: &steps{stream, int(step) + 1}}, owner)
		buf := make([]byte, 1600)
		for range len(stream)/4 + 1 {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if size, err := frameSize(buf[:n]); err != nil || size != n {
				t.Fatalf("a read of %d bytes is not a frame: % x", n, buf[:n])
			}
			if _, ok := parseMessage(buf[:n]); !ok {
				t.Fatalf("a stranger's frame passed that is no STUN: % x", buf[:n])
			}
		}
		t.Fatal("more frames than bytes")
	})
}

// steps reads a few bytes at a time.
type steps struct {
	left []byte
	step int
}

func (s *steps) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(s.step, len(p))], s.left)
	s.left = s.left[n:]
	return n, nil
}

func FuzzMessage(f *testing.F) {
	f.Add(stunHead(0))
	f.Add(append(stunHead(8), 0x00, 0x0d, 0x00, 0x04, 0, 0, 0, 1))
	f.Add(append(stunHead(4), 0x00, 0x0d, 0xff, 0xff))
	f.Add(append(stunHead(12), 0x00, 0x08, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x04, 0x40, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := parseMessage(b)
		if !ok {
			return
		}
		theirs := &stun.Message{Raw: bytes.Clone(b)}
		if theirs.Decode() != nil {
			m.has(stun.AttrFingerprint) // must only not fail
			return
		}
		for _, a := range []stun.AttrType{stun.AttrLifetime, stun.AttrChannelNumber, stun.AttrRequestedTransport, stun.AttrMessageIntegrity} {
			want, err := theirs.Get(a)
			got, ok := m.attr(a)
			if ok && (err != nil || !bytes.Equal(got, want)) {
				t.Fatalf("%v is % x, the library reads % x, %v", a, got, want, err)
			}
		}
		if answer, ok := parseMessage(m.refusal(stun.CodeBadRequest)); !ok || fmt.Sprint(answer[8:20]) != fmt.Sprint(m[8:20]) {
			t.Fatalf("the refusal % x is not one of % x", answer, b)
		}
	})
}
