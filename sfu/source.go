package sfu

// Source is what a media section of a client's offer sends. The zero value is
// no source.
type Source string

// The sources of a peer, in the order of their media sections in an offer.
const (
	Microphone  Source = "microphone"
	Camera      Source = "camera"
	Screen      Source = "screen"
	ScreenAudio Source = "screenAudio"
)

// Sources lists every source in the order of its media section in an offer.
func Sources() []Source { return []Source{Microphone, Camera, Screen, ScreenAudio} }

// Audio tells whether the source is carried as audio.
func (s Source) Audio() bool { return s == Microphone || s == ScreenAudio }

// Valid tells whether s is one of the four sources.
func (s Source) Valid() bool {
	return s == Microphone || s == Camera || s == Screen || s == ScreenAudio
}
