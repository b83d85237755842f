package sframe

// Kind is what a stream carries. It has its own keys, so that a server cannot show a
// screen where a camera should be.
type Kind uint8

// The kinds.
const (
	Microphone  Kind = 1
	Camera      Kind = 2
	Screen      Kind = 3
	ScreenAudio Kind = 4
)

// maxGeneration keeps a KID below 2^48, which JavaScript's numbers can hold.
const maxGeneration = 1<<29 - 1

// Name is what a KID says: the stream's generation and kind, the sender's leaf in the MLS
// group and the low bits of the epoch, from the highest bit to the lowest.
type Name struct {
	// Generation begins at 0 in each epoch, and rises when a counter is used up.
	Generation uint32
	// Kind is 1 to 7.
	Kind Kind
	// Leaf is the sender's leaf, 0 to 255.
	Leaf uint8
	// Epoch is the frame epoch modulo 256.
	Epoch uint8
}

// KID puts the name into a number.
func (n Name) KID() uint64 {
	return uint64(n.Generation)<<19 | uint64(n.Kind&7)<<16 | uint64(n.Leaf)<<8 | uint64(n.Epoch)
}

// ParseKID takes a KID apart; ok is false if it is none of ours.
func ParseKID(kid uint64) (n Name, ok bool) {
	if kid>>19 > maxGeneration {
		return Name{}, false
	}
	n = Name{uint32(kid >> 19), Kind(kid >> 16 & 7), uint8(kid >> 8), uint8(kid)}
	return n, n.Kind != 0
}
