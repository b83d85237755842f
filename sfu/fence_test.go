package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/packetio"
)

func newTestFence(t *testing.T) (f *fence, abused *int, advance func(time.Duration)) {
	t.Helper()
	abused = new(int)
	now := time.Unix(1_700_000_000, 0)
	f = newFence(Limits{}.withDefaults(), new(counters), func() { *abused++ })
	f.now = func() time.Time { return now }
	t.Cleanup(func() { _ = f.rtcp.Close() })
	return f, abused, func(d time.Duration) { now = now.Add(d) }
}

func TestTheFenceCountsEachSSRCOnceAndNotItsOwn(t *testing.T) {
	f, abused, _ := newTestFence(t)
	for ssrc := range uint32(100) {
		f.expect(ssrc + 1)
		_ = f.buffer(packetio.RTCPBufferPacket, ssrc+1)
	}
	for ssrc := range uint32(64) {
		_ = f.buffer(packetio.RTPBufferPacket, 1000+ssrc)
		_ = f.buffer(packetio.RTCPBufferPacket, 1000+ssrc)
	}
	if *abused != 0 {
		t.Fatal("64 are allowed")
	}
	_ = f.buffer(packetio.RTCPBufferPacket, 5000)
	if *abused != 1 || len(f.seen) != 64 {
		t.Fatalf("abused %d, remembered %d", *abused, len(f.seen))
	}
}

func TestOneRTCPPacketIsHeardOnceWhateverItIsAddressedTo(t *testing.T) {
	f, _, _ := newTestFence(t)
	f.expect(7)
	in := f.buffer(packetio.RTCPBufferPacket, 7)
	other := f.buffer(packetio.RTCPBufferPacket, 8)
	packet := []byte{0x80, 201, 0, 1, 0, 0, 0, 1}
	for _, w := range []interface{ Write([]byte) (int, error) }{in, other, in} {
		if _, err := w.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.rtcp.Count(); n != 1 {
		t.Errorf("queued %d times", n)
	}
	if _, err := other.Write(append([]byte(nil), packet...)); err != nil {
		t.Fatal(err)
	}
	if n := f.rtcp.Count(); n != 2 {
		t.Errorf("an equal packet that came later was taken for the same: %d", n)
	}
}

func TestRTCPAboveTheLimitIsDropped(t *testing.T) {
	f, _, advance := newTestFence(t)
	for range 300 {
		f.feedback([]byte{0x80, 201, 0, 1, 0, 0, 0, 1})
	}
	if n, dropped := f.rtcp.Count(), f.count.droppedRTCP.Load(); n != 200 || dropped != 100 {
		t.Errorf("%d passed, %d were dropped", n, dropped)
	}
	advance(time.Second)
	f.feedback([]byte{0x80, 201, 0, 1, 0, 0, 0, 1})
	if n := f.rtcp.Count(); n != 201 {
		t.Error("a second later it should pass again")
	}
}

func TestANACKCannotAskForMoreThanAPeerMayHave(t *testing.T) {
	f, _, _ := newTestFence(t)
	nack := rtcp.TransportLayerNack{MediaSSRC: 1, SenderSSRC: 2}
	for i := range uint16(20) {
		nack.Nacks = append(nack.Nacks, rtcp.NackPair{PacketID: i * 17, LostPackets: 0xffff})
	}
	packet, err := nack.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if n := asked(packet); n != 340 {
		t.Fatalf("%d packets are asked for, not 340", n)
	}
	for range 10 {
		f.feedback(append([]byte(nil), packet...))
	}
	if n := f.rtcp.Count(); n != 1 {
		t.Errorf("%d NACKs of 340 passed where 400 packets a second are allowed", n)
	}
}

func TestASinkWaitsForItsEnd(t *testing.T) {
	s := newSink(func([]byte) {})
	done := make(chan error)
	go func() {
		_, err := s.Read(nil)
		done <- err
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("no error at the end")
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

func FuzzAsked(f *testing.F) {
	f.Add([]byte{0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xff})
	f.Add([]byte{0x81, 205, 0, 0})
	f.Fuzz(func(t *testing.T, packet []byte) {
		if n := asked(packet); n < 0 || n > 17*(len(packet)/4) {
			t.Fatalf("%d packets are asked for by %d bytes", n, len(packet))
		}
	})
}
