package store

import (
	"context"
	"database/sql"
	"sync"
)

// prepared is a pool whose connections keep what they have prepared: to compile
// a query costs SQLite several times what it takes to run it. Any goroutine may
// use it; closing the pool closes the statements. PostgreSQL's driver does the
// same by itself.
type prepared struct {
	db *sql.DB

	mu   sync.Mutex // guards kept
	kept map[string]*sql.Stmt
}

func newPrepared(db *sql.DB) *prepared {
	return &prepared{db: db, kept: make(map[string]*sql.Stmt)}
}

// statement returns the kept one, or nil if there are too many.
func (p *prepared) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	p.mu.Lock()
	st, full := p.kept[text], len(p.kept) >= maxPrepared
	p.mu.Unlock()
	if st != nil || full {
		return st, nil
	}
	made, err := p.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	st = p.kept[text]
	if st == nil {
		p.kept[text] = made
	}
	p.mu.Unlock()
	if st != nil { // somebody else was quicker
		return st, made.Close()
	}
	return made, nil
}

// ExecContext implements querier. Readers hardly ever use it.
func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, text, args...)
}

// QueryContext implements querier.
func (p *prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	st, err := p.statement(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case st == nil:
		return p.db.QueryContext(ctx, text, args...)
	}
	return st.QueryContext(ctx, args...)
}
