package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"pronto/signalling/store"
)

// userCmd says how accounts stand. A running server follows within two seconds.
type userCmd struct {
	Suspend userSuspendCmd `cmd:"" help:"Suspend an account: its sessions end, it leaves its calls, nobody reaches it."`
	Resume  userResumeCmd  `cmd:"" help:"End a suspension."`
	NoCalls userNoCallsCmd `cmd:"" help:"Make an account one that takes no calls and says so, or takes them again."`
	Minor   userMinorCmd   `cmd:"" help:"Give an account the stricter defaults for minors, or the usual ones."`
	Delete  userDeleteCmd  `cmd:"" help:"Delete an account and all that belongs to it, for good."`
	Show    userShowCmd    `cmd:"" help:"Show how an account stands."`
}

type userSuspendCmd struct {
	User   string        `arg:"" help:"The account."`
	For    time.Duration `help:"How long, such as 72h; for good if it is left out."`
	Reason string        `help:"A note for operators."`
}

// Run implements the command.
func (u userSuspendCmd) Run(ctx context.Context) error {
	until := store.Forever
	switch {
	case u.For < 0:
		return errors.New("--for is negative")
	case u.For > 0:
		until = time.Now().Add(u.For)
	}
	return audited(ctx, "suspend-user", aboutUser(u.User), func(db *store.Store) error {
		return stands(db.Suspend(ctx, u.User, until, u.Reason, store.CommandLine))
	})
}

type userResumeCmd struct {
	User string `arg:"" help:"The account."`
}

// Run implements the command.
func (u userResumeCmd) Run(ctx context.Context) error {
	return audited(ctx, "resume-user", aboutUser(u.User), func(db *store.Store) error { return stands(db.Resume(ctx, u.User)) })
}

type userNoCallsCmd struct {
	User string `arg:"" help:"The account."`
	Text string `help:"What callers are told, such as how else to reach it."`
	Off  bool   `help:"Take calls again."`
}

// Run implements the command.
func (u userNoCallsCmd) Run(ctx context.Context) error {
	return audited(ctx, "change-user", aboutUser(u.User), func(db *store.Store) error { return stands(db.SetNoCalls(ctx, u.User, !u.Off, u.Text)) })
}

type userMinorCmd struct {
	User string `arg:"" help:"The account."`
	Off  bool   `help:"Give the usual defaults again."`
}

// Run implements the command.
func (u userMinorCmd) Run(ctx context.Context) error {
	return audited(ctx, "change-user", aboutUser(u.User), func(db *store.Store) error { return stands(db.SetMinor(ctx, u.User, !u.Off)) })
}

type userDeleteCmd struct {
	User string `arg:"" help:"The account."`
	Sure bool   `help:"Do it: there is no way back." required:""`
}

// Run implements the command.
func (u userDeleteCmd) Run(ctx context.Context) error {
	return audited(ctx, "delete-user", aboutUser(u.User), func(db *store.Store) error {
		_, err := db.DeleteUser(ctx, u.User)
		return stands(err)
	})
}

type userShowCmd struct {
	User string `arg:"" help:"The account."`
}

// accountStands is how an account stands, for programs.
type accountStands struct {
	Suspended   bool       `json:"suspended"`
	Until       *time.Time `json:"suspendedUntil,omitempty"` // missing if it is for good
	Reason      string     `json:"suspendedReason,omitempty"`
	NoCalls     bool       `json:"noCalls"`
	NoCallsText string     `json:"noCallsText,omitempty"`
	Minor       bool       `json:"minor"`
	Automated   bool       `json:"automated"`
	Terms       []noticed  `json:"terms,omitempty"`
}

// noticed is how far a version of the terms has come with an account.
type noticed struct {
	Version   string     `json:"version"`
	Delivered *time.Time `json:"delivered,omitempty"`
	Accepted  *time.Time `json:"accepted,omitempty"`
}

// noticedOf are receipts for programs, the latest first.
func noticedOf(receipts []store.Receipt) (list []noticed) {
	orNone := func(at time.Time) *time.Time {
		if at.IsZero() {
			return nil
		}
		return &at
	}
	for _, r := range receipts {
		list = append(list, noticed{r.Version, orNone(r.Delivered), orNone(r.Accepted)})
	}
	return list
}

// String is it for people.
func (n noticed) String() string {
	says := func(at *time.Time) string {
		if at == nil {
			return "no"
		}
		return at.Format(time.DateTime) + " UTC"
	}
	return fmt.Sprintf("terms      %s  delivered %s  accepted %s", n.Version, says(n.Delivered), says(n.Accepted))
}

// Run implements the command.
func (u userShowCmd) Run(ctx context.Context, out *screen) error {
	return audited(ctx, "get-user", aboutUser(u.User), func(db *store.Store) error {
		account, err := db.User(ctx, u.User)
		if err != nil {
			return stands(err)
		}
		s, err := db.Standing(ctx, u.User)
		if err != nil {
			return stands(err)
		}
		receipts, err := db.Receipts(ctx, u.User)
		if err != nil {
			return err
		}
		until := "no"
		switch {
		case s.SuspendedUntil.Equal(store.Forever):
			until = "for good"
		case s.Suspended():
			until = "until " + s.SuspendedUntil.Format(time.DateTime) + " UTC"
		}
		shown := accountStands{Suspended: s.Suspended(), Reason: s.SuspendedReason, NoCalls: s.NoCalls, NoCallsText: s.NoCallsText, Minor: s.Minor, Automated: account.Automated, Terms: noticedOf(receipts)}
		if s.Suspended() && !s.SuspendedUntil.Equal(store.Forever) {
			shown.Until = &s.SuspendedUntil
		}
		return out.show(shown, func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "suspended  %s  %s\nno calls   %v  %s\nminor      %v\nautomated  %v\n", until, s.SuspendedReason, s.NoCalls, s.NoCallsText, s.Minor, account.Automated)
			for _, n := range shown.Terms {
				if err == nil {
					_, err = fmt.Fprintln(w, n)
				}
			}
			return err
		})
	})
}

// stands puts an error of the store into words for an operator.
func stands(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errors.New("there is no such account; accounts come to be when they first sign in")
	}
	return err
}
