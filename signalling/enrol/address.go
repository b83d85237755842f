package enrol

import (
	"errors"
	"net/mail"
	"strings"
)

// Kind is what sort of address an [Address] is.
type Kind string

// The kinds.
const (
	Email Kind = "email"
	Phone Kind = "phone"
)

// PhonePrefix is what the hash begins with that a phone number is known by; the
// rest is the one that contacts have, so that a number is the same everywhere.
const PhonePrefix = "phone."

// Address is where a code is sent to.
type Address struct {
	Kind Kind
	// Text is the address in the one form by which it is known.
	Text string
}

// ErrAddress means that a text is no address. It does not repeat the text.
var ErrAddress = errors.New("it is not an address that a code could be sent to")

// MaxAddressBytes is the longest address (RFC 5321, section 4.5.3.1.3, without
// its brackets).
const MaxAddressBytes = 254

// ParseEmail reads an addr-spec (RFC 5322, section 3.4.1) of ASCII without
// quotes and comments. Letters become small, also before the @: no provider of
// today tells A from a, and one person is to be one account.
func ParseEmail(text string) (Address, error) {
	if len(text) > MaxAddressBytes {
		return Address{}, ErrAddress
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),:;<>[\]`, c) >= 0 {
			return Address{}, ErrAddress
		}
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || parsed.Name != "" {
		return Address{}, ErrAddress
	}
	if _, domain, _ := strings.Cut(text, "@"); !strings.Contains(strings.Trim(domain, "."), ".") {
		return Address{}, ErrAddress // a host of this network, not of the world
	}
	return Address{Email, strings.ToLower(text)}, nil
}

// ParsePhone reads a number in the international form of ITU-T E.164: + and 7 to
// 15 digits, the first of them not 0.
func ParsePhone(text string) (Address, error) {
	digits, plus := strings.CutPrefix(text, "+")
	if !plus || len(digits) < 7 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return Address{}, ErrAddress
	}
	return Address{Phone, text}, nil
}
