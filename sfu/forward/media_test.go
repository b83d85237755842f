package forward_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"pronto/sfu/forward"
)

func TestHeadersAreReadAsAnotherImplementationWritesThem(t *testing.T) {
	p := rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 7, Timestamp: 8, SSRC: 9, CSRC: []uint32{1, 2}},
		Payload: []byte{1, 2, 3},
	}
	for _, profile := range []uint16{0xbede, 0x1000} {
		p.Extension, p.ExtensionProfile, p.Extensions = true, profile, nil
		for id, value := range map[uint8]string{1: "a", 3: "abcd", 14: "xyz"} {
			if err := p.SetExtension(id, []byte(value)); err != nil {
				t.Fatal(err)
			}
		}
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		h, err := forward.ParseHeader(b)
		if err != nil {
			t.Fatal(err)
		}
		if !h.Marker || h.PayloadType != 96 || h.Seq != 7 || h.Timestamp != 8 || h.SSRC != 9 || !bytes.Equal(b[h.Size:], p.Payload) {
			t.Errorf("%#x: %+v", profile, h)
		}
		if string(h.Extension(1)) != "a" || string(h.Extension(3)) != "abcd" || string(h.Extension(14)) != "xyz" || h.Extension(2) != nil || h.Extension(0) != nil {
			t.Errorf("%#x: the extensions are %q %q %q", profile, h.Extension(1), h.Extension(3), h.Extension(14))
		}
		for n := range h.Size {
			if _, err := forward.ParseHeader(b[:n]); err == nil {
				t.Errorf("%d bytes were taken for a header", n)
			}
		}
	}
}

func TestPaddingIsCutOffAndItsLengthIsChecked(t *testing.T) {
	h := forward.Header{Padded: true}
	if b, err := h.Unpad([]byte{1, 2, 0, 0, 3}); err != nil || !bytes.Equal(b, []byte{1, 2}) {
		t.Errorf("% x, %v", b, err)
	}
	for _, bad := range [][]byte{nil, {0}, {2}, {1, 1, 4}} {
		if _, err := h.Unpad(bad); err == nil {
			t.Errorf("% x was accepted", bad)
		}
	}
}

func TestReportsAreReadAndWrittenAsAnotherImplementationDoes(t *testing.T) {
	lost := []uint16{65533, 65535, 2, 14, 15, 400}
	var packets []rtcp.Packet
	compound := forward.AppendPLI(forward.AppendNACK(nil, 1, 2, lost), 1, 3)
	compound = forward.AppendSenderReport(compound, 4, 5<<32|6, 7, 8, 9)
	packets, err := rtcp.Unmarshal(compound)
	if err != nil || len(packets) != 3 {
		t.Fatalf("%d packets, %v", len(packets), err)
	}
	var asked []uint16
	for _, pair := range packets[0].(*rtcp.TransportLayerNack).Nacks {
		asked = append(asked, pair.PacketList()...)
	}
	if !slices.Equal(asked, lost) {
		t.Errorf("asked for %v", asked)
	}
	if p := packets[1].(*rtcp.PictureLossIndication); p.MediaSSRC != 3 || p.SenderSSRC != 1 {
		t.Errorf("%+v", p)
	}
	if s := packets[2].(*rtcp.SenderReport); s.SSRC != 4 || s.NTPTime != 5<<32|6 || s.RTPTime != 7 || s.PacketCount != 8 || s.OctetCount != 9 {
		t.Errorf("%+v", s)
	}
	r, rest, ok := forward.NextReport(compound)
	if media, _ := r.Media(); !ok || media != 2 || !slices.Equal(slices.Collect(r.NACKs().Each), lost) || r.NACKs().Len() != len(lost) {
		t.Error("the NACK cannot be read")
	}
	r, rest, ok = forward.NextReport(rest)
	if media, _ := r.Media(); !ok || r.Type != forward.TypePayloadSpecific || r.Count != forward.FormatPLI || media != 3 {
		t.Error("the PLI cannot be read")
	}
	r, rest, ok = forward.NextReport(rest)
	if ssrc, ntp, sender := r.IsSender(); !ok || !sender || ssrc != 4 || ntp != 5<<16 || len(rest) != 0 {
		t.Error("the sender report cannot be read")
	}
	fir, err := (&rtcp.FullIntraRequest{SenderSSRC: 1, MediaSSRC: 0, FIR: []rtcp.FIREntry{{SSRC: 5}, {SSRC: 6}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r, _, _ = forward.NextReport(fir)
	if got := slices.Collect(r.FIRs); !slices.Equal(got, []uint32{5, 6}) {
		t.Errorf("FIR of %v", got)
	}
}

func TestAReceptionCountsAndAsksForWhatIsLost(t *testing.T) {
	r := forward.Reception{ClockRate: 90000, Ask: true}
	now := t0
	for _, seq := range []uint16{65534, 65535, 2, 4} { // 0, 1 and 3 are lost
		if !r.Heard(seq, uint32(seq), now) {
			t.Errorf("%d is not ahead", seq)
		}
	}
	if got := r.Lost(nil, now); !slices.Equal(got, []uint16{0, 1, 3}) {
		t.Fatalf("asked for %v", got)
	}
	if got := r.Lost(nil, now.Add(10*time.Millisecond)); len(got) != 0 {
		t.Errorf("asked for %v again at once", got)
	}
	if r.Heard(1, 1, now) {
		t.Error("a late packet is ahead")
	}
	if !r.Recovered(0) || r.Recovered(0) || r.Recovered(2) || r.Recovered(9) {
		t.Error("only what was lost can be recovered, once")
	}
	asked := 0
	for range 100 {
		now = now.Add(70 * time.Millisecond)
		got := r.Lost(nil, now)
		if len(got) == 0 {
			break
		}
		if !slices.Equal(got, []uint16{3}) {
			t.Fatalf("asked for %v", got)
		}
		asked++
	}
	if asked != 7 || r.Losing() {
		t.Errorf("asked %d times more, losing: %v", asked, r.Losing())
	}
	report, err := rtcp.Unmarshal(r.AppendBlock(forward.BeginReceiverReport(nil, 1, 1), 77, 0, now))
	if err != nil {
		t.Fatal(err)
	}
	block := report[0].(*rtcp.ReceiverReport).Reports[0]
	if block.SSRC != 77 || block.LastSequenceNumber != 1<<16+4 || block.TotalLost != 1 || block.FractionLost != 256/7 {
		t.Errorf("%+v", block)
	}
}

func TestAHistoryKeepsTheNewestWhateverTheirLengths(t *testing.T) {
	h := forward.NewHistory()
	var sent forward.Sent
	payload := func(i int) []byte { return bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 1+i*37%700) }
	for i := range 5000 {
		n := h.Add(payload(i), nil, uint32(i)*600, forward.CodecVP8, forward.Fields{})
		sent.Add(forward.Out{Seq: uint16(i), Marker: i%5 == 4}, h, n)
		for _, back := range []int{0, 1, 50, 100} {
			if i < back {
				continue
			}
			again, ok := sent.Find(uint16(i - back))
			if !ok && i > 2000 {
				t.Fatalf("after %d, %d packets back are gone", i, back)
			}
			if ok && (!bytes.Equal(again.Payload, payload(i-back)) || again.Out.Marker != ((i-back)%5 == 4)) {
				t.Fatalf("after %d, the one %d back is another", i, back)
			}
		}
		if _, ok := sent.Find(uint16(i - 300)); ok {
			t.Fatalf("after %d, one is found that is forgotten", i)
		}
	}
	for range forward.MaxTimes {
		if _, ok := sent.Find(4999); !ok {
			t.Fatal("it may be sent again")
		}
		sent.Count(4999)
	}
	if _, ok := sent.Find(4999); ok {
		t.Error("it may not be sent again so often")
	}
	h.Release()
	if _, ok := sent.Find(4998); ok {
		t.Error("nothing is kept any more")
	}
	sent.Forget()
	if _, ok := sent.Find(4998); ok {
		t.Error("it was to be forgotten")
	}
}

func TestFieldsAreWrittenInPlaceAsAppendWritesThem(t *testing.T) {
	for _, in := range [][]byte{
		{0x90, 0xc0, 0x05, 0x07, 0x01, 0xaa}, {0x90, 0xe0, 0x85, 0x01, 0x07, 0x20, 0x01, 0xaa}, {0x10, 0x01}, {0x90, 0x40, 9, 1}, {0x90, 0x80, 0x7f, 1},
	} {
		d, err := forward.ParseVP8(in)
		if err != nil {
			t.Fatal(err)
		}
		packet := append([]byte{0xff}, in...)
		begin, fields := d.Widen(packet, 1)
		fields.Write(packet[begin:], forward.Out{PictureID: 0x1234, TL0: 0x56})
		if want := d.Append(nil, in, 0x1234, 0x56); !bytes.Equal(packet[begin:], want) {
			t.Errorf("% x became % x, not % x", in, packet[begin:], want)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0, 5}, uint8(1))
	f.Add([]byte{0xbf, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, uint8(15))
	f.Fuzz(func(t *testing.T, packet []byte, id uint8) {
		h, err := forward.ParseHeader(packet)
		if err != nil {
			return
		}
		if h.Size < forward.HeaderSize || h.Size > len(packet) {
			t.Fatalf("a header of %d bytes in %d", h.Size, len(packet))
		}
		if value := h.Extension(id); len(value) > len(packet) {
			t.Fatal("an extension longer than its packet")
		}
		if payload, err := h.Unpad(packet[h.Size:]); err == nil && len(payload) > len(packet)-h.Size {
			t.Fatal("a payload longer than its packet")
		}
		var dst [forward.HeaderSize]byte
		forward.WriteHeader(dst[:], h.PayloadType, h.Marker, h.Seq, h.Timestamp, h.SSRC)
		again, err := forward.ParseHeader(dst[:])
		if err != nil || again.Marker != h.Marker || again.PayloadType != h.PayloadType || again.Seq != h.Seq || again.Timestamp != h.Timestamp || again.SSRC != h.SSRC {
			t.Fatalf("%+v became %+v, %v", h, again, err)
		}
	})
}

func FuzzReports(f *testing.F) {
	f.Add(forward.AppendPLI(forward.AppendNACK(nil, 1, 2, []uint16{1, 2, 30}), 1, 3))
	f.Add([]byte{0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0})
	f.Add(forward.AppendSenderReport(nil, 4, 5, 7, 8, 9))
	f.Fuzz(func(t *testing.T, compound []byte) {
		for {
			r, rest, ok := forward.NextReport(compound)
			if !ok {
				return
			}
			if len(rest) >= len(compound) {
				t.Fatal("it does not end")
			}
			_, _ = r.Media()
			_, _, _ = r.IsSender()
			for range r.FIRs {
			}
			if asked := r.NACKs().Len(); asked > 17*len(r.Body)/4 {
				t.Fatalf("%d packets are asked for by %d bytes", asked, len(r.Body))
			}
			compound = rest
		}
	})
}

func FuzzReception(f *testing.F) {
	f.Add([]byte{0, 1, 0, 5, 255, 255, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		r := forward.Reception{ClockRate: 90000, Ask: true}
		now := t0
		for ; len(script) >= 2; script = script[2:] {
			seq := binary.BigEndian.Uint16(script)
			now = now.Add(time.Duration(script[1]) * time.Millisecond)
			r.Heard(seq, uint32(seq), now)
			r.Recovered(seq - 3)
			if lost := r.Lost(nil, now); len(lost) > 64 {
				t.Fatalf("asked for %d", len(lost))
			}
		}
		if r.Begun() && len(r.AppendBlock(nil, 1, 0, now)) != 24 {
			t.Fatal("a block of another length")
		}
	})
}
