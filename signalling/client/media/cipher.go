package media

import "pronto/signalling/wire"

// Cipher seals what a connection sends and opens what it receives, a frame at a
// time, in calls that are end-to-end encrypted. Sound is Opus, pictures are VP8. Any
// number of goroutines may use it.
type Cipher interface {
	// Seal returns what to send; an error means not to send the frame.
	Seal(source wire.Source, keyFrame bool, frame []byte) ([]byte, error)
	// Open returns what was sealed, and by whom; an error means not to use the frame.
	Open(source wire.Source, frame []byte) (opened []byte, from wire.ParticipantID, err error)
}
