package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Section is a part of what the tables hold of an account, for a copy that its owner
// may have (GDPR, articles 15 and 20). Every table is in a section or in [Withheld].
type Section struct {
	// Name is the part's name in the copy; Doc says what it is.
	Name, Doc string

	table string
	owner string // the column that holds the account, which a row need not repeat
	where string // which rows; if empty, those of the owner
	key   string // columns that tell the rows apart and give their order
	// columns are what is told.
	columns []column
	// withheld are the other columns, with the reason.
	withheld map[string]string
}

// Withheld are the columns of the section's table that it does not tell, with the reason.
func (s *Section) Withheld() map[string]string { return s.withheld }

// column is a column of a table as it is told.
type column struct {
	name string // in the copy
	sql  string
	form form
}

type form int

const (
	plain    form = iota // a text, a number
	flag                 // SQLite has 0 and 1
	moment               // a time in milliseconds
	document             // JSON
)

// A page is one query, so that a large log is never in memory as rows.
const copyPage = 500

// CopyAccount hands put each row of an account that a copy of its data has, as a JSON
// object, section by section in the order of [Sections]. It fails with [ErrNotFound], and
// with what put returns.
func (s *Store) CopyAccount(ctx context.Context, user string, put func(section string, row []byte) error) error {
	if _, err := s.User(ctx, user); err != nil {
		return err
	}
	for _, section := range Sections {
		if err := s.copySection(ctx, &section, user, put); err != nil {
			return fmt.Errorf("copy %s: %w", section.Name, err)
		}
	}
	return nil
}

func (s *Store) copySection(ctx context.Context, section *Section, user string, put func(string, []byte) error) error {
	args := []any{user}
	for {
		found, err := s.copyRows(ctx, section, args)
		if err != nil {
			return err
		}
		for _, row := range found {
			text, err := json.Marshal(row.told)
			if err != nil {
				return err
			}
			if err := put(section.Name, text); err != nil {
				return err
			}
		}
		if len(found) < copyPage {
			return nil
		}
		args = append([]any{user}, found[len(found)-1].key...)
	}
}

// copyRows asks past what keeps queries prepared: these are rare.
func (s *Store) copyRows(ctx context.Context, section *Section, args []any) ([]copiedRow, error) {
	ctx, cancel := s.engine.deadline(ctx)
	defer cancel()
	return rows(ctx, conn{s.engine, s.reader}, section.scan, section.query(len(args) > 1), args...)
}

func (s *Section) keys() []string { return strings.Split(s.key, ", ") }

func (s *Section) filter() string {
	if s.where != "" {
		return s.where
	}
	return s.owner + " = $1"
}

// query reads a page: the first, or what comes after a key.
func (s *Section) query(next bool) string {
	told := make([]string, len(s.columns))
	for i, c := range s.columns {
		told[i] = c.sql
	}
	after := ""
	if next {
		marks := make([]string, len(s.keys()))
		for i := range marks {
			marks[i] = fmt.Sprintf("$%d", i+2)
		}
		after = fmt.Sprintf(" AND (%s) > (%s)", s.key, strings.Join(marks, ", "))
	}
	return fmt.Sprintf("SELECT %s, %s FROM %s WHERE (%s)%s ORDER BY %s LIMIT %d",
		strings.Join(told, ", "), s.key, s.table, s.filter(), after, s.key, copyPage)
}

type copiedRow struct {
	told map[string]any
	key  []any
}

func (s *Section) scan(from scanner) (copiedRow, error) {
	values := make([]any, len(s.columns)+len(s.keys()))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	if err := from.Scan(into...); err != nil {
		return copiedRow{}, err
	}
	told := map[string]any{}
	for i, c := range s.columns {
		told[c.name] = c.form.told(values[i])
	}
	return copiedRow{told, values[len(s.columns):]}, nil
}

// told is a value as JSON has it; nil is what there is not.
func (f form) told(v any) any {
	switch n, isNumber := v.(int64); {
	case f == moment && isNumber && n == 0:
		return nil
	case f == moment && isNumber:
		return time.UnixMilli(n).UTC()
	case f == flag && isNumber:
		return n != 0
	}
	if text, ok := v.(string); ok && f == document && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return v
}
