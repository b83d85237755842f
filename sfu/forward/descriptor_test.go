package forward

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

func TestPayloadsThatAreCutOffAreRefused(t *testing.T) {
	var f Frame
	vp9 := []byte{0xbe, 0x91, 0x7b, 0x10, 0x18, 0x01, 0x40, 0x00, 0xb4, 0x01, 0x14, 0x01, 0xff}
	for n := range len(vp9) {
		if _, _, err := new(VP9Descriptors).Read(vp9[:n], &f); !errors.Is(err, ErrVP9) {
			t.Errorf("VP9, %d bytes: %v", n, err)
		}
	}
	if _, _, err := new(VP9Descriptors).Read(vp9, &f); err != nil || f.Height != 180 {
		t.Errorf("VP9 whole: %+v, %v", f, err)
	}
	for name, payload := range map[string][]byte{
		"four references":      {0xd4, 0x01, 0x03, 0x03, 0x03, 0x02, 0xff},
		"a layer too large":    {0xa8, 0x01, 0x0e, 0x00, 0xff},
		"a layer too frequent": {0xa8, 0x01, 0x80, 0x00, 0xff},
	} {
		if _, _, err := new(VP9Descriptors).Read(payload, &f); !errors.Is(err, ErrVP9) {
			t.Errorf("VP9, %s: %v", name, err)
		}
	}
	for _, payload := range [][]byte{nil, {0x10}, {0x88, 1}} {
		if err := ReadAV1(payload, &f); !errors.Is(err, ErrAV1) {
			t.Errorf("AV1, % x: %v", payload, err)
		}
	}
	for _, payload := range [][]byte{nil, {0x67}, {0x78, 0}, {0x78, 0, 9, 0x67}, {0x78, 0, 0, 0x67}, {0x7c, 0x87}, {0x79, 0, 0}, {0xe7, 1}} {
		if err := ReadH264(payload, &f); !errors.Is(err, ErrH264) {
			t.Errorf("H264, % x: %v", payload, err)
		}
	}
}

func TestKeyFramesOfH264BeginWithTheParameterSet(t *testing.T) {
	for name, test := range map[string]struct {
		payload []byte
		key     bool
	}{
		"parameter set alone":                  {[]byte{0x67, 0x42}, true},
		"parameter sets together":              {[]byte{0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68}, true},
		"parameter set in parts, the first":    {[]byte{0x7c, 0x87, 0x42}, true},
		"parameter set in parts, another":      {[]byte{0x7c, 0x07, 0x42}, false},
		"a slice of a key frame, without them": {[]byte{0x65, 0x88}, false},
		"a slice":                              {[]byte{0x61, 0xe0}, false},
		"slices together":                      {[]byte{0x78, 0, 2, 0x61, 0x42}, false},
	} {
		var f Frame
		if err := ReadH264(test.payload, &f); err != nil || f.Key != test.key || f.Start != test.key {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

func TestADescriptorWithoutItsStructureSaysNothing(t *testing.T) {
	packets := load(t, "av1-l3t3key", CodecAV1)
	var d Dependencies
	f := Frame{Targets: everyTarget}
	if err := d.Read([]byte{0xc5, 0x00, 0x02}, &f); !errors.Is(err, ErrDependency) || f.Targets != everyTarget {
		t.Errorf("%+v, %v", f, err)
	}
	whole := packets[0].header.Extension(capturedDependency)
	for n := range len(whole) - 1 { // the last byte is padding
		if err := new(Dependencies).Read(whole[:n], &f); !errors.Is(err, ErrDependency) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
	if err := d.Read(whole, &f); err != nil || !f.Key {
		t.Errorf("%+v, %v", f, err)
	}
	older := bytes.Clone(whole)
	binary.BigEndian.PutUint16(older[1:], binary.BigEndian.Uint16(whole[1:])-10)
	if err := d.Read(older, &f); !errors.Is(err, ErrDependency) {
		t.Errorf("a structure that comes late took the place of a newer one: %v", err)
	}
}

func TestRatesOfVP8ComeAndGoWithoutAGapInThePictures(t *testing.T) {
	var s Selector
	r := NewRewriter(90000, 1, 1)
	var last Out
	pattern := []uint8{0, 2, 1, 2}
	wish := Layer{0, 2}
	s.Wish(wish)
	chance := rand.New(rand.NewPCG(7, 7))
	seen := map[uint8]int{}
	for i := range 4000 {
		tid := pattern[i%4]
		f := VP8{Start: true, Key: i == 0, HasPictureID: true, PictureID: uint16(i+32000) & 0x7fff, HasTL0: true, TL0: uint8(i / 4), HasTemporal: true, Temporal: tid, Sync: tid == 1 || tid == 2 && i%4 == 1}.Frame()
		if chance.IntN(30) == 0 {
			s.Wish(Layer{0, uint8(chance.IntN(3))})
		}
		send, _ := s.Take(&f)
		out, ok := r.Rewrite(In{Seq: uint16(i), Timestamp: uint32(i) * 3000, Start: f.Key, Skip: !send, PictureID: f.PictureID, TL0: f.TL0, Gapless: f.Gapless}, time.Unix(int64(i), 0))
		if ok != send || send && f.Temporal > s.Current().Temporal {
			t.Fatalf("picture %d of rate %d: %v, %v", i, tid, ok, s.Current())
		}
		if !ok {
			continue
		}
		if i > 0 && (out.Seq != last.Seq+1 || out.PictureID != (last.PictureID+1)&0x7fff) {
			t.Fatalf("picture %d is number %d, %d after %d, %d", i, out.Seq, out.PictureID, last.Seq, last.PictureID)
		}
		last = out
		seen[tid]++
	}
	if seen[0] != 1000 || seen[1] < 100 || seen[2] < 100 || seen[2] > 1900 {
		t.Errorf("sent of each rate: %v", seen)
	}
}

func TestWhatComesLateOfAPictureThatWasLeftOutFillsItsGapWithNothing(t *testing.T) {
	r := NewRewriter(90000, 1, 1)
	in := func(n uint16, skip bool) In {
		return In{Seq: n, Timestamp: uint32(n) * 3000, Start: n == 1, Skip: skip, PictureID: n, Gapless: true}
	}
	now := time.Unix(0, 0)
	take := func(n uint16, skip bool) (Out, bool) { return r.Rewrite(in(n, skip), now) }
	first, _ := take(1, false)
	if _, ok := take(2, true); ok {
		t.Fatal("2 was to be left out")
	}
	if out, _ := take(4, false); out.Seq != first.Seq+2 {
		t.Fatalf("3 is missing, 4 is number %d", out.Seq-first.Seq)
	}
	if out, ok := take(3, true); !ok || !out.Bare || out.Seq != first.Seq+1 {
		t.Errorf("3 comes late: %+v, %v", out, ok)
	}
	if _, ok := take(2, false); ok {
		t.Error("2 comes again")
	}
	if out, ok := take(5, false); !ok || out.Bare || out.Seq != first.Seq+3 || out.PictureID != first.PictureID+3 {
		t.Errorf("5: %+v, %v", out, ok)
	}
}

func TestNearestIsNotAboveTheWishUnlessNothingElseIsMade(t *testing.T) {
	made := target(Layer{0, 0}) | target(Layer{0, 1}) | target(Layer{2, 0})
	for wish, want := range map[Layer]Layer{
		{0, 0}: {0, 0}, {0, 3}: {0, 1}, {1, 0}: {0, 0}, {1, 2}: {0, 1}, {2, 2}: {2, 0}, {3, 3}: {2, 0},
	} {
		if got := made.Nearest(wish); got != want {
			t.Errorf("%v: %v", wish, got)
		}
	}
	if got := target(Layer{2, 1}).Nearest(Layer{0, 0}); got != (Layer{2, 1}) {
		t.Errorf("only a larger one: %v", got)
	}
	if got := Targets(0).Nearest(Whole); got != Whole {
		t.Errorf("nothing is known: %v", got)
	}
}

func TestAHeaderCarriesADependencyDescriptorWithAnotherFrameNumber(t *testing.T) {
	for _, n := range []int{3, 8, 16, 17, 91, MaxDependency} {
		for _, numberID := range []uint8{0, 3} {
			descriptor := bytes.Repeat([]byte{0xab}, n)
			size := HeaderSize + DependencySize(n, numberID != 0)
			packet := bytes.Repeat([]byte{0xff}, size)
			WriteHeader(packet, 45, true, 7, 8, 9)
			WriteDependency(packet, numberID, 0x1122, 12, descriptor, 0x3344)
			h, err := ParseHeader(packet)
			if err != nil || h.Size != size {
				t.Fatalf("%d bytes: %+v, %v", n, h, err)
			}
			want := append([]byte{0xab, 0x33, 0x44}, descriptor[3:]...)
			if got := h.Extension(12); !bytes.Equal(got, want) {
				t.Errorf("%d bytes: % x", n, got)
			}
			if number := h.Extension(numberID); numberID != 0 && !bytes.Equal(number, []byte{0x11, 0x22}) || numberID == 0 && number != nil {
				t.Errorf("%d bytes, number % x", n, number)
			}
		}
	}
}

func FuzzDependencies(f *testing.F) {
	for _, name := range []string{"av1-l3t3key", "vp9-l3t3key", "vp8-simulcast", "h264-simulcast"} {
		codec := map[string]Codec{"av1-l3t3key": CodecAV1, "vp9-l3t3key": CodecVP9, "vp8-simulcast": CodecVP8, "h264-simulcast": CodecH264}[name]
		packets := load(f, name, codec)
		f.Add(packets[0].header.Extension(capturedDependency), packets[1].header.Extension(capturedDependency))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var d Dependencies
		var s Selector
		s.Wish(Whole)
		for _, b := range [][]byte{first, second, first} {
			var frame Frame
			if d.Read(b, &frame) != nil {
				if frame != (Frame{}) {
					t.Fatal("what cannot be read was taken")
				}
				continue
			}
			if frame.Spatial >= maxSpatial || frame.Temporal >= maxTemporal || frame.refCount > maxRefs {
				t.Fatalf("%+v", frame)
			}
			s.Take(&frame)
		}
	})
}

func FuzzVP9(f *testing.F) {
	for _, c := range load(f, "vp9-l3t3key", CodecVP9)[:20] {
		f.Add(c.payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var frame, again Frame
		fields, short, err := new(VP9Descriptors).Read(payload, &frame)
		if err != nil {
			return
		}
		packet := append([]byte{0}, payload...)
		begin := 1
		if short {
			begin = Widen(packet, 1)
		}
		fields.Write(packet[begin:], Out{PictureID: 0x2345, TL0: 0x67})
		if _, short, err = new(VP9Descriptors).Read(packet[begin:], &again); err != nil || short {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if frame.HasPictureID {
			frame.PictureID = 0x2345
		}
		if frame.HasTL0 {
			frame.TL0 = 0x67
		}
		if again != frame {
			t.Fatalf("%+v became %+v", frame, again)
		}
		new(Selector).Take(&frame)
	})
}

func FuzzAV1(f *testing.F) {
	f.Add([]byte{0x28, 0x1d, 0x08})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var frame Frame
		if err := ReadAV1(payload, &frame); err == nil && frame.Key && !frame.Start {
			t.Fatalf("%+v", frame)
		}
	})
}

func FuzzH264(f *testing.F) {
	for _, c := range load(f, "h264-simulcast", CodecH264)[:5] {
		f.Add(c.payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var frame Frame
		if err := ReadH264(payload, &frame); err == nil && frame.Key != frame.Start {
			t.Fatalf("%+v", frame)
		}
	})
}
