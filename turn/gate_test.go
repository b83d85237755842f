package turn

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// notYet fails the test if ended is closed within a moment.
func notYet(t *testing.T, what string, ended <-chan struct{}) {
	t.Helper()
	select {
	case <-ended:
		t.Error(what)
	case <-time.After(50 * time.Millisecond):
	}
}

// whileHandled starts a server that calls act in the middle of its handling a
// message of a client over network, and returns once that has been done.
func whileHandled(t *testing.T, network string, act func(running, *allocation), closed chan struct{}) running {
	t.Helper()
	var s running
	var relayed netip.AddrPort
	ready, done := make(chan struct{}), make(chan struct{})
	var acting atomic.Bool
	s = start(t, func(c *Config) {
		record := c.Events
		c.Events = func(e Event) {
			record(e)
			switch e := e.(type) {
			case AllocationRefused: // for a permission, of which more are to come
				if e.Reason == ReasonPeerDenied && acting.CompareAndSwap(false, true) {
					<-ready
					act(s, s.relayAt(relayed))
					close(done)
				}
			case AllocationClosed:
				close(closed)
			}
		}
	})
	c := dialRaw(t, s, network, issue(t, "call", "ana"))
	relayed = c.mustAllocate()
	close(ready)
	request, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodCreatePermission, stun.ClassRequest),
		peerAddr(netip.MustParseAddrPort("8.8.8.8:5000")), peerAddr(netip.MustParseAddrPort("10.0.0.1:5000")),
		stun.NewUsername(c.cred.Username), stun.NewRealm(c.realm), stun.NewNonce(c.nonce),
		stun.NewLongTermIntegrity(c.cred.Username, c.realm, c.cred.Password))
	if err != nil {
		t.Fatal(err)
	}
	c.send(request.Raw)
	<-done
	return s
}

func TestAnAllocationDoesNotEndWhileAMessageOfItsClientIsHandled(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		closed := make(chan struct{})
		s := whileHandled(t, network, func(_ running, a *allocation) {
			a.extend(time.Now()) // its lifetime is over
			eventually(t, "the relay has noticed", a.ended.Load)
			notYet(t, network+": it ended", closed)
		}, closed)
		eventually(t, "the allocation is gone", func() bool { return s.Allocations() == 0 })
		<-closed
	}
}

func TestTheServerStopsOnlyAfterAMessageOverTCPIsHandled(t *testing.T) {
	closed, stopped := make(chan struct{}), make(chan error, 1)
	s := whileHandled(t, "tcp", func(s running, _ *allocation) {
		go func() { stopped <- s.Close() }()
		notYet(t, "the library was told to close all allocations", s.frames.ended)
	}, closed)
	<-closed
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if n := s.frames.count(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// The library sets up a permission in two steps and would fall over an allocation
// that is closed in between. The race detector sees it even if it does not come to that.
func TestAllocationsMayEndWhilePermissionsAreMade(t *testing.T) {
	s := start(t, nil)
	for i := range 100 {
		network := []string{"udp", "tcp"}[i%2]
		c := dialRaw(t, s, network, issue(t, "call", "ana"))
		c.mustAllocate()
		setters := []stun.Setter{stun.TransactionID, stun.NewType(stun.MethodCreatePermission, stun.ClassRequest)}
		for j := range 32 {
			setters = append(setters, peerAddr(netip.AddrPortFrom(netip.AddrFrom4([4]byte{8, 8, 8, byte(j)}), 5000)))
		}
		request, err := stun.Build(append(setters, stun.NewUsername(c.cred.Username), stun.NewRealm(c.realm), stun.NewNonce(c.nonce),
			stun.NewLongTermIntegrity(c.cred.Username, c.realm, c.cred.Password))...)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for _, a := range s.table.of(pair{"call", ""}) {
				a.extend(time.Now()) // as if its lifetime were over
			}
		}()
		c.send(request.Raw)
		<-ended
		eventually(t, "the allocation has ended", func() bool { return s.Allocations() == 0 })
	}
}

func TestNothingOfAClientPassesOnceItsAllocationHasEnded(t *testing.T) {
	s := start(t, nil)
	a := &allocation{transport: UDP, channels: make(map[uint16]struct{})}
	request, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodCreatePermission, stun.ClassRequest),
		stun.NewLongTermIntegrity("x", "y", "z"))
	if err != nil {
		t.Fatal(err)
	}
	for name, message := range map[string][]byte{"CreatePermission": request.Raw, "ChannelData": {0x40, 0, 0, 0}} {
		a.ended.Store(false)
		if pass, _ := s.screen(a, message); !pass {
			t.Errorf("%s does not pass while it lives", name)
		}
		a.ended.Store(true)
		if pass, answer := s.screen(a, message); pass || answer != nil {
			t.Errorf("%s passes or is answered after its end", name)
		}
	}
}

func TestAnAllocationThatWasRevokedInTheMakingEnds(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		var s running
		ready := make(chan struct{})
		s = start(t, func(c *Config) {
			record := c.Events
			c.Events = func(e Event) {
				record(e)
				if _, ok := e.(AllocationOpened); ok {
					<-ready
					// As Revoke does, but too early to find the allocation.
					s.revoked.add(pair{"call", "ana"}, time.Now(), time.Now().Add(time.Hour))
				}
			}
		})
		close(ready)
		dialRaw(t, s, network, issue(t, "call", "ana")).mustAllocate()
		eventually(t, network+": it has ended", func() bool { return s.Allocations() == 0 })
	}
}
