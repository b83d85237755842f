package sfu

import (
	"strings"

	"pronto/sfu/forward"
)

// codecs is how many codecs there are.
const codecs = int(forward.CodecH264) + 1

// formats are the payload types of one media section. 0 stands for one that is not there: it is no dynamic one.
type formats struct {
	media, rtx [codecs]uint8 // by codec
	red        uint8         // redundant sound (RFC 2198)
}

// find tells which codec a payload type carries, and whether as a retransmission.
func (f *formats) find(pt uint8) (codec forward.Codec, again, ok bool) {
	if pt == 0 {
		return 0, false, false
	}
	for c := range codecs {
		if f.media[c] == pt {
			return forward.Codec(c), false, true
		}
		if f.rtx[c] == pt {
			return forward.Codec(c), true, true
		}
	}
	return 0, false, false
}

// format is one codec as an offer has it: payload types as they are written there, "" for none.
type format struct {
	codec   forward.Codec
	pt, rtx string
}

// wanted is how a codec that is forwarded is described in an offer: its rtpmap, and what its fmtp must
// say. Each browser has this form of it, and decodes it whatever else it may do.
var wanted = [codecs]struct {
	rtpmap string
	suits  func(fmtp string) bool
}{
	forward.CodecOpus: {"opus/48000/2", func(string) bool { return true }},
	forward.CodecVP8:  {"vp8/90000", func(string) bool { return true }},
	forward.CodecVP9:  {"vp9/90000", func(fmtp string) bool { return parameter(fmtp, "profile-id", "0") == "0" }},
	forward.CodecAV1:  {"av1/90000", func(fmtp string) bool { return parameter(fmtp, "profile", "0") == "0" }},
	forward.CodecH264: {"h264/90000", func(fmtp string) bool {
		return parameter(fmtp, "packetization-mode", "0") == "1" &&
			strings.HasPrefix(strings.ToLower(parameter(fmtp, "profile-level-id", "")), "42e0")
	}},
}

// parameter returns a format parameter, or what it is where the format does not say.
func parameter(fmtp, name, otherwise string) string {
	for part := range strings.SplitSeq(fmtp, ";") {
		if key, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok && key == name {
			return value
		}
	}
	return otherwise
}

// names of codecs as the owner of a peer is told them.
var codecNames = [codecs]string{"opus", "vp8", "vp9", "av1", "h264"}
