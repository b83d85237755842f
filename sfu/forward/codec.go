package forward

// Codec is a format of media that is forwarded.
type Codec uint8

// The codecs. The zero value is Opus, the only one of sound.
const (
	CodecOpus Codec = iota
	CodecVP8
	CodecVP9
	CodecAV1
	CodecH264
)

// VideoCodecs lists those of pictures, the one that every browser has first.
func VideoCodecs() []Codec { return []Codec{CodecVP8, CodecVP9, CodecAV1, CodecH264} }

// String is the name of the codec's media subtype, as in a session description.
func (c Codec) String() string {
	switch c {
	case CodecOpus:
		return "opus"
	case CodecVP8:
		return "VP8"
	case CodecVP9:
		return "VP9"
	case CodecAV1:
		return "AV1"
	case CodecH264:
		return "H264"
	}
	return "unknown"
}
