package store

import (
	"context"
	"fmt"
)

// Exec changes rows behind the store's back, as time would.
func (s *Store) Exec(ctx context.Context, text string, args ...any) error {
	return s.remove(ctx, text, args...)
}

// Sealed returns a key's secret as it is on disk.
func (s *Store) Sealed(ctx context.Context, id string) ([]byte, error) {
	return get(ctx, s, func(s scanner) (b []byte, err error) { return b, s.Scan(&b) },
		`SELECT secret FROM api_keys WHERE id = $1`, id)
}

// Pragma returns a setting of the connection that writes.
func (s *Store) Pragma(ctx context.Context, name string) (setting string, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		return c.row(ctx, `PRAGMA `+name, nil, &setting)
	})
	return setting, err
}

// PairKey is for tests of pairs.
var PairKey = pairKey

// Count returns how many rows a table has.
func (s *Store) Count(ctx context.Context, table string) (int, error) {
	return get(ctx, s, func(s scanner) (n int, err error) { return n, s.Scan(&n) }, `SELECT COUNT(*) FROM `+table)
}

// Marks returns who left or is banned from a group, as it is on disk.
func (s *Store) Marks(ctx context.Context, group string) ([][]byte, error) {
	return list(ctx, s, func(s scanner) (b []byte, err error) { return b, s.Scan(&b) },
		`SELECT mark FROM group_marks WHERE group_id = $1`, group)
}

// Tables lists the tables of the schema.
func (s *Store) Tables(ctx context.Context) ([]string, error) {
	text := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if s.Engine() == "postgres" {
		text = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	}
	return list(ctx, s, scanID, text)
}

// Dump returns a table's rows, each as the text of its columns.
func (s *Store) Dump(ctx context.Context, table string) (dump []string, err error) {
	found, err := s.reader.QueryContext(ctx, `SELECT * FROM `+table)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	for found.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := found.Scan(values...); err != nil {
			return nil, err
		}
		row := ""
		for i, v := range values {
			switch v := (*v.(*any)).(type) {
			case []byte:
				row += columns[i] + "=" + string(v) + " "
			default:
				row += fmt.Sprint(columns[i], "=", v, " ")
			}
		}
		dump = append(dump, row)
	}
	return dump, found.Err()
}

// Columns are those of a table.
func (s *Store) Columns(ctx context.Context, table string) ([]string, error) {
	found, err := s.reader.QueryContext(ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	return found.Columns()
}

// Table is the table that a section tells of.
func (s *Section) Table() string { return s.table }

// Told are the columns that a section tells, by their names in the copy.
func (s *Section) Told() map[string]string {
	told := map[string]string{}
	for _, c := range s.columns {
		told[c.name] = c.sql
	}
	return told
}

// Owner is the column that holds the account, Filter chooses its rows.
func (s *Section) Owner() string  { return s.owner }
func (s *Section) Filter() string { return s.filter() }

// Moment tells whether a column is told as a time.
func (s *Section) Moment(name string) bool {
	for _, c := range s.columns {
		if c.name == name {
			return c.form == moment
		}
	}
	return false
}

// Value is a column of a section's first row.
func (s *Store) Value(ctx context.Context, section *Section, column, user string) (v any, err error) {
	c := conn{s.engine, s.reader}
	err = c.row(ctx, "SELECT "+column+" FROM "+section.table+" WHERE "+section.filter()+" ORDER BY "+section.key+" LIMIT 1", []any{user}, &v)
	return v, err
}

// CopyPage is how many rows a copy reads at a time.
const CopyPage = copyPage
