package sfu

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

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
