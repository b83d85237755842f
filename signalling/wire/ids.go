package wire

import "fmt"

// UserID names an account. It is the integrator's own id for the person: opaque
// to Pronto, 1 to 64 of A-Z a-z 0-9 _ -.
type UserID string

// DeviceID names one device of an account, chosen once by the client and kept:
// 1 to 64 of A-Z a-z 0-9 _ -.
type DeviceID string

// SessionID names one signed-in page or app. A session outlives its socket by
// [Welcome.GraceMs].
type SessionID string

// CallID names a call.
type CallID string

// ParticipantID names one participant inside one call. It says nothing about
// the account, so that guests and accounts look alike to the media path.
type ParticipantID string

// LinkID names a call link: 128 random bits as 22 characters of base64url.
// Whoever knows it may ask to join.
type LinkID string

// BrowserID tells one browser from others, to one link: 128 bits as 22 characters
// of base64url.
type BrowserID string

// UnixMs is a time in milliseconds since 1970-01-01 UTC, by the server's
// database. Zero means never or not yet.
type UnixMs int64

// MaxIDBytes is the longest id of any kind.
const MaxIDBytes = 64

// checkID refuses an id that could not stand in a URL, a bus subject or a TURN
// user name. The empty id is the business of the field's limit.
func checkID(id string) error {
	if len(id) > MaxIDBytes {
		return fmt.Errorf("is longer than %d bytes", MaxIDBytes)
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return fmt.Errorf("has a character other than A-Z a-z 0-9 _ - at byte %d", i)
		}
	}
	return nil
}

// Check says what is wrong with the id, or nil.
func (id UserID) Check() error { return checkID(string(id)) }

// Check says what is wrong with the id, or nil.
func (id DeviceID) Check() error { return checkID(string(id)) }

// Check says what is wrong with the id, or nil.
func (id SessionID) Check() error { return checkID(string(id)) }

// Check says what is wrong with the id, or nil.
func (id CallID) Check() error { return checkID(string(id)) }

// Check says what is wrong with the id, or nil.
func (id ParticipantID) Check() error { return checkID(string(id)) }

// Check says what is wrong with the id, or nil.
func (id LinkID) Check() error { return checkID(string(id)) }

// Check says what is wrong with the id, or nil.
func (id BrowserID) Check() error { return checkID(string(id)) }
