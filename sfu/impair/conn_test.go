package impair

import (
	"net"
	"testing"
	"time"
)

func TestASocketBehindABadNetworkLosesAndWaits(t *testing.T) {
	listen := func() net.PacketConn {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	near, far := listen(), listen()
	defer far.Close()
	c := NewConn(near, Conditions{}, Conditions{Loss: .5, DelayMs: 50}, 7)
	defer c.Close()
	const sent = 400
	began := time.Now()
	for i := range sent {
		if _, err := far.WriteTo([]byte{byte(i)}, c.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	got, buf := 0, make([]byte, 8)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			if _, _, err := c.ReadFrom(buf); err != nil {
				return
			}
			if got++; got == 1 && time.Since(began) < 50*time.Millisecond {
				t.Error("the first packet was not under way for 50 ms")
			}
		}
	}()
	time.Sleep(500 * time.Millisecond)
	c.Close()
	<-read
	if got < sent/3 || got > sent*2/3 {
		t.Errorf("%d of %d came through", got, sent)
	}
}
