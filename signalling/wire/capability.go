package wire

// Capabilities are what a client can do, as it tells in [Hello]. They are kept with the
// session, and with its part in a call; a client that tells none is taken for one that
// can do whatever a call needs. Whether it can encrypt is told by [Hello.Encryption].
type Capabilities struct {
	// Audio are the codecs of sound that it can send and play. Calls of three or more, and
	// those of links and queues, are in Opus; two who talk directly need any in common.
	// Else who rings, answers, joins or moves the call gets noCommonCodec.
	Audio []AudioCodec `json:"audio" limit:"1..4"`
	// Video are the codecs of pictures that it can play; none for a client without
	// pictures. With none in common nobody may propose video: noCommonCodec.
	Video []VideoCodec `json:"video" limit:"0..4"`
	// Simulcast is whether it can send a picture in several sizes at once.
	Simulcast bool `json:"simulcast,omitzero"`
	// SVC is whether it can send a picture in one stream with layers.
	SVC bool `json:"svc,omitzero"`
	// Screen is whether it can share its screen.
	Screen bool `json:"screen,omitzero"`
	// Battery is whether it knows when its battery is low.
	Battery bool `json:"battery,omitzero"`
}

// AudioCodec is a codec of sound.
type AudioCodec string

// The codecs of sound that clients tell (RFC 7587, RFC 3551); others are left out.
const (
	AudioCodecOpus AudioCodec = "opus"
	AudioCodecG722 AudioCodec = "g722"
	AudioCodecPCMU AudioCodec = "pcmu"
	AudioCodecPCMA AudioCodec = "pcma"
)

// Values returns all codecs of sound.
func (AudioCodec) Values() []string {
	return []string{string(AudioCodecOpus), string(AudioCodecG722), string(AudioCodecPCMU), string(AudioCodecPCMA)}
}
