package speaker

// Silence is the lowest level, in −dBov.
const Silence = 127

// ParseLevel reads the audio level header extension (RFC 6464, section 3):
// level in −dBov, 0 (loudest) to 127 (silence), and whether the sender takes it for
// voice. Both the one-byte and the two-byte form are one byte of data, the latter may be padded.
func ParseLevel(extension []byte) (level uint8, voice, ok bool) {
	if len(extension) == 0 || len(extension) > 4 {
		return Silence, false, false
	}
	return extension[0] & 0x7f, extension[0]&0x80 != 0, true
}
