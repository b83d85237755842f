package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// tokenCmd signs a token.
type tokenCmd struct {
	User string        `arg:"" help:"Account to sign for: 1 to 64 of A-Z a-z 0-9 _ -."`
	Name string        `help:"What others see; the account's id if empty."`
	Key  string        `required:"" help:"API key, as printed by pronto keys create."`
	TTL  time.Duration `default:"10m" help:"How long it may be used to connect; at most 24h."`
}

// Run implements the command.
func (t tokenCmd) Run(ctx context.Context, s *screen) error {
	return audited(ctx, "create-token", aboutUser(t.User), func(db *store.Store) error {
		key, err := db.Key(ctx, t.Key)
		if err != nil {
			return fmt.Errorf("find key %s: %w", t.Key, err)
		}
		id := identity.Identity{User: wire.UserID(t.User), Name: t.Name, Grants: identity.Grants{Account: true}}
		if err := id.User.Check(); err != nil || t.User == "" {
			return fmt.Errorf("the user is not an id: 1 to %d of A-Z a-z 0-9 _ -", wire.MaxIDBytes)
		}
		now := time.Now()
		token, err := identity.Sign(key.ID, key.Secret, id, now, t.TTL)
		if err != nil {
			return err
		}
		shown := struct {
			Token   string    `json:"token"`
			Expires time.Time `json:"expiresAt"`
		}{token, now.Add(t.TTL).UTC().Truncate(time.Second)}
		return s.show(shown, func(out io.Writer) error {
			_, err := fmt.Fprintln(out, token)
			return err
		})
	})
}

// keysCmd manages API keys.
type keysCmd struct {
	Create  keysCreateCmd  `cmd:"" help:"Create a key; its secret is printed once."`
	Rotate  keysRotateCmd  `cmd:"" help:"Make a successor of a key; both are good for a while."`
	Origins keysOriginsCmd `cmd:"" help:"Say whose pages may use a key's tokens."`
	List    keysListCmd    `cmd:"" help:"List keys."`
	Revoke  keysRevokeCmd  `cmd:"" help:"Revoke a key: tokens signed with it open nothing any more."`
}

type keysCreateCmd struct {
	Name    string   `arg:"" optional:"" default:"key" help:"What it is for."`
	Scope   []string `help:"What it may do, such as links:write; everything if left out."`
	Origin  []string `help:"Web origins whose pages may use its tokens; those of the server if left out."`
	Expires end      `help:"When it stops being good, and its successors with it: in a time such as 30d or 12h, or at one such as 2027-01-31T00:00:00Z. Never if left out."`
}

// Run implements the command.
func (k keysCreateCmd) Run(ctx context.Context, s *screen) error {
	id, secret := identity.NewKey()
	return audited(ctx, "create-key", aboutKey(id), func(db *store.Store) error {
		for _, scope := range k.Scope {
			if !identity.Scope(scope).Known() {
				return fmt.Errorf("%q is no scope; they are %v", scope, identity.Scopes())
			}
		}
		if err := checkOrigins(k.Origin); err != nil {
			return err
		}
		n := store.NewKey{ID: id, Name: k.Name, Secret: []byte(secret), Scopes: k.Scope, Origins: k.Origin, Ends: k.Expires.Time}
		if _, err := db.CreateKey(ctx, n); err != nil {
			return fmt.Errorf("create key: %w", err)
		}
		return s.showKey(id, secret)
	})
}

// showKey prints a key and its secret, and for programs both as the HTTP API takes
// them.
func (s *screen) showKey(id, secret string) error {
	shown := struct {
		Key         string `json:"key"`
		Secret      string `json:"secret"`
		Credentials string `json:"credentials"`
	}{id, secret, id + "." + secret}
	return s.show(shown, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "key     %s\nsecret  %s\n", id, secret)
		return err
	})
}

type keysRotateCmd struct {
	Key     string        `arg:"" help:"The key."`
	Keep    time.Duration `default:"24h" help:"How long the old one stays good beside the new one."`
	Expires end           `help:"When the new one stops being good, as for create; when the old one was to if left out."`
}

// Run implements the command.
func (k keysRotateCmd) Run(ctx context.Context, s *screen) error {
	return audited(ctx, "rotate-key", aboutKey(k.Key), func(db *store.Store) error {
		before, err := db.AnyKey(ctx, k.Key)
		if err != nil {
			return fmt.Errorf("rotate key %s: %w", k.Key, err)
		}
		ends := before.Ends
		if !k.Expires.IsZero() {
			ends = k.Expires.Time
		}
		id, secret := identity.NewKey()
		switch _, err := db.RotateKey(ctx, k.Key, id, []byte(secret), k.Keep, ends); {
		case errors.Is(err, store.ErrLimit):
			return errors.New("the key has a successor already; revoke one of the two first")
		case err != nil:
			return fmt.Errorf("rotate key %s: %w", k.Key, err)
		}
		return s.showKey(id, secret)
	})
}

type keysOriginsCmd struct {
	Key     string   `arg:"" help:"The key."`
	Origins []string `arg:"" optional:"" help:"The only web origins whose pages may use its tokens, such as https://shop.example; those of the server if left out."`
}

// Run implements the command.
func (k keysOriginsCmd) Run(ctx context.Context) error {
	if err := checkOrigins(k.Origins); err != nil {
		return err
	}
	return audited(ctx, "change-key", aboutKey(k.Key), func(db *store.Store) error {
		now, err := db.Key(ctx, k.Key)
		if err == nil {
			_, err = db.ChangeKey(ctx, k.Key, now.Name, k.Origins)
		}
		if err != nil {
			return fmt.Errorf("change key %s: %w", k.Key, err)
		}
		return nil
	})
}

func checkOrigins(origins []string) error {
	for _, origin := range origins {
		if err := identity.CheckOrigin(origin); err != nil {
			return err
		}
	}
	return nil
}

type keysListCmd struct{}

// listedKey is a key in the list.
type listedKey struct {
	ID      string     `json:"key"`
	Created time.Time  `json:"createdAt"`
	Expires *time.Time `json:"expiresAt,omitempty"`
	State   string     `json:"state"`
	Name    string     `json:"name"`
}

// Run implements the command.
func (keysListCmd) Run(ctx context.Context, s *screen) error {
	return withStore(ctx, func(db *store.Store) error {
		keys, err := db.ListKeys(ctx)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		shown := make([]listedKey, 0, len(keys))
		for _, k := range keys {
			state := "active"
			switch {
			case !k.Revoked.IsZero():
				state = "revoked"
			case !k.Expires.IsZero() && time.Now().After(k.Expires):
				state = "expired"
			}
			line := listedKey{ID: k.ID, Created: k.Created.UTC(), State: state, Name: k.Name}
			if !k.Expires.IsZero() {
				line.Expires = &k.Expires
			}
			shown = append(shown, line)
		}
		return s.show(shown, func(out io.Writer) error {
			table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
			for _, k := range shown {
				until := ""
				if k.Expires != nil {
					until = "until " + k.Expires.Format(time.DateTime)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Created.Format(time.DateTime), k.State, until, k.Name)
			}
			return table.Flush()
		})
	})
}

type keysRevokeCmd struct {
	Key string `arg:"" help:"The key."`
}

// Run implements the command.
func (k keysRevokeCmd) Run(ctx context.Context) error {
	return audited(ctx, "revoke-key", aboutKey(k.Key), func(db *store.Store) error {
		if err := db.RevokeKey(ctx, k.Key); err != nil {
			return fmt.Errorf("revoke key %s: %w", k.Key, err)
		}
		return nil
	})
}

// end is a time in the future, as an operator says it.
type end struct{ time.Time }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (e *end) UnmarshalText(text []byte) error {
	var err error
	if e.Time, err = time.Parse(time.RFC3339, string(text)); err != nil {
		lasts, err := fromNow(string(text))
		if err != nil {
			return fmt.Errorf("%q is neither a time from now such as 30d or 12h, nor a time such as 2027-01-31T00:00:00Z", text)
		}
		e.Time = time.Now().Add(lasts)
	}
	if !e.After(time.Now()) {
		return fmt.Errorf("%q is not in the future", text)
	}
	return nil
}

// fromNow reads how long something lasts, in days or as Go writes it.
func fromNow(text string) (time.Duration, error) {
	days, ok := strings.CutSuffix(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	return time.Duration(n) * 24 * time.Hour, err
}

// withStore opens the server's database beside a running server.
func withStore(ctx context.Context, f func(*store.Store) error) (err error) {
	cfg, err := loadConfig(os.Environ())
	if err != nil {
		return err
	}
	master, err := cfg.masterKey()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{DSN: cfg.dsn(), MasterKey: master, Logger: cfg.logger()})
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer func() {
		if closeErr := db.Close(); err == nil {
			err = closeErr
		}
	}()
	return f(db)
}
