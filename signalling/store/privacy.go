package store

import (
	"context"
	"strings"
)

// WhoMayCall says whose calls ring, or who may add the user to calls.
type WhoMayCall string

// The values of [WhoMayCall].
const (
	Everyone WhoMayCall = "everyone" // the default
	Contacts WhoMayCall = "contacts" // who is in the user's contacts
	Nobody   WhoMayCall = "nobody"
)

// Privacy is a user's settings about calls. They have one version together.
type Privacy struct {
	WhoMayCall WhoMayCall
	// WhoMayAdd is who, of those who may call, may also add the user to a call
	// of several.
	WhoMayAdd WhoMayCall
	// SilenceUnknown keeps the devices quiet for who is not in the user's
	// contacts; such calls are found in the log.
	SilenceUnknown bool
	// RejectInCall refuses rings while one of the user's devices is in a call.
	RejectInCall bool
	// TakeNotes lets who has rung in vain leave a note.
	TakeNotes bool
	// DoNotDisturb is at which hours no device rings, in the policy layer's
	// words; empty for never. At most [MaxHours] bytes.
	DoNotDisturb string
	// HideAddress keeps the user's network addresses from the people he calls
	// or is called by: media goes through a relay.
	HideAddress bool
	// Version is 0 as long as the user has never set anything, and one more
	// with each change.
	Version int64
}

// AnyVersion makes [Store.SetPrivacy] overwrite whatever is there.
const AnyVersion int64 = -1

// privacyColumns are the settings of one person, whose row of privacy has the
// alias p and of standing the alias s. Who has set nothing has the defaults,
// which are stricter for minors.
const privacyColumns = `
	COALESCE(p.who_may_call, CASE WHEN s.minor THEN 'contacts' ELSE 'everyone' END),
	COALESCE(p.who_may_add, CASE WHEN s.minor THEN 'contacts' ELSE 'everyone' END),
	COALESCE(p.silence_unknown, s.minor, FALSE), COALESCE(p.do_not_disturb, ''),
	COALESCE(p.hide_address, s.minor, FALSE), COALESCE(p.reject_in_call, FALSE), COALESCE(p.take_notes, FALSE), COALESCE(p.version, 0)`

// privacyOf is privacyColumns with other aliases.
func privacyOf(p, s string) string {
	return strings.NewReplacer("p.", p+".", "s.minor", s+".minor").Replace(privacyColumns)
}

// fields are where privacyColumns are scanned to.
func (p *Privacy) fields() []any {
	return []any{&p.WhoMayCall, &p.WhoMayAdd, &p.SilenceUnknown, &p.DoNotDisturb, &p.HideAddress, &p.RejectInCall, &p.TakeNotes, &p.Version}
}

// Privacy returns the settings of user, the defaults if there are none.
func (s *Store) Privacy(ctx context.Context, user string) (Privacy, error) {
	return get(ctx, s, func(s scanner) (p Privacy, err error) { return p, s.Scan(p.fields()...) }, `
		SELECT `+privacyColumns+` FROM (VALUES (CAST($1 AS TEXT))) AS one
		LEFT JOIN privacy p ON p.user_id = $1 LEFT JOIN standing s ON s.user_id = $1`, user)
}

// SetPrivacy replaces the settings of user if they still have the version
// ifVersion (or for [AnyVersion]), and returns the new version; p.Version is
// ignored, and an empty WhoMayAdd is everyone. Otherwise it fails with
// [ErrConflict]. It fails with [ErrNotFound] if there is no such user.
func (s *Store) SetPrivacy(ctx context.Context, user string, p Privacy, ifVersion int64) (int64, error) {
	if err := p.validate(user); err != nil {
		return 0, err
	}
	return s.setPart(ctx, user, func(ctx context.Context, c conn) (int64, error) {
		return setPrivacy(ctx, c, user, p, ifVersion)
	})
}

// setPrivacy is SetPrivacy inside a transaction.
func setPrivacy(ctx context.Context, c conn, user string, p Privacy, ifVersion int64) (int64, error) {
	const (
		insert = `INSERT INTO privacy (user_id, who_may_call, hide_address, who_may_add, silence_unknown, do_not_disturb, reject_in_call, take_notes, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT (user_id) DO `
		set = ` SET who_may_call = $2, hide_address = $3, who_may_add = $4, silence_unknown = $5, do_not_disturb = $6,
			reject_in_call = $7, take_notes = $8, version = privacy.version + 1 `
	)
	text := insert + `NOTHING RETURNING version`
	args := []any{user, string(p.WhoMayCall), p.HideAddress, string(p.WhoMayAdd), p.SilenceUnknown, p.DoNotDisturb, p.RejectInCall, p.TakeNotes}
	switch {
	case ifVersion == AnyVersion:
		text = insert + `UPDATE` + set + `RETURNING version`
	case ifVersion > 0:
		text = `UPDATE privacy` + set + `WHERE user_id = $1 AND version = $9 RETURNING version`
		args = append(args, ifVersion)
	}
	found, err := rows(ctx, c, func(s scanner) (v int64, err error) { return v, s.Scan(&v) }, text, args...)
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		return 0, ErrConflict
	}
	return found[0], nil
}

// validate checks the settings and fills in an empty WhoMayAdd.
func (p *Privacy) validate(user string) error {
	if p.WhoMayAdd == "" {
		p.WhoMayAdd = Everyone
	}
	if err := checkID("user id", user); err != nil {
		return err
	}
	for _, who := range []WhoMayCall{p.WhoMayCall, p.WhoMayAdd} {
		switch who {
		case Everyone, Contacts, Nobody:
		default:
			return invalid("who may call or add is neither everyone, contacts nor nobody")
		}
	}
	return checkText("the hours without calls", p.DoNotDisturb, MaxHours)
}
