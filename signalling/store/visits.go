package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// VisitKept is how long anything of a visit is kept.
const VisitKept = 30 * 24 * time.Hour

// MaxCallbacks is how many callbacks a queue may have that nobody has made yet.
const MaxCallbacks = 500

// Callback is how a visitor wants to be called back. It is sealed in the store.
type Callback struct {
	ID      string    `json:"-"`
	Name    string    `json:"name"`
	Contact string    `json:"contact"`
	Note    string    `json:"note,omitzero"`
	Asked   time.Time `json:"-"`
}

// visitID is what the store calls a visit: whoever reads the database cannot act
// as the visitor.
func visitID(guest string) string {
	sum := sha256.Sum256([]byte("pronto visit " + guest))
	return hex.EncodeToString(sum[:16])
}

// KeepConsent notes that a guest of a link has agreed to a version of the privacy
// notice. To do so again changes nothing. It fails with [ErrNotFound] if there is
// no such link.
func (s *Store) KeepConsent(ctx context.Context, guest, link, notice string) error {
	if err := checkIDs("guest or link id", guest, link); err != nil {
		return err
	}
	if err := checkText("version of the notice", notice, MaxName); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := c.row(ctx, `SELECT id FROM links WHERE id = $1`, []any{link}, new(string)); err != nil {
			return err
		}
		_, err := c.exec(ctx, `INSERT INTO visits (id, link_id, notice, agreed_ms, until_ms) VALUES ($1, $2, $3, {now}, {now} + $4)
			ON CONFLICT (id) DO NOTHING`, visitID(guest), link, notice, VisitKept.Milliseconds())
		return err
	})
}

// AskCallback keeps how a guest, who has agreed to the notice, wants to be called
// back; a second one takes the place of the first. It fails with [ErrNotFound]
// without his consent or where the link has no queue, and with [ErrLimit] beyond
// [MaxCallbacks].
func (s *Store) AskCallback(ctx context.Context, guest, link string, b Callback) error {
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("seal a callback: %w", err)
	}
	if len(text) > 4<<10 {
		return invalid("the callback has %d bytes", len(text))
	}
	id := visitID(guest)
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		var waiting int
		if err := c.row(ctx, `SELECT COUNT(*) FROM visits WHERE link_id = $1 AND asked_ms IS NOT NULL AND id <> $2`,
			[]any{link, id}, &waiting); err != nil {
			return err
		}
		if waiting >= MaxCallbacks {
			return ErrLimit
		}
		if err := c.must(ctx, ErrNotFound, `UPDATE visits SET callback = $3, asked_ms = {now}, until_ms = {now} + $4
			WHERE id = $1 AND link_id = $2 AND EXISTS (SELECT 1 FROM queues WHERE queues.link_id = visits.link_id)`,
			id, link, s.sealer.sealAs(callbackLabel, id, text), VisitKept.Milliseconds()); err != nil {
			return err
		}
		found, err := rows(ctx, c, scanLink, `SELECT `+linkColumns+` FROM links WHERE id = $1`, link)
		if err != nil || len(found) == 0 {
			return err
		}
		return tellOfLink(ctx, c, EventCallbackCreated, found[0], id)
	})
}

const callbackLabel = "pronto callback "

// Callbacks returns who waits to be called back by a queue, the longest first.
func (s *Store) Callbacks(ctx context.Context, link string) ([]Callback, error) {
	type row struct {
		id     string
		sealed []byte
		asked  time.Time
	}
	found, err := list(ctx, s, func(s scanner) (r row, err error) { return r, s.Scan(&r.id, &r.sealed, millis{&r.asked}) }, `
		SELECT id, callback, asked_ms FROM visits WHERE link_id = $1 AND asked_ms IS NOT NULL AND until_ms > {now}
		ORDER BY asked_ms, id LIMIT $2`, link, MaxPage)
	if err != nil {
		return nil, err
	}
	callbacks := make([]Callback, 0, len(found))
	for _, r := range found {
		text, err := s.sealer.openAs(callbackLabel, r.id, r.sealed)
		if err != nil {
			return nil, err
		}
		b := Callback{ID: r.id, Asked: r.asked}
		if err := json.Unmarshal(text, &b); err != nil {
			return nil, fmt.Errorf("read a callback: %w", err)
		}
		callbacks = append(callbacks, b)
	}
	return callbacks, nil
}

// FinishCallback deletes a callback that was made. It fails with [ErrNotFound] if
// another operator was first.
func (s *Store) FinishCallback(ctx context.Context, link, id string) error {
	return s.change(ctx, ErrNotFound, `UPDATE visits SET callback = NULL, asked_ms = NULL
		WHERE id = $1 AND link_id = $2 AND asked_ms IS NOT NULL`, id, link)
}

// ForgetVisit deletes all that is kept of a guest's visit. To do so twice is no
// error.
func (s *Store) ForgetVisit(ctx context.Context, guest string) error {
	return s.remove(ctx, `DELETE FROM visits WHERE id = $1`, visitID(guest))
}

// SweepVisits deletes what has been kept long enough, and returns how much that
// was.
func (s *Store) SweepVisits(ctx context.Context) (n int64, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `DELETE FROM visits WHERE until_ms <= {now}`)
		return err
	})
	return n, err
}
