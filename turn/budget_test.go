package turn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

func TestABudgetIsTenAtOnceAndTenASecond(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	b := newBudget(10, now)
	spend := func(source string, at time.Time) int {
		n := 0
		for b.take(netip.MustParseAddr(source), at) {
			n++
		}
		return n
	}
	if n := spend("192.0.2.1", now); n != 10 {
		t.Errorf("%d at once, want 10", n)
	}
	if b.has(netip.MustParseAddr("192.0.2.1"), now) {
		t.Error("an empty budget has some left")
	}
	if n := spend("192.0.2.1", now.Add(500*time.Millisecond)); n != 5 {
		t.Errorf("%d after half a second, want 5", n)
	}
	if n := spend("192.0.2.1", now.Add(time.Hour)); n != 10 {
		t.Errorf("%d after an hour, want 10", n)
	}
	if n := spend("192.0.2.2", now); n != 10 {
		t.Errorf("%d for another address, want 10", n)
	}
	if n := spend("2001:db8::1", now) + spend("2001:db8::ffff:2", now); n != 10 {
		t.Errorf("%d for two addresses of one /64, want 10", n)
	}
	if n := spend("::ffff:192.0.2.2", now); n != 0 {
		t.Errorf("%d for the same address in another spelling, want 0", n)
	}
}

func TestStrangersAreAnsweredSparinglyAndClientsAlways(t *testing.T) {
	s := start(t, func(c *Config) {
		c.Quotas.AnswersPerSecond = 10
		c.AllowPrivatePeers = true
	})
	c := dialRaw(t, s, "udp", issue(t, "call", "ana"))
	c.mustAllocate()
	// A flood from another address, as if that were forged: bare Allocate, Binding, and
	// requests signed with nonsense.
	flood := dialRawFrom(t, s, "udp", "127.0.1.1", issue(t, "call", "eve"))
	flood.challenge()
	bare, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest))
	if err != nil {
		t.Fatal(err)
	}
	binding, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), transportUDP,
		stun.NewUsername(flood.cred.Username), stun.NewRealm(testRealm), stun.NewNonce(flood.nonce),
		stun.NewLongTermIntegrity("x", "y", "z"))
	if err != nil {
		t.Fatal(err)
	}
	memory, begun, sent := heap(), time.Now(), 0
	for range 1000 {
		for _, b := range [][]byte{bare.Raw, binding.Raw, forged.Raw} {
			flood.send(b)
			sent += len(b)
		}
	}
	// Who has an allocation is answered meanwhile, however often he asks.
	for range 50 {
		if code := codeOf(c.signed(stun.MethodRefresh)); code != 0 {
			t.Fatalf("a client's Refresh was answered %d", code)
		}
	}
	// So is a newcomer elsewhere.
	dialRawFrom(t, s, "udp", "127.0.1.2", issue(t, "call", "bia")).mustAllocate()
	answers, received := 0, 0
	for {
		b := flood.read(50 * time.Millisecond)
		if b == nil {
			break
		}
		answers++
		received += len(b)
	}
	if most := 10 + int(time.Since(begun).Seconds()*10) + 1; answers > most || answers == 0 {
		t.Errorf("%d answers in %v, want 1 to %d", answers, time.Since(begun), most)
	}
	if received > sent {
		t.Errorf("%d bytes came back for %d", received, sent)
	}
	if grown := heap() - memory; grown > 5<<20 {
		t.Errorf("grown by %d kB", grown>>10)
	}
}
