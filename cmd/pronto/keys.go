package main

import (
	"context"
	"fmt"
	"os"
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
func (t tokenCmd) Run(ctx context.Context) error {
	return withStore(ctx, func(db *store.Store) error {
		key, err := db.Key(ctx, t.Key)
		if err != nil {
			return fmt.Errorf("find key %s: %w", t.Key, err)
		}
		id := identity.Identity{User: wire.UserID(t.User), Name: t.Name, Grants: identity.Grants{Account: true}}
		if err := id.User.Check(); err != nil || t.User == "" {
			return fmt.Errorf("the user is not an id: 1 to %d of A-Z a-z 0-9 _ -", wire.MaxIDBytes)
		}
		token, err := identity.Sign(key.ID, key.Secret, id, time.Now(), t.TTL)
		if err != nil {
			return err
		}
		fmt.Println(token)
		return nil
	})
}

// keysCmd manages API keys.
type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Create a key; its secret is printed once."`
	List   keysListCmd   `cmd:"" help:"List keys."`
	Revoke keysRevokeCmd `cmd:"" help:"Revoke a key: tokens signed with it open nothing any more."`
}

type keysCreateCmd struct {
	Name string `arg:"" optional:"" default:"key" help:"What it is for."`
}

// Run implements the command.
func (k keysCreateCmd) Run(ctx context.Context) error {
	return withStore(ctx, func(db *store.Store) error {
		id, secret := identity.NewID("ck"), "cs_"+identity.NewSecret()+identity.NewSecret()
		if err := db.CreateKey(ctx, id, k.Name, []byte(secret)); err != nil {
			return fmt.Errorf("create key: %w", err)
		}
		fmt.Printf("key     %s\nsecret  %s\n", id, secret)
		return nil
	})
}

type keysListCmd struct{}

// Run implements the command.
func (keysListCmd) Run(ctx context.Context) error {
	return withStore(ctx, func(db *store.Store) error {
		keys, err := db.ListKeys(ctx)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		for _, k := range keys {
			state := "active"
			if !k.Revoked.IsZero() {
				state = "revoked"
			}
			fmt.Printf("%s  %s  %s  %s\n", k.ID, k.Created.UTC().Format(time.DateTime), state, k.Name)
		}
		return nil
	})
}

type keysRevokeCmd struct {
	Key string `arg:"" help:"The key."`
}

// Run implements the command.
func (k keysRevokeCmd) Run(ctx context.Context) error {
	return withStore(ctx, func(db *store.Store) error {
		if err := db.RevokeKey(ctx, k.Key); err != nil {
			return fmt.Errorf("revoke key %s: %w", k.Key, err)
		}
		return nil
	})
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
