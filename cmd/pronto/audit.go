package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"pronto/signalling/api"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// auditCmd is about who did what.
type auditCmd struct {
	List auditListCmd `cmd:"" help:"Show what was done with API keys and commands, the newest first."`
}

type auditListCmd struct {
	Key    string        `help:"Of this API key only; cli for commands."`
	Target string        `help:"About what has this id only: an account, a call, a link, a group, a key …"`
	Since  time.Duration `help:"Of this time only, such as 24h; all if left out."`
	Limit  int           `default:"100" help:"How many at most, up to 10000."`
}

// Run implements the command.
func (a auditListCmd) Run(ctx context.Context, s *screen) error {
	if a.Limit < 1 || a.Limit > 10_000 {
		return errors.New("--limit is not between 1 and 10000")
	}
	return audited(ctx, "list-audit", store.AuditTarget{}, func(db *store.Store) error {
		q := store.AuditQuery{Key: a.Key, Target: a.Target, Limit: a.Limit}
		if a.Since > 0 {
			q.Since = time.Now().Add(-a.Since)
		}
		entries, err := db.Audit(ctx, q)
		if err != nil {
			return fmt.Errorf("read the audit log: %w", err)
		}
		shown := make([]api.AuditEntry, 0, len(entries))
		for _, e := range entries {
			shown = append(shown, api.ShowAudit(e))
		}
		return s.show(shown, func(out io.Writer) error {
			table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
			for _, l := range shown {
				result := "?" // it is not known
				if l.Status != 0 {
					result = strings.TrimSpace(strconv.Itoa(l.Status) + " " + l.Code)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", l.At.Format(time.DateTime), l.Key, l.Operation, targetText(l.Target), targetText(l.Other), result)
			}
			return table.Flush()
		})
	})
}

// targetText is a target for people.
func targetText(t *api.AuditTarget) string {
	if t == nil {
		return ""
	}
	return t.Kind + "/" + t.ID
}

// audited is withStore for what belongs into the audit log: f is not called before it is
// written there that it will be, and how it went is written afterwards. operation is named
// as in the HTTP API.
func audited(ctx context.Context, operation string, target store.AuditTarget, f func(*store.Store) error) error {
	if len(target.ID) > wire.MaxIDBytes {
		target.ID = "" // nothing has such an id
	}
	return withStore(ctx, func(db *store.Store) error {
		e := store.AuditEntry{ID: identity.NewID("aud"), Key: store.CommandLine, Operation: operation, Target: target}
		if err := db.WriteAudit(ctx, []store.AuditEntry{e}); err != nil {
			return fmt.Errorf("write to the audit log: %w", err)
		}
		err := f(db)
		if e.Status = http.StatusOK; err != nil {
			e.Status, e.Code = http.StatusInternalServerError, "failed"
		}
		if failed := db.WriteAudit(context.WithoutCancel(ctx), []store.AuditEntry{e}); failed != nil {
			return errors.Join(err, fmt.Errorf("write the result to the audit log: %w", failed))
		}
		return err
	})
}

// aboutUser, aboutGroup and aboutKey are what commands are about.
func aboutUser(id string) store.AuditTarget  { return store.AuditTarget{Kind: "user", ID: id} }
func aboutGroup(id string) store.AuditTarget { return store.AuditTarget{Kind: "group", ID: id} }
func aboutKey(id string) store.AuditTarget   { return store.AuditTarget{Kind: "key", ID: id} }
