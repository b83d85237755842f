package store

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// CommandLine is the [AuditEntry.Key] of what was done by the server's own commands.
const CommandLine = "cli"

// AuditEntry is what somebody did, or was about to do.
type AuditEntry struct {
	// ID is unique, and later ones sort after earlier ones of the same server.
	ID string
	// At is when it was, by the database's clock: when it was first written, less Ago.
	At time.Time
	// Key is the API key, [CommandLine] or [ByAccount]; Line the first of the key's line, or empty.
	Key, Line string
	// Operation is its id in the description of the API.
	Operation string
	// Target is what it was about and Other what else, as in the address that was asked for.
	Target, Other AuditTarget
	// RequestID is the request's; empty for commands.
	RequestID string
	// Status is the HTTP status of the answer: 0 while it is not known, and for good if the
	// server did not live to see it.
	Status int
	// Code is that of the problem, if it was one.
	Code string
	// Ago is how long it has waited to be written; only for [Store.WriteAudit].
	Ago time.Duration
}

// AuditTarget is what an entry is about: a kind such as user, and an id. A kind without
// an id is what has been deleted, if it is an account.
type AuditTarget struct{ Kind, ID string }

// auditedUser is the kind of targets that are accounts.
const auditedUser = "user"

// WriteAudit writes entries, or the results of those that were written before. It names
// no account that was deleted.
func (s *Store) WriteAudit(ctx context.Context, entries []AuditEntry) error {
	for i := range entries {
		if err := entries[i].validate(); err != nil {
			return err
		}
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		for _, e := range entries {
			if err := s.writeAudit(ctx, c, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeAudit writes one entry in a transaction that goes on.
func (s *Store) writeAudit(ctx context.Context, c conn, e AuditEntry) error {
	_, err := c.exec(ctx, `
		INSERT INTO audit (id, at_ms, key_id, line_id, operation, request_id, status, code, target_kind, target_id, other_kind, other_id)
		VALUES ($1, {now} - CAST($14 AS BIGINT), $2, $3, $4, $5, $6, $7, $8, `+unlessDeleted("$9", "$10")+`, $11, `+unlessDeleted("$12", "$13")+`)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, code = excluded.code,
			target_id = CASE WHEN audit.target_kind = '' THEN excluded.target_id ELSE audit.target_id END,
			other_id = CASE WHEN audit.other_kind = '' THEN excluded.other_id ELSE audit.other_id END,
			target_kind = excluded.target_kind, other_kind = excluded.other_kind`,
		e.ID, e.Key, e.Line, e.Operation, e.RequestID, e.Status, e.Code,
		e.Target.Kind, e.Target.ID, s.markOf(e.Target), e.Other.Kind, e.Other.ID, s.markOf(e.Other), e.Ago.Milliseconds())
	return err
}

// unlessDeleted is an id, or nothing if it is that of a deleted account, by its mark.
func unlessDeleted(id, mark string) string {
	return `CASE WHEN EXISTS (SELECT 1 FROM deletions WHERE mark = ` + mark + `) THEN '' ELSE ` + id + ` END`
}

// markOf is what would be kept of an account that was deleted; nil for other targets.
func (s *Store) markOf(t AuditTarget) []byte {
	if t.Kind != auditedUser || t.ID == "" {
		return nil
	}
	return s.sealer.mark(t.ID)
}

func (e *AuditEntry) validate() error {
	if err := checkIDs("audit id or key", e.ID, e.Key); err != nil {
		return err
	}
	for _, text := range []string{e.Operation, e.Line, e.RequestID, e.Code, e.Target.Kind, e.Target.ID, e.Other.Kind, e.Other.ID} {
		if err := checkText("part of an audit entry", text, MaxName); err != nil {
			return err
		}
	}
	return nil
}

// AuditQuery chooses entries. What is empty chooses all.
type AuditQuery struct {
	// Line is that of the keys.
	Line string
	// Key is the API key, or [CommandLine].
	Key string
	// Target is the id of a target, the first or the other.
	Target string
	// Since and Until bound when they were written, Until not included.
	Since, Until time.Time
	// Before is the last entry of the page before: its time and id.
	Before   time.Time
	BeforeID string
	// Limit is how many at most.
	Limit int
}

// Audit returns entries, the newest first.
func (s *Store) Audit(ctx context.Context, q AuditQuery) ([]AuditEntry, error) {
	text := strings.Builder{}
	text.WriteString(`SELECT id, at_ms, key_id, line_id, operation, target_kind, target_id, other_kind, other_id, request_id, status, code
		FROM audit WHERE at_ms >= $1`)
	args := []any{millisOf(q.Since)}
	where := func(condition string, arg any) {
		args = append(args, arg)
		text.WriteString(" AND " + strings.ReplaceAll(condition, "?", placeholder(len(args))))
	}
	if q.Line != "" {
		where(`line_id = ?`, q.Line)
	}
	if q.Key != "" {
		// With the key's line, because of that there is an index.
		where(`line_id = COALESCE((SELECT k.line_id FROM api_keys k WHERE k.id = ?), '') AND key_id = ?`, q.Key)
	}
	if q.Target != "" {
		where(`(target_id <> '' AND target_id = ? OR other_id <> '' AND other_id = ?)`, q.Target)
	}
	if !q.Until.IsZero() {
		where(`at_ms < ?`, millisOf(q.Until))
	}
	if !q.Before.IsZero() {
		where(`at_ms <= ?`, millisOf(q.Before))
		before := placeholder(len(args))
		where(`(at_ms < `+before+` OR id < ?)`, q.BeforeID)
	}
	args = append(args, q.Limit)
	text.WriteString(` ORDER BY at_ms DESC, id DESC LIMIT ` + placeholder(len(args)))
	return list(ctx, s, func(s scanner) (e AuditEntry, err error) {
		return e, s.Scan(&e.ID, millis{&e.At}, &e.Key, &e.Line, &e.Operation, &e.Target.Kind, &e.Target.ID,
			&e.Other.Kind, &e.Other.ID, &e.RequestID, &e.Status, &e.Code)
	}, text.String(), args...)
}

func placeholder(n int) string { return "$" + strconv.Itoa(n) }

// SweepAudit deletes at most limit entries that are older than keep, and returns how many
// that were. 0 keeps all.
func (s *Store) SweepAudit(ctx context.Context, keep time.Duration, limit int) (int64, error) {
	if keep == 0 {
		return 0, nil
	}
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `DELETE FROM audit WHERE id IN (
			SELECT id FROM audit WHERE at_ms < {now} - CAST($1 AS BIGINT) ORDER BY at_ms LIMIT $2)`, keep.Milliseconds(), limit)
		return err
	})
	return n, err
}
