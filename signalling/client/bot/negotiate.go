package bot

import (
	"context"
	"errors"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// trickle sends a candidate, together with those that are found while the ones
// before are on their way.
func (c *Call) trickle(w *way, found wire.Candidate) {
	if w.direct == nil || len(w.found) >= maxFound {
		return
	}
	w.found = append(w.found, found)
	if len(w.found) > 1 {
		return // they are being fetched
	}
	c.ask(func(ctx context.Context) {
		batch := make(chan []wire.Candidate, 1)
		c.post(func() {
			n := min(len(w.found), wire.MaxCandidates)
			batch <- w.found[:n:n]
			w.found = w.found[n:]
			if len(w.found) > 0 {
				rest := w.found
				w.found = nil
				for _, f := range rest {
					c.trickle(w, f)
				}
			}
		})
		select {
		case candidates := <-batch:
			_, err := client.Request[wire.Done](ctx, c.phone.client,
				wire.Trickle{Call: c.id, Generation: w.generation, Candidates: candidates})
			if err != nil {
				c.refused(err)
			}
		case <-c.over:
		}
	})
}

// offer offers w's connection to its other end.
func (c *Call) offer(w *way, restart bool) {
	w.restarted = time.Now()
	if w.direct != nil {
		d, err := w.direct.Offer(restart)
		if err != nil {
			c.phone.cfg.Logger.Debug("no offer could be made", "error", err)
			return
		}
		c.describe(w, d)
		return
	}
	d, sends, err := w.routed.Offer(restart)
	if err != nil {
		c.phone.cfg.Logger.Debug("no offer could be made", "error", err)
		return
	}
	w.offered = wire.Negotiate{Call: c.id, Generation: w.generation, SDP: d.SDP, Sends: sends}
	c.negotiate(w)
}

// negotiate sends the SFU our last offer.
func (c *Call) negotiate(w *way) {
	w.askAgain = time.Time{}
	offer := w.offered
	c.ask(func(ctx context.Context) {
		answer, err := client.Request[wire.Negotiated](ctx, c.phone.client, offer)
		c.post(func() { c.answered(w, answer, err) })
	})
}

// answered takes in the SFU's answer.
func (c *Call) answered(w *way, answer wire.Negotiated, err error) {
	if w != c.way {
		return
	}
	if err == nil {
		err = w.routed.Answered(answer.SDP)
	}
	if err == nil {
		return
	}
	c.refused(err)
	w.askAgain = time.Now().Add(retryAfter)
	if p, ok := errors.AsType[*wire.Problem](err); ok {
		if p.Code == wire.CodeStale {
			w.askAgain = time.Time{} // the call has gone on
		} else if p.RetryAfterMs > 0 {
			w.askAgain = time.Now().Add(time.Duration(p.RetryAfterMs) * time.Millisecond)
		}
	}
}

// signalled carries out an event that sets up our media.
func (c *Call) signalled(body any) {
	if c.keys != nil && c.keys.Take(body) {
		return
	}
	w := c.way
	if w == nil {
		return
	}
	switch b := body.(type) {
	case *wire.Described:
		if w.direct == nil || b.Generation != w.generation || !c.bound(w, b) {
			return
		}
		answer, err := w.direct.Described(media.Description{Type: b.Type, SDP: b.SDP})
		if err != nil {
			c.phone.cfg.Logger.Debug("a description was not taken", "error", err)
			return
		}
		if answer != nil {
			c.describe(w, *answer)
		}
	case *wire.Trickled:
		if w.direct != nil && b.Generation == w.generation {
			w.direct.Trickled(b.Candidates)
		}
	case *wire.Slots:
		if w.routed != nil && b.Generation == w.generation {
			w.routed.Slots(b.Slots)
		}
	}
}
