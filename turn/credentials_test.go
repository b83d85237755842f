package turn

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"pronto/turn/credential"
)

func TestOnlyTrueCredentialsAllocate(t *testing.T) {
	s := start(t, nil)
	good := issue(t, "call", "ana")
	other := issue(t, "other", "ana")
	far := credential.Claims{Expiry: time.Now().Add(25 * time.Hour), Call: "call", User: "ana"}.Username()
	refused := 0
	for _, tt := range []struct {
		name, username, password, realm string
		reason                          Reason
	}{
		{"expired", issueAt(t, "call", "ana", time.Now().Add(-2*time.Hour)).Username, "", testRealm, ReasonExpired},
		{"more than a day ahead", far, credential.Password(testSecret, far), testRealm, ReasonExpired},
		{"a wrong password", good.Username, "wrong", testRealm, ReasonAuth},
		{"another secret", good.Username, credential.Password([]byte("another secret, as long"), good.Username), testRealm, ReasonAuth},
		{"another user's name", strings.Replace(good.Username, "ana", "bia", 1), good.Password, testRealm, ReasonAuth},
		{"the password of another call", good.Username, other.Password, testRealm, ReasonAuth},
		{"another realm", good.Username, good.Password, "elsewhere.test", ReasonAuth},
		{"a name without a call", "ana", "x", testRealm, ReasonAuth},
		{"an empty name", "", "x", testRealm, ReasonAuth},
	} {
		before := s.count(AllocationRefused{UDP, tt.reason})
		c := dialRaw(t, s, "udp", credential.Credential{Username: tt.username, Password: tt.password})
		c.challenge()
		c.realm = tt.realm
		if _, code := c.allocate(); code <= 0 {
			t.Errorf("%s: answered %d", tt.name, code)
		}
		if s.count(AllocationRefused{UDP, tt.reason}) != before+1 {
			t.Errorf("%s: no event with reason %s", tt.name, tt.reason)
		}
		refused++
	}
	if n := len(s.all()); n != refused {
		t.Errorf("%d events for %d refusals", n, refused)
	}
	dialRaw(t, s, "udp", good).mustAllocate()
}

func TestALiveAllocationOutlivesItsCredential(t *testing.T) {
	s := start(t, nil)
	cred := issueAt(t, "call", "ana", time.Now().Add(2*time.Second-credential.MaxTTL))
	c := dialRaw(t, s, "udp", cred)
	relayed := c.mustAllocate()
	late := dialRaw(t, s, "udp", cred)
	late.challenge()
	eventually(t, "the credential has expired", func() bool { return !time.Now().Before(cred.Expiry) })
	if code := codeOf(c.signed(stun.MethodRefresh)); code != 0 {
		t.Errorf("Refresh was answered %d", code)
	}
	if code := c.permission(netip.MustParseAddrPort("8.8.8.8:5000")); code != 0 {
		t.Errorf("CreatePermission was answered %d", code)
	}
	if _, code := late.allocate(); code <= 0 {
		t.Errorf("a new Allocate was answered %d", code)
	}
	if s.relayAt(relayed) == nil {
		t.Error("the allocation is gone")
	}
}

func TestQuotas(t *testing.T) {
	s := start(t, nil)
	var c *rawClient
	for range 4 {
		c = dialRaw(t, s, "udp", issue(t, "call", "ana"))
		c.mustAllocate()
	}
	for _, network := range []string{"udp", "tcp"} {
		if _, code := dialRaw(t, s, network, issue(t, "another", "ana")).allocate(); code != 486 {
			t.Errorf("a fifth allocation over %s was answered %d, want 486", network, code)
		}
	}
	dialRaw(t, s, "udp", issue(t, "call", "bia")).mustAllocate()

	at := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{8, 8, 8, byte(i)}), 5000)
	}
	for i := range 32 {
		if code := c.permission(at(i)); code != 0 {
			t.Fatalf("permission %d was answered %d", i+1, code)
		}
	}
	if code := c.permission(at(32)); code != 403 {
		t.Errorf("the 33rd permission was answered %d, want 403", code)
	}
	if code := c.permission(at(0)); code != 0 {
		t.Errorf("renewing the first permission was answered %d", code)
	}
	for i := range 16 {
		if code := c.bindChannel(0x4000+uint16(i), at(i)); code != 0 {
			t.Fatalf("channel %d was answered %d", i+1, code)
		}
	}
	if code := c.bindChannel(0x4000+16, at(16)); code != 508 {
		t.Errorf("the 17th channel was answered %d, want 508", code)
	}
	if code := c.bindChannel(0x4000, at(0)); code != 0 {
		t.Errorf("renewing the first channel was answered %d", code)
	}
	// Two allocations too many, one permission and one channel.
	if n := s.count(AllocationRefused{UDP, ReasonQuota}) + s.count(AllocationRefused{TCP, ReasonQuota}); n != 4 {
		t.Errorf("%d events tell of a quota, want 4", n)
	}
	if code := codeOf(c.signed(stun.MethodRefresh, lifetime(0))); code != 0 {
		t.Fatalf("ending an allocation was answered %d", code)
	}
	dialRaw(t, s, "udp", issue(t, "call", "ana")).mustAllocate()
}

func TestRevokeEndsAllocationsAndRefusesTheirCredentials(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		for _, everybody := range []bool{false, true} {
			s := start(t, func(c *Config) { c.AllowPrivatePeers = true })
			ana, bia, eve := issue(t, "call", "ana"), issue(t, "call", "bia"), issue(t, "other", "ana")
			a, b, e := dialRaw(t, s, network, ana), dialRaw(t, s, network, bia), dialRaw(t, s, network, eve)
			relayed, relayedB, relayedE := a.mustAllocate(), b.mustAllocate(), e.mustAllocate()
			peer, at := peerSocket(t)
			if code := a.permission(at); code != 0 {
				t.Fatal(code)
			}

			user := "ana"
			if everybody {
				user = ""
			}
			s.Revoke("call", user)

			eventually(t, "the allocation is gone", func() bool { return s.relayAt(relayed) == nil })
			eventually(t, "the other's is as it should be", func() bool { return (s.relayAt(relayedB) == nil) == everybody })
			if s.relayAt(relayedE) == nil {
				t.Errorf("%s: the same user's allocation in another call is gone", network)
			}
			if _, err := peer.WriteToUDPAddrPort([]byte("still there?"), relayed); err == nil {
				if b := a.read(50 * time.Millisecond); b != nil {
					t.Errorf("%s: the client still hears its peer: % x", network, b)
				}
			}
			if network == "udp" {
				if code := codeOf(a.signed(stun.MethodRefresh)); code != 437 {
					t.Errorf("Refresh was answered %d, want 437", code)
				}
			} else if !closedBy(t, a.conn, patience) {
				t.Error("the TCP connection stays open")
			}
			if _, code := dialRaw(t, s, network, ana).allocate(); code <= 0 {
				t.Errorf("%s: the credential still allocates: %d", network, code)
			}
			if _, code := dialRaw(t, s, network, bia).allocate(); (code == 0) == everybody {
				t.Errorf("%s: the other's credential, everybody revoked %v: %d", network, everybody, code)
			}
			// One that was issued a second later is another one.
			again := issueAt(t, "call", "ana", time.Now().Add(time.Second))
			if _, code := dialRaw(t, s, network, again).allocate(); code != 0 {
				t.Errorf("%s: a later credential was answered %d", network, code)
			}
			eventually(t, "the end is told", func() bool {
				n := 0
				for _, event := range s.all() {
					if closed, ok := event.(AllocationClosed); ok && closed.Transport == Transport(network) {
						n++
					}
				}
				return n == map[bool]int{false: 1, true: 2}[everybody]
			})
		}
	}
}

func TestRevocationsAreForgottenOnlyInFavourOfRefusal(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	claims := func(call string, expiry time.Time) credential.Claims {
		return credential.Claims{Call: call, User: "ana", Expiry: expiry}
	}
	r := newRevocations(3)
	for i, call := range []string{"a", "b", "c"} {
		r.add(pair{call, "ana"}, now, now.Add(time.Hour+time.Duration(i)*time.Second))
	}
	if !r.refuses(claims("a", now.Add(time.Hour))) || r.refuses(claims("a", now.Add(time.Hour+time.Second))) {
		t.Error("a revocation is not about the credentials issued until then")
	}
	if r.refuses(claims("d", now.Add(time.Minute))) {
		t.Error("another call is refused")
	}
	r.add(pair{"d", ""}, now, now.Add(time.Hour+3*time.Second))
	if len(r.until) != 3 || len(r.queue) != 3 {
		t.Errorf("%d and %d revocations are kept, want 3", len(r.until), len(r.queue))
	}
	if !r.refuses(claims("a", now.Add(time.Hour))) {
		t.Error("what was forgotten is accepted again")
	}
	if !r.refuses(claims("d", now.Add(time.Hour))) {
		t.Error("a whole call's revocation does not hold for one user")
	}
	if r.refuses(claims("e", now.Add(time.Hour+time.Second))) {
		t.Error("a credential younger than all that was forgotten is refused")
	}
	later := now.Add(2 * time.Hour)
	r.add(pair{"f", "ana"}, later, later.Add(time.Hour))
	if len(r.until) != 1 || len(r.queue) != 1 {
		t.Errorf("%d and %d revocations are kept after their time, want 1", len(r.until), len(r.queue))
	}
}
