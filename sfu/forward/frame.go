package forward

import "math/bits"

// Limits of what is told apart: more layers than any browser's modes have (L3T3).
const (
	maxSpatial  = MaxSpatial
	maxTemporal = 4
	maxRefs     = 8
)

// MaxSpatial is how many sizes of a scalable stream are told apart.
const MaxSpatial = 4

// Layer is one quality of a scalable stream: its pictures up to a size, and up to a rate. The zero value is the
// lowest.
type Layer struct {
	// Spatial is the size: 0 is the smallest, 3 the largest that is told apart.
	Spatial uint8
	// Temporal is the rate: 0 is the lowest, 3 the highest that is told apart.
	Temporal uint8
}

// Whole is the highest layer.
var Whole = Layer{maxSpatial - 1, maxTemporal - 1}

// Targets is a set of layers that somebody may be sent, one bit for each.
type Targets uint16

// everyTarget is the set of all.
const everyTarget Targets = 1<<(maxSpatial*maxTemporal) - 1

// oneSize are the targets of a stream without spatial layers.
const oneSize Targets = 1<<maxTemporal - 1

func target(l Layer) Targets { return 1 << (l.Spatial*maxTemporal + l.Temporal) }

// Has tells whether the layer is in the set.
func (t Targets) Has(l Layer) bool { return t&target(l) != 0 }

// HasSize tells whether there is a layer of that size in the set.
func (t Targets) HasSize(spatial uint8) bool { return t.temporals(spatial) != 0 }

// temporals returns which rates there are of a size, one bit for each.
func (t Targets) temporals(spatial uint8) uint16 {
	return uint16(t>>(spatial*maxTemporal)) & (1<<maxTemporal - 1)
}

// Nearest returns the highest layer of the set that is not above the one that is wished for; if all are larger, the
// smallest.
func (t Targets) Nearest(wish Layer) Layer {
	if t == 0 {
		return wish
	}
	for s := int(wish.Spatial); s >= 0; s-- {
		if rates := t.temporals(uint8(s)); rates != 0 {
			return Layer{uint8(s), nearestRate(rates, wish.Temporal)}
		}
	}
	for s := wish.Spatial + 1; s < maxSpatial; s++ {
		if rates := t.temporals(s); rates != 0 {
			return Layer{s, nearestRate(rates, wish.Temporal)}
		}
	}
	return wish
}

func nearestRate(rates uint16, wish uint8) uint8 {
	if below := rates & (1<<(wish+1) - 1); below != 0 {
		return uint8(bits.Len16(below) - 1)
	}
	return uint8(bits.TrailingZeros16(rates))
}

// atLeast returns the targets that need a frame of a layer that upper sizes refer to or not: those
// of its rate and above, of its size and, if they do, of larger ones.
func atLeast(l Layer, upper bool) (t Targets) {
	sizes := uint8(1)
	if upper {
		sizes = maxSpatial - l.Spatial
	}
	rates := Targets(1<<maxTemporal-1) &^ (1<<l.Temporal - 1)
	for s := l.Spatial; s < l.Spatial+sizes; s++ {
		t |= rates << (s * maxTemporal)
	}
	return t
}

// Frame is what a packet says about the frame of which it is part: one size of one picture.
type Frame struct {
	// Layer is that of the frame.
	Layer
	// Start and End: the packet is the first of the frame, the last of it.
	Start, End bool
	// Key: a decoder can start with the frame; known only when Start.
	Key bool
	// Height is that of the picture in pixels, 0 when this packet does not say. With end-to-end encryption
	// it may be whatever the sender put there.
	Height int
	// Targets need the frame. Active are those that the sender makes at present, 0 if the packet does not say.
	Targets, Active Targets
	// Switch are the targets to which one may go up or over at this frame if what it refers to has been sent.
	Switch Targets
	// HasPictureID and HasTL0 tell whether the two fields after them are present.
	HasPictureID, HasTL0 bool
	PictureID            uint16 // 7 or 15 bits
	TL0                  uint8
	// Number is the frame's own, of its dependency descriptor; 0 if there is none.
	Number uint16
	// Gapless: pictures that are left out must leave no gap in the numbering of pictures.
	Gapless bool

	// above: Switch counts from the layer right below only, as with VP8's layer synchronisation.
	above bool
	// numbered: the frame has a number, and refs say how far back the frames are to which it refers.
	numbered bool
	refCount uint8
	refs     [maxRefs]uint16
}
