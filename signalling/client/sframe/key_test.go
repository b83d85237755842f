package sframe

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTheVectorOfTheRFCHolds is RFC 9605, appendix C.3, of AES_128_GCM_SHA256_128.
func TestTheVectorOfTheRFCHolds(t *testing.T) {
	h := Header{KID: 0x123, Counter: 0x4567}
	k, err := newKey(unhex(t, "000102030405060708090a0b0c0d0e0f"), h.KID)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(k.salt[:]); got != "75234edefe07819026751816" {
		t.Errorf("the salt is %s", got)
	}
	if got := hex.EncodeToString(k.nonce(h.Counter)); got != "75234edefe07819026755d71" {
		t.Errorf("the nonce is %s", got)
	}
	metadata, plain := []byte("IETF SFrame WG"), []byte("draft-ietf-sframe-enc")
	const want = "9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb"
	sealed := k.seal(nil, h, metadata, plain)
	if got := hex.EncodeToString(sealed); got != want {
		t.Errorf("sealed it is %s", got)
	}
	got, rest, err := ParseHeader(sealed)
	if err != nil || got != h {
		t.Fatalf("the header is %+v (%v)", got, err)
	}
	opened, err := k.open(h, metadata, rest)
	if err != nil || !bytes.Equal(opened, plain) {
		t.Errorf("opened it is %q (%v)", opened, err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		h, rest, err := ParseHeader(changed)
		if err != nil {
			continue
		}
		if _, err := k.open(h, metadata, rest); err == nil {
			t.Errorf("byte %d was changed and nobody saw it", i)
		}
	}
}

// TestHeadersAreInTheirShortestForm has the numbers of RFC 9605, appendix C.1, each
// against each.
func TestHeadersAreInTheirShortestForm(t *testing.T) {
	var numbers []uint64
	for n := uint64(1); n != 0; n <<= 8 {
		numbers = append(numbers, n-1, n)
	}
	numbers = append(numbers, 7, 8, 1<<64-1)
	// half is what a number puts into the first byte, and after it, in hex.
	half := func(n uint64) (string, string) {
		if n < 8 {
			return fmt.Sprintf("%x", n), ""
		}
		digits := fmt.Sprintf("%x", n)
		if len(digits)%2 == 1 {
			digits = "0" + digits
		}
		return fmt.Sprintf("%x", 8+len(digits)/2-1), digits
	}
	for _, kid := range numbers {
		for _, counter := range numbers {
			kidFirst, kidRest := half(kid)
			counterFirst, counterRest := half(counter)
			want := kidFirst + counterFirst + kidRest + counterRest
			h := Header{kid, counter}
			if got := hex.EncodeToString(h.Append(nil)); got != want {
				t.Errorf("%+v is %s, want %s", h, got, want)
			}
			got, rest, err := ParseHeader(append(unhex(t, want), 42))
			if err != nil || got != h || len(rest) != 1 {
				t.Errorf("%s is %+v (%v)", want, got, err)
			}
		}
	}
	for _, wrong := range []string{"", "80", "8007", "0807", "900001", "f8ffffffffffffff", "0980"} {
		if _, _, err := ParseHeader(unhex(t, wrong)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s was read: %v", wrong, err)
		}
	}
}

func TestAKIDSaysWhatItSays(t *testing.T) {
	n := Name{Generation: 5, Kind: Screen, Leaf: 200, Epoch: 250}
	if n.KID() != 5<<19|3<<16|200<<8|250 {
		t.Errorf("the KID is %x", n.KID())
	}
	if got, ok := ParseKID(n.KID()); !ok || got != n {
		t.Errorf("it says %+v", got)
	}
	for _, wrong := range []uint64{0, 1 << 8, 1 << 63, 1<<48 | 1<<16} {
		if _, ok := ParseKID(wrong); ok {
			t.Errorf("%x was read", wrong)
		}
	}
}
