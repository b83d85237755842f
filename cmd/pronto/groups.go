package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"pronto/signalling/store"
)

// groupCmd says how groups stand. A running server follows within ten seconds.
type groupCmd struct {
	Suspend groupSuspendCmd `cmd:"" help:"Stop the calls of a group, now and until they are allowed again."`
	Resume  groupResumeCmd  `cmd:"" help:"Allow the calls of a group again."`
	LiftBan groupLiftBanCmd `cmd:"" help:"Take back that an account was put out of a group for good."`
	Show    groupShowCmd    `cmd:"" help:"Show how a group stands."`
}

type groupSuspendCmd struct {
	Group string `arg:"" help:"The group."`
}

// Run implements the command.
func (g groupSuspendCmd) Run(ctx context.Context) error {
	return audited(ctx, "change-group", aboutGroup(g.Group), func(db *store.Store) error { return groupStands(db.SuspendGroup(ctx, g.Group, true)) })
}

type groupResumeCmd struct {
	Group string `arg:"" help:"The group."`
}

// Run implements the command.
func (g groupResumeCmd) Run(ctx context.Context) error {
	return audited(ctx, "change-group", aboutGroup(g.Group), func(db *store.Store) error { return groupStands(db.SuspendGroup(ctx, g.Group, false)) })
}

type groupLiftBanCmd struct {
	Group string `arg:"" help:"The group."`
	User  string `arg:"" help:"The account."`
}

// Run implements the command.
func (g groupLiftBanCmd) Run(ctx context.Context) error {
	return audited(ctx, "change-group", aboutGroup(g.Group), func(db *store.Store) error {
		_, _, err := db.ChangeGroup(ctx, g.Group, []string{g.User}, func(row *store.GroupRow) error { return row.Lift(g.User) })
		if errors.Is(err, store.ErrNotFound) {
			return errors.New("there is no such group, or it has not banned the account")
		}
		return err
	})
}

type groupShowCmd struct {
	Group string `arg:"" help:"The group."`
}

// Run implements the command.
func (g groupShowCmd) Run(ctx context.Context, s *screen) error {
	return audited(ctx, "get-group", aboutGroup(g.Group), func(db *store.Store) error {
		row, err := db.Group(ctx, g.Group)
		if err != nil {
			return groupStands(err)
		}
		since := "no"
		if !row.Suspended.IsZero() {
			since = "since " + row.Suspended.Format(time.DateTime) + " UTC"
		}
		admins := len(slices.DeleteFunc(slices.Clone(row.Members), func(m store.Member) bool { return m.Role != store.RoleAdmin }))
		shown := struct {
			Suspended bool  `json:"suspended"`
			Members   int64 `json:"members"`
			Admins    int   `json:"admins"`
			Isolates  bool  `json:"isolates"`
		}{!row.Suspended.IsZero(), int64(row.Active), admins, row.Isolate}
		return s.show(shown, func(out io.Writer) error {
			_, err := fmt.Fprintf(out, "suspended  %s\nmembers    %d, %d of them admins\nisolates   %v\n", since, row.Active, admins, row.Isolate)
			return err
		})
	})
}

// groupStands puts an error of the store into words for an operator.
func groupStands(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errors.New("there is no such group")
	}
	return err
}
