package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// migrations holds one script for each version, NNNNN_name.sql, for both
// engines: {{blob}} and {{identity}} are what differs. There is no way back but
// the backup.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. words is "{{blob}}" and "{{identity}}"
// with their replacements.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger, dialect goose.Dialect, words []string, opts ...goose.ProviderOption) error {
	steps, err := readMigrations(strings.NewReplacer(words...))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	opts = append(opts, goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	provider, err := goose.NewProvider(dialect, db, nil, opts...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, step := range done {
		log.Info("migrated the database", "version", step.Source.Version, "took", step.Duration)
	}
	return nil
}

// readMigrations renders the embedded scripts.
func readMigrations(words *strings.Replacer) ([]*goose.Migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	steps := make([]*goose.Migration, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		script := words.Replace(string(text))
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, script)
				return err
			},
		}, nil))
	}
	return steps, nil
}
