package seal_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"pronto/sfu/seal"
)

// header is of leaf 5, epoch 0x107, second camera; its counter is 70,000.
const header = "aa" + "0a0507" + "011170" // 3 bytes of KID, 3 of counter: 1 010 1 010

// of returns an SFrame header with that context, leaf and epoch.
func of(ctx, leaf, epoch byte) string {
	return hex.EncodeToString([]byte{0xa9, ctx, leaf, epoch, 1, 0})
}

func bytesOf(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const sealed = " 5ea1ed5ea1ed5ea1ed5ea1ed5ea1ed5ea1ed"

func TestTheFirstPacketOfASealedFrameIsToldFromOthers(t *testing.T) {
	want := seal.Of(5, 7)
	camera := of(2, 5, 7) + sealed
	for _, c := range []struct {
		name    string
		codec   seal.Codec
		kind    seal.Kind
		payload string
		verdict seal.Verdict
	}{
		{"sound", seal.Opus, seal.Microphone, of(1, 5, 7) + sealed, seal.Sealed},
		{"sound with a longer counter", seal.Opus, seal.Camera, header + sealed, seal.Sealed},
		{"sound in the clear", seal.Opus, seal.Microphone, "78 0b e4 c1 36 ec c5 80", seal.Envelope},
		{"sound without a tag", seal.Opus, seal.Microphone, of(1, 5, 7) + "5ea1ed", seal.Envelope},
		{"a VP8 key frame", seal.VP8, seal.Camera, "90 e0 81 02 03 44" + "1000009d012a8002e001" + camera, seal.Sealed},
		{"a VP8 key frame with a short descriptor", seal.VP8, seal.Camera, "10" + "1000009d012a8002e001" + camera, seal.Sealed},
		{"another VP8 frame", seal.VP8, seal.Camera, "90 80 81 02" + "11" + camera, seal.Sealed},
		{"more of a VP8 frame", seal.VP8, seal.Camera, "80 80 81 02" + "5ea1ed", seal.Continues},
		{"another partition", seal.VP8, seal.Camera, "11" + "5ea1ed", seal.Continues},
		{"a VP8 key frame in the clear", seal.VP8, seal.Camera, "10" + "d04f009d012a80026801", seal.Envelope},
		{"a VP8 key frame with the header of a real one", seal.VP8, seal.Camera, "10" + "1000009d012a8002e002" + camera, seal.Envelope},
		{"a VP8 frame in the clear", seal.VP8, seal.Camera, "10" + "b1d3007f", seal.Envelope},
		{"a VP8 frame in the clear with the byte", seal.VP8, seal.Camera, "10" + "11d3007f", seal.Envelope},
		{"a VP8 descriptor alone", seal.VP8, seal.Camera, "90 e0 81 02", seal.Envelope},
		{"a VP9 frame", seal.VP9, seal.Camera, "8c 81 02" + camera, seal.Sealed},
		{"a VP9 layer frame with its structure", seal.VP9, seal.Camera, "ae 81 02 20 07 3a 0140 00b4 0280 0168" + "01 14 01" + camera, seal.Sealed},
		{"a flexible VP9 frame", seal.VP9, seal.Camera, "fc 81 02 20 03 02" + camera, seal.Sealed},
		{"more of a VP9 frame", seal.VP9, seal.Camera, "84 81 02" + "5ea1ed", seal.Continues},
		{"a VP9 frame in the clear", seal.VP9, seal.Camera, "8c 81 02" + "8249834200", seal.Envelope},
		{"an AV1 key frame", seal.AV1, seal.Camera, "18" + "08" + camera, seal.Sealed},
		{"an AV1 frame", seal.AV1, seal.Camera, "50" + "30" + camera, seal.Sealed},
		{"an AV1 frame with a length", seal.AV1, seal.Camera, "00" + "19" + "30" + camera, seal.Sealed},
		{"more of an AV1 frame", seal.AV1, seal.Camera, "90" + "5ea1ed", seal.Continues},
		{"more of an AV1 frame and another", seal.AV1, seal.Camera, "a0" + "01 5e" + "30" + "ffff", seal.Envelope},
		{"an AV1 frame in the clear", seal.AV1, seal.Camera, "10" + "32 0b 5ea1ed", seal.Envelope},
		{"an AV1 sequence in the clear", seal.AV1, seal.Camera, "28" + "0a 0a0b000000 30", seal.Envelope},
		{"H264 parameter sets", seal.H264, seal.Camera, "78 0004 6742c01f 0004 68ce3c80", seal.Continues},
		{"an H264 slice", seal.H264, seal.Camera, "65 8884" + camera, seal.Sealed},
		{"the first part of an H264 slice", seal.H264, seal.Camera, "7c 85 8884" + camera, seal.Sealed},
		{"more of an H264 slice", seal.H264, seal.Camera, "7c 05 5ea1ed", seal.Continues},
		{"an H264 slice in the clear", seal.H264, seal.Camera, "65 8884 21ffd4b0", seal.Envelope},
		{"a slice behind parameter sets", seal.H264, seal.Camera, "78 0004 6742c01f 001b 658884" + camera, seal.Sealed},
		{"a slice behind a slice", seal.H264, seal.Camera, "78 001b 658884" + camera + "0003 658884", seal.Envelope},
		{"a unit of another type", seal.H264, seal.Camera, "6c 8884" + camera, seal.Envelope},
		{"another codec", seal.Codec(9), seal.Camera, camera, seal.Envelope},
		{"another's leaf", seal.Opus, seal.Camera, of(2, 6, 7) + sealed, seal.Leaf},
		{"the next epoch", seal.Opus, seal.Camera, of(2, 5, 8) + sealed, seal.Epoch},
		{"an epoch of a while ago", seal.Opus, seal.Camera, of(2, 5, 256-8) + sealed, seal.Sealed},
		{"an epoch long past", seal.Opus, seal.Camera, of(2, 5, 256-9) + sealed, seal.Epoch},
		{"the camera's frames as sound", seal.Opus, seal.Microphone, of(2, 5, 7) + sealed, seal.OfKind},
		{"the camera's frames as screen", seal.VP9, seal.Screen, "8c 81 02" + camera, seal.OfKind},
		{"no context", seal.Opus, seal.Camera, "9900050701" + sealed, seal.Envelope},
	} {
		if got := want.Judge(c.codec, c.kind, bytesOf(t, c.payload)); got != c.verdict {
			t.Errorf("%s is judged %d, want %d", c.name, got, c.verdict)
		}
	}
	if got := seal.Nobody.Judge(seal.Opus, seal.Microphone, bytesOf(t, of(1, 0, 0)+sealed)); got != seal.Keyless {
		t.Errorf("a frame of who holds no leaf is judged %d", got)
	}
	if seal.Want(0).Required() || !want.Required() || !seal.Nobody.Required() {
		t.Error("what asks for sealed frames is not told from what does not")
	}
}

func TestAnEscapedHeaderIsReadUnescaped(t *testing.T) {
	// Leaf 0, epoch 0: the KID ends in two zeroes, and a counter of one byte below 4 follows.
	payload := bytesOf(t, "65 8884 a8 02 00 00 03 01"+sealed)
	if got := seal.Of(0, 0).Judge(seal.H264, seal.Camera, payload); got != seal.Envelope {
		t.Errorf("a counter that is not in its shortest form is judged %d", got)
	}
	payload = bytesOf(t, "65 8884 a1 02 00 00 5ea1ed5ea1ed")
	if got := seal.Of(0, 0).Judge(seal.H264, seal.Camera, payload); got != seal.Sealed {
		t.Errorf("a header without escapes is judged %d", got)
	}
	payload = bytesOf(t, "65 8884 a9 02 00 00 03 01 00 5ea1ed")
	if got := seal.Of(0, 0).Judge(seal.H264, seal.Camera, payload); got != seal.Sealed {
		t.Errorf("an escaped header is judged %d", got)
	}
}

func TestHeadersOfTheRFCAreRead(t *testing.T) {
	// RFC 9605, appendix C.1, some of each length.
	for _, c := range []struct {
		text string
		kid  uint64
	}{
		{"00", 0}, {"07", 0}, {"0808", 0}, {"08ff", 0}, {"090100", 0}, {"0fffffffffffffffff", 0},
		{"70", 7}, {"8008", 8}, {"9001001f"[:6], 256}, {"a8ffffff08", 0xffffff}, {"b0ffffffff", 0xffffffff},
		{"ff010000000000000001000000000000" + "00", 0x0100000000000000},
	} {
		data := bytesOf(t, c.text)
		kid, size, ok := seal.ParseHeader(append(bytes.Clone(data), 0xee))
		if !ok || kid != c.kid || size != len(data) {
			t.Errorf("%s: KID %#x, %d bytes, %v; want %#x and %d", c.text, kid, size, ok, c.kid, len(data))
		}
		for n := range data {
			if _, _, ok := seal.ParseHeader(data[:n]); ok {
				t.Errorf("%s cut to %d bytes is taken", c.text, n)
			}
		}
	}
	for _, text := range []string{"8007", "08 07", "90 0008", "98 0008 00"} {
		if _, _, ok := seal.ParseHeader(bytesOf(t, text)); ok {
			t.Errorf("%s has a number in more bytes than it needs and is taken", text)
		}
	}
}

func TestJudgingAllocatesNothing(t *testing.T) {
	sound, slice := bytesOf(t, of(1, 5, 7)+sealed), bytesOf(t, "65 8884"+of(2, 5, 7)+sealed)
	want := seal.Of(5, 7)
	if n := testing.AllocsPerRun(100, func() {
		want.Judge(seal.Opus, seal.Microphone, sound)
		want.Judge(seal.H264, seal.Camera, slice)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzJudge judges anything as anything. What is let through begins with a
// header that is the sender's.
func FuzzJudge(f *testing.F) {
	for codec, text := range map[byte]string{
		0: of(1, 5, 7) + sealed, 1: "90e08102034411" + of(2, 5, 7) + sealed, 2: "ae8102200700" + of(2, 5, 7) + sealed,
		3: "1808" + of(2, 5, 7) + sealed, 4: "7c858884" + of(2, 5, 7) + sealed,
	} {
		f.Add(codec, bytesOf(f, text))
	}
	f.Fuzz(func(t *testing.T, codec byte, payload []byte) {
		if len(payload) == 0 {
			return
		}
		want := seal.Of(5, 7)
		for kind := seal.Microphone; kind <= seal.ScreenAudio; kind++ {
			if want.Judge(seal.Codec(codec), kind, payload) == seal.Sealed && !bytes.Contains(payload, []byte{5}) {
				t.Errorf("%x is let through without the leaf in it", payload)
			}
			if v := seal.Nobody.Judge(seal.Codec(codec), kind, payload); v == seal.Sealed {
				t.Errorf("%x is let through for nobody", payload)
			}
		}
		seal.ParseHeader(payload)
	})
}

// BenchmarkJudge is what each packet of an encrypted call costs more.
func BenchmarkJudge(b *testing.B) {
	for name, c := range map[string]struct {
		codec   seal.Codec
		kind    seal.Kind
		payload string
	}{
		"opus":     {seal.Opus, seal.Microphone, of(1, 5, 7) + sealed},
		"vp8":      {seal.VP8, seal.Camera, "90e08102034411" + of(2, 5, 7) + sealed},
		"vp8 more": {seal.VP8, seal.Camera, "808081025ea1ed"},
		"vp9":      {seal.VP9, seal.Camera, "8c8102" + of(2, 5, 7) + sealed},
		"av1":      {seal.AV1, seal.Camera, "5030" + of(2, 5, 7) + sealed},
		"h264":     {seal.H264, seal.Camera, "7c858884" + of(2, 5, 7) + sealed},
	} {
		b.Run(name, func(b *testing.B) {
			payload, want := bytesOf(b, c.payload), seal.Of(5, 7)
			for b.Loop() {
				want.Judge(c.codec, c.kind, payload)
			}
		})
	}
}
