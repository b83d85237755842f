package contact

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/nyaruka/phonenumbers"
)

// ErrNumber means that a text is not a phone number with its country code. It
// does not hold the text, because errors are logged.
var ErrNumber = errors.New("not a phone number with + and its country code")

// maxNumberBytes bounds what is parsed: 15 digits (E.164, section 6) and what
// people put between them.
const maxNumberBytes = 32

// Number is a phone number in the form of E.164. It lives in the memory of one
// request: whatever prints, logs or encodes it gets dots instead.
type Number struct{ e164 string }

// Parse reads a number with + and its country code; spaces and dashes may stand
// between the digits. Whether the number is in use cannot be known; that it has
// as many digits as its country uses is checked. The only error is [ErrNumber].
func Parse(text string) (Number, error) {
	if len(text) > maxNumberBytes || text == "" || text[0] != '+' {
		return Number{}, ErrNumber
	}
	first, ok := normalise(text)
	if !ok {
		return Number{}, ErrNumber
	}
	// A trunk prefix behind the country code is taken away. Where another one
	// follows, no form is the last, and one number would have several hashes.
	if again, ok := normalise(first); !ok || again != first {
		return Number{}, ErrNumber
	}
	return Number{first}, nil
}

func normalise(text string) (e164 string, ok bool) {
	parsed, err := phonenumbers.Parse(text, phonenumbers.UNKNOWN_REGION)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(parsed) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}

// Ending is the last two digits, by which its owner recognises a number.
func (n Number) Ending() string {
	if len(n.e164) < 2 {
		return ""
	}
	return n.e164[len(n.e164)-2:]
}

// hidden stands for a number wherever it would be printed.
const hidden = "+•••"

// Format implements [fmt.Formatter]: no verb prints the number.
func (n Number) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements [slog.LogValuer].
func (n Number) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements [encoding.TextMarshaler], which JSON uses too.
func (n Number) MarshalText() ([]byte, error) { return []byte(hidden), nil }
