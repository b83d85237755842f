package store

import (
	"context"
	"time"
)

// dutyLease is how long a node that has taken a duty may be silent before
// another one takes it over.
const dutyLease = time.Minute

// Duty is work that one node does at a time, as one node holds it.
type Duty struct {
	// Name names the work.
	Name string
	// Epoch is the fencing token: whoever holds a lower one is fenced.
	Epoch int64
}

// TakeDuty takes a duty that was not done within every and that nobody is at.
// It returns false if there is nothing to do.
func (s *Store) TakeDuty(ctx context.Context, name, node string, every time.Duration) (Duty, bool, error) {
	if err := checkIDs("duty or node", name, node); err != nil {
		return Duty{}, false, err
	}
	d, taken := Duty{Name: name}, false
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		epochs, err := rows(ctx, c, func(s scanner) (n int64, err error) { return n, s.Scan(&n) }, `
			INSERT INTO duties (name, epoch, holder, until_ms, done_ms) VALUES ($1, 1, $2, {now} + $4, 0)
			ON CONFLICT (name) DO UPDATE SET epoch = duties.epoch + 1, holder = excluded.holder, until_ms = excluded.until_ms
			WHERE duties.until_ms <= {now} AND duties.done_ms <= {now} - $3
			RETURNING epoch`, name, node, every.Milliseconds(), dutyLease.Milliseconds())
		if taken = len(epochs) > 0; taken {
			d.Epoch = epochs[0]
		}
		return err
	})
	return d, taken, err
}

// EndDuty notes that a duty is done. It fails with [ErrFenced] if another node
// has taken it meanwhile.
func (s *Store) EndDuty(ctx context.Context, d Duty) error {
	return s.change(ctx, ErrFenced, `UPDATE duties SET until_ms = 0, done_ms = {now} WHERE name = $1 AND epoch = $2`, d.Name, d.Epoch)
}

// hold keeps a duty for as long again, inside the transaction of a part of the
// work. The row stays locked, so that nobody takes the duty over between the
// look and the work.
func (d Duty) hold(ctx context.Context, c conn) error {
	return c.must(ctx, ErrFenced, `UPDATE duties SET until_ms = {now} + $3 WHERE name = $1 AND epoch = $2 AND until_ms > 0`,
		d.Name, d.Epoch, dutyLease.Milliseconds())
}
