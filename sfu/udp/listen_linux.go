package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// Listen opens n sockets of one UDP address, host:port, among which the system shares out who sends (SO_REUSEPORT,
// socket(7)): all that comes from one address comes to one socket. Port 0 chooses one. It fails where the address is in
// use, also by such sockets of another process.
func Listen(address string, n int) (conns []net.PacketConn, err error) {
	first, err := net.ListenPacket("udp", address)
	switch {
	case err != nil:
		return nil, err
	case n <= 1:
		return []net.PacketConn{first}, nil
	}
	address = first.LocalAddr().String()
	if err := first.Close(); err != nil { // it was only to see whether the address is free: sharers would share it with anybody
		return nil, err
	}
	config := net.ListenConfig{Control: share}
	for range n {
		conn, err := config.ListenPacket(context.Background(), "udp", address)
		if err != nil {
			for _, opened := range conns {
				err = errors.Join(err, opened.Close())
			}
			return nil, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

func share(_, _ string, conn syscall.RawConn) (err error) {
	var refused error
	err = conn.Control(func(fd uintptr) {
		refused = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	if err = errors.Join(err, refused); err != nil {
		return fmt.Errorf("share the port: %w", err)
	}
	return nil
}
