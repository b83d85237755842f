package store

import (
	"strings"
	"unicode/utf8"
)

// What a row may hold. Text is counted in bytes.
const (
	MaxID         = 128       // an id, a state, a reason, an outbox key or topic
	MaxName       = 256       // a name or a title
	MaxSnapshot   = 256 << 10 // a call's snapshot
	MaxPeers      = 16 << 10  // the ids of the others in a log row
	MaxPayload    = 64 << 10  // an outbox payload, a secret
	MaxDevices    = 64        // devices of a user; the least recently seen make room
	MaxContacts   = 2000      // contacts of a user
	MaxBlocks     = 2000      // blocks of a user
	MaxLinks      = 1000      // links of a user that are neither revoked nor expired
	MaxPage       = 200       // rows of one page of the call log, of decisions or of one outbox batch
	MaxHours      = 512       // the hours without calls
	MaxSealed     = 2 << 10   // a link's sealed details
	MaxOrigins    = 4 << 10   // the web origins of a link, with blanks between them
	MaxCredential = 2 << 10   // a device's key or credential
	MaxKeyPackage = 4 << 10   // a key package
)

// checkText refuses what PostgreSQL cannot store (a NUL, broken UTF-8), so that
// such input is the asker's fault on both engines and not an outage on one.
func checkText(what, s string, limit int) error {
	switch {
	case len(s) > limit:
		return invalid("%s has %d bytes, at most %d", what, len(s), limit)
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return invalid("%s is not text", what)
	}
	return nil
}

// checkID is checkText for what may not be empty either.
func checkID(what, id string) error {
	if id == "" {
		return invalid("%s is empty", what)
	}
	return checkText(what, id, MaxID)
}

// checkIDs is checkID for many.
func checkIDs(what string, ids ...string) error {
	for _, id := range ids {
		if err := checkID(what, id); err != nil {
			return err
		}
	}
	return nil
}
