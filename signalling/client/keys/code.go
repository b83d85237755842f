package keys

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"strings"
)

// Code is 30 digits in groups of five, the same for all who hold the same keys: those who read the same
// have nobody between them. It changes with each epoch; empty while we have no keys.
func (k *Keys) Code() string {
	v := k.view.Load()
	if v == nil {
		return ""
	}
	return callCode(v.authenticator)
}

func callCode(authenticator []byte) string {
	sum := sha512.Sum512(append([]byte("pronto call code 1"), authenticator...))
	return digits(sum[:])
}

// SafetyNumber is 60 digits, the same on both sides, by which two people know each
// other's root keys for good.
func SafetyNumber(a, b Holder) string {
	halves := []string{half(a), half(b)}
	if halves[0] > halves[1] {
		halves[0], halves[1] = halves[1], halves[0]
	}
	return strings.Join(halves, " ")
}

// rounds makes a safety number dear to guess.
const rounds = 5200

func half(h Holder) string {
	sum := []byte("pronto safety 1")
	sum = append(append(sum, byte(len(h.Account))), h.Account...)
	sum = append(sum, h.Root...)
	for range rounds {
		next := sha512.Sum512(append(bytes.Clone(sum), h.Root...))
		sum = next[:]
	}
	return digits(sum)
}

// digits turns 30 bytes into six groups of five digits.
func digits(b []byte) string {
	var groups []string
	for i := range 6 {
		var n uint64
		for _, x := range b[5*i : 5*i+5] {
			n = n<<8 | uint64(x)
		}
		groups = append(groups, fmt.Sprintf("%05d", n%100000))
	}
	return strings.Join(groups, " ")
}
