//go:build !linux

package udp

import "net"

// Listen opens one socket of a UDP address, host:port: this system does not share out who sends among several.
func Listen(address string, _ int) ([]net.PacketConn, error) {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, err
	}
	return []net.PacketConn{conn}, nil
}
