package sfu

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

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
