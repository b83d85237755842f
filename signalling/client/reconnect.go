package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/wire"
)

// reopen opens a socket after one was lost, however long it takes. The error is
// final.
func (c *Client) reopen(ctx context.Context, lost error) (*socket, error) {
	for attempt := 0; ; attempt++ {
		wait, final := c.pause(lost, attempt)
		if final != nil {
			return nil, final
		}
		select {
		case <-ctx.Done():
			return nil, ErrClosed
		case <-time.After(wait):
		}
		if c.isClosed() {
			return nil, ErrClosed
		}
		s, err := c.open(ctx)
		if err == nil {
			c.refused = 0
			return s, nil
		}
		c.cfg.Logger.Debug("the socket could not be opened again", "attempt", attempt)
		lost = err
	}
}

// pause says how long to wait before another attempt, or why there must be none.
func (c *Client) pause(lost error, attempt int) (time.Duration, error) {
	step := min(c.cfg.MaxBackOff, c.cfg.MinBackOff<<min(attempt, 16))
	wait := step/2 + rand.N(step/2+1)
	if problem, ok := errors.AsType[*wire.Problem](lost); ok {
		switch problem.Code {
		case wire.CodeUnauthenticated:
			return wait, c.refuse(problem)
		case wire.CodeRateLimited, wire.CodeUnavailable, wire.CodeInternal:
			return max(wait, time.Duration(problem.RetryAfterMs)*time.Millisecond), nil
		default:
			return 0, problem
		}
	}
	switch websocket.CloseStatus(lost) {
	case wire.CloseUnauthenticated:
		return wait, c.refuse(wire.Problemf(wire.CodeUnauthenticated, "the server closed the socket"))
	case wire.CloseReplaced:
		return 0, ErrReplaced
	case wire.CloseRestarting:
		return rand.N(restartSpread), nil
	case wire.CloseProtocol, wire.CloseTooLarge:
		c.forget() // resuming would do the same again
	}
	return wait, nil
}

// refuse counts refused tokens; the second in a row is final, for a new one was asked for.
func (c *Client) refuse(problem *wire.Problem) error {
	c.refused++
	if c.refused > 1 {
		return problem
	}
	return nil
}
