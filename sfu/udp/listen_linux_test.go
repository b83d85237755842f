package udp_test

import (
	"net"
	"testing"

	"pronto/sfu/udp"
)

func TestSocketsShareAPortAndNobodyElseMay(t *testing.T) {
	conns, err := udp.Listen("127.0.0.1:0", 3)
	if err != nil {
		t.Fatal(err)
	}
	address := conns[0].LocalAddr().String()
	for _, conn := range conns {
		defer conn.Close()
		if conn.LocalAddr().String() != address {
			t.Errorf("%v is not %s", conn.LocalAddr(), address)
		}
	}
	for _, n := range []int{1, 2} {
		if more, err := udp.Listen(address, n); err == nil {
			t.Errorf("%d sockets of a second server share the port", len(more))
			for _, conn := range more {
				_ = conn.Close()
			}
		}
	}
	if _, err := net.ListenPacket("udp", address); err == nil {
		t.Error("another socket was given the port")
	}
}
