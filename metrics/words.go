package metrics

import (
	"slices"
	"strings"

	"pronto/signalling/wire"
)

// single are the requests that are counted by their own name; there are too
// many kinds of request for each to have a series.
var single = []string{
	"hello", "ping", "ring", "ringGroup", "joinLink", "joinGroupCall", "invite", "deviceRings", "accept", "decline", "cancel",
	"leave", "end", "sync", "describe", "trickle", "negotiate", "view", "setMedia", "mediaFlows", "mediaFailed",
	"reportConnection", "reportQuality", "reportEnd", "rateCall",
}

// domains are the words by which the others are counted: the first whose part
// is in the name.
var domains = []struct{ part, word string }{
	{"keys", "keys"}, {"keymessage", "keys"}, {"keypackage", "keys"}, {"firstopened", "keys"}, {"signdevice", "keys"},
	{"group", "groups"}, {"link", "links"}, {"ban", "links"}, {"contact", "people"}, {"people", "people"}, {"block", "people"},
	{"presence", "people"}, {"number", "people"}, {"discover", "people"}, {"profile", "account"}, {"device", "account"},
	{"preference", "account"}, {"privacy", "account"}, {"account", "account"}, {"calllog", "account"}, {"decisions", "account"},
}

// more is the word of requests that have none, unknown that of what is no request.
const more = "in_call"

// classOf is the word by which a request is counted.
func classOf(kind string) string {
	known := slices.ContainsFunc(wire.Requests, func(r wire.Request) bool { return r.Type == kind })
	switch {
	case kind == unknown:
		return unknown
	case !known:
		return "" // what is no word at all is counted as other
	case slices.Contains(single, kind):
		return spelled(kind)
	}
	low := strings.ToLower(kind)
	for _, d := range domains {
		if strings.Contains(low, d.part) {
			return d.word
		}
	}
	return more
}

// requestClasses lists the words.
func requestClasses() []string {
	words := []string{unknown, more}
	for _, kind := range single {
		words = append(words, spelled(kind))
	}
	for _, d := range domains {
		words = append(words, d.word)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// sent are the words for what the server sends.
var sent = []string{"reply", "problem", "event"}

func messageTypes() []string { return append(requestClasses(), sent...) }

func messagePossible(v []string) bool { return (v[0] == "out") == slices.Contains(sent, v[1]) }

// methods are those of HTTP that routes have.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// routeOf is the first two parts of a route's pattern, which is the server's
// own word and not the client's.
func routeOf(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	parts := strings.Split(strings.Trim(pattern, "/"), "/")
	kept := parts[:min(2, len(parts))]
	if i := slices.IndexFunc(kept, func(p string) bool { return strings.HasPrefix(p, "{") }); i >= 0 {
		kept = kept[:i]
	}
	return "/" + strings.Join(kept, "/")
}
