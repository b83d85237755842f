package signalling

import (
	"strings"

	"pronto/signalling/call"
)

// clientOf is the kind of client that a User-Agent header stands for. No more
// of the header is kept.
func clientOf(agent string) call.Client {
	switch {
	case strings.HasPrefix(agent, "pronto-bot"):
		return call.ClientBot
	case strings.HasPrefix(agent, "pronto"), strings.HasPrefix(agent, "Go-http-client"):
		return call.ClientNative
	case strings.Contains(agent, "Firefox/"):
		return call.ClientFirefox
	case strings.Contains(agent, "Chrome/"):
		return call.ClientChromium
	case strings.Contains(agent, "Safari/"):
		return call.ClientSafari
	}
	return call.ClientOther
}
