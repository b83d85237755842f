package forward_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pronto/sfu/forward"
)

var t0 = time.Unix(1_700_000_000, 0)

func TestRewriterTable(t *testing.T) {
	type step struct {
		in   forward.In
		seq  uint16 // expected, if sent
		sent bool
	}
	pkt := func(seq uint16, sent bool, out uint16) step {
		return step{forward.In{Seq: seq, Timestamp: uint32(seq) * 10, Start: true}, out, sent}
	}
	empty := func(s step) step { s.in.Skip, s.in.Start = true, false; return s }
	delta := func(s step) step { s.in.Start = false; return s }
	for name, steps := range map[string][]step{
		"nothing goes out before a start": {
			delta(pkt(5, false, 0)), pkt(6, true, 100), delta(pkt(7, true, 101)),
		},
		"a reordered packet keeps its place": {
			pkt(10, true, 100), pkt(12, true, 102), pkt(11, true, 101), pkt(13, true, 103),
		},
		"a lost packet leaves a gap that its retransmission fills": {
			pkt(10, true, 100), pkt(13, true, 103), pkt(12, true, 102), pkt(11, true, 101),
		},
		"the numbers wrap around": {
			pkt(65535, true, 100), pkt(0, true, 101), pkt(65534, false, 0), pkt(1, true, 102),
		},
		"padding leaves no gap": {
			pkt(10, true, 100), empty(pkt(11, false, 0)), pkt(12, true, 101), empty(pkt(13, false, 0)), pkt(14, true, 102),
		},
		"padding that comes late fills its gap": {
			pkt(10, true, 100), pkt(12, true, 102), empty(pkt(11, true, 101)), pkt(13, true, 103),
		},
		"a packet from before left-out padding keeps its place": {
			pkt(10, true, 100), empty(pkt(12, false, 0)), pkt(13, true, 102), pkt(11, true, 101),
		},
		"a number goes out only once": {
			pkt(10, true, 100), pkt(11, true, 101), pkt(11, false, 0), pkt(10, false, 0), pkt(12, true, 102),
		},
		"a packet of before the start is dropped": {
			pkt(10, true, 100), pkt(9, false, 0), pkt(11, true, 101),
		},
		"a packet from far behind is dropped": {
			pkt(2000, true, 100), pkt(2001, true, 101), pkt(1000, false, 0), pkt(2002, true, 102),
		},
		"old packets that are sent again are dropped, however many": {
			pkt(2000, true, 100), pkt(1000, false, 0), pkt(1001, false, 0), pkt(1002, false, 0), pkt(1003, false, 0), pkt(1004, false, 0), pkt(2001, true, 101),
		},
		"a sender that leaps is followed after a few packets": {
			pkt(2000, true, 100), pkt(30000, false, 0), pkt(30001, false, 0), pkt(30002, false, 0), pkt(30003, true, 101), pkt(30004, true, 102),
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := forward.NewRewriter(90000, 100, 0)
			for i, s := range steps {
				out, sent := r.Rewrite(s.in, t0.Add(time.Duration(i)*time.Millisecond))
				if sent != s.sent || sent && out.Seq != s.seq {
					t.Fatalf("step %d, number %d: sent %v as %d; want %v as %d", i, s.in.Seq, sent, out.Seq, s.sent, s.seq)
				}
			}
		})
	}
}

func TestASwitchWaitsForAKeyFrameAndGoesOnInEveryField(t *testing.T) {
	r := forward.NewRewriter(90000, 65535, 1<<32-100)
	a, _ := r.Rewrite(forward.In{Seq: 7, Timestamp: 7000, Start: true, PictureID: 5, TL0: 250}, t0)
	b, _ := r.Rewrite(forward.In{Seq: 8, Timestamp: 10000, PictureID: 6, TL0: 251}, t0.Add(33*time.Millisecond))
	r.Switch()
	if _, sent := r.Rewrite(forward.In{Seq: 900, Timestamp: 5, PictureID: 30000, TL0: 9}, t0.Add(40*time.Millisecond)); sent {
		t.Error("a delta frame of the new stream went out")
	}
	c, sent := r.Rewrite(forward.In{Seq: 901, Timestamp: 6, Start: true, PictureID: 30001, TL0: 10}, t0.Add(66*time.Millisecond))
	if !sent || !c.Began {
		t.Fatal("the key frame did not go out")
	}
	if a.Seq != 65535 || b.Seq != 0 || c.Seq != 1 {
		t.Errorf("numbers %d %d %d", a.Seq, b.Seq, c.Seq)
	}
	if b.Timestamp-a.Timestamp != 3000 || c.Timestamp-b.Timestamp != 33*90 {
		t.Errorf("timestamps %d %d %d", a.Timestamp, b.Timestamp, c.Timestamp)
	}
	if b.PictureID != a.PictureID+1 || c.PictureID != b.PictureID+1 || b.TL0 != a.TL0+1 || c.TL0 != b.TL0+1 {
		t.Errorf("pictures %d %d %d, TL0 %d %d %d", a.PictureID, b.PictureID, c.PictureID, a.TL0, b.TL0, c.TL0)
	}
}

func TestMoreLeftOutPaddingThanIsRememberedStillLeavesNoGap(t *testing.T) {
	r := forward.NewRewriter(48000, 0, 0)
	want := uint16(0)
	for i := range uint16(1000) {
		out, sent := r.Rewrite(forward.In{Seq: i, Timestamp: uint32(i), Start: i%2 == 0, Skip: i%2 == 1}, t0)
		if sent != (i%2 == 0) {
			t.Fatalf("packet %d: sent %v", i, sent)
		}
		if sent {
			if out.Seq != want {
				t.Fatalf("packet %d went out as %d, not %d", i, out.Seq, want)
			}
			want++
		}
	}
}

// TestAnyTrafficIsContinuousAndNoNumberGoesOutTwice sends frames of several streams with switches, padding
// and reordering of neighbours, and looks at what comes out.
func TestAnyTrafficIsContinuousAndNoNumberGoesOutTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := forward.NewRewriter(90000, rapid.Uint16().Draw(t, "seq"), rapid.Uint32().Draw(t, "ts"))
		type sender struct {
			seq, picture uint16
			ts           uint32
			tl0          uint8
		}
		senders := make([]sender, 3)
		for i := range senders {
			senders[i] = sender{rapid.Uint16().Draw(t, "s"), rapid.Uint16Max(0x7fff).Draw(t, "p"), rapid.Uint32().Draw(t, "t"), rapid.Byte().Draw(t, "tl0")}
		}
		now, current, fresh := t0, 0, true
		used := map[int64]bool{}
		var numbers []int64
		var last int64
		send := func(in forward.In) {
			out, sent := r.Rewrite(in, now)
			if !sent {
				return
			}
			n := last + int64(int16(out.Seq-uint16(last)))
			if len(numbers) == 0 {
				n = int64(out.Seq)
			}
			if used[n] {
				t.Fatalf("number %d went out twice", n)
			}
			used[n] = true
			numbers = append(numbers, n)
			last = max(last, n)
		}
		for range rapid.IntRange(1, 60).Draw(t, "frames") {
			if rapid.IntRange(0, 9).Draw(t, "switch") == 0 {
				current, fresh = rapid.IntRange(0, 2).Draw(t, "to"), true
				r.Switch()
			}
			now = now.Add(33 * time.Millisecond)
			s := &senders[current]
			s.ts += 2970
			s.picture = (s.picture + 1) & 0x7fff
			s.tl0++
			var frame []forward.In
			for i := range rapid.IntRange(1, 5).Draw(t, "packets") {
				frame = append(frame, forward.In{Seq: s.seq, Timestamp: s.ts, Start: fresh && i == 0, PictureID: s.picture, TL0: s.tl0})
				s.seq++
			}
			for range rapid.IntRange(0, 2).Draw(t, "padding") {
				frame = append(frame, forward.In{Seq: s.seq, Timestamp: s.ts, Skip: true})
				s.seq++
			}
			for i := 2; i < len(frame); i++ { // the start of a switch stays first
				if rapid.Bool().Draw(t, "swap") {
					frame[i], frame[i-1] = frame[i-1], frame[i]
				}
			}
			for _, in := range frame {
				send(in)
				if rapid.IntRange(0, 9).Draw(t, "again") == 0 {
					send(in)
				}
			}
			fresh = false
		}
		slices.Sort(numbers)
		for i := 1; i < len(numbers); i++ {
			if numbers[i] != numbers[i-1]+1 {
				t.Fatalf("a gap between %d and %d", numbers[i-1], numbers[i])
			}
		}
	})
}

func FuzzRewriter(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 2, 0, 0, 3, 2, 255, 255, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		r := forward.NewRewriter(90000, 0, 0)
		now := t0
		sent := map[uint16]int{}
		began := 0
		for len(script) >= 3 {
			in := forward.In{
				Seq: uint16(script[0])<<8 | uint16(script[1]), Timestamp: uint32(script[1]) << 8,
				Start: script[2]&1 != 0, Skip: script[2]&2 != 0, PictureID: uint16(script[2]),
			}
			if script[2]&4 != 0 {
				r.Switch()
			}
			script = script[3:]
			now = now.Add(time.Millisecond)
			out, ok := r.Rewrite(in, now)
			if !ok {
				continue
			}
			if out.PictureID > 0x7fff {
				t.Fatalf("picture id %d", out.PictureID)
			}
			if out.Began {
				began++
			}
			if began == 0 {
				t.Fatal("something went out before a start")
			}
			if sent[out.Seq]++; sent[out.Seq] > 1 {
				t.Fatalf("number %d went out twice", out.Seq)
			}
			if len(sent) > 1<<14 {
				return // the numbers may wrap from here on
			}
		}
	})
}
