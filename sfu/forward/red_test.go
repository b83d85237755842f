package forward_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"pronto/sfu/forward"
)

// redBlock is one block of a redundant payload.
type redBlock struct {
	pt     uint8
	offset uint32 // of its timestamp behind the packet's
	data   []byte
}

// readRED reads a redundant payload as a receiver does (RFC 2198, section 3).
func readRED(t testing.TB, payload []byte) (blocks []redBlock) {
	t.Helper()
	var sizes []int
	for {
		if len(payload) == 0 {
			t.Fatal("it is cut off")
		}
		if payload[0]&0x80 == 0 {
			blocks = append(blocks, redBlock{pt: payload[0]})
			payload = payload[1:]
			break
		}
		if len(payload) < 4 {
			t.Fatal("a header is cut off")
		}
		v := binary.BigEndian.Uint32(payload)
		blocks = append(blocks, redBlock{pt: uint8(v>>24) & 0x7f, offset: v >> 10 & 0x3fff})
		sizes = append(sizes, int(v&0x3ff))
		payload = payload[4:]
	}
	for i, n := range sizes {
		if len(payload) < n {
			t.Fatal("a block is cut off")
		}
		blocks[i].data, payload = payload[:n], payload[n:]
	}
	blocks[len(blocks)-1].data = payload
	return blocks
}

func spokenPayload(seq uint16) []byte { return bytes.Repeat([]byte{byte(seq)}, 40+int(seq%50)) }

func TestARedundantPacketHasThoseBeforeItTheOldestFirst(t *testing.T) {
	var s forward.Spoken
	for seq := uint16(65530); seq != 20; seq++ {
		payload, timestamp := spokenPayload(seq), uint32(seq)*960
		if seq == 0 {
			timestamp = 65536 * 960
		}
		if seq < 100 {
			timestamp = (65536 + uint32(seq)) * 960
		}
		s.Add(seq, timestamp, payload)
		for n := range 5 {
			red := s.AppendRED(nil, 111, seq, timestamp, payload, n, 1200)
			have := min(n, forward.MaxRedundant, int(seq-65530))
			if have == 0 {
				if len(red) != 0 {
					t.Fatalf("packet %d with nothing before it became % x", seq, red)
				}
				continue
			}
			blocks := readRED(t, red)
			if len(blocks) != have+1 {
				t.Fatalf("packet %d: %d blocks", seq, len(blocks))
			}
			for i, b := range blocks {
				back := uint16(have - i)
				if b.pt != 111 || b.offset != 960*uint32(back) || !bytes.Equal(b.data, spokenPayload(seq-back)) {
					t.Fatalf("packet %d, block %d: %d, %d, %d bytes", seq, i, b.pt, b.offset, len(b.data))
				}
			}
		}
	}
}

func TestWhatIsLostTooLongOrFromBeforeASilenceIsNotSentAlong(t *testing.T) {
	var s forward.Spoken
	add := func(seq uint16, timestamp uint32, n int) { s.Add(seq, timestamp, bytes.Repeat([]byte{1}, n)) }
	add(1, 960, 80)
	add(3, 3*960, 80) // 2 was lost
	if blocks := readRED(t, s.AppendRED(nil, 111, 3, 3*960, []byte{1}, 2, 1200)); len(blocks) != 2 || blocks[0].offset != 2*960 {
		t.Errorf("around a loss: %+v", blocks)
	}
	add(4, 30000, 80)
	if red := s.AppendRED(nil, 111, 5, 30000+1<<14, []byte{1}, 3, 1200); len(red) != 0 {
		t.Error("over a silence")
	}
	add(10, 10*960, 1000)
	if red := s.AppendRED(nil, 111, 11, 11*960, []byte{1}, 1, 1200); len(red) != 0 {
		t.Error("one that is too long")
	}
	add(20, 20*960, 300)
	add(21, 21*960, 300)
	if blocks := readRED(t, s.AppendRED(nil, 111, 22, 22*960, make([]byte, 300), 3, 700)); len(blocks) != 2 {
		t.Errorf("%d blocks where there is room for two", len(blocks))
	}
}

func TestRedundancyBeginsAtThreePercentAndEndsWellBelow(t *testing.T) {
	var l forward.Loss
	now := time.Unix(0, 0)
	hear := func(share float64, seconds int) int {
		for range seconds {
			now = now.Add(time.Second)
			l.Heard(uint8(share*256), now)
		}
		return l.Redundant()
	}
	for _, step := range []struct {
		share   float64
		seconds int
		want    int
	}{
		{0.02, 20, 0}, {0.05, 3, 1}, {0.02, 60, 1}, {0.12, 4, 2}, {0.3, 4, 3}, {0.15, 60, 3}, {0.08, 30, 2}, {0.02, 40, 1}, {0, 8, 1}, {0, 30, 0}, {0.02, 20, 0},
	} {
		if got := hear(step.share, step.seconds); got != step.want {
			t.Errorf("after %d s of %.0f %%: %d, want %d", step.seconds, 100*step.share, got, step.want)
		}
	}
	hear(0.99, 10)
	if l.Fraction() < 240 {
		t.Errorf("everything is lost, but it is %d of 255", l.Fraction())
	}
}

func FuzzRED(f *testing.F) {
	f.Add([]byte{10, 0, 20, 1, 200, 3, 30, 4}, uint16(200))
	f.Fuzz(func(t *testing.T, script []byte, limit uint16) {
		var s forward.Spoken
		seq, timestamp := uint16(0), uint32(0)
		for ; len(script) >= 2; script = script[2:] {
			payload := bytes.Repeat([]byte{script[0]}, 1+int(script[0])*5)
			seq, timestamp = seq+uint16(script[1]%4), timestamp+960*uint32(script[1])
			s.Add(seq, timestamp, payload)
			most := int(limit)%1400 + len(payload)
			red := s.AppendRED(nil, 111, seq, timestamp, payload, int(script[1]), most)
			if len(red) == 0 {
				continue
			}
			blocks := readRED(t, red)
			if len(red) > most || len(blocks) < 2 || !bytes.Equal(blocks[len(blocks)-1].data, payload) {
				t.Fatalf("%d bytes of at most %d, %d blocks", len(red), most, len(blocks))
			}
		}
	})
}
