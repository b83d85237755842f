package store

import (
	"context"
	"time"
)

// Kind is what a call or a link is for.
type Kind string

// The kinds of a call.
const (
	Voice Kind = "voice"
	Video Kind = "video"
)

// Topology says how a call's media flows.
type Topology string

// The topologies of a call.
const (
	Pair  Topology = "pair"  // two people, peer to peer
	Group Topology = "group" // any number, through the SFU
)

// CallRow is a call as it is stored.
type CallRow struct {
	ID       string
	Kind     Kind
	Topology Topology
	// State is the call layer's word for where the call is.
	State string
	// LinkID is the link the call was entered by, if any.
	LinkID string
	// Epoch is the fencing token: whoever holds a lower one is fenced. It
	// begins at 1 and grows with each claim.
	Epoch int64
	// Seq is the number of the call's last event at its last transition.
	Seq int64
	// Snapshot is what the owner needs to go on after a restart; opaque here.
	Snapshot  string
	OwnerNode string
	Created   time.Time
	RingUntil time.Time // by the database's clock; zero if it never rang
	Ended     time.Time // zero while the call goes on
	EndReason string    // empty while the call goes on
}

// NewCall is a call to be created.
type NewCall struct {
	ID        string
	Kind      Kind
	Topology  Topology
	State     string
	Seq       int64
	Snapshot  string
	OwnerNode string

	// Caller and Callees are whose relations are read and given to decide.
	// Callees may be empty for a call entered by a link.
	Caller  string
	Callees []string

	// LinkID, if not empty, makes the call the one its link leads to.
	LinkID string
	// UseLink, if not empty, counts one use of a link, or the error is a
	// [*LinkRefused].
	UseLink string
	// GroupID, if not empty, makes the call that of a group, of which Caller
	// must be an active member; else the error is a [*GroupRefused].
	GroupID string

	// Unpaired keeps a call of two from occupying the pair. A call that rings
	// nowhere because the callee does not want it must be unpaired: else the
	// callee, calling back, would run into it and both would learn of it.
	Unpaired bool

	// RingFor is how long it may ring, by the database's clock from now; 0
	// means that it does not ring.
	RingFor time.Duration

	Log    []LogChange
	Outbox []NewOutbox
	Events []NewEvent // for webhooks

	// Decisions are kept with the callees; Strangers are those callees who do
	// not know Caller.
	Decisions []Decision
	Strangers []string
}

// Change is one durable transition of a call.
type Change struct {
	State    string
	Seq      int64
	Snapshot string

	// Kind and Topology stay as they are when empty. A call that becomes a
	// Group gives up its pair.
	Kind     Kind
	Topology Topology

	// RingFor, if not 0, sets anew how long it may ring, from now.
	RingFor time.Duration

	// EndReason, if not empty, ends the call. An ended call accepts only the
	// same ending again, so that an ending whose answer was lost can be
	// repeated.
	EndReason string

	// Log rows are inserted, or replace outcome, kind, peers, duration and end
	// of the same user's row.
	Log []LogChange

	// Orphans, if the call ends, are the outcomes that rows get which no change of
	// Log has ended, by their direction: those of a call that nobody can go on with.
	Orphans map[Direction]string

	// DropOutbox deletes, before Outbox is inserted, what waits under these keys.
	DropOutbox []string
	Outbox     []NewOutbox

	// Events are told to webhooks.
	Events []NewEvent

	// Decisions are kept with the callees. Strangers are those among them who
	// do not know Inviter. Answers are those who became acquainted.
	Decisions []Decision
	Inviter   string
	Strangers []string
	Answers   []Answer

	// LinkID is the link of the call that the following is about; empty for
	// none. UseLink counts one use of it, or has the whole fail with a
	// [*LinkRefused]; LinkLobby, if not empty, is its lobby from now on; LinkMarks
	// are noted.
	LinkID    string
	UseLink   bool
	LinkLobby Lobby
	LinkMarks []LinkMark

	// Timeline, if not nil, is kept for [TimelinesKept].
	Timeline *Timeline

	// Decide, if not nil, is asked inside the transaction about the relations
	// of Caller to Callees, who are to be rung or added, as in
	// [Store.CreateCall].
	Decide  func([]Relation) error
	Caller  string
	Callees []string
}

const callColumns = `id, kind, topology, state, COALESCE(link_id, ''), epoch, seq, snapshot, owner_node,
	created_ms, COALESCE(ring_until_ms, 0), COALESCE(ended_ms, 0), end_reason`

func scanCall(s scanner) (c CallRow, err error) {
	return c, s.Scan(&c.ID, &c.Kind, &c.Topology, &c.State, &c.LinkID, &c.Epoch, &c.Seq, &c.Snapshot, &c.OwnerNode,
		millis{&c.Created}, millis{&c.RingUntil}, millis{&c.Ended}, &c.EndReason)
}

// CreateCall creates a call in one transaction: it reads the relations of
// Caller to Callees, asks decide, takes the pair or the link, and writes the
// call with epoch 1, its log rows and its outbox rows.
//
// What decide returns is returned as it is, and nothing has been written.
// decide may change n's other fields (Snapshot, Log, Outbox, Unpaired …)
// before they are written. It must not call the store, and must set rather
// than append, because it is asked again when PostgreSQL makes the transaction
// start over. nil allows everything.
//
// If another call that has not ended holds the pair, the link or the group, nothing is
// written and the error is a [*Glare] that names it. If the link admits nobody
// it is a [*LinkRefused]. A second call with the same ID is an [ErrConflict].
//
// The relations may change while the transaction commits. Read them once more
// with [Store.Relations] before anything rings; see [Store.Block].
func (s *Store) CreateCall(ctx context.Context, n *NewCall, decide func([]Relation) error) (CallRow, error) {
	var created CallRow
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := ask(ctx, c, n.Caller, n.Callees, decide); err != nil {
			return err
		}
		if err := n.validate(); err != nil {
			return err
		}
		if err := useLink(ctx, c, n.UseLink); err != nil {
			return err
		}
		found, err := rows(ctx, c, scanCall, `
			INSERT INTO calls (id, kind, topology, state, link_id, epoch, seq, snapshot, owner_node, created_ms, ring_until_ms)
			VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, {now},
				CASE WHEN CAST($9 AS BIGINT) > 0 THEN {now} + CAST($9 AS BIGINT) END)
			RETURNING `+callColumns,
			n.ID, string(n.Kind), string(n.Topology), n.State, orNull(n.LinkID), n.Seq, n.Snapshot, n.OwnerNode,
			n.RingFor.Milliseconds())
		if err != nil {
			return err
		}
		created = found[0]
		if err := n.occupy(ctx, c); err != nil {
			return err
		}
		if err := writeLog(ctx, c, n.ID, n.Log); err != nil {
			return err
		}
		if err := writeDecisions(ctx, c, n.Decisions); err != nil {
			return err
		}
		if err := writeStrangers(ctx, c, n.Caller, n.ID, n.Strangers); err != nil {
			return err
		}
		if err := writeEvents(ctx, c, n.Events); err != nil {
			return err
		}
		return writeOutbox(ctx, c, n.Outbox)
	})
	if err != nil {
		return CallRow{}, err
	}
	return created, nil
}

// Transition carries out change on a call in one transaction, if the call
// still has this epoch and has not ended; else it fails with [ErrFenced] and
// nothing has been written.
func (s *Store) Transition(ctx context.Context, callID string, epoch int64, change *Change) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := ask(ctx, c, change.Caller, change.Callees, change.Decide); err != nil {
			return err
		}
		if err := change.validate(); err != nil {
			return err
		}
		err := c.must(ctx, ErrFenced, `
			UPDATE calls SET state = $3, seq = $4, snapshot = $5,
				kind = COALESCE($6, kind), topology = COALESCE($7, topology),
				ring_until_ms = CASE WHEN CAST($8 AS BIGINT) > 0 THEN {now} + CAST($8 AS BIGINT) ELSE ring_until_ms END,
				ended_ms = CASE WHEN CAST($9 AS TEXT) = '' THEN NULL ELSE COALESCE(ended_ms, {now}) END,
				end_reason = CAST($9 AS TEXT)
			WHERE id = $1 AND epoch = $2 AND (ended_ms IS NULL OR end_reason = CAST($9 AS TEXT))`,
			callID, epoch, change.State, change.Seq, change.Snapshot, orNull(string(change.Kind)),
			orNull(string(change.Topology)), change.RingFor.Milliseconds(), change.EndReason)
		if err != nil {
			return err
		}
		if err := change.onLink(ctx, c); err != nil {
			return err
		}
		if change.EndReason != "" || change.Topology == Group {
			if _, err := c.exec(ctx, `DELETE FROM active_pairs WHERE call_id = $1`, callID); err != nil {
				return err
			}
		}
		if err := writeLog(ctx, c, callID, change.Log); err != nil {
			return err
		}
		if err := endOrphans(ctx, c, callID, change.Orphans); err != nil {
			return err
		}
		if change.EndReason != "" {
			if err := countUnanswered(ctx, c, callID); err != nil {
				return err
			}
		}
		if err := dropOutbox(ctx, c, change.DropOutbox); err != nil {
			return err
		}
		if err := writeDecisions(ctx, c, change.Decisions); err != nil {
			return err
		}
		if err := writeStrangers(ctx, c, change.Inviter, callID, change.Strangers); err != nil {
			return err
		}
		if err := writeAnswers(ctx, c, change.Answers); err != nil {
			return err
		}
		if err := writeTimeline(ctx, c, change.Timeline); err != nil {
			return err
		}
		if err := writeEvents(ctx, c, change.Events); err != nil {
			return err
		}
		return writeOutbox(ctx, c, change.Outbox)
	})
}

// Call returns a call, ended or not, or [ErrNotFound].
func (s *Store) Call(ctx context.Context, id string) (CallRow, error) {
	return get(ctx, s, scanCall, `SELECT `+callColumns+` FROM calls WHERE id = $1`, id)
}

// ClaimCalls makes node the owner of every call that has not ended, with the
// next epoch, and returns them, the oldest first. It is for the start of the
// only node: who owned them before is fenced.
func (s *Store) ClaimCalls(ctx context.Context, node string) ([]CallRow, error) {
	if err := checkID("node", node); err != nil {
		return nil, err
	}
	var claimed []CallRow
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		claimed, err = rows(ctx, c, scanCall, `
			UPDATE calls SET epoch = epoch + 1, owner_node = $1 WHERE ended_ms IS NULL
			RETURNING `+callColumns, node)
		return err
	})
	sortBy(claimed, func(c CallRow) (time.Time, string) { return c.Created, c.ID })
	return claimed, err
}

// PruneCalls deletes at most limit calls that ended before the given time, and
// returns how many. Log rows are kept: they belong to the users.
func (s *Store) PruneCalls(ctx context.Context, before time.Time, limit int) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `
			DELETE FROM calls WHERE id IN (
				SELECT id FROM calls WHERE ended_ms < $1 ORDER BY ended_ms LIMIT $2)`, before.UnixMilli(), limit)
		return err
	})
	return n, err
}
