package keys

import (
	"crypto/ed25519"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pronto/signalling/wire"
)

// Description is a session description as it is bound to who sends it: the parts that
// are signed.
type Description struct {
	// Generation is that of the call's media.
	Generation uint32
	// Type and SDP are the description.
	Type wire.SDPType
	SDP  string
	// From and To are whose it is, and for whom.
	From, To wire.ParticipantID
}

var fingerprint = regexp.MustCompile(`(?m)^a=fingerprint:(\S+) (\S+)`)

// statement is what is signed: all fingerprints of DTLS certificates (RFC 8122), and
// whose and for whom they are.
func (d Description) statement(call wire.CallID) []byte {
	var found []string
	for _, m := range fingerprint.FindAllStringSubmatch(d.SDP, -1) {
		found = append(found, strings.ToLower(m[1]+" "+m[2]))
	}
	slices.Sort(found)
	lines := append([]string{
		"pronto dtls 1", string(call), strconv.FormatUint(uint64(d.Generation), 10), string(d.Type), string(d.From), string(d.To),
	}, slices.Compact(found)...)
	return []byte(strings.Join(lines, "\n"))
}

// Bind signs the fingerprints of a description of ours.
func (k *Keys) Bind(d Description) wire.Blob {
	return wire.ToBlob(ed25519.Sign(k.cfg.Identity.Key, d.statement(k.cfg.Call)))
}

// Check checks what the other side has made with Bind. known is false as long as we do
// not have the other's key; an error says that somebody is in between.
func (k *Keys) Check(d Description, binding wire.Blob) (known bool, err error) {
	view := k.view.Load()
	if view == nil {
		return false, nil
	}
	key := view.keyOf[d.From]
	if key == nil {
		return false, nil
	}
	signature, err := binding.Bytes()
	if err != nil || !ed25519.Verify(key, d.statement(k.cfg.Call), signature) {
		return true, fmt.Errorf("keys: the fingerprints of a description are not the ones that were signed")
	}
	return true, nil
}
