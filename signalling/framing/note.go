package framing

import "bytes"

// How a note to a missed call begins: with a version, and for how many keys it is
// sealed; then for each with the id of the key and what that opens.
const (
	noteVersion    = 1
	noteKeyID      = 8
	noteEntrySize  = noteKeyID + 32 + 32
	noteEntriesMax = 20
)

// NoteIsFor tells whether a note is sealed for the key with an id, which is the first
// eight bytes of its SHA-256. What is no note is for everybody: who opens it sees that.
func NoteIsFor(note, id []byte) bool {
	r := reader{data: note}
	head := r.take(2)
	if r.err() != nil || head[0] != noteVersion || head[1] < 1 || head[1] > noteEntriesMax {
		return true
	}
	for range head[1] {
		if entry := r.take(noteEntrySize); r.err() != nil || bytes.Equal(entry[:noteKeyID], id) {
			return true
		}
	}
	return false
}
