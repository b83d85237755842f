package signalling

import (
	"slices"
	"strings"

	"pronto/signalling/call"
	"pronto/signalling/wire"
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

// classOf is the class of device that a User-Agent header stands for.
func classOf(agent string) wire.DeviceClass {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(agent, part) })
	}
	switch {
	case has("iPhone", "iPod", "Android") && has("Mobile"), has("Windows Phone"):
		return wire.DevicePhone
	case has("iPad", "Android", "Tablet"):
		return wire.DeviceTablet
	case has("Windows NT", "Macintosh", "X11", "CrOS"):
		return wire.DeviceComputer
	}
	return wire.DeviceOther
}
