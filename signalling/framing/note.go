package framing

import "bytes"

// MaxNoteKeys is for how many keys a note is sealed at most.
const MaxNoteKeys = 20

// How a note to a missed call begins: with a version, and for how many keys it is
// sealed; then for each with the id of the key and what that opens.
const (
	noteVersion   = 1
	noteKeyID     = 8
	noteEntrySize = noteKeyID + 32 + 32
)

// NoteIsFor tells whether a note is sealed for the key with an id, which is the first
// eight bytes of its SHA-256. What is no note is for everybody: who opens it sees that.
func NoteIsFor(note, id []byte) bool {
	r := reader{data: note}
	head := r.take(2)
	if r.err() != nil || head[0] != noteVersion || head[1] < 1 || head[1] > MaxNoteKeys {
		return true
	}
	for range head[1] {
		if entry := r.take(noteEntrySize); r.err() != nil || bytes.Equal(entry[:noteKeyID], id) {
			return true
		}
	}
	return false
}
