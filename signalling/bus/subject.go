package bus

import (
	"errors"
	"fmt"
	"strings"
)

// ErrSubject means a subject that this package does not carry.
var ErrSubject = errors.New("bus: bad subject")

// maxSubject is the longest subject, in bytes: an id of 128 bytes, all of them
// escaped, with its prefix fits.
const maxSubject = 512

// User is the subject of what all sessions of a user are to hear: "u.<id>".
func User(id string) string { return "u." + token(id) }

// Session is the subject of what one session is to hear: "s.<id>".
func Session(id string) string { return "s." + token(id) }

// token makes one subject token of any id: what is not a letter, digit, "-" or
// "_" is written as % and two hexadecimal digits. Different ids stay different,
// and none can be a wildcard ("*", ">") or reach into another one's subjects
// with a dot. An empty id stays empty, which no subject may be.
func token(id string) string {
	var b strings.Builder
	b.Grow(len(id))
	for i := range len(id) {
		if plain(id[i]) {
			b.WriteByte(id[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", id[i])
		}
	}
	return b.String()
}

// plain reports whether c stands for itself in a token.
func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// check refuses subjects with empty tokens, wildcards or spaces. The error does
// not repeat the subject, which may name a person.
func check(subject string) error {
	if len(subject) > maxSubject {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrSubject, len(subject), maxSubject)
	}
	for part := range strings.SplitSeq(subject, ".") {
		if part == "" {
			return fmt.Errorf("%w: an empty token", ErrSubject)
		}
		for i := range len(part) {
			if !plain(part[i]) && part[i] != '%' {
				return fmt.Errorf("%w: character %q", ErrSubject, part[i])
			}
		}
	}
	return nil
}
