package sfu

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

func TestMediaCountsOnlyFromWhereICEHasFoundThePeerAndOnlyIfAuthentic(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	ana.send(video(1))
	bia.media()
	s.worker.do(func() {})
	before := s.Stats().In
	stranger := listenLoopback(t)
	defer stranger.Close()
	if _, err := stranger.WriteTo(ana.seal(video(2)), ana.to); err != nil {
		t.Fatal(err)
	}
	forged := ana.seal(video(3))
	forged[len(forged)-1] ^= 1
	ana.write(forged)
	for ssrc := range uint32(100) { // more than anybody may have, but nobody's
		p := video(4)
		p.SSRC, p.Payload = 5000+ssrc, p.Payload[:20]
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		ana.write(append(b, make([]byte, 16)...))
	}
	ana.send(video(5))
	if p := bia.media(); binary.BigEndian.Uint16(p.Payload[900:]) != 5 {
		t.Errorf("%v came", p.Header)
	}
	s.worker.do(func() {}) // so that the batch has been counted
	if in := s.Stats().In; in.VideoPackets != before.VideoPackets+1 {
		t.Errorf("%d packets were taken", in.VideoPackets-before.VideoPackets)
	}
	s.worker.do(func() {
		if n := len(ana.peer.link.sources); n != 1 {
			t.Errorf("%d sources are remembered", n)
		}
	})
}

func TestAPeerMaySendFromEveryAddressFromWhichItHasMadeACheck(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	s.worker.do(func() { s.worker.credentials(ana.peer.link, "here", "secret") })
	ana.send(video(1))
	bia.media()
	check := func(from *net.UDPConn, password string) {
		m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("here:there"), stun.NewShortTermIntegrity(password))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := from.WriteTo(m.Raw, ana.to); err != nil {
			t.Fatal(err)
		}
	}
	stranger := listenLoopback(t)
	defer stranger.Close()
	check(stranger, "a guess")
	if _, err := stranger.WriteTo(ana.seal(video(2)), ana.to); err != nil {
		t.Fatal(err)
	}
	ana.send(video(3))
	if got := binary.BigEndian.Uint16(bia.media().Payload[900:]); got != 3 {
		t.Errorf("packet %d came", got)
	}
	for seq := range uint16(40) { // more addresses than one may have
		other := listenLoopback(t)
		defer other.Close()
		check(other, "secret")
		if _, err := other.WriteTo(ana.seal(video(4+seq)), ana.to); err != nil {
			t.Fatal(err)
		}
		if got := binary.BigEndian.Uint16(bia.media().Payload[900:]); got != 4+seq {
			t.Errorf("packet %d came", got)
		}
	}
	s.worker.do(func() {
		if n := len(s.worker.routes); n != 1+maxRoutes || ana.peer.link.selected != ana.addr() {
			t.Errorf("%d routes", n)
		}
	})
}

func TestAnAddressThatIsGivenToAnotherPeerIsHisAlone(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	ana.send(video(1))
	bia.media()
	s.worker.do(func() { s.worker.direct(bia.peer.link, ana.addr()) })
	s.worker.do(func() {
		if s.worker.routes[ana.addr()] != ana.peer.link {
			t.Error("it was taken from who is using it")
		}
		s.worker.now = s.worker.now.Add(time.Minute)
		s.worker.direct(bia.peer.link, ana.addr())
	})
	s.worker.do(func() {
		if s.worker.routes[ana.addr()] != bia.peer.link || ana.peer.link.sends() || len(s.worker.routes) != 2 {
			t.Error("both have it, or none")
		}
	})
}
