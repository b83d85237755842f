package source

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Of is the network address of a client as "address:port" or an address alone.
// remote is who is connected. If that is one of proxies, it is the last one in
// forwarded, the values of X-Forwarded-For, that no known proxy has added: those
// before it were written by the client, who may write anything.
func Of(remote string, forwarded []string, proxies []netip.Prefix) string {
	if !within(remote, proxies) {
		return remote
	}
	// Several headers of the name are one list (RFC 9110, section 5.3).
	var list []string
	for _, value := range forwarded {
		list = append(list, strings.Split(value, ",")...)
	}
	for _, hop := range slices.Backward(list) {
		hop = strings.TrimSpace(hop)
		if !Address(hop).IsValid() {
			break
		}
		if remote = hop; !within(hop, proxies) {
			break
		}
	}
	return remote
}

// OfRequest is [Of] for a request as net/http has it.
func OfRequest(r *http.Request, proxies []netip.Prefix) string {
	return Of(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), proxies)
}

func within(remote string, proxies []netip.Prefix) bool {
	a := Address(remote)
	return a.IsValid() && slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Address reads an address with or without a port; the zero address is none.
func Address(text string) netip.Addr {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap()
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// Household is what counts as one source: an IPv4 address or an IPv6 /64,
// because that is what one household has.
func Household(remote string) string {
	a := Address(remote)
	if a.Is6() {
		return prefix(a, 64)
	}
	return a.String()
}

// Prefix is what one attacker easily has many addresses of: an IPv4 /24 or an IPv6
// /64. It is empty if nothing is known, and for this machine itself: a proxy here
// that nobody has named would make one source of everybody.
func Prefix(remote string) string {
	a := Address(remote)
	switch {
	case !a.IsValid() || a.IsLoopback():
		return ""
	case a.Is6():
		return prefix(a, 64)
	}
	return prefix(a, 24)
}

func prefix(a netip.Addr, bits int) string {
	p, err := a.WithZone("").Prefix(bits)
	if err != nil { // cannot be: each address has so many bits
		return a.String()
	}
	return p.String()
}
