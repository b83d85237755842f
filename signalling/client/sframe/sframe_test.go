package sframe_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"pronto/signalling/client/sframe"
)

// base is the base key of an epoch.
func base(epoch uint32) []byte {
	b := bytes.Repeat([]byte{7}, sframe.BaseKeySize)
	binary.BigEndian.PutUint32(b, epoch)
	return b
}

// pair is a sender on leaf 3 and a receiver, in epoch 1.
func pair(t *testing.T) (*sframe.Sealer, *sframe.Opener, time.Time) {
	t.Helper()
	s, o, now := &sframe.Sealer{}, &sframe.Opener{}, time.Unix(1000, 0)
	if err := errors.Join(s.Use(1, 3, base(1)), o.Add(1, base(1), []uint8{0, 3}, now)); err != nil {
		t.Fatal(err)
	}
	return s, o, now
}

func seal(t *testing.T, s *sframe.Sealer, kind sframe.Kind, codec sframe.Codec, key bool, plain []byte) []byte {
	t.Helper()
	sealed, err := s.Seal(kind, codec, key, plain)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestEachCodecsFrameIsOpenedAsItWasSealed(t *testing.T) {
	s, o, now := pair(t)
	for _, codec := range []sframe.Codec{sframe.Bare, sframe.VP8, sframe.AV1} {
		for _, key := range []bool{true, false} {
			for _, size := range []int{0, 1, 100, 70000} {
				plain := bytes.Repeat([]byte{1, 2, 3, 4, 5}, size/5+1)[:size]
				sealed := seal(t, s, sframe.Camera, codec, key, plain)
				if size > 50 && bytes.Contains(sealed, plain[:8]) {
					t.Error("a part of the frame is in the clear")
				}
				opened, err := o.Open(sframe.Camera, codec, sealed, now)
				if err != nil || !bytes.Equal(opened.Frame, plain) || opened.Name.Leaf != 3 || opened.Epoch != 1 {
					t.Errorf("codec %d, key %v, %d bytes: %v", codec, key, size, err)
				}
			}
		}
	}
}

func TestEnvelopesAreTheOnesThatWereMeasured(t *testing.T) {
	s, _, _ := pair(t)
	for _, want := range []struct {
		codec sframe.Codec
		key   bool
		first []byte
	}{
		{sframe.VP8, true, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}},
		{sframe.VP8, false, []byte{0x11}},
		{sframe.AV1, true, []byte{0x08}},
		{sframe.AV1, false, []byte{0x30}},
		{sframe.Bare, true, nil},
	} {
		sealed := seal(t, s, sframe.Camera, want.codec, want.key, []byte("frame"))
		rest, ok := bytes.CutPrefix(sealed, want.first)
		h, _, err := sframe.ParseHeader(rest)
		if name, known := sframe.ParseKID(h.KID); !ok || err != nil || !known || name.Kind != sframe.Camera || name.Leaf != 3 || name.Epoch != 1 {
			t.Errorf("codec %d, key %v: %x", want.codec, want.key, sealed)
		}
	}
}

func TestADepacketizersSizeAndExtensionOfAnOBUDoNotMatter(t *testing.T) {
	s, o, now := pair(t)
	sealed := seal(t, s, sframe.Camera, sframe.AV1, false, bytes.Repeat([]byte{9}, 300))
	n := len(sealed) - 1
	with := append([]byte{sealed[0] | 0x06, 0x20, byte(n&0x7f | 0x80), byte(n >> 7)}, sealed[1:]...)
	if _, err := o.Open(sframe.Camera, sframe.AV1, with, now); err != nil {
		t.Errorf("open: %v", err)
	}
	for _, wrong := range [][]byte{{0x36}, {0x36, 0}, {0x32, 0xff}, {0x10, 1}, bytes.Repeat([]byte{0xff}, 12)} {
		if _, err := o.Open(sframe.Camera, sframe.AV1, wrong, now); !errors.Is(err, sframe.ErrMalformed) {
			t.Errorf("%x: %v", wrong, err)
		}
	}
}

func TestNothingIsSealedWithoutAKey(t *testing.T) {
	var s sframe.Sealer
	if _, err := s.Seal(sframe.Microphone, sframe.Bare, false, []byte("hello")); !errors.Is(err, sframe.ErrNoKey) {
		t.Errorf("before: %v", err)
	}
	if err := s.Use(4, 0, base(4)); err != nil {
		t.Fatal(err)
	}
	seal(t, &s, sframe.Microphone, sframe.Bare, false, []byte("hello"))
	s.Stop()
	if _, err := s.Seal(sframe.Microphone, sframe.Bare, false, []byte("hello")); !errors.Is(err, sframe.ErrNoKey) {
		t.Errorf("after: %v", err)
	}
	for _, epoch := range []uint32{4, 3} {
		if s.Use(epoch, 0, base(epoch)) == nil {
			t.Errorf("epoch %d is used again", epoch)
		}
	}
}

func TestWhatIsNotAsItWasSealedIsRefused(t *testing.T) {
	s, o, now := pair(t)
	sealed := seal(t, s, sframe.Camera, sframe.VP8, false, []byte("a frame"))
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 4
		if _, err := o.Open(sframe.Camera, sframe.VP8, changed, now); err == nil {
			t.Errorf("byte %d was changed and nobody saw it", i)
		}
		if _, err := o.Open(sframe.Camera, sframe.VP8, sealed[:i], now); err == nil {
			t.Errorf("%d bytes were opened", i)
		}
	}
	if _, err := o.Open(sframe.Screen, sframe.VP8, sealed, now); !errors.Is(err, sframe.ErrKind) {
		t.Errorf("a camera as a screen: %v", err)
	}
	key := append(bytes.Clone([]byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}), sealed[1:]...)
	if _, err := o.Open(sframe.Camera, sframe.VP8, key, now); !errors.Is(err, sframe.ErrTag) {
		t.Errorf("another envelope: %v", err)
	}
	if _, err := o.Open(sframe.Camera, sframe.VP8, []byte("a frame in the clear"), now); !errors.Is(err, sframe.ErrMalformed) {
		t.Errorf("in the clear: %v", err)
	}
	if _, err := o.Open(sframe.Camera, sframe.VP8, sealed, now); err != nil {
		t.Errorf("as it was sealed: %v", err)
	}
	if _, err := o.Open(sframe.Camera, sframe.VP8, sealed, now); !errors.Is(err, sframe.ErrReplay) {
		t.Errorf("again: %v", err)
	}
}

func TestOldKeysOpenForAWhileAndWhoLeftIsNotHeardAfter(t *testing.T) {
	s, o, now := pair(t)
	before := seal(t, s, sframe.Microphone, sframe.Bare, false, []byte("before"))
	late := seal(t, s, sframe.Microphone, sframe.Bare, false, []byte("late"))
	if err := o.Add(2, base(2), []uint8{0}, now); err != nil { // leaf 3 has left
		t.Fatal(err)
	}
	if err := s.Use(2, 3, base(2)); err != nil {
		t.Fatal(err)
	}
	after := seal(t, s, sframe.Microphone, sframe.Bare, false, []byte("after"))
	if _, err := o.Open(sframe.Microphone, sframe.Bare, before, now.Add(sframe.KeepOld)); err != nil {
		t.Errorf("before: %v", err)
	}
	if _, err := o.Open(sframe.Microphone, sframe.Bare, after, now); !errors.Is(err, sframe.ErrNoKey) {
		t.Errorf("of nobody: %v", err)
	}
	if _, err := o.Open(sframe.Microphone, sframe.Bare, late, now.Add(sframe.KeepOld+time.Second)); !errors.Is(err, sframe.ErrNoKey) {
		t.Errorf("after the old keys are gone: %v", err)
	}
	if o.Add(2, base(2), nil, now) == nil {
		t.Error("an epoch comes twice")
	}
}

// TestFramesAreOpenedAsSealedOrNotAtAll sends 100,000 frames of three kinds through 50
// epochs over a way that loses, repeats and overtakes.
func TestFramesAreOpenedAsSealedOrNotAtAll(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	var s sframe.Sealer
	var o sframe.Opener
	now := time.Unix(1000, 0)
	kinds := []sframe.Kind{sframe.Microphone, sframe.Camera, sframe.Screen}
	codecs := map[sframe.Kind]sframe.Codec{sframe.Microphone: sframe.Bare, sframe.Camera: sframe.VP8, sframe.Screen: sframe.AV1}
	type sent struct {
		kind          sframe.Kind
		plain, sealed []byte
	}
	var way []sent
	nonces, opened := map[string]bool{}, 0
	deliver := func(i int) {
		f := way[i]
		got, err := o.Open(f.kind, codecs[f.kind], f.sealed, now)
		if err == nil {
			opened++
			if !bytes.Equal(got.Frame, f.plain) {
				t.Fatal("a frame was opened as another one")
			}
		}
	}
	for epoch := uint32(250); epoch < 300; epoch++ { // over the end of what a KID holds
		if err := errors.Join(o.Add(epoch, base(epoch), []uint8{9}, now), s.Use(epoch, 9, base(epoch))); err != nil {
			t.Fatal(err)
		}
		for range 2000 {
			now = now.Add(time.Millisecond)
			kind := kinds[chance.IntN(len(kinds))]
			plain := make([]byte, chance.IntN(60))
			for i := range plain {
				plain[i] = byte(chance.Uint32())
			}
			sealed := seal(t, &s, kind, codecs[kind], chance.IntN(9) == 0, plain)
			way = append(way, sent{kind, plain, sealed})
			key, _ := bytes.CutPrefix(sealed, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01})
			if codecs[kind] != sframe.Bare && len(key) == len(sealed) {
				key = sealed[1:]
			}
			h, _, err := sframe.ParseHeader(key)
			if name := string(h.Append(nil)) + string(rune(epoch)); err != nil || nonces[name] {
				t.Fatalf("a counter comes twice (%v)", err)
			} else {
				nonces[name] = true
			}
			if chance.IntN(20) > 0 {
				deliver(len(way) - 1)
			}
			if chance.IntN(5) == 0 { // late, or once more
				deliver(max(0, len(way)-1-chance.IntN(300)))
			}
		}
	}
	if lost := len(way) - opened; lost < 0 || lost > len(way)/20 {
		t.Errorf("%d of %d frames were opened", opened, len(way))
	}
}

func FuzzOpen(f *testing.F) {
	o, now := &sframe.Opener{}, time.Unix(1000, 0)
	s := &sframe.Sealer{}
	if err := errors.Join(s.Use(1, 3, base(1)), o.Add(1, base(1), []uint8{3}, now)); err != nil {
		f.Fatal(err)
	}
	known := map[string]bool{}
	for _, codec := range []sframe.Codec{sframe.Bare, sframe.VP8, sframe.AV1} {
		for _, key := range []bool{true, false} {
			sealed, err := s.Seal(sframe.Camera, codec, key, []byte("frame"))
			if err != nil {
				f.Fatal(err)
			}
			known[string(sealed[len(sealed)-sframe.TagSize:])] = true
			f.Add(byte(codec), sealed)
		}
	}
	f.Fuzz(func(t *testing.T, codec byte, b []byte) {
		if _, err := o.Open(sframe.Camera, sframe.Codec(codec%4), b, now); err == nil && !known[string(b[len(b)-sframe.TagSize:])] {
			t.Errorf("%x was opened", b)
		}
		h, rest, err := sframe.ParseHeader(b)
		if err == nil && !bytes.Equal(append(h.Append(nil), rest...), b) {
			t.Errorf("%x was read as %+v", b, h)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	var s sframe.Sealer
	if err := s.Use(1, 0, base(1)); err != nil {
		b.Fatal(err)
	}
	plain := make([]byte, 1100)
	b.SetBytes(int64(len(plain)))
	for b.Loop() {
		if _, err := s.Seal(sframe.Camera, sframe.VP8, false, plain); err != nil {
			b.Fatal(err)
		}
	}
}
