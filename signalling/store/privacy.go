package store

import (
	"context"
	"errors"
)

// WhoMayCall says whose calls ring.
type WhoMayCall string

// The values of [WhoMayCall].
const (
	Everyone WhoMayCall = "everyone" // the default
	Contacts WhoMayCall = "contacts" // who is in the user's contacts
	Nobody   WhoMayCall = "nobody"
)

// Privacy is a user's settings about calls.
type Privacy struct {
	WhoMayCall WhoMayCall
	// HideAddress keeps the user's network addresses from the people he calls
	// or is called by: media goes through a relay.
	HideAddress bool
	// Version is 0 as long as the user has never set anything, and one more
	// with each change.
	Version int64
}

// AnyVersion makes [Store.SetPrivacy] overwrite whatever is there.
const AnyVersion int64 = -1

// Privacy returns the settings of user, the defaults if there are none.
func (s *Store) Privacy(ctx context.Context, user string) (Privacy, error) {
	p, err := get(ctx, s, func(s scanner) (p Privacy, err error) {
		return p, s.Scan(&p.WhoMayCall, &p.HideAddress, &p.Version)
	}, `SELECT who_may_call, hide_address, version FROM privacy WHERE user_id = $1`, user)
	if errors.Is(err, ErrNotFound) {
		return Privacy{WhoMayCall: Everyone}, nil
	}
	return p, err
}

// SetPrivacy replaces the settings of user if they still have the version
// ifVersion (or for [AnyVersion]), and returns the new version; p.Version is
// ignored. Otherwise it fails with [ErrConflict]. It fails with [ErrNotFound]
// if there is no such user.
func (s *Store) SetPrivacy(ctx context.Context, user string, p Privacy, ifVersion int64) (int64, error) {
	if err := checkID("user id", user); err != nil {
		return 0, err
	}
	switch p.WhoMayCall {
	case Everyone, Contacts, Nobody:
	default:
		return 0, invalid("who may call is neither everyone, contacts nor nobody")
	}
	const (
		insert = `INSERT INTO privacy (user_id, who_may_call, hide_address, version) VALUES ($1, $2, $3, 1)
			ON CONFLICT (user_id) DO `
		set = ` SET who_may_call = $2, hide_address = $3, version = privacy.version + 1 `
	)
	text, args := insert+`NOTHING RETURNING version`, []any{user, string(p.WhoMayCall), p.HideAddress}
	switch {
	case ifVersion == AnyVersion:
		text = insert + `UPDATE` + set + `RETURNING version`
	case ifVersion > 0:
		text = `UPDATE privacy` + set + `WHERE user_id = $1 AND version = $4 RETURNING version`
		args = append(args, ifVersion)
	}
	var version int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		found, err := rows(ctx, c, func(s scanner) (v int64, err error) { return v, s.Scan(&v) }, text, args...)
		if err == nil && len(found) == 0 {
			return ErrConflict
		}
		if err == nil {
			version = found[0]
		}
		return err
	})
	return version, err
}
