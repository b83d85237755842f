package media

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtp/codecs"
)

// TestFramesAreWholeInWhateverOrderTheirPacketsCome has packets overtake each other,
// come twice and get lost.
func TestFramesAreWholeInWhateverOrderTheirPacketsCome(t *testing.T) {
	type packet struct {
		seq     uint16
		stamp   uint32
		marker  bool
		payload []byte
	}
	chance := rand.New(rand.NewPCG(3, 4))
	payloader := codecs.VP8Payloader{EnablePictureID: true}
	var packets []packet
	var frames [][]byte
	seq := uint16(65000) // goes over the end
	for n := range 300 {
		frame := make([]byte, 1+chance.IntN(9000))
		for i := range frame {
			frame[i] = byte(chance.Uint32())
		}
		frames = append(frames, frame)
		parts := payloader.Payload(mtu, frame)
		for i, part := range parts {
			packets = append(packets, packet{seq, uint32(n) * frameTicks, i == len(parts)-1, part})
			seq++
		}
	}
	const lost = 700 // its frame is lost with it
	lostFrame := frames[packets[lost].stamp/frameTicks]
	way := slices.Delete(slices.Clone(packets), lost, lost+1)
	for i := range len(way) - 20 {
		if k := i + chance.IntN(20); chance.IntN(3) == 0 {
			way[i], way[k] = way[k], way[i]
		}
	}
	for i := 0; i < len(way); i += 50 {
		way = slices.Insert(way, i, way[max(0, i-3)])
	}
	var a assembly
	came := map[string]int{}
	for _, p := range way {
		if frame := a.add(p.seq, p.stamp, p.marker, p.payload); frame != nil {
			came[string(frame)]++
		}
	}
	for i, frame := range frames {
		want := 1
		if bytes.Equal(frame, lostFrame) {
			want = 0
		}
		if got := came[string(frame)]; got < want || want == 0 && got > 0 {
			t.Errorf("frame %d came %d times", i, got)
		}
		delete(came, string(frame))
	}
	if len(came) > 0 {
		t.Errorf("%d frames came that nobody has sent", len(came))
	}
}

func FuzzAssembly(f *testing.F) {
	f.Add([]byte{0x90, 0x80, 1, 2, 3}, []byte{0x80, 0x80, 1, 4}, uint16(1), uint16(2))
	f.Add([]byte{0x10, 1}, []byte{}, uint16(65535), uint16(0))
	f.Fuzz(func(t *testing.T, one, two []byte, first, second uint16) {
		var a assembly
		for _, marker := range []bool{false, true} {
			for _, p := range [][]byte{one, two} {
				if frame := a.add(first, 0, marker, p); len(frame) > 2*(len(one)+len(two)) {
					t.Errorf("%d bytes of %d", len(frame), len(one)+len(two))
				}
				if frame := a.add(second, 0, !marker, p); len(frame) > 2*(len(one)+len(two)) {
					t.Errorf("%d bytes of %d", len(frame), len(one)+len(two))
				}
			}
		}
	})
}
