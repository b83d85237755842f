package sfu

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"pronto/sfu/udp"
)

// iceCheck returns a check of ICE by who has a password for a user name fragment.
func iceCheck(t testing.TB, fragment, password string, more ...stun.Setter) []byte {
	t.Helper()
	setters := append([]stun.Setter{stun.BindingRequest, stun.TransactionID, stun.NewUsername(fragment + ":there")}, more...)
	m, err := stun.Build(append(setters, stun.NewShortTermIntegrity(password), stun.Fingerprint)...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

var nominating = stun.RawAttribute{Type: stun.AttrUseCandidate}

// takeAside has what goes to ICE and DTLS come to the test instead.
func takeAside(t *testing.T, w *worker) *udp.Aside {
	t.Helper()
	mine := w.socket.NewAside(func() error { return nil })
	var theirs *udp.Aside
	w.do(func() { theirs, w.aside = w.aside, mine })
	t.Cleanup(func() {
		w.do(func() { w.aside = theirs })
		_ = mine.Close()
	})
	return mine
}

func TestNothingOfStrangersReachesICEOrDTLS(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana := joinWired(t, r, "ana", true, gcm)
	s.worker.do(func() { s.worker.credentials(ana.peer.link, "here", "secret") })
	aside := takeAside(t, s.worker)
	stranger := listenLoopback(t)
	defer stranger.Close()
	hello := []byte{22, 254, 253, 0, 1}
	for _, b := range [][]byte{
		hello, {}, {0}, {64, 0, 0, 0}, {255}, iceCheck(t, "here", "a guess"), iceCheck(t, "nobody", "secret"),
		{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		if _, err := stranger.WriteTo(b, ana.to); err != nil {
			t.Fatal(err)
		}
	}
	ana.write([]byte{64, 1}) // of a peer, but of no protocol of his
	ana.write(hello)
	buf := make([]byte, udp.MTU)
	n, from, err := aside.ReadFromAddrPort(buf)
	if err != nil || from != ana.addr() || !bytes.Equal(buf[:n], hello) {
		t.Errorf("%v came from elsewhere: %v, %v", buf[:n], from != ana.addr(), err)
	}
}

func TestAPeerCannotFillTheQueueInWhichTheHandshakesOfOthersWait(t *testing.T) {
	s, r := startWired(t, Limits{})
	evil, bia := joinWired(t, r, "evil", true, gcm), joinWired(t, r, "bia", true, gcm)
	aside := takeAside(t, s.worker)
	s.worker.do(func() {
		for range 10_000 {
			s.worker.take(udp.Packet{From: evil.addr(), Data: []byte{22, 254}})
		}
		s.worker.take(udp.Packet{From: bia.addr(), Data: []byte{22, 253}})
	})
	buf := make([]byte, udp.MTU)
	for n := 0; ; n++ {
		if _, from, err := aside.ReadFromAddrPort(buf); err != nil || from == bia.addr() {
			if n > othersPerSecond || err != nil {
				t.Errorf("%d packets of one peer were ahead: %v", n, err)
			}
			return
		}
	}
}

func TestChecksThatKeepAWayOpenAreAnsweredByTheMediaPath(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana := joinWired(t, r, "ana", true, gcm)
	s.worker.do(func() {
		s.worker.credentials(ana.peer.link, "here", "secret")
		ana.peer.link.settled = true // as when ICE has chosen a way with them
	})
	aside := takeAside(t, s.worker)
	other := listenLoopback(t)
	defer other.Close()
	for _, step := range []struct {
		from   *net.UDPConn
		check  []byte
		passed bool
	}{
		{ana.conn, iceCheck(t, "here", "secret"), false},
		{ana.conn, iceCheck(t, "here", "secret", nominating), false},
		{other, iceCheck(t, "here", "secret"), false},
		{other, iceCheck(t, "here", "secret", nominating), true}, // ICE may choose it
		{ana.conn, iceCheck(t, "here", "secret", stun.RawAttribute{Type: stun.AttrICEControlled, Value: make([]byte, 8)}), true},
	} {
		if _, err := step.from.WriteTo(step.check, ana.to); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, udp.MTU)
		if step.passed {
			if n, _, err := aside.ReadFromAddrPort(buf); err != nil || !bytes.Equal(buf[:n], step.check) {
				t.Errorf("another packet was passed on: %v", err)
			}
			continue
		}
		if err := step.from.SetReadDeadline(time.Now().Add(wirePatience)); err != nil {
			t.Fatal(err)
		}
		n, err := step.from.Read(buf)
		answer := &stun.Message{Raw: buf[:n]}
		if err != nil || answer.Decode() != nil || answer.Type != stun.BindingSuccess ||
			!bytes.Equal(answer.TransactionID[:], step.check[8:20]) {
			t.Errorf("answered with %v, %v", answer, err)
		}
	}
	s.worker.do(func() { s.worker.credentials(ana.peer.link, "anew", "secret") })
	ana.write(iceCheck(t, "anew", "secret"))
	if _, _, err := aside.ReadFromAddrPort(make([]byte, udp.MTU)); err != nil {
		t.Error(err) // ICE begins again: it has to hear of it
	}
}

func TestAPeerIsMissedWhenNothingAuthenticComesAndWelcomedWhenItDoes(t *testing.T) {
	s, r := startWired(t, Limits{DisconnectedAfter: 4 * time.Second, FailedAfter: 11 * time.Second})
	told := make(chan PeerEvent, 16)
	ana := joinWiredOn(t, r, "ana", true, gcm, func(e PeerEvent) { told <- e })
	expect := func(want PeerEvent) {
		t.Helper()
		select {
		case e := <-told:
			if e != want {
				t.Errorf("%#v was told, not %#v", e, want)
			}
		case <-time.After(wirePatience):
			t.Errorf("%#v was not told", want)
		}
	}
	expect(Connected{})
	after := func(d time.Duration) {
		s.worker.do(func() { ana.peer.link.listen(ana.peer.link.heardAt.Add(d)) })
	}
	for range 2 {
		after(3 * time.Second)
		after(5 * time.Second)
		expect(Disconnected{})
		after(14 * time.Second)
		s.worker.do(func() { s.worker.credentials(ana.peer.link, "here", "secret") })
		ana.write(iceCheck(t, "here", "a guess"))
		forged := ana.seal(video(1))
		forged[len(forged)-1] ^= 1
		ana.write(forged)
		after(16 * time.Second)
		after(17 * time.Second)
		expect(Failed{ReasonTransport})
		ana.write(iceCheck(t, "here", "secret"))
		expect(Connected{})
	}
}
