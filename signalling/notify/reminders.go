package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"pronto/signalling/again"
	"pronto/signalling/store"
)

// RemindConfig is what [Reminders] need.
type RemindConfig struct {
	// Store has the reminders.
	Store ReminderStore
	// Tell tells the open pages of who is reminded; it must not block.
	Tell func(store.Reminder)
	// Every is how often the store is asked; 2 s if 0.
	Every time.Duration
	// Logger is required.
	Logger *slog.Logger
}

// ReminderStore is the part of [store.Store] that reminders need.
type ReminderStore interface {
	DueReminders(ctx context.Context, limit int) ([]store.Reminder, error)
	Reminded(ctx context.Context, r store.Reminder) error
}

// Reminders tell of booked talks that begin soon: the open pages first, and then,
// by [Pushes], the devices that have none.
type Reminders struct{ cfg RemindConfig }

// NewReminders makes them; Run tells.
func NewReminders(cfg RemindConfig) (*Reminders, error) {
	if cfg.Store == nil || cfg.Tell == nil || cfg.Logger == nil {
		return nil, errors.New("notify: a part of RemindConfig is missing")
	}
	if cfg.Every == 0 {
		cfg.Every = 2 * time.Second
	}
	return &Reminders{cfg}, nil
}

// Run tells until ctx is done.
func (r *Reminders) Run(ctx context.Context) {
	again.Every(ctx, r.cfg.Every, r.cfg.Logger, "reminders of booked talks cannot be looked for, or noted; it is tried again", r.round)
}

// round tells what is due. If this server dies between the two, the pages are told
// once more by the one that takes over: they show it once, for it is one link's.
func (r *Reminders) round(ctx context.Context) error {
	due, err := r.cfg.Store.DueReminders(ctx, pushBatch)
	if err != nil {
		return err
	}
	var failed error
	for _, one := range due {
		r.cfg.Tell(one)
		failed = errors.Join(failed, r.cfg.Store.Reminded(ctx, one))
	}
	return failed
}
