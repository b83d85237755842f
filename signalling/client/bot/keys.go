package bot

import (
	"slices"
	"time"

	"pronto/signalling/client/keys"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// ghostAfter is how long somebody may have keys whom the server has not named: he may
// be about to come, or to go.
const ghostAfter = 2 * time.Second

// maxUnbound is how many descriptions may wait for the key of whoever has made them.
const maxUnbound = 8

// holdKeys makes the call's keys.
func (c *Call) holdKeys(id keys.Identity) bool {
	k, err := keys.New(keys.Config{
		Call: c.id, Client: c.phone.client, Identity: id, Logger: c.phone.cfg.Logger,
	})
	if err != nil {
		c.phone.cfg.Logger.Debug("no keys could be made", "error", err)
		return false
	}
	c.keys = k
	return true
}

// Keys are the call's keys; nil if it is not encrypted.
func (c *Call) Keys() *keys.Keys { return c.keys }

// enterKeys asks for the keys, once we are in the call.
func (c *Call) enterKeys() {
	if c.keys != nil && !c.entered && !c.held {
		c.entered = true
		c.keys.Enter(c.secret)
	}
}

// release lets a call enter its keys that was held, with its link's secret if it has one.
func (c *Call) release(secret string) {
	if c.held {
		c.held, c.secret = false, secret
		c.follow()
	}
}

// describe sends a description to the other side, with our word that it is ours.
func (c *Call) describe(w *way, d media.Description) {
	m := wire.Describe{Call: c.id, Generation: w.generation, Type: d.Type, SDP: d.SDP}
	if c.keys != nil {
		m.Binding = c.keys.Bind(keys.Description{
			Generation: w.generation, Type: d.Type, SDP: d.SDP, From: c.state.Self, To: w.other,
		})
	}
	c.tell(m)
}

// bound tells whether a description is the other's own, as far as that is known: it is
// looked at again when his keys have come. If it is not, the connection is closed, and
// the call with it: whoever is in between would only be there again.
func (c *Call) bound(w *way, d *wire.Described) bool {
	if c.keys == nil || w.direct == nil || d.Generation != w.generation {
		return true
	}
	known, err := c.keys.Check(keys.Description{
		Generation: d.Generation, Type: d.Type, SDP: d.SDP, From: w.other, To: c.state.Self,
	}, d.Binding)
	switch {
	case err != nil:
		c.phone.cfg.Logger.Debug("a connection is not to whom it should be", "error", err)
		c.tell(wire.ReportKeys{Call: c.id, Failure: wire.KeyFailureFingerprint})
		c.tell(wire.Leave{Call: c.id})
		c.switchTo(nil)
		c.unbound = nil
		return false
	case !known && len(c.unbound) < maxUnbound:
		c.unbound = append(c.unbound, d)
	}
	return true
}

// lookForGhosts reports somebody who has keys and is not in the call, as far as the server
// says.
func (c *Call) lookForGhosts(now time.Time) {
	if c.keys == nil || c.state.Isolates {
		return
	}
	there := !slices.ContainsFunc(c.keys.Holders(), func(h keys.Holder) bool {
		return !slices.ContainsFunc(c.state.Participants, func(p wire.Participant) bool {
			return p.Participant == h.Participant && string(p.User) == h.Account
		})
	})
	switch {
	case there:
		c.ghost = time.Time{}
	case c.ghost.IsZero():
		c.ghost = now
	case now.Sub(c.ghost) > ghostAfter:
		c.ghost = now
		c.tell(wire.ReportKeys{Call: c.id, Failure: wire.KeyFailureGhost})
	}
}
