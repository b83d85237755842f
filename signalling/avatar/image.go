package avatar

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/jpeg"
	"image/png"
)

// Limits of an image.
const (
	MaxBytes = 64 << 10
	MaxSide  = 1024 // pixels; browsers show it at less than a quarter of that
)

// The types that are taken, as media types (RFC 6838).
const (
	PNG  = "image/png"
	JPEG = "image/jpeg"
	WebP = "image/webp"
)

// ErrImage means that a file is no image that is taken: it is not PNG, JPEG or
// WebP, it is broken, or it is too large.
var ErrImage = errors.New("avatar: not a PNG, JPEG or WebP image of at most 64 KiB and 1024 pixels a side")

// Check returns the type of an image by what is in it; what the sender calls it
// does not count, because browsers would be told so. It reads the file's head, and
// only that.
func Check(file []byte) (contentType string, err error) {
	if len(file) > MaxBytes {
		return "", ErrImage
	}
	width, height := 0, 0
	switch {
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		c, err := png.DecodeConfig(bytes.NewReader(file))
		if err != nil {
			return "", ErrImage
		}
		contentType, width, height = PNG, c.Width, c.Height
	case bytes.HasPrefix(file, []byte("\xff\xd8\xff")):
		c, err := jpeg.DecodeConfig(bytes.NewReader(file))
		if err != nil {
			return "", ErrImage
		}
		contentType, width, height = JPEG, c.Width, c.Height
	case len(file) >= 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		contentType = WebP
		width, height = webpSize(file)
	}
	if width < 1 || height < 1 || width > MaxSide || height > MaxSide {
		return "", ErrImage
	}
	return contentType, nil
}

// webpSize reads the size from the first chunk of a WebP file (RFC 9649, section
// 2.5 to 2.7); zeroes if there is none.
func webpSize(file []byte) (width, height int) {
	if len(file) < 30 || int(binary.LittleEndian.Uint32(file[4:])) > len(file)-8 {
		return 0, 0
	}
	chunk := file[20:]
	switch string(file[12:16]) {
	case "VP8 ": // RFC 6386, section 9.1: key frame, start code, 14 bits each
		if chunk[0]&1 != 0 || string(chunk[3:6]) != "\x9d\x01\x2a" {
			return 0, 0
		}
		return int(binary.LittleEndian.Uint16(chunk[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(chunk[8:]) & 0x3fff)
	case "VP8L": // RFC 9649, section 3.4: signature, 14 bits each, less one
		if chunk[0] != 0x2f {
			return 0, 0
		}
		bits := binary.LittleEndian.Uint32(chunk[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
	case "VP8X": // 24 bits each, less one
		return int24(chunk[4:]) + 1, int24(chunk[7:]) + 1
	}
	return 0, 0
}

func int24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
