package forward_test

import (
	"bytes"
	"errors"
	"testing"

	"pronto/sfu/forward"
)

// keyFrame is the beginning of a key frame of 640 by 360 pixels.
var keyFrame = []byte{0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}

func TestDescriptorsAreRead(t *testing.T) {
	for name, test := range map[string]struct {
		payload []byte
		want    func(forward.VP8) bool
	}{
		"one byte, first packet of a delta frame": {
			[]byte{0x10, 0x01, 0x02}, func(d forward.VP8) bool { return d.Size == 1 && d.Start && !d.Key && !d.HasPictureID },
		},
		"not the first packet": {
			[]byte{0x00, 0x00}, func(d forward.VP8) bool { return !d.Start && !d.Key },
		},
		"another partition does not start a frame": {
			[]byte{0x11, 0x00}, func(d forward.VP8) bool { return !d.Start && !d.Key },
		},
		"a short picture id": {
			[]byte{0x90, 0x80, 0x7f, 0x01}, func(d forward.VP8) bool { return d.Size == 3 && d.PictureID == 0x7f },
		},
		"a long picture id, TL0, TID and KEYIDX of a key frame": {
			append([]byte{0x90, 0xf0, 0xff, 0xfe, 0x21, 0x1f}, keyFrame...), func(d forward.VP8) bool {
				return d.Size == 6 && d.PictureID == 0x7ffe && d.HasTL0 && d.TL0 == 0x21 && d.Key && d.Width == 640 && d.Height == 360
			},
		},
		"a sealed key frame shows no more than that it is one": {
			[]byte{0x10, 0x10}, func(d forward.VP8) bool { return d.Key && d.Height == 0 },
		},
	} {
		d, err := forward.ParseVP8(test.payload)
		if err != nil || !test.want(d) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func TestDescriptorsThatAreCutOffAreRefused(t *testing.T) {
	whole := append([]byte{0x90, 0xf0, 0xff, 0xfe, 0x21, 0x1f}, 0x01)
	for n := range len(whole) {
		if _, err := forward.ParseVP8(whole[:n]); !errors.Is(err, forward.ErrVP8) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestAShortPictureIDBecomesLong(t *testing.T) {
	in := []byte{0x90, 0xc0, 0x05, 0x07, 0x01, 0xaa}
	d, err := forward.ParseVP8(in)
	if err != nil {
		t.Fatal(err)
	}
	out := d.Append(nil, in, 0x1234, 0x56)
	if want := []byte{0x90, 0xc0, 0x92, 0x34, 0x56, 0x01, 0xaa}; !bytes.Equal(out, want) {
		t.Errorf("% x, want % x", out, want)
	}
}

func FuzzVP8(f *testing.F) {
	f.Add(append([]byte{0x90, 0xf0, 0xff, 0xfe, 0x21, 0x1f}, keyFrame...), uint16(7), uint8(9))
	f.Add([]byte{0x90, 0x80, 0x7f, 0x01}, uint16(0x7fff), uint8(0))
	f.Add([]byte{0x10}, uint16(0), uint8(0))
	f.Fuzz(func(t *testing.T, payload []byte, picture uint16, tl0 uint8) {
		picture &= 0x7fff
		d, err := forward.ParseVP8(payload)
		if err != nil {
			return
		}
		out := d.Append(nil, payload, picture, tl0)
		if len(out) > len(payload)+forward.MaxGrowth {
			t.Fatalf("%d bytes became %d", len(payload), len(out))
		}
		packet := append([]byte{0}, payload...)
		begin, fields := d.Widen(packet, 1)
		fields.Write(packet[begin:], forward.Out{PictureID: picture, TL0: tl0})
		if !bytes.Equal(packet[begin:], out) {
			t.Fatalf("written in place it is % x, not % x", packet[begin:], out)
		}
		again, err := forward.ParseVP8(out)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if again.Start != d.Start || again.Key != d.Key || again.Height != d.Height ||
			d.HasPictureID && again.PictureID != picture || d.HasTL0 && again.TL0 != tl0 {
			t.Fatalf("%+v became %+v", d, again)
		}
		if !bytes.Equal(out[again.Size:], payload[d.Size:]) {
			t.Fatal("the frame changed")
		}
	})
}
