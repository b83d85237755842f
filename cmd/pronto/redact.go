package main

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// shown is an address of this server itself, which its log may show.
type shown string

// secretKeys are attributes that no line of the log shows, whatever they hold.
var secretKeys = []string{
	"user", "account", "name", "number", "phone", "email", "token", "secret", "password", "credential", "sdp", "candidate",
	"ufrag", "address", "addr", "remote", "ip", "call", "link", "session", "device", "endpoint",
}

// hidden are what no text of the log shows: network addresses, ids that this
// server makes, tokens, numbers of telephones, addresses of mail.
var hidden = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)*`), "[token]"},
	{regexp.MustCompile(`\b(?:cal|ses|usr|lnk|grp|gst|dev|whk|evt|ck|cs|whsec)_[A-Za-z0-9_-]{6,}`), "[id]"},
	{regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`), "[mail]"},
	{regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b`), "[address]"},
	{regexp.MustCompile(`(?i)\[?\b(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4})?(?:%\w+)?\]?(?::\d+)?`), "[address]"},
	{regexp.MustCompile(`\+\d[\d ().-]{6,}\d`), "[number]"},
	{regexp.MustCompile(`(?m)^(?:candidate:|a=candidate:|c=IN |o=).*$`), "[sdp]"},
}

// redact keeps what names people out of the log at every level: it is the last
// fence, behind the rule that nothing of the kind is logged.
func redact(_ []string, a slog.Attr) slog.Attr {
	switch value := a.Value.Any().(type) {
	case shown:
		return slog.String(a.Key, string(value))
	case string:
		if a.Key != slog.MessageKey && slices.Contains(secretKeys, strings.ToLower(a.Key)) && value != "" {
			return slog.String(a.Key, "[hidden]")
		}
		return slog.String(a.Key, withoutNames(value))
	case error:
		return slog.String(a.Key, withoutNames(value.Error()))
	case fmt.Stringer:
		if a.Value.Kind() != slog.KindAny {
			return a
		}
		return slog.String(a.Key, withoutNames(value.String()))
	default:
		if a.Value.Kind() == slog.KindAny && a.Key != slog.LevelKey {
			return slog.String(a.Key, withoutNames(fmt.Sprint(value)))
		}
	}
	return a
}

// marks are the characters of which each of hidden has one, beside the beginning of a token.
const marks, beginning = "_@.:+=", "eyJ"

// withoutNames is a text with what names anybody replaced by what it was. Most
// texts have no sign of any, and are not looked through.
func withoutNames(text string) string {
	if !strings.ContainsAny(text, marks) && !strings.Contains(text, beginning) {
		return text
	}
	for _, h := range hidden {
		text = h.what.ReplaceAllString(text, h.as)
	}
	return text
}
