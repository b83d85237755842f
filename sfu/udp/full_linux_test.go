package udp

import (
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stuck returns a batcher whose datagrams go where nobody reads, and the other end. A UDP socket on loopback never
// has a full send queue; a pair of local sockets has after some ten datagrams.
func stuck(t *testing.T) (*batcher, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 1); err != nil { // the least
		t.Fatal(err)
	}
	near, far := os.NewFile(uintptr(fds[0]), "near"), os.NewFile(uintptr(fds[1]), "far")
	conn, err := net.FileConn(near)
	_ = near.Close() // conn has a copy
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); _ = far.Close() })
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	b := &batcher{conn: raw, until: conn.SetWriteDeadline, refused: new(atomic.Uint64), segmented: new(atomic.Bool)}
	b.out.prepare()
	b.out.write = b.sendmmsg
	return b, far
}

func datagrams(n int) []message {
	messages := make([]message, n)
	for i := range messages {
		messages[i] = message{to: &Address{}, begin: i, end: i + 1, segment: 1, segments: 1}
	}
	return messages
}

func TestAFullSendQueueHoldsUpNobodyForLong(t *testing.T) {
	b, _ := stuck(t)
	buffer := make([]byte, maxMessages)
	began := time.Now()
	const many = 200 // of which each would wait if it did not know of those before: 4 s
	for range many {
		b.send(datagrams(maxMessages), buffer)
	}
	if took := time.Since(began); took > time.Second*3 || b.refused.Load() < (many-1)*maxMessages {
		t.Errorf("it took %v, and %d were given up", took, b.refused.Load())
	}
}

func TestWhatFindsRoomInASendQueueInTimeIsNotLost(t *testing.T) {
	// A reader that the machine holds up for longer than maxWait proves nothing: then it is tried again.
	for range 50 {
		b, far := stuck(t)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			b.send(datagrams(maxMessages), make([]byte, maxMessages))
			_ = far.SetReadDeadline(time.Now().Add(time.Second)) // all that comes is there
		}()
		arrived, buffer := 0, make([]byte, 8)
		for arrived < maxMessages {
			if _, err := far.Read(buffer); err != nil {
				break
			}
			arrived++
		}
		<-sent
		refused := int(b.refused.Load())
		if arrived+refused != maxMessages {
			t.Fatalf("%d arrived and %d were given up, of %d", arrived, refused, maxMessages)
		}
		if refused == 0 {
			return
		}
	}
	t.Error("in fifty tries not all found room")
}
