package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/netip"
)

// Marker makes what a link remembers of somebody who was put out: keyed hashes,
// different at each link. Who steals the database learns from them neither who it
// was nor that two links put out the same one. The zero value is not valid.
type Marker struct{ key []byte }

// NewMarker makes a marker of a secret of at least 16 bytes.
func NewMarker(secret []byte) (Marker, error) {
	if len(secret) < 16 {
		return Marker{}, errors.New("link: the secret of marks has less than 16 bytes")
	}
	return Marker{secret}, nil
}

// Valid tells whether the marker has a secret.
func (m Marker) Valid() bool { return len(m.key) > 0 }

// The kinds of marks, which are their first letter.
const (
	accounts = "a"
	browsers = "b"
	networks = "n"
)

// Account marks an account, whatever the device; or, for a guest, the pass that he
// came by.
func (m Marker) Account(link, user string) string { return m.mark(accounts, link, user) }

// Browser marks a browser, whoever uses it.
func (m Marker) Browser(link, browser string) string { return m.mark(browsers, link, browser) }

// Network marks the network that a guest comes from, as [Network] names it.
func (m Marker) Network(link, network string) string { return m.mark(networks, link, network) }

// IsNetwork tells whether a mark is of a network: those are shared by people who
// have nothing to do with each other, and do not last.
func IsNetwork(mark string) bool { return len(mark) > 0 && mark[:1] == networks }

func (m Marker) mark(kind, link, value string) string {
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte(kind + "\x00" + link + "\x00" + value)) // ids have no NUL
	return kind + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// Network is what counts as one network: an IPv4 address or an IPv6 /64, because
// that is what one household has. remote is an address with or without a port.
func Network(remote string) string {
	a, err := netip.ParseAddr(remote)
	if err != nil {
		ap, err := netip.ParseAddrPort(remote)
		if err != nil {
			return ""
		}
		a = ap.Addr()
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
