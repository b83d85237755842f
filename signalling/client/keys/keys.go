package keys

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/mls"
	"pronto/signalling/wire"
)

const (
	// welcomeWithin is how long a Welcome may take before we enter by ourselves.
	welcomeWithin = 2 * time.Second
	// switchWithin is how long after a commit its keys are used at the latest.
	switchWithin = time.Second
	// renewEvery is how often our keys are renewed, so that what was stolen heals.
	renewEvery = 15 * time.Minute
	// retryAfter is about how long to wait before something is tried again.
	retryAfter = 700 * time.Millisecond
	// repairEvery is the least time between two repairs, and two reports of one failure.
	repairEvery = time.Second
	// maxTries is after how many failures to enter a group another one is founded.
	maxTries = 5
	// maxInbox is how many things may wait; more are a call that is lost.
	maxInbox = 256
	// packagesFor is for how long our key packages may be used.
	packagesFor = 24 * time.Hour
)

// Config is what Keys need.
type Config struct {
	// Call is the call. Required, as is all but Holders.
	Call wire.CallID
	// Client carries requests.
	Client *client.Client
	// Identity is who we are.
	Identity Identity
	// Logger hears what went wrong, at debug level.
	Logger *slog.Logger
	// Holders hears who holds keys now, each time that it changes, from Run. May be nil.
	Holders func([]Holder)
}

// Validate reports what is missing.
func (c Config) Validate() error {
	switch {
	case c.Call == "" || c.Client == nil || c.Logger == nil:
		return errors.New("keys: Config.Call, Client or Logger is missing")
	case c.Identity.Device == "" || len(c.Identity.Key) != ed25519.PrivateKeySize:
		return errors.New("keys: Config.Identity has no device or key")
	}
	return nil
}

// Holder is somebody who holds the call's keys.
type Holder struct {
	// Participant is who it is in the call, by the server's word; empty if the server has
	// named nobody.
	Participant wire.ParticipantID
	// Account and Device are who it is, by his credential. A guest has no account.
	Account, Device string
	// Root is his account's root key, by which people know him; a guest's own.
	Root []byte
	// Self says that it is us.
	Self bool
}

// Keys are one device's keys to one call. Seal, Open, Bind, Check and those that only
// look may be used by any goroutine at any time.
type Keys struct {
	// Set by New.
	cfg     Config
	mls     mls.Config
	inbox   chan func(context.Context)
	trouble chan wire.KeyFailure
	done    chan struct{} // closed when Run returns
	seal    seal
	view    atomic.Pointer[view]

	// Owned by Run.
	link     linkKey
	group    *mls.Group // nil while we are in none
	number   uint32     // of the group, among the call's
	first    uint32     // frame epoch of its first epoch
	mine     *mls.Prepared
	tries    int // to enter, in a row
	sealing  bool
	enterAt  time.Time // by ourselves; these are zero for never
	switchAt time.Time
	renewAt  time.Time
	repaired time.Time
	reported map[wire.KeyFailure]time.Time
}

// view is how things stand, for others.
type view struct {
	epoch         uint64
	frameEpoch    uint32
	authenticator []byte
	holders       []Holder
	keyOf         map[wire.ParticipantID]ed25519.PublicKey
}

// New makes keys that wait to be run.
func New(cfg Config) (*Keys, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	k := &Keys{
		cfg: cfg, inbox: make(chan func(context.Context), maxInbox), trouble: make(chan wire.KeyFailure, 1),
		done: make(chan struct{}), reported: map[wire.KeyFailure]time.Time{},
	}
	k.mls = mls.Config{
		Identity: cfg.Identity.mls(), Authenticate: authenticate, Admit: k.admit, Now: time.Now,
		PSK: func(id []byte) []byte { return k.link.psk(id) },
	}
	return k, nil
}

// Holders returns who holds the call's keys; nil while we do not.
func (k *Keys) Holders() []Holder {
	if v := k.view.Load(); v != nil {
		return v.holders
	}
	return nil
}

// Epoch is the frame epoch whose keys we have; ok is false while we have none.
func (k *Keys) Epoch() (epoch uint32, ok bool) {
	if v := k.view.Load(); v != nil {
		return v.frameEpoch, true
	}
	return 0, false
}

// Run does one thing after another until ctx ends. Nothing is sealed after that.
func (k *Keys) Run(ctx context.Context) {
	defer close(k.done)
	defer k.seal.sealer.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-k.inbox:
			f(ctx)
		case failure := <-k.trouble:
			k.mend(ctx, failure)
		case <-timer.C:
		}
		timer.Reset(k.tend(ctx))
	}
}

// post has Run carry out f. What does not fit is dropped: a gap is mended later.
func (k *Keys) post(f func(context.Context)) {
	select {
	case k.inbox <- f:
	case <-k.done:
	default:
	}
}

// Enter enters the call's group, or founds it: for a device that is in the call. secret is
// that of the call's link, which is the part of its address after #; empty if there is
// none.
func (k *Keys) Enter(secret string) {
	k.post(func(ctx context.Context) {
		k.try(ctx, func(ctx context.Context) (err error) {
			if k.link, err = newLinkKey(secret); err != nil {
				return err
			}
			return k.enter(ctx)
		})
	})
}

// Sync gets what was missed: after the session was lost.
func (k *Keys) Sync() { k.post(func(ctx context.Context) { k.try(ctx, k.sync) }) }

// Take takes in an event of the call. It reports whether it was one about keys.
func (k *Keys) Take(event any) bool {
	var f func(context.Context) error
	switch e := event.(type) {
	case *wire.KeysWanted:
		f = func(ctx context.Context) error { return k.wanted(ctx, *e) }
	case *wire.KeysCommitted:
		f = func(ctx context.Context) error { return k.committed(ctx, *e) }
	case *wire.KeysWelcomed:
		f = func(ctx context.Context) error { return k.welcomed(ctx, *e) }
	case *wire.KeysRestarted:
		f = func(ctx context.Context) error {
			if e.Group == k.number {
				return nil
			}
			return k.enter(ctx)
		}
	case *wire.KeysSwitch:
		f = func(context.Context) error {
			if k.group != nil && e.Group == k.number && uint64(e.Epoch) == k.group.Epoch() {
				k.switchNow()
			}
			return nil
		}
	default:
		return false
	}
	k.post(func(ctx context.Context) { k.try(ctx, f) })
	return true
}

// try does something and, where it fails, sees that it is tried again.
func (k *Keys) try(ctx context.Context, f func(context.Context) error) {
	err := f(ctx)
	if err == nil || ctx.Err() != nil {
		return
	}
	k.cfg.Logger.Debug("keys", "error", err)
	if p, ok := errors.AsType[*wire.Problem](err); ok && (p.Code == wire.CodeNotFound || p.Code == wire.CodeCallEnded) {
		return // the call's events say why
	}
	if errors.Is(err, errLocked) || errors.Is(err, mls.ErrPSK) {
		k.enterAt = time.Time{} // it would be the same again
		return
	}
	if k.group == nil || k.mine != nil {
		k.enterAt = soon()
	}
}

// soon is in a while, at another time for each.
func soon() time.Time {
	return time.Now().Add(retryAfter/2 + rand.N(retryAfter))
}

// tend does what is due, and returns how long there is nothing to do.
func (k *Keys) tend(ctx context.Context) time.Duration {
	now := time.Now()
	due := func(t *time.Time) bool {
		if t.IsZero() || now.Before(*t) {
			return false
		}
		*t = time.Time{}
		return true
	}
	if due(&k.switchAt) {
		k.switchNow()
	}
	if due(&k.enterAt) {
		k.try(ctx, k.enterByOwnCommit)
	}
	if due(&k.renewAt) {
		k.try(ctx, func(ctx context.Context) error { return k.commit(ctx, mls.Proposals{}) })
	}
	wait := time.Hour
	for _, t := range []time.Time{k.switchAt, k.enterAt, k.renewAt} {
		if !t.IsZero() {
			wait = min(wait, max(0, time.Until(t)))
		}
	}
	return wait
}

// mend gets what may have been missed, where frames cannot be opened.
func (k *Keys) mend(ctx context.Context, failure wire.KeyFailure) {
	k.report(ctx, failure)
	if k.group == nil || failure == wire.KeyFailureReplay || time.Since(k.repaired) < repairEvery {
		return
	}
	k.repaired = time.Now()
	k.try(ctx, k.sync)
}

// report tells the server's metrics of a failure.
func (k *Keys) report(ctx context.Context, failure wire.KeyFailure) {
	now := time.Now()
	if now.Sub(k.reported[failure]) < repairEvery {
		return
	}
	k.reported[failure] = now
	if _, err := request[wire.Done](ctx, k, wire.ReportKeys{Call: k.cfg.Call, Failure: failure}); err != nil {
		k.cfg.Logger.Debug("a failure was not reported", "error", err)
	}
}

func request[R any](ctx context.Context, k *Keys, body any) (R, error) {
	return client.Request[R](ctx, k.cfg.Client, body)
}

// groupID is MLS's id of one of the call's groups.
func (k *Keys) groupID(number uint32) []byte {
	return fmt.Appendf(nil, "%s/%d", k.cfg.Call, number)
}
