package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"pronto/sfu/udp"
)

// sealedVideo is video, marked as sealed by leaf 5 in epoch 7.
func sealedVideo(seq uint16) *rtp.Packet {
	p := video(seq)
	copy(p.Payload[4:], // behind the descriptor
		"\x10\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01\xa9\x02\x05\x07\x80\x00")
	return p
}

// pushing makes a batch of five packets of one sender to five receivers, over and
// over, and asks for sealed frames or not.
func pushing(t testing.TB, runs int, want Seal) (s *SFU, batch func()) {
	t.Helper()
	s, r := startWired(t, Limits{UplinkBps: 1e10})
	ana := joinWired(t, r, "ana", true, gcm)
	ana.peer.Seal(want)
	for _, id := range []string{"v0", "v1", "v2", "v3", "v4"} {
		joinWired(t, r, id, false, gcm)
	}
	var packets [][]byte
	for i := range 5 * runs {
		packets = append(packets, ana.seal(sealedVideo(uint16(i+1))))
	}
	w, from, at := s.worker, ana.addr(), 0
	return s, func() {
		w.now = w.now.Add(time.Millisecond)
		for range 5 {
			w.take(udp.Packet{From: from, Data: packets[at]})
			at++
		}
		w.forward()
		w.slab.Flush()
		w.tell()
	}
}

func TestNothingIsAllocatedForAForwardedPacketThatIsSealed(t *testing.T) {
	const warm, runs = 200, 600
	s, batch := pushing(t, warm+runs+1, Seal{Required: true, Holds: true, Leaf: 5, Epoch: 7})
	var allocs float64
	s.worker.do(func() {
		s.worker.now = time.Now()
		for range warm {
			batch()
		}
		allocs = testing.AllocsPerRun(runs, batch)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 25 forwarded packets", allocs)
	}
	if out := s.Stats().Out.VideoPackets; out < 25*(warm+runs) {
		t.Errorf("%d packets were forwarded", out)
	}
	if u := s.Stats().Dropped.Unsealed; u != (Unsealed{}) {
		t.Errorf("refused: %+v", u)
	}
}

// BenchmarkSeal is 25 packets forwarded in a call that is encrypted, and in one
// that is not.
func BenchmarkSeal(b *testing.B) {
	for name, want := range map[string]Seal{"clear": {}, "sealed": {Required: true, Holds: true, Leaf: 5, Epoch: 7}} {
		b.Run(name, func(b *testing.B) {
			s, batch := pushing(b, b.N, want)
			s.worker.do(func() {
				s.worker.now = time.Now()
				b.ResetTimer()
				for range b.N {
					batch()
				}
				b.StopTimer()
			})
		})
	}
}
