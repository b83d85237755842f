package seal

// Codec is a format of media.
type Codec uint8

// The codecs.
const (
	Opus Codec = iota // also in RED, which is sealed as one
	VP8
	VP9
	AV1
	H264
)

// Kind is what a stream carries, as a frame's KID has it.
type Kind uint8

// The kinds.
const (
	Microphone  Kind = 1
	Camera      Kind = 2
	Screen      Kind = 3
	ScreenAudio Kind = 4
)

// Verdict is what a packet is.
type Verdict uint8

// The verdicts. From Envelope on they are reasons to refuse it.
const (
	Sealed    Verdict = iota // the first of a sealed frame
	Continues                // not the first of a frame: nothing can be told of it
	Envelope                 // no known envelope with an SFrame header behind it
	Keyless                  // the sender holds no leaf
	Leaf                     // another's leaf
	Epoch                    // an epoch that is not, or is long past
	OfKind                   // another kind of stream
	verdicts
)

// Verdicts is how many verdicts there are.
const Verdicts = int(verdicts)

// Want is what frames of one sender must be sealed with; the zero value asks for
// nothing. It is a plain number, so that it can be kept and read atomically.
type Want uint32

const (
	required Want = 1 << 31
	holds    Want = 1 << 30
)

// Nobody asks for sealed frames of a sender who holds no leaf: it refuses all.
const Nobody = required

// Of asks for frames of a leaf, in an epoch that ends in these eight bits or one
// of the [Window]-1 before it.
func Of(leaf, epoch uint8) Want { return required | holds | Want(leaf)<<8 | Want(epoch) }

// Required tells whether anything is asked for.
func (w Want) Required() bool { return w&required != 0 }

// Window is how many epochs frames may be of: epochs follow each other within a
// second at the fastest, and old keys live ten.
const Window = 16

// maxHeader is the longest SFrame header (RFC 9605, section 4.3).
const maxHeader = 17

// minTag is the length of the tag of AES_128_GCM_SHA256_128, without which no
// packet of a frame that is one packet can be sealed.
const minTag = 16

// Judge judges the payload of an RTP packet, without padding and not empty.
func (w Want) Judge(codec Codec, kind Kind, payload []byte) Verdict {
	var unescaped [maxHeader]byte
	header, first, ok := find(codec, payload, &unescaped)
	switch {
	case !ok:
		return Envelope
	case !first:
		return Continues
	}
	kid, size, ok := ParseHeader(header)
	if !ok || kid>>16 == 0 || codec == Opus && len(payload) < size+minTag {
		return Envelope
	}
	switch {
	case w&holds == 0:
		return Keyless
	case uint8(kid>>8) != uint8(w>>8):
		return Leaf
	case uint8(w)-uint8(kid) >= Window: // modulo 256
		return Epoch
	case Kind(kid>>16&0x07) != kind:
		return OfKind
	}
	return Sealed
}

// ParseHeader reads an SFrame header (RFC 9605, section 4.3) with the KID and
// the counter in as few bytes as they need. It returns the KID and the header's
// length.
func ParseHeader(b []byte) (kid uint64, size int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	config, rest := b[0], b[1:]
	if kid, rest, ok = field(config>>4, rest); !ok {
		return 0, 0, false
	}
	if _, rest, ok = field(config, rest); !ok {
		return 0, 0, false
	}
	return kid, len(b) - len(rest), true
}

// field reads a number that stands in three bits, or in as many bytes after the
// first one of the header as they say.
func field(bits byte, rest []byte) (value uint64, behind []byte, ok bool) {
	if bits&0x08 == 0 {
		return uint64(bits & 0x07), rest, true
	}
	n := int(bits&0x07) + 1
	if len(rest) < n || rest[0] == 0 && n > 1 || n == 1 && rest[0] < 8 {
		return 0, nil, false
	}
	for _, b := range rest[:n] {
		value = value<<8 | uint64(b)
	}
	return value, rest[n:], true
}
