package store

import (
	"context"
	"errors"
	"time"
)

// Limits of notes.
const (
	// MaxNote is how many bytes a note may have.
	MaxNote = 1 << 20
	// NoteWithin is how long after the end of a call a note to it may be left.
	NoteWithin = 10 * time.Minute
	// NotesKept is how long a note waits to be fetched.
	NotesKept = 30 * 24 * time.Hour
	// FetchedNotesKept is how long a note is kept after it was fetched: whoever has
	// lost it on the way asks for it again.
	FetchedNotesKept = 10 * time.Minute
	// MaxPairNotes is how many notes of one account may wait at another.
	MaxPairNotes = 5
	// MaxNotes is how many notes may wait at an account.
	MaxNotes = 50
)

var (
	// ErrNoNotes means an account that takes no notes.
	ErrNoNotes = errors.New("store: the account takes no notes")
	// ErrOtherDevice means a note that other devices can open.
	ErrOtherDevice = errors.New("store: the note is for other devices")
)

// NewNote is a note that a caller leaves. Whoever has it written has found the call by
// [Store.UnansweredCall].
type NewNote struct {
	Call, From, To string
	Body           []byte
}

// UnansweredCall returns the snapshot of a call that caller has made, that nobody has
// answered or declined, and that has ended less than [NoteWithin] ago, or [ErrNotFound].
func (s *Store) UnansweredCall(ctx context.Context, caller, call string) (snapshot string, err error) {
	return get(ctx, s, func(s scanner) (snapshot string, err error) { return snapshot, s.Scan(&snapshot) }, `
		SELECT c.snapshot FROM call_log l JOIN calls c ON c.id = l.call_id
		WHERE l.call_id = $1 AND l.user_id = $2 AND l.direction = 'outgoing' AND l.outcome = 'unanswered'
			AND l.ended_ms > {now} - $3 AND c.ended_ms IS NOT NULL AND c.end_reason <> 'declined'`,
		call, caller, NoteWithin.Milliseconds())
}

// noteFacts are what decides about a note. The notes that wait are those that were
// delivered and the sender's own, so that he counts the same whether he may reach the
// account or not, and the others' that it never sees do not count for him. Both kinds of
// block are always looked up, as in relationQuery.
const noteFacts = `
	SELECT COALESCE((SELECT p.take_notes FROM privacy p WHERE p.user_id = $3), FALSE),
		(SELECT COUNT(*) FROM notes n WHERE n.to_id = $3 AND n.from_id = $2 AND n.call_id <> $1 AND n.expires_ms > {now}),
		(SELECT COUNT(*) FROM notes n WHERE n.to_id = $3 AND (n.delivered OR n.from_id = $2) AND n.call_id <> $1 AND n.expires_ms > {now}),
		CASE WHEN EXISTS (SELECT 1 FROM call_log l WHERE l.call_id = $1 AND l.user_id = $3
			AND l.direction = 'incoming' AND l.outcome = 'missed') THEN 0 ELSE 1 END +
		CASE WHEN EXISTS (SELECT 1 FROM blocks b WHERE b.owner_id = $3 AND b.blocked_id = $2) THEN 1 ELSE 0 END +
		CASE WHEN EXISTS (
			SELECT 1 FROM numbers m JOIN number_blocks f ON f.hash = m.hash WHERE m.user_id = $2 AND f.owner_id = $3)
			THEN 1 ELSE 0 END`

// putNote writes a note, in place of the one before.
var putNote = `
	INSERT INTO notes (call_id, from_id, to_id, delivered, left_ms, expires_ms, body)
	VALUES ($1, $2, $3, $4, {now}, {now} + $5, $6)
	ON CONFLICT (call_id) DO UPDATE SET delivered = notes.delivered OR excluded.delivered, ` +
	unlessStays("left_ms") + `, ` + unlessStays("expires_ms") + `, ` + unlessStays("body") + `
	WHERE notes.from_id = excluded.from_id AND notes.to_id = excluded.to_id`

// unlessStays sets a column to that of the new note, unless the one before was delivered
// and this one must not be. That stays, and is written again: to pass it over would take
// less time, and tell who left the other that he is not heard.
func unlessStays(column string) string {
	return column + ` = CASE WHEN notes.delivered AND NOT excluded.delivered THEN notes.` + column + ` ELSE excluded.` + column + ` END`
}

// LeaveNote keeps a note to a call, in place of one that was left to it before. It fails
// with [ErrNoNotes] if the account takes none and with [ErrLimit] if too many wait.
//
// delivered is whether the account may fetch it: it has missed the call, and has not
// blocked who rang. Of who must not be heard as much is written, so that the time it
// takes tells him nothing; nobody can fetch it, and what he left while he could be heard
// stays as it is.
func (s *Store) LeaveNote(ctx context.Context, n NewNote) (delivered bool, err error) {
	if err := checkIDs("call or user id", n.Call, n.From, n.To); err != nil {
		return false, err
	}
	if len(n.Body) > MaxNote {
		return false, invalid("a note has %d bytes, at most %d", len(n.Body), MaxNote)
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		// Whoever else leaves a note there waits for this row.
		err := c.must(ctx, ErrNoNotes, `UPDATE users SET created_ms = created_ms WHERE id = $1`, n.To)
		if err != nil {
			return err
		}
		var takes bool
		var ofPair, ofAll, against int
		if err := c.row(ctx, noteFacts, []any{n.Call, n.From, n.To}, &takes, &ofPair, &ofAll, &against); err != nil {
			return err
		}
		switch {
		case !takes:
			return ErrNoNotes
		case ofPair >= MaxPairNotes, ofAll >= MaxNotes:
			return ErrLimit
		}
		delivered = against == 0
		return c.must(ctx, ErrNotFound, putNote, n.Call, n.From, n.To, delivered, NotesKept.Milliseconds(), n.Body)
	})
	return delivered && err == nil, err
}

// Note returns the note that was left for user to a call, or [ErrNotFound]. It is kept
// for [FetchedNotesKept] more at most; but for as long as before, and the error is
// [ErrOtherDevice], if opens says that who asks cannot open it.
func (s *Store) Note(ctx context.Context, user, call string, opens func(body []byte) bool) (body []byte, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		body = nil
		err := c.row(ctx, `
			UPDATE notes SET expires_ms = CASE WHEN expires_ms > {now} + $3 THEN {now} + $3 ELSE expires_ms END
			WHERE call_id = $1 AND to_id = $2 AND delivered AND expires_ms > {now} RETURNING body`,
			[]any{call, user, FetchedNotesKept.Milliseconds()}, &body)
		if err == nil && !opens(body) {
			return ErrOtherDevice // and nothing has changed
		}
		return err
	})
	return body, err
}

// DropNote deletes the note that was left for user to a call, and returns whether there
// was one.
func (s *Store) DropNote(ctx context.Context, user, call string) (dropped bool, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		n, err := c.exec(ctx, `DELETE FROM notes WHERE call_id = $1 AND to_id = $2 AND delivered`, call, user)
		dropped = n > 0
		return err
	})
	return dropped, err
}

// GoneNote is a note that has expired.
type GoneNote struct{ Call, To string }

// SweepNotes deletes at most limit notes that have expired, and returns those of them
// that somebody could have fetched. Of those that nobody can fetch it empties as many, once
// the call is so long over that no other can take their place: until then who left one
// must not find that there is less to replace.
func (s *Store) SweepNotes(ctx context.Context, limit int) (gone []GoneNote, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		gone = nil
		_, err := rows(ctx, c, func(s scanner) (struct{}, error) {
			var g GoneNote
			var delivered bool
			err := s.Scan(&g.Call, &g.To, &delivered)
			if delivered {
				gone = append(gone, g)
			}
			return struct{}{}, err
		}, `DELETE FROM notes WHERE call_id IN (SELECT call_id FROM notes WHERE expires_ms <= {now} ORDER BY expires_ms LIMIT $1)
			RETURNING call_id, to_id, delivered`, limit)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `UPDATE notes SET body = $1 WHERE call_id IN (
			SELECT call_id FROM notes WHERE NOT delivered AND left_ms <= {now} - $3 AND LENGTH(body) > 0 LIMIT $2)`,
			[]byte{}, limit, NoteWithin.Milliseconds())
		return err
	})
	return gone, err
}
