package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"
)

// engine is what differs between SQLite and PostgreSQL in a query's text and
// in its errors; all else is the same.
type engine struct {
	name    string
	words   *strings.Replacer // {now}, {skiplocked}, {keyshare}
	problem func(error) error // the sentinel for a driver's error, or nil
	timeout time.Duration     // of one operation; 0 means none
	texts   sync.Map          // query text as written → as the engine reads it
}

// text returns q in the engine's words. Queries are constants, or lists padded
// to few lengths, so that the map stays small.
func (e *engine) text(q string) string {
	if done, ok := e.texts.Load(q); ok {
		return done.(string)
	}
	done := e.words.Replace(q)
	e.texts.Store(q, done)
	return done
}

// fail turns a driver's error into one of the package's, keeping the cause.
func (e *engine) fail(err error) error {
	if known := e.problem(err); known != nil {
		return fmt.Errorf("%w: %w", known, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// deadline limits one operation.
func (e *engine) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, e.timeout)
}

// querier is *sql.DB, *sql.Tx or the SQLite writer's connection.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// scanner is the current row of a result.
type scanner interface{ Scan(dest ...any) error }

// conn runs queries and returns the package's errors.
type conn struct {
	engine *engine
	db     querier
}

// exec returns how many rows were touched.
func (c conn) exec(ctx context.Context, q string, args ...any) (int64, error) {
	res, err := c.db.ExecContext(ctx, c.engine.text(q), args...)
	if err != nil {
		return 0, c.engine.fail(err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, c.engine.fail(err)
	}
	return n, nil
}

// must is exec for a statement that has to touch a row.
func (c conn) must(ctx context.Context, missing error, q string, args ...any) error {
	n, err := c.exec(ctx, q, args...)
	if err == nil && n == 0 {
		return missing
	}
	return err
}

// row scans the only row of q into dest; without one it is [ErrNotFound].
func (c conn) row(ctx context.Context, q string, args []any, dest ...any) error {
	found, err := rows(ctx, c, func(s scanner) (struct{}, error) {
		return struct{}{}, s.Scan(dest...)
	}, q, args...)
	if err == nil && len(found) == 0 {
		return ErrNotFound
	}
	return err
}

// rows returns what scan makes of each row of q.
func rows[T any](ctx context.Context, c conn, scan func(scanner) (T, error), q string, args ...any) ([]T, error) {
	res, err := c.db.QueryContext(ctx, c.engine.text(q), args...)
	if err != nil {
		return nil, c.engine.fail(err)
	}
	defer res.Close()
	var found []T
	for res.Next() {
		one, err := scan(res)
		if err != nil {
			return nil, c.engine.fail(err)
		}
		found = append(found, one)
	}
	if err := res.Err(); err != nil {
		return nil, c.engine.fail(err)
	}
	return found, nil
}

// millis scans a BIGINT of unix milliseconds; 0 becomes the zero time.
type millis struct{ t *time.Time }

// Scan implements sql.Scanner.
func (m millis) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time of type %T", v)
	}
	*m.t = time.Time{}
	if ms != 0 {
		*m.t = time.UnixMilli(ms).UTC()
	}
	return nil
}

// orNull is s, or NULL when s is empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// maxList is how many ids one query takes.
const maxList = 256

// inLists hands f the ids in lists of at most maxList, padded with the last id
// to a power of two, so that the engines see, prepare and keep only nine texts
// for each query. The placeholders of f's query begin at first.
func inLists(ids []string, first int, row string, f func(placeholders string, args []any) error) error {
	for len(ids) > 0 {
		part := ids[:min(len(ids), maxList)]
		ids = ids[len(part):]
		size := 1
		for size < len(part) {
			size *= 2
		}
		marks, args := make([]string, size), make([]any, size)
		for i := range size {
			marks[i] = fmt.Sprintf(row, first+i)
			args[i] = part[min(i, len(part)-1)]
		}
		if err := f(strings.Join(marks, ", "), args); err != nil {
			return err
		}
	}
	return nil
}
