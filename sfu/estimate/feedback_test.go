package estimate

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestFeedbackOfEveryFormIsRead(t *testing.T) {
	packet := &rtcp.TransportLayerCC{
		SenderSSRC: 1, MediaSSRC: 2, BaseSequenceNumber: 65530, PacketStatusCount: 20, ReferenceTime: 3, FbPktCount: 9,
		PacketChunks: []rtcp.PacketStatusChunk{
			&rtcp.RunLengthChunk{Type: rtcp.TypeTCCRunLengthChunk, PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 3},
			&rtcp.StatusVectorChunk{Type: rtcp.TypeTCCStatusVectorChunk, SymbolSize: rtcp.TypeTCCSymbolSizeTwoBit, SymbolList: []uint16{0, 2, 1, 0, 2, 0, 1}},
			&rtcp.StatusVectorChunk{Type: rtcp.TypeTCCStatusVectorChunk, SymbolSize: rtcp.TypeTCCSymbolSizeOneBit, SymbolList: []uint16{1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0}},
		},
	}
	for _, delta := range []int64{0, 500, 1000, -3000, 250, 9_000_000 / 1000 * 1000, 750, 0, 250, 500, 63_750} {
		kind := rtcp.TypeTCCPacketReceivedSmallDelta
		if n := len(packet.RecvDeltas); n == 3 || n == 5 {
			kind = rtcp.TypeTCCPacketReceivedLargeDelta
		}
		packet.RecvDeltas = append(packet.RecvDeltas, &rtcp.RecvDelta{Type: uint16(kind), Delta: min(delta, 8_000_000)})
	}
	packet.Header = rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback}
	length := packet.MarshalSize()
	packet.Header.Length = uint16(length/4 - 1)
	packet.Header.Padding = length%4 != 0
	b, err := packet.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parseFeedback(b[12:])
	if err != nil {
		t.Fatal(err)
	}
	if f.reference != 3 {
		t.Errorf("reference time %d", f.reference)
	}
	wanted := map[uint16]time.Duration{}
	var after time.Duration
	for i, number := range []uint16{65530, 65531, 65532, 65534, 65535, 1, 3, 4, 8, 10, 13} {
		after += time.Duration(packet.RecvDeltas[i].Delta) * time.Microsecond
		wanted[number] = after
	}
	count := 0
	next := uint16(65530)
	f.each(func(number uint16, came bool, at time.Duration) bool {
		if number != next {
			t.Errorf("%d after %d", number, next-1)
		}
		next++
		count++
		want, ok := wanted[number]
		if came != ok || came && at != want {
			t.Errorf("%d came %v after %v, not %v after %v", number, came, at, ok, want)
		}
		return true
	})
	if count != 20 {
		t.Errorf("%d packets", count)
	}
}

func TestReportsThatAnnounceMoreThanTheyHoldAreRefused(t *testing.T) {
	good := []byte{0, 0, 0, 5, 0, 0, 1, 0, 0x20, 5, 4, 4, 4, 4, 4}
	if _, err := parseFeedback(good); err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if _, err := parseFeedback(good[:n]); err == nil {
			t.Errorf("the first %d bytes pass", n)
		}
	}
	for what, bad := range map[string][]byte{
		"no packets":               {0, 0, 0, 0, 0, 0, 1, 0, 0x20, 5, 4},
		"more than are remembered": {0, 0, 0xff, 0xff, 0, 0, 1, 0, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff},
		"a run of nothing":         {0, 0, 0, 5, 0, 0, 1, 0, 0x20, 0, 4, 4, 4, 4, 4},
	} {
		if _, err := parseFeedback(bad); err == nil {
			t.Errorf("%s passes", what)
		}
	}
}
