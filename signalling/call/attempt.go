package call

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"pronto/signalling/wire"
)

// attempted counts an attempt that made no call, once. Those that make one are
// counted by the call. What is no attempt is not counted: a request that makes
// no sense, and one that an account has been told to repeat later.
func (r *Registry) attempted(who Who, kind wire.Kind, via Via, err error) {
	if err == nil {
		return
	}
	topology := wire.TopologySFU
	if via == ViaContact {
		topology = wire.TopologyDirect
	}
	outcome, cause := OutcomeFailed, CauseInternal
	switch wire.AsProblem(err).Code {
	case wire.CodeInvalid, wire.CodeNotFound, wire.CodeRateLimited, wire.CodeBlockedInCall:
		return
	case wire.CodeForbidden, wire.CodeCallsNotAccepted, wire.CodeSuspended:
		outcome, cause = OutcomeBlocked, CauseNone
	case wire.CodeConflict, wire.CodeAnsweredElsewhere:
		outcome, cause = OutcomeBusy, CauseNone
	case wire.CodeCallFull:
		cause = CauseCapacity
	case wire.CodeUnauthenticated:
		cause = CauseAuth
	case wire.CodeNoCommonCodec:
		cause = CauseCodec
	case wire.CodeEncryptionNeeded:
		cause = CauseKeyExchange
	}
	r.cfg.Events(SetUpEnded{Key: who.Key, Kind: kind, Topology: topology, Via: via, Outcome: outcome, Cause: cause})
}

// viaOf is how a ring for so many comes about.
func viaOf(users int) Via {
	if users > 1 {
		return ViaGroup
	}
	return ViaContact
}

// disguise tells calls, and people, apart for a day without naming them.
type disguise struct {
	mu   sync.Mutex // guards what follows
	day  int64
	salt [16]byte
}

// of is a hash of an id under the day's key.
func (d *disguise) of(id string, now time.Time) uint64 {
	const length = int64(24 * time.Hour / time.Second)
	d.mu.Lock()
	if day := now.Unix()/length + 1; day != d.day {
		d.day = day
		_, _ = rand.Read(d.salt[:]) // does not fail
	}
	salt := d.salt
	d.mu.Unlock()
	sum := sha256.Sum256(append(salt[:], id...))
	return binary.BigEndian.Uint64(sum[:8])
}

// entered is the event that somebody came into a call.
func (d *disguise) entered(who Who, id wire.CallID, now time.Time) Entered {
	return Entered{Client: who.Client, Distinct: d.of(string(id), now), Person: d.of(string(who.User), now)}
}
