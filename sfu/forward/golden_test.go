package forward

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// captured is one packet of testdata, read by its dependency descriptor and by its own codec's.
type captured struct {
	header  Header
	payload []byte
	by      [2]Frame // dependency descriptor, codec
	fields  Fields
}

const (
	byDependency = iota
	byCodec
)

// capturedDependency is the id of the header extension in testdata.
const capturedDependency = 13

// load reads the packets of a capture. Of a simulcast it is one encoding, the one of the first packet.
func load(t testing.TB, name string, codec Codec) (packets []captured) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "chromium-"+name+".rtp"))
	if err != nil {
		t.Fatal(err)
	}
	var dependencies Dependencies
	var vp9 VP9Descriptors
	for len(data) > 0 {
		n := int(binary.BigEndian.Uint16(data))
		packet := data[2 : 2+n]
		data = data[2+n:]
		h, err := ParseHeader(packet)
		if err != nil {
			t.Fatal(err)
		}
		if len(packets) > 0 && h.SSRC != packets[0].header.SSRC {
			continue
		}
		c := captured{header: h, payload: packet[h.Size:]}
		switch codec {
		case CodecVP8:
			d, err := ParseVP8(c.payload)
			if err != nil {
				t.Fatal(err)
			}
			c.by[byCodec] = d.Frame()
		case CodecVP9:
			if c.fields, _, err = vp9.Read(c.payload, &c.by[byCodec]); err != nil {
				t.Fatal(err)
			}
		case CodecAV1:
			if err := ReadAV1(c.payload, &c.by[byCodec]); err != nil {
				t.Fatal(err)
			}
		case CodecH264:
			if err := ReadH264(c.payload, &c.by[byCodec]); err != nil {
				t.Fatal(err)
			}
		}
		c.by[byDependency] = c.by[byCodec]
		if err := dependencies.Read(h.Extension(capturedDependency), &c.by[byDependency]); err != nil {
			t.Fatalf("packet %d: %v", len(packets), err)
		}
		packets = append(packets, c)
	}
	if len(packets) < 30 {
		t.Fatalf("only %d packets in %s", len(packets), name)
	}
	return packets
}

func TestBothDescriptorsOfACapturedVP9StreamSayTheSame(t *testing.T) {
	heights := map[uint8]int{}
	for i, c := range load(t, "vp9-l3t3key", CodecVP9) {
		a, b := c.by[byDependency], c.by[byCodec]
		if a.Layer != b.Layer || a.Start != b.Start || a.End != b.End || a.Key != b.Key {
			t.Fatalf("packet %d: %+v and %+v", i, a, b)
		}
		if b.Height != 0 {
			if a.Height != b.Height {
				t.Errorf("packet %d: %d and %d pixels", i, a.Height, b.Height)
			}
			heights[b.Spatial] = b.Height
		}
		for s := range uint8(3) {
			for r := range uint8(3) {
				if l := (Layer{s, r}); a.Targets.Has(l) != b.Targets.Has(l) {
					t.Errorf("packet %d of %v: does %v need it?", i, a.Layer, l)
				}
			}
		}
	}
	if fmt.Sprint(heights) != "map[0:180 1:360 2:720]" {
		t.Errorf("heights %v", heights)
	}
}

func TestCapturedKeyFramesAreFoundInThePayloadAndInTheDescriptor(t *testing.T) {
	for name, codec := range map[string]Codec{
		"vp8-simulcast": CodecVP8, "h264-simulcast": CodecH264, "vp9-l3t3key": CodecVP9, "av1-l3t3key": CodecAV1,
	} {
		keys := 0
		for i, c := range load(t, name, codec) {
			if c.by[byDependency].Key != c.by[byCodec].Key {
				t.Errorf("%s, packet %d: %v and %v", name, i, c.by[byDependency].Key, c.by[byCodec].Key)
			}
			if c.by[byDependency].Key {
				keys++
			}
		}
		if keys < 2 {
			t.Errorf("%s: %d key frames", name, keys)
		}
	}
}

func TestEveryLayerOfACapturedStreamReachesItsDecoderWhole(t *testing.T) {
	for _, stream := range []struct {
		name  string
		codec Codec
		by    int
	}{
		{"vp9-l3t3key", CodecVP9, byDependency}, {"vp9-l3t3key", CodecVP9, byCodec}, {"av1-l3t3key", CodecAV1, byDependency},
	} {
		packets := load(t, stream.name, stream.codec)
		for _, wish := range []Layer{{0, 0}, {0, 2}, {1, 1}, {2, 0}, {2, 3}, {3, 3}} {
			follow(t, fmt.Sprint(stream.name, stream.by, wish), packets, stream.by, func(int) Layer { return wish })
		}
		for seed := range uint64(50) {
			chance := rand.New(rand.NewPCG(seed, 1))
			wish := Layer{}
			follow(t, fmt.Sprint(stream.name, stream.by, " seed ", seed), packets, stream.by, func(int) Layer {
				if chance.IntN(20) == 0 {
					wish = Layer{uint8(chance.IntN(3)), uint8(chance.IntN(3))}
				}
				return wish
			})
		}
	}
}

// follow has a selector choose out of the packets, and checks with the dependency descriptors, whichever the
// selector goes by, that a decoder has everything to which what it gets refers; that pictures end with a marker; and that
// the numbering has no gap.
func follow(t *testing.T, what string, packets []captured, by int, wish func(i int) Layer) {
	t.Helper()
	var s Selector
	r := NewRewriter(90000, 100, 7)
	sent := map[uint16]bool{}
	begun, pictures, sizes := false, 0, map[Layer]int{}
	last := Out{Seq: 99}
	ended := true
	var timestamp uint32
	for i := range packets {
		c := &packets[i]
		s.Wish(wish(i))
		f, truth := c.by[by], &c.by[byDependency]
		if begun = begun || f.Key; !begun {
			continue
		}
		send, end := s.Take(&f)
		out, ok := r.Rewrite(In{
			Seq: c.header.Seq, Timestamp: c.header.Timestamp, Start: f.Key, Skip: !send,
			PictureID: f.PictureID, Frame: truth.Number, Gapless: f.Gapless,
		}, time.Unix(int64(i), 0))
		if ok != send {
			t.Fatalf("%s, packet %d: sent %v, to be sent %v", what, i, ok, send)
		}
		if !send {
			continue
		}
		if out.Seq != last.Seq+1 {
			t.Fatalf("%s, packet %d has number %d after %d", what, i, out.Seq, last.Seq)
		}
		if out.Timestamp != timestamp {
			if !ended {
				t.Fatalf("%s, packet %d begins a picture, the one before did not end", what, i)
			}
			pictures++
		}
		last, timestamp, ended = out, out.Timestamp, end || c.header.Marker
		if truth.Start {
			sent[truth.Number] = true
			sizes[f.Layer]++
		}
		for _, back := range truth.refs[:truth.refCount] {
			if !sent[truth.Number-back] {
				t.Fatalf("%s, packet %d: frame %d of %v refers to %d, which was not sent", what, i, truth.Number, truth.Layer, truth.Number-back)
			}
		}
	}
	if pictures < 10 {
		t.Fatalf("%s: %d pictures, %v", what, pictures, sizes)
	}
}

func TestLowerRatesOfOneSizeCostNoKeyFrame(t *testing.T) {
	for _, stream := range []struct {
		name  string
		codec Codec
		by    int
	}{{"vp9-l3t3key", CodecVP9, byDependency}, {"vp9-l3t3key", CodecVP9, byCodec}, {"av1-l3t3key", CodecAV1, byDependency}} {
		packets := load(t, stream.name, stream.codec)
		first := 0 // after the last key frame
		for i := range packets {
			if packets[i].by[stream.by].Key {
				first = i
			}
		}
		if first > len(packets)-60 { // the end of the capture may be too short: any other will do
			first = slices.IndexFunc(packets, func(c captured) bool { return c.by[stream.by].Key && c.by[stream.by].Active.HasSize(1) })
		}
		var s Selector
		s.Wish(Layer{1, 2})
		seen := map[uint8]bool{}
		for i := range packets[first:] {
			f := packets[first+i].by[stream.by]
			switch i {
			case 20:
				s.Wish(Layer{1, 0})
			case 40:
				s.Wish(Layer{1, 2})
			}
			if send, _ := s.Take(&f); send && i > 40 && !f.Key {
				seen[f.Temporal] = true
			}
			if i >= 21 && i < 40 && f.Start && s.Current().Temporal != 0 {
				t.Fatalf("%s, packet %d: still %v", stream.name, i, s.Current())
			}
			if i > 40 && f.Key {
				break
			}
		}
		if !seen[1] || !seen[2] || s.Awaits() {
			t.Errorf("%s by %d: rates %v came back, %v", stream.name, stream.by, seen, s.Current())
		}
	}
}

func TestALargerSizeIsAwaitedAndComesWithAKeyFrame(t *testing.T) {
	packets := load(t, "av1-l3t3key", CodecAV1)
	var s Selector
	keys, awaited := 0, false
	for i := range packets {
		f := packets[i].by[byDependency]
		if f.Key && f.Active.HasSize(2) {
			keys++
		}
		s.Take(&f)
		if keys == 1 && !f.Key {
			s.Wish(Layer{2, 2})
		}
		if keys == 1 && s.Current().Spatial != 0 {
			t.Fatalf("packet %d: turned without a key frame", i)
		}
		awaited = awaited || s.Awaits()
		if keys == 2 {
			if s.Current().Spatial != 2 || s.Awaits() {
				t.Fatalf("packet %d: with the key frame it is %v", i, s.Current())
			}
			break
		}
	}
	if !awaited || keys != 2 {
		t.Errorf("awaited %v, %d key frames", awaited, keys)
	}
}

func TestRewrittenFieldsOfVP9AreWhereTheDescriptorHasThem(t *testing.T) {
	for _, c := range load(t, "vp9-l3t3key", CodecVP9)[:50] {
		payload := slices.Clone(c.payload)
		c.fields.Write(payload, Out{PictureID: 0x1234, TL0: 0x56})
		var again Frame
		if _, _, err := new(VP9Descriptors).Read(payload, &again); err != nil || again.PictureID != 0x1234 || again.Layer != c.by[byCodec].Layer {
			t.Fatalf("%+v, %v", again, err)
		}
	}
	// Not flexible, with a short picture id: I, L, B and E; TID 1, U, SID 0; TL0PICIDX.
	packet := []byte{0xff, 0xac, 0x05, 0x30, 0x77, 1, 2, 3}
	var f Frame
	fields, short, err := new(VP9Descriptors).Read(packet[1:], &f)
	if err != nil || !short || f.PictureID != 5 || f.TL0 != 0x77 || f.Temporal != 1 {
		t.Fatalf("%+v, %v, %v", f, short, err)
	}
	begin := Widen(packet, 1)
	fields.Write(packet[begin:], Out{PictureID: 0x1234, TL0: 0x56})
	if _, short, err = new(VP9Descriptors).Read(packet[begin:], &f); err != nil || short || f.PictureID != 0x1234 || f.TL0 != 0x56 || f.Temporal != 1 {
		t.Errorf("widened it is %+v, %v, %v", f, short, err)
	}
}
