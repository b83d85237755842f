package sfu

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"pronto/sfu/udp"
)

func TestNeighboursOfARunBecomeEqualWhereTheyNearlyAre(t *testing.T) {
	for _, c := range []struct{ before, after []int }{
		{[]int{1170, 1170, 1171, 1171}, []int{1171, 1171, 1171, 1171}},
		{[]int{1171, 1171, 1170, 1170}, []int{1171, 1171, 1171, 1170}}, // the last may be shorter
		{[]int{1170, 1170, 1170, 300}, []int{1170, 1170, 1170, 300}},
		{[]int{1170, 1171, 1170, 300}, []int{1171, 1171, 1171, 300}},
		{[]int{1170, 1175, 1179, 900, 901, 100}, []int{1175, 1175, 1179, 901, 901, 100}},
		{[]int{0, 5, 0}, []int{0, 5, 0}}, // what has no payload is left out by others
		{[]int{7}, []int{7}},
		{nil, nil},
	} {
		var run []arrival
		for _, n := range c.before {
			packet := bytes.Repeat([]byte{0xff}, n+10) // the shortest proof of all profiles
			run = append(run, arrival{payload: packet[:n]})
		}
		equalise(run)
		var got []int
		for i := range run {
			b := run[i].padded()
			got = append(got, len(b))
			if pad := len(b) - c.before[i]; pad > 0 && (int(b[len(b)-1]) != pad || bytes.ContainsFunc(b[c.before[i]:len(b)-1], func(r rune) bool { return r != 0 })) {
				t.Errorf("%v is padded with %v", c.before, b[c.before[i]:])
			}
		}
		if !slices.Equal(got, c.after) {
			t.Errorf("%v became %v, not %v", c.before, got, c.after)
		}
	}
}

func TestPaddedPacketsArriveAsTheyWereAndAreTheSameWhenSentAgain(t *testing.T) {
	for _, retransmits := range []bool{true, false} {
		s, r := startWired(t, Limits{})
		ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
		if !retransmits {
			s.worker.do(func() { clear(bia.slot.formats.rtx[:]) })
		}
		var batch [][]byte
		var want []*rtp.Packet
		for seq := range uint16(5) {
			p := video(seq + 1)
			p.Payload = p.Payload[:990+seq/3] // 990, 990, 990, 991, 991
			want = append(want, p)
			batch = append(batch, ana.seal(p))
		}
		s.worker.do(func() {
			for _, b := range batch {
				s.worker.take(udp.Packet{From: ana.addr(), Data: b})
			}
			s.worker.forward()
			s.worker.slab.Flush()
		})
		var got []*rtp.Packet
		for _, w := range want {
			p := bia.media()
			got = append(got, p)
			if len(p.Payload) != len(w.Payload) || binary.BigEndian.Uint16(p.Payload[900:]) != w.SequenceNumber {
				t.Errorf("%d bytes of %d came", len(p.Payload), len(w.Payload))
			}
		}
		if !got[0].Padding || got[4].Padding {
			t.Errorf("padded: %v, %v", got[0].Padding, got[4].Padding)
		}
		bia.report(&rtcp.TransportLayerNack{MediaSSRC: 2000, Nacks: []rtcp.NackPair{{PacketID: got[1].SequenceNumber}}})
		again := bia.media()
		body := again.Payload
		if retransmits {
			body = body[2:]
		}
		if !bytes.Equal(body, got[1].Payload) || !retransmits && (again.PaddingSize != got[1].PaddingSize || again.SequenceNumber != got[1].SequenceNumber) {
			t.Errorf("again came %v with %d bytes, not %v with %d", again.Header, len(body), got[1].Header, len(got[1].Payload))
		}
	}
}
