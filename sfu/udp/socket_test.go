package udp_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pronto/sfu/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plain hides that a connection is one of this system, as on a system without batches.
type plain struct{ net.PacketConn }

func listen(t testing.TB, network, ip string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func addrOf(c net.PacketConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// kinds are the sockets that must behave alike.
func kinds(t *testing.T, each func(t *testing.T, s *udp.Socket, to *net.UDPConn)) {
	for name, make := range map[string]func(t *testing.T) (net.PacketConn, *net.UDPConn, bool){
		"IPv4": func(t *testing.T) (net.PacketConn, *net.UDPConn, bool) {
			return listen(t, "udp4", "127.0.0.1"), listen(t, "udp4", "127.0.0.1"), true
		},
		"IPv4 on a socket of both": func(t *testing.T) (net.PacketConn, *net.UDPConn, bool) {
			return listen(t, "udp", "::"), listen(t, "udp4", "127.0.0.1"), true
		},
		"without segments": func(t *testing.T) (net.PacketConn, *net.UDPConn, bool) {
			return listen(t, "udp4", "127.0.0.1"), listen(t, "udp4", "127.0.0.1"), false
		},
		"one at a time": func(t *testing.T) (net.PacketConn, *net.UDPConn, bool) {
			return plain{listen(t, "udp4", "127.0.0.1")}, listen(t, "udp4", "127.0.0.1"), true
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn, to, segmented := make(t)
			s, err := udp.New(conn)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if !segmented {
				s.Unsegmented()
			}
			each(t, s, to)
		})
	}
}

func TestWhatIsCollectedArrivesAsItWasWhateverItsLengths(t *testing.T) {
	kinds(t, func(t *testing.T, s *udp.Socket, to *net.UDPConn) {
		other := listen(t, "udp4", "127.0.0.1")
		slab := s.NewSlab()
		first, second := s.Address(addrOf(to)), s.Address(addrOf(other))
		var want [][]byte
		for i, n := range []int{1200, 1200, 1200, 700, 1200, 1201, 1201, 3, 3, 3, 4, 1200} {
			b := bytes.Repeat([]byte{byte(i)}, n)
			copy(slab.Room(udp.MTU), b)
			slab.Add(first, n)
			want = append(want, b)
			if i == 6 {
				copy(slab.Room(10), "elsewhere")
				slab.Add(second, 9)
			}
		}
		slab.Flush()
		buf := make([]byte, udp.MTU)
		for i, w := range want {
			n := read(t, to, buf)
			if !bytes.Equal(buf[:n], w) {
				t.Fatalf("datagram %d: %d bytes of %d, want %d of %d", i, n, buf[0], len(w), w[0])
			}
		}
		if n := read(t, other, buf); string(buf[:n]) != "elsewhere" {
			t.Errorf("the other got %q", buf[:n])
		}
		if s.Refused() != 0 {
			t.Errorf("%d were refused", s.Refused())
		}
	})
}

func TestMoreThanASlabHoldsIsSentInBetween(t *testing.T) {
	kinds(t, func(t *testing.T, s *udp.Socket, to *net.UDPConn) {
		slab := s.NewSlab()
		address := s.Address(addrOf(to))
		buf := make([]byte, udp.MTU)
		for i := range 1000 {
			copy(slab.Room(udp.MTU), fmt.Sprintf("%04d", i))
			slab.Add(address, 4+i%3)
			if i%100 == 99 { // the receiver's queue is not endless
				slab.Flush()
				for j := i - 99; j <= i; j++ {
					if n := read(t, to, buf); n != 4+j%3 || string(buf[:4]) != fmt.Sprintf("%04d", j) {
						t.Fatalf("datagram %d: %q", j, buf[:n])
					}
				}
			}
		}
	})
}

func TestOneDestinationThatCannotBeReachedDoesNotHoldUpTheOthers(t *testing.T) {
	kinds(t, func(t *testing.T, s *udp.Socket, to *net.UDPConn) {
		slab := s.NewSlab()
		nowhere, somewhere := s.Address(netip.MustParseAddrPort("127.0.0.1:0")), s.Address(addrOf(to))
		for range 3 {
			slab.Room(10)
			slab.Add(nowhere, 10) // port 0 is refused
		}
		copy(slab.Room(10), "here")
		slab.Add(somewhere, 4)
		slab.Flush()
		buf := make([]byte, udp.MTU)
		if n := read(t, to, buf); string(buf[:n]) != "here" {
			t.Errorf("got %q", buf[:n])
		}
		if s.Refused() != 3 {
			t.Errorf("%d were refused, not 3", s.Refused())
		}
	})
}

func TestDatagramsAreReceivedWithTheirSenders(t *testing.T) {
	kinds(t, func(t *testing.T, s *udp.Socket, from *net.UDPConn) {
		to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(addrOfSocket(s).Port())}
		for i := range 100 {
			if _, err := from.WriteTo([]byte{byte(i)}, to); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := from.WriteTo(make([]byte, udp.MTU+1), to); err != nil { // dropped
			t.Fatal(err)
		}
		if _, err := from.WriteTo([]byte{100}, to); err != nil {
			t.Fatal(err)
		}
		var into [udp.BatchSize]udp.Packet
		for next := 0; next <= 100; {
			n, err := s.Receive(&into)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range into[:n] {
				if p.From != addrOf(from) || len(p.Data) != 1 || p.Data[0] != byte(next) {
					t.Fatalf("datagram %d: %d bytes, from the right sender: %v", next, len(p.Data), p.From == addrOf(from))
				}
				next++
			}
		}
	})
}

func TestAReceiverCanBeWoken(t *testing.T) {
	kinds(t, func(t *testing.T, s *udp.Socket, _ *net.UDPConn) {
		var into [udp.BatchSize]udp.Packet
		s.WakeAt(time.Now().Add(time.Millisecond))
		if _, err := s.Receive(&into); !errors.Is(err, udp.ErrWoken) {
			t.Errorf("at its time: %v", err)
		}
		s.WakeAt(time.Time{})
		go s.Wake()
		if _, err := s.Receive(&into); !errors.Is(err, udp.ErrWoken) {
			t.Errorf("at once: %v", err)
		}
		s.WakeAt(time.Time{})
		done := make(chan error)
		go func() {
			_, err := s.Receive(&into)
			done <- err
		}()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("when closed: %v", err)
		}
	})
}

func TestWhatIsPutAsideIsReadThereAndTooMuchIsLost(t *testing.T) {
	s, err := udp.New(listen(t, "udp4", "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ended := 0
	a := s.NewAside(func() error { ended++; return nil })
	from := netip.MustParseAddrPort("192.0.2.1:7")
	for i := range 10_000 {
		a.Put(udp.Packet{From: from, Data: []byte{byte(i)}})
	}
	buf := make([]byte, udp.MTU)
	n, addr, err := a.ReadFrom(buf)
	if err != nil || n != 1 || buf[0] != 0 || addr.String() != "192.0.2.1:7" {
		t.Errorf("read %d bytes, %v", n, err)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	read := 0
	for ; err == nil; read++ { // what waits may still be read
		_, _, err = a.ReadFrom(buf)
	}
	if ended != 1 || read > 1000 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("ended %d times, %d read, %v", ended, read, err)
	}
}

func TestSendingAndReceivingAllocateNothing(t *testing.T) {
	s, err := udp.New(listen(t, "udp4", "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	self := s.Address(addrOfSocket(s))
	slab := s.NewSlab()
	var into [udp.BatchSize]udp.Packet
	allocs := testing.AllocsPerRun(200, func() {
		for range 5 {
			slab.Room(1200)
			slab.Add(self, 1200)
		}
		slab.Flush()
		for got := 0; got < 5; {
			n, err := s.Receive(&into)
			if err != nil {
				t.Fatal(err)
			}
			got += n
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func addrOfSocket(s *udp.Socket) netip.AddrPort { return s.LocalAddr().(*net.UDPAddr).AddrPort() }

func read(t *testing.T, c *net.UDPConn, buf []byte) int {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
