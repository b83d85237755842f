package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Topics of the outbox that reminders of booked talks go through, one after the
// other: first the open pages are told, then the other devices.
const (
	TopicReminder     = "reminder"
	TopicReminderPush = "push.reminder"
)

// Remind says whom of a booked talk to remind, and when. The link's owner always
// is.
type Remind struct {
	// Before is how long before the talk; 0 reminds nobody.
	Before time.Duration
	// Booker is the account that books it; empty is a guest, whom nothing reaches.
	Booker string
}

// Reminder is a talk that somebody is to be reminded of.
type Reminder struct {
	// ID is the message's in the outbox.
	ID string
	// UserID is who is reminded.
	UserID string
	// Link is the talk's own, which the booking made.
	Link Link
	// From and To are when the talk is.
	From, To time.Time
}

// Host says that he who is reminded has the link.
func (r *Reminder) Host() bool { return r.UserID == r.Link.OwnerID }

// reminderPush is what a device is told of a talk; see package notify.
type reminderPush struct {
	Call string `json:"call"` // the talk's link
	Kind Kind   `json:"kind"`
	At   int64  `json:"at"` // when it begins, in Unix milliseconds
	Host bool   `json:"host,omitzero"`
}

// reminderKey is what the reminders of a talk are dropped by.
func reminderKey(link string) string { return "booked/" + link }

// write writes the reminders of a talk that was just booked. Who books so late
// that he would be reminded at once is not; the owner is.
func (r Remind) write(ctx context.Context, c conn, talk Link, from time.Time) error {
	if r.Before <= 0 {
		return nil
	}
	var now time.Time
	if err := c.row(ctx, `SELECT {now}`, nil, millis{&now}); err != nil {
		return err
	}
	in := from.Add(-r.Before).Sub(now)
	whom := []string{talk.OwnerID}
	if r.Booker != "" && r.Booker != talk.OwnerID && in > 0 {
		whom = append(whom, r.Booker)
	}
	messages := make([]NewOutbox, 0, len(whom))
	for _, user := range whom {
		messages = append(messages, NewOutbox{
			Topic: TopicReminder, Key: reminderKey(talk.ID), UserID: user, Payload: []byte(talk.ID),
			Delay: max(0, in), TTL: talk.Expires.Sub(now),
		})
	}
	return writeOutbox(ctx, c, messages)
}

// DueReminders takes at most limit reminders whose time has come, as [Store.Due]
// does. Those of talks that were called off, or are over, are forgotten.
func (s *Store) DueReminders(ctx context.Context, limit int) ([]Reminder, error) {
	due, err := s.Due(ctx, TopicReminder, limit)
	if err != nil {
		return nil, err
	}
	reminders := make([]Reminder, 0, len(due))
	for _, row := range due {
		r, err := get(ctx, s, func(sc scanner) (r Reminder, err error) {
			return r, sc.Scan(append(r.Link.columns(), millis{&r.From}, millis{&r.To})...)
		}, `SELECT `+linkColumns+`, from_ms, to_ms FROM links JOIN link_slots ON booked_by = id WHERE id = $1 AND `+linkLives, string(row.Payload))
		switch {
		case errors.Is(err, ErrNotFound):
			err = s.Done(ctx, row.ID)
		case err == nil:
			r.ID, r.UserID = row.ID, row.UserID
			reminders = append(reminders, r)
		}
		if err != nil {
			return nil, err
		}
	}
	return reminders, nil
}

// Reminded notes that the open pages of somebody were told of a talk, and has his
// other devices told by push, in one: whatever happens, each is told once. It is
// no error if the talk was called off meanwhile.
func (s *Store) Reminded(ctx context.Context, r Reminder) error {
	payload, err := json.Marshal(reminderPush{r.Link.ID, r.Link.Kind, r.From.UnixMilli(), r.Host()})
	if err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		n, err := c.exec(ctx, `DELETE FROM outbox WHERE id = $1`, r.ID)
		if err != nil || n == 0 {
			return err
		}
		var now time.Time
		if err := c.row(ctx, `SELECT {now}`, nil, millis{&now}); err != nil {
			return err
		}
		if !now.Before(r.To) {
			return nil
		}
		return writeOutbox(ctx, c, []NewOutbox{{
			Topic: TopicReminderPush, Key: reminderKey(r.Link.ID), UserID: r.UserID, Payload: payload, TTL: r.To.Sub(now),
		}})
	})
}
