package sfu

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"

	"pronto/sfu/seal"
	"pronto/sfu/udp"
)

// sealedVideo is video, marked as sealed by leaf 5 in epoch 7.
func sealedVideo(seq uint16) *rtp.Packet {
	p := video(seq)
	copy(p.Payload[4:], // behind the descriptor
		"\x10\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01\xa9\x02\x05\x07\x80\x00")
	return p
}

// pushing makes a batch of five packets of one sender to some receivers, over and
// over, and asks for sealed frames or not.
func pushing(t testing.TB, runs, receivers int, want Seal) (s *SFU, batch func()) {
	t.Helper()
	s, r := startWired(t, Limits{UplinkBps: 1e10})
	ana := joinWired(t, r, "ana", true, gcm)
	ana.peer.Seal(want)
	for i := range receivers {
		joinWired(t, r, fmt.Sprintf("v%d", i), false, gcm)
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
	s, batch := pushing(t, warm+runs+1, 5, Seal{Required: true, Holds: true, Leaf: 5, Epoch: 7})
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

// TestEncryptionCostsTheSFULittle compares the one thing that it does for a packet because a call is encrypted, looking
// whether it is sealed, with all that it does for a packet with one receiver, but for reading it from the socket. Of
// some rounds the quickest count: what else the machine does takes no part.
func TestEncryptionCostsTheSFULittle(t *testing.T) {
	const rounds, runs, most = 20, 50, 0.03
	want := Seal{Required: true, Holds: true, Leaf: 5, Epoch: 7}
	s, batch := pushing(t, (rounds+1)*runs, 1, want)
	payload, judge := sealedVideo(1).Payload, seal.Of(5, 7)
	quickest := func(rounds int, f func()) time.Duration {
		least := time.Hour
		for range rounds {
			began := time.Now()
			for range runs {
				f()
			}
			least = min(least, time.Since(began))
		}
		return least
	}
	var all, looking time.Duration
	s.worker.do(func() {
		s.worker.now = time.Now()
		quickest(1, batch)
		all = quickest(rounds, batch)
	})
	looking = quickest(rounds, func() {
		for range 5 {
			if judge.Judge(seal.VP8, seal.Camera, payload) != seal.Sealed {
				t.Fatal("it is not sealed")
			}
		}
	})
	if u := s.Stats().Dropped.Unsealed; u != (Unsealed{}) {
		t.Fatalf("refused: %+v", u)
	}
	const packets = 5 * runs
	share := float64(looking) / float64(all)
	t.Logf("%s of %s for each packet: %.1f %%", looking/packets, all/packets, 100*share)
	if share > most {
		t.Errorf("%.1f %% of a packet's cost is because of encryption, want at most %.0f %%", 100*share, 100*most)
	}
}

// BenchmarkSeal is 25 packets forwarded in a call that is encrypted, and in one
// that is not.
func BenchmarkSeal(b *testing.B) {
	for name, want := range map[string]Seal{"clear": {}, "sealed": {Required: true, Holds: true, Leaf: 5, Epoch: 7}} {
		b.Run(name, func(b *testing.B) {
			s, batch := pushing(b, b.N, 5, want)
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
