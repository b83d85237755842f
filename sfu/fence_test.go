package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func newTestFence() (f *fence, abused *int) {
	abused = new(int)
	return newFence(Limits{}.withDefaults(), new(counters), func() { *abused++ }), abused
}

var fenceTime = time.Unix(1_700_000_000, 0)

func TestTheFenceCountsEachSSRCOnce(t *testing.T) {
	f, abused := newTestFence()
	for range 3 {
		for ssrc := range uint32(64) {
			if !f.name(1000 + ssrc) {
				t.Fatal("64 are allowed")
			}
		}
	}
	if *abused != 0 {
		t.Fatal("64 are allowed")
	}
	if f.name(5000) || *abused != 1 || len(f.named) != 64 {
		t.Fatalf("abused %d, remembered %d", *abused, len(f.named))
	}
}

// passing counts how many of many packets pass at one moment.
func passing(f *fence, bytes int, audio bool) (passed int) {
	for range 100_000 {
		if f.admit(bytes, audio, fenceTime) {
			f.charge(bytes, fenceTime)
			passed++
		}
	}
	return passed
}

func TestAFloodOfSmallPacketsIsNotCheaperThanOneOfLargeOnes(t *testing.T) {
	f, _ := newTestFence()
	if passed, most := passing(f, 20, true), int(f.uplink.depth)/8/leastCharged; passed != most {
		t.Errorf("%d packets passed, not %d", passed, most)
	}
}

func TestACameraAboveTheLimitLeavesRoomForItsMicrophone(t *testing.T) {
	f, _ := newTestFence()
	video := passing(f, 1200, false)
	if most := f.limits.UplinkBps / 2 / 8 / 1200; video != most {
		t.Errorf("%d packets of video passed, not %d", video, most)
	}
	if audio := passing(f, 160, true); audio < 100 { // two seconds of it
		t.Errorf("%d packets of sound passed", audio)
	}
}

func TestPacketsThatAreNotAuthenticUseUpNothing(t *testing.T) {
	f, _ := newTestFence()
	for range 100_000 {
		if !f.admit(1200, false, fenceTime) || !f.listens(fenceTime) {
			t.Fatal("somebody else's packets closed the fence")
		}
	}
}

func TestRTCPAboveTheLimitIsDropped(t *testing.T) {
	f, _ := newTestFence()
	passed := 0
	for range 300 {
		if f.heed([]byte{0x80, 201, 0, 1, 0, 0, 0, 1}, fenceTime) {
			passed++
		}
	}
	if dropped := f.count.droppedRTCP.Load(); passed != 200 || dropped != 100 {
		t.Errorf("%d passed, %d were dropped", passed, dropped)
	}
	if !f.heed([]byte{0x80, 201, 0, 1, 0, 0, 0, 1}, fenceTime.Add(time.Second)) {
		t.Error("a second later it should pass again")
	}
}

func TestANACKCannotAskForMoreThanAPeerMayHave(t *testing.T) {
	f, _ := newTestFence()
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
	compound := append([]byte{0x80, 201, 0, 1, 0, 0, 0, 1}, packet...)
	if n := asked(compound); n != 340 {
		t.Fatalf("behind a report %d packets are asked for, not 340", n)
	}
	passed := 0
	for range 10 {
		if f.heed(compound, fenceTime) {
			passed++
		}
	}
	if passed != 1 {
		t.Errorf("%d NACKs of 340 passed where 400 packets a second are allowed", passed)
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
