//go:build !linux

package udp

import (
	"net"
	"sync/atomic"
)

// batcher does not exist on this system: datagrams move one at a time.
type batcher struct{}

func newBatcher(*net.UDPConn, *atomic.Uint64, *atomic.Bool) (*batcher, error) { return nil, nil }

func (*batcher) receive(*[BatchSize]Packet) (int, error) { return 0, net.ErrClosed }

func (*batcher) send([]message, []byte) {}

func (*batcher) name(*Address) {}

// Enlarge asks for longer queues; the system gives what it may, and less is no error.
func Enlarge(conn *net.UDPConn) {
	_ = conn.SetReadBuffer(receiveQueue)
	_ = conn.SetWriteBuffer(sendQueue)
}
