package enrol

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Message is a code on its way to an address.
type Message struct {
	To   Address
	Code string
	// For is how long the code may be used.
	For time.Duration
}

// Sender carries codes to their addresses.
type Sender interface {
	// Send returns when the code has been taken over by whoever delivers it. It
	// fails with [ErrKind] for addresses that it does not reach. No error
	// holds the address or the code.
	Send(ctx context.Context, m Message) error
}

// ErrKind means that a sender does not reach addresses of this kind.
var ErrKind = errors.New("no code can be sent to an address of this kind")

// Log writes codes to the log: for a demo on a machine of one's own, where whoever
// reads the log may be anybody anyway. It does not write addresses.
type Log struct{ Logger *slog.Logger }

// Send implements [Sender].
func (l Log) Send(_ context.Context, m Message) error {
	l.Logger.Warn("a sign-in code, written here because this server is a demo", "code", m.Code, "for", m.For.String())
	return nil
}
