package sfu

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v4"

	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

const gcm = srtp.ProtectionProfileAeadAes128Gcm

func TestMediaIsForwardedWithEveryProfile(t *testing.T) {
	for _, profile := range []srtp.ProtectionProfile{gcm, srtp.ProtectionProfileAeadAes256Gcm, srtp.ProtectionProfileAes128CmHmacSha1_80} {
		_, r := startWired(t, Limits{})
		ana := joinWired(t, r, "ana", true, profile)
		bia := joinWired(t, r, "bia", false, gcm)
		caio := joinWired(t, r, "caio", false, profile)
		for seq := range uint16(200) {
			ana.send(video(seq + 1))
			for _, w := range []*wire{bia, caio} {
				p := w.media()
				if p.SSRC != 2000 || p.PayloadType != wirePT || !p.Marker || binary.BigEndian.Uint16(p.Payload[900:]) != seq+1 {
					t.Fatalf("packet %d is %v", seq, p.Header)
				}
			}
		}
	}
}

func TestALostPacketIsSentAgainAtMostThreeTimes(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	var got []*rtp.Packet
	for seq := range uint16(20) {
		ana.send(video(seq + 1))
		got = append(got, bia.media())
	}
	lost := got[12]
	nack := &rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: 2000, Nacks: []rtcp.NackPair{{PacketID: lost.SequenceNumber}}}
	var last uint16
	for i := range forward.MaxTimes {
		bia.report(nack)
		again := bia.media()
		if again.PayloadType != wireRTXPT || again.SSRC != 2001 || again.Timestamp != lost.Timestamp || !again.Marker ||
			binary.BigEndian.Uint16(again.Payload) != lost.SequenceNumber || !bytes.Equal(again.Payload[2:], lost.Payload) {
			t.Fatalf("%v came for %v", again.Header, lost.Header)
		}
		if i > 0 && again.SequenceNumber != last+1 {
			t.Errorf("retransmission %d after %d", again.SequenceNumber, last)
		}
		last = again.SequenceNumber
	}
	bia.report(nack)
	ana.send(video(21))
	if p := bia.media(); p.PayloadType != wirePT {
		t.Error("it came a fourth time")
	}
}

func TestWithoutRetransmissionsALostPacketComesExactlyAsItWas(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	s.worker.do(func() { bia.slot.formats.rtx[forward.CodecVP8] = 0 })
	buf := make([]byte, udp.MTU)
	if err := bia.conn.SetReadDeadline(time.Now().Add(wirePatience)); err != nil {
		t.Fatal(err)
	}
	ana.send(video(1))
	read := func() []byte {
		for {
			n, err := bia.conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			if buf[1]&0x7f == wirePT {
				return bytes.Clone(buf[:n])
			}
		}
	}
	first := read()
	bia.report(&rtcp.TransportLayerNack{MediaSSRC: 2000, Nacks: []rtcp.NackPair{{PacketID: binary.BigEndian.Uint16(first[2:])}}})
	if !bytes.Equal(read(), first) {
		t.Error("another packet came with its number")
	}
}

func TestAStormOfNACKsCostsNoMoreThanAShareOfWhatIsSent(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	var sent, again int
	var newest uint16
	count := func(p *rtp.Packet) {
		n := forward.HeaderSize + len(p.Payload) + 16
		if p.PayloadType == wirePT {
			sent += n
			newest = p.SequenceNumber
			return
		}
		again += n
	}
	for seq := range uint16(300) {
		ana.send(video(seq + 1))
		for before := newest; newest == before; { // retransmissions may come in between
			count(bia.media())
		}
		if seq%2 == 0 {
			bia.report(&rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: 2000, Nacks: []rtcp.NackPair{{PacketID: newest - 3, LostPackets: 7}}})
		}
	}
	for {
		p, reports := bia.next(200 * time.Millisecond)
		if p == nil && reports == nil {
			break
		}
		if p != nil {
			count(p)
		}
	}
	if most := sent*resendShare/100 + resendStart; again > most || again == 0 {
		t.Errorf("%d bytes were sent again, %d are allowed for %d", again, most, sent)
	}
	if s.Stats().Dropped.RTCP == 0 {
		t.Error("nothing was counted")
	}
}

func TestLostPacketsOfAPublisherAreAskedForAndTakeTheirPlace(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	ana.send(video(1), video(2), video(5))
	first := bia.media().SequenceNumber
	bia.media()
	bia.media()
	ana.hear("a NACK", func(p rtcp.Packet) bool {
		nack, ok := p.(*rtcp.TransportLayerNack)
		if ok && (nack.MediaSSRC != wireSSRC || len(nack.Nacks) != 1 || nack.Nacks[0] != rtcp.NackPair{PacketID: 3, LostPackets: 1}) {
			t.Errorf("asked for %v", nack)
		}
		return ok
	})
	ana.send(retransmission(4, 70), retransmission(3, 71), retransmission(3, 72), retransmission(2, 73), video(6))
	for _, want := range []uint16{4, 3, 6} {
		p := bia.media()
		if p.SequenceNumber-first != want-1 || binary.BigEndian.Uint16(p.Payload[900:]) != want || p.Timestamp == 0 {
			t.Errorf("%d came, not %d", p.SequenceNumber-first+1, want)
		}
	}
}

func TestReportsGoBothWays(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	ana.report(&rtcp.SenderReport{SSRC: wireSSRC, NTPTime: 0x0000_1234_5678_0000})
	ana.send(video(1))
	newest := bia.media()
	ana.report(&rtcp.SenderReport{SSRC: wireSSRC, NTPTime: 0x0000_1234_5678_0000})
	ana.hear("the arrival of the packet", func(p rtcp.Packet) bool {
		cc, ok := p.(*rtcp.TransportLayerCC)
		if ok && (cc.BaseSequenceNumber != 1 || cc.PacketStatusCount != 1) {
			t.Errorf("%v", cc)
		}
		return ok
	})
	ana.hear("a receiver report", func(p rtcp.Packet) bool {
		rr, ok := p.(*rtcp.ReceiverReport)
		if !ok {
			return false
		}
		b := rr.Reports[0]
		if len(rr.Reports) != 1 || b.SSRC != wireSSRC || b.LastSequenceNumber != 1 || b.TotalLost != 0 || b.LastSenderReport != 0x12345678 {
			t.Errorf("%+v", rr)
		}
		return true
	})
	bia.hear("a sender report", func(p rtcp.Packet) bool {
		sr, ok := p.(*rtcp.SenderReport)
		if !ok {
			return false
		}
		if sr.SSRC != 2000 || sr.PacketCount != 1 || sr.OctetCount != uint32(len(newest.Payload)) || sr.RTPTime-newest.Timestamp > 2*clockVideo {
			t.Errorf("%+v", sr)
		}
		if age := time.Since(time.Unix(int64(sr.NTPTime>>32)-2_208_988_800, 0)); age < 0 || age > wirePatience {
			t.Errorf("it is of %v ago", age)
		}
		return true
	})
}

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

func TestAClientThatBeginsAnewWithAnotherSSRCIsFollowedAfterAKeyFrame(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	ana.send(video(1), video(2))
	bia.media()
	last := bia.media()
	anew := func(seq uint16, pt uint8) *rtp.Packet {
		p := video(seq)
		p.SSRC, p.PayloadType = 7777, pt
		if err := p.SetExtension(1, []byte("1")); err != nil {
			t.Fatal(err)
		}
		return p
	}
	ana.send(anew(70, 13), anew(71, wirePT), anew(1, wirePT), video(3), anew(72, wirePT)) // 13 was not negotiated; of 71 nothing can start
	ana.send(func() *rtp.Packet { p := anew(73, wirePT); p.Payload[4] = 0; return p }())
	p := bia.media()
	if p.SequenceNumber != last.SequenceNumber+1 || binary.BigEndian.Uint16(p.Payload[900:]) != 73 {
		t.Errorf("%v came with %d", p.Header, binary.BigEndian.Uint16(p.Payload[900:]))
	}
}

func TestAFloodOfRTPSourcesClosesThePeer(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana := joinWired(t, r, "ana", true, gcm)
	for ssrc := range uint32(200) {
		p := video(1)
		p.SSRC = 5000 + ssrc
		p.Payload = p.Payload[:20]
		ana.send(p)
	}
	<-ana.peer.Done()
	if s.Stats().Dropped.SSRC == 0 {
		t.Error("nothing was counted")
	}
	s.worker.do(func() {
		if n := len(s.worker.routes); n != 0 || ana.peer.link.session != nil {
			t.Errorf("%d routes are left", n)
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

func TestNothingIsAllocatedForAForwardedPacket(t *testing.T) {
	s, r := startWired(t, Limits{UplinkBps: 1e9})
	ana := joinWired(t, r, "ana", true, gcm)
	for _, id := range []string{"v0", "v1", "v2", "v3", "v4"} {
		joinWired(t, r, id, false, gcm)
	}
	const runs = 3000
	var sealed [][]byte
	for seq := range uint16(runs + 2000) {
		sealed = append(sealed, ana.seal(video(seq+1)))
	}
	w, from, at := s.worker, ana.addr(), 0
	batch := func() {
		w.now = w.now.Add(time.Millisecond)
		for range 5 {
			w.take(udp.Packet{From: from, Data: sealed[at]})
			at++
		}
		w.forward()
		w.slab.Flush()
		w.tell()
	}
	var allocs float64
	before := s.Stats().Out.VideoPackets
	w.do(func() {
		w.now = time.Now()
		for range 200 { // histories and tables grow to their size
			batch()
		}
		allocs = testing.AllocsPerRun(runs/5, batch)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 25 forwarded packets", allocs)
	}
	if out := s.Stats().Out.VideoPackets - before; out != uint64(at)*5 {
		t.Errorf("%d packets were forwarded, not %d", out, at*5)
	}
}

func TestAPacketThatMakesTheMediaPathPanicEndsOnlyItsPeer(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	evil := joinWired(t, r, "evil", false, gcm)
	s.worker.do(func() { evil.peer.link.fence = nil }) // as a mistake would
	evil.report(&rtcp.PictureLossIndication{MediaSSRC: 2000})
	<-evil.peer.Done()
	ana.send(video(1))
	if p := bia.media(); p.SSRC != 2000 {
		t.Errorf("%v came", p.Header)
	}
	if n := s.Stats().Peers; n != 2 {
		t.Errorf("%d peers are left", n)
	}
}

// FuzzPackets gives the media path authentic packets with any content: nobody but the client itself may notice.
func FuzzPackets(f *testing.F) {
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 3, 0xe8, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0, 0x90, 0x80, 5, 0, 1})
	f.Add([]byte{0xb0, 97, 0, 1, 0, 0, 0, 2, 0, 0, 3, 0xe9, 0, 0, 0, 0, 0, 1, 2})
	f.Add([]byte{0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 7, 0xd0, 0, 1, 0xff, 0xff})
	f.Add([]byte{0x80, 200, 0, 6, 0, 0, 3, 0xe8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	s, r := startWired(f, Limits{})
	joinWired(f, r, "bia", false, gcm)
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) < 12 || len(content) > 1400 {
			return
		}
		ana := joinWired(t, r, "ana", true, gcm)
		packets := [][]byte{ana.seal(video(1)), nil, ana.seal(video(3))}
		content = bytes.Clone(content)
		content[0] = 0x80 | content[0]&0x3f
		var err error
		if content[1] >= 192 && content[1] <= 223 {
			packets[1], err = ana.up.EncryptRTCP(nil, content, nil)
		} else {
			packets[1], err = ana.up.EncryptRTP(nil, content, nil)
		}
		if err != nil {
			return // what is no packet cannot be sealed either
		}
		s.worker.do(func() {
			for _, p := range packets {
				s.worker.take(udp.Packet{From: ana.addr(), Data: p})
				s.worker.forward()
			}
			s.worker.look()
			s.worker.slab.Flush()
		})
		ana.peer.Close()
		<-ana.peer.Done()
	})
}

func TestEachPacketOfAReceiverHasTheNextTransportWideNumber(t *testing.T) {
	s, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	number := func(p *rtp.Packet) uint16 { return binary.BigEndian.Uint16(p.GetExtension(wireTWCC)) }
	ana.send(video(1))
	first := bia.media()
	for seq := range uint16(3) {
		ana.send(video(seq + 2))
		if got := number(bia.media()); got != number(first)+seq+1 {
			t.Errorf("packet %d has number %d", seq+2, got)
		}
	}
	nack := &rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: 2000, Nacks: []rtcp.NackPair{{PacketID: first.SequenceNumber}}}
	bia.report(nack)
	if again := bia.media(); again.SSRC != 2001 || number(again) != number(first)+4 {
		t.Errorf("a retransmission has number %d", number(again))
	}
	s.worker.do(func() { bia.slot.formats.rtx[forward.CodecVP8] = 0 })
	bia.report(nack)
	if again := bia.media(); again.SSRC != 2000 || number(again) != number(first) {
		t.Errorf("what is sent again as it was has number %d", number(again))
	}
}

func TestLostSoundIsSentAgainByteForByteOnlyToWhoMayAsk(t *testing.T) {
	s, r := startWired(t, Limits{})
	bia := joinWired(t, r, "bia", false, gcm)
	// The slot is made one of sound whose packets happen to be those of a picture.
	s.worker.do(func() { bia.slot.nack = true })
	sealed := func(from uint16, n int) (all map[uint16][]byte) {
		all = map[uint16][]byte{}
		for i := range n {
			s.worker.do(func() {
				out := forward.Out{Seq: from + uint16(i), Number: uint16(i)}
				bia.slot.seal(bia.peer.link, &bia.slot.sink, wirePT, 2000, out, nil, make([]byte, 80))
				s.worker.slab.Flush()
			})
			all[from+uint16(i)] = bia.raw()
		}
		return all
	}
	ask := func(seq uint16) {
		s.worker.do(func() {
			bia.slot.repeat(bia.peer.link, forward.NACKs{byte(seq >> 8), byte(seq), 0, 0})
			s.worker.slab.Flush()
		})
	}
	sealed(100, 3)
	ask(101) // from now on packets are kept; that one is gone
	sent := sealed(103, 20)
	for range forward.MaxTimes {
		ask(110)
		if got := bia.raw(); !bytes.Equal(got, sent[110]) {
			t.Fatalf("% x came for % x", got, sent[110])
		}
	}
	ask(110) // a fourth time
	ask(46)  // the number that had its place before
	ask(120)
	if got := bia.raw(); !bytes.Equal(got, sent[120]) {
		t.Errorf("% x came for % x", got, sent[120])
	}
	s.worker.do(func() {
		bia.slot.echo.credit = 0
		bia.slot.repeat(bia.peer.link, forward.NACKs{0, 121, 0, 0})
		if n := len(bia.slot.echo.packets); n != echoes || bia.slot.echo.packets[121%echoes].times != 0 {
			t.Error("it was sent again without credit")
		}
		s.worker.now = s.worker.now.Add(2 * echoFor)
		bia.slot.keep(sent[120], s.worker.now)
		if bia.slot.echo != nil {
			t.Error("packets are kept for who asks for none")
		}
		bia.slot.nack = false
		bia.slot.repeat(bia.peer.link, forward.NACKs{0, 121, 0, 0})
		if bia.slot.echo != nil {
			t.Error("packets are kept for who may not ask")
		}
	})
}
