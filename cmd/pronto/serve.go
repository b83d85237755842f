package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// serveCmd serves until it is told to stop.
type serveCmd struct{}

// garbage is how much the heap grows, in percent, until it is collected: twice what
// Go does by itself. Most of it are stacks and buffers of sessions, which cost much
// to look through, and media waits meanwhile.
const garbage = 200

// Run implements the command.
func (serveCmd) Run(ctx context.Context) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	cfg, err := loadConfig(os.Environ())
	if err != nil {
		return err
	}
	log := cfg.logger()
	s, err := newServer(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer s.Close()
	log.Info("pronto is ready", "page", shown(s.urls.Page), "metrics", shown(s.urls.Metrics), "media", shown(s.urls.Media), "turn", shown(s.urls.Turn))
	if cfg.Demo {
		log.Warn("demo mode: anybody can sign in as anybody")
	}
	select {
	case <-ctx.Done():
		log.Info("pronto is stopping")
		return nil
	case err := <-s.failed:
		return err
	}
}

// enrolDemo stores the demo identities, who know each other.
func enrolDemo(ctx context.Context, db *store.Store) error {
	for _, p := range identity.Demo {
		err := db.UpsertUser(ctx, string(p.User), p.Name)
		if errors.Is(err, store.ErrDeleted) { // by somebody who tried that out; the others are there
			continue
		}
		if err != nil {
			return fmt.Errorf("store a demo identity: %w", err)
		}
	}
	for _, a := range identity.DemoContacts() {
		for _, b := range identity.DemoContacts() {
			if a.User == b.User {
				continue
			}
			err := db.AddContact(ctx, string(a.User), string(b.User))
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("store a demo contact: %w", err)
			}
		}
	}
	return nil
}
