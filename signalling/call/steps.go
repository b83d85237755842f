package call

import (
	"crypto/rand"
	"encoding/hex"
)

// newTrace is what logs and exemplars call a call: random, so that it says
// nothing of it, and known to nobody who is in it.
func newTrace() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // does not fail
	return hex.EncodeToString(b[:])
}

// logStep writes one line for a step of the call's life. None of them names
// anybody.
func (c *Call) logStep(e Event) {
	trace := c.state.Trace
	switch e := e.(type) {
	case RingingBegan:
		c.cfg.Logger.Info("a call rings", "trace", trace, "afterMs", e.After.Milliseconds())
	case SetUpEnded:
		c.cfg.Logger.Info("a call's set-up ended", "trace", trace, "outcome", e.Outcome, "cause", e.Cause, "topology", e.Topology)
	case MediaBegan:
		c.cfg.Logger.Info("media flows", "trace", trace, "path", e.Path, "topology", e.Topology, "afterMs", e.After.Milliseconds())
	case Ended:
		c.cfg.Logger.Info("a call ended", "trace", trace, "cause", e.Cause, "talkedMs", e.Talked.Milliseconds(), "peak", e.Peak)
	}
}
