package store

import (
	"context"
	"slices"
	"time"
)

// Preferences are all that a user has chosen, as one record.
type Preferences struct {
	// Version is 0 as long as nothing was chosen, and grows with each change of
	// any part, whoever makes it.
	Version int64
	// Terms is the version of the terms that he has accepted, and TermsAt when;
	// empty for none.
	Terms   string
	TermsAt time.Time
	// Minor is whether his defaults are those for minors.
	Minor bool
	// Audience is who sees his profile.
	Audience WhoMayCall
	Privacy  Privacy
	Presence PresenceSetting
	// Blocked are the accounts that he has blocked, the latest first.
	Blocked []string
}

// PreferencesChange is a change of some parts. What is empty stays as it is.
type PreferencesChange struct {
	// Terms accepts a version of the terms, now.
	Terms string
	// NoteTerms says that Terms is the server's own version of now: there is a
	// [Receipt] of it.
	NoteTerms bool
	Audience  WhoMayCall
	Privacy   *Privacy
	Presence  *PresenceSetting
	// Blocked, if not nil, is the whole block list.
	Blocked []string
}

// PreferencesDone is what a change has brought about.
type PreferencesDone struct {
	// Blocked are whom the user has blocked that was not blocked before; see
	// [Store.Block].
	Blocked []string
	// Accepted is whether it made the [Receipt] that the terms were accepted.
	Accepted bool
}

// Preferences returns the record of user. It is for his own eyes.
func (s *Store) Preferences(ctx context.Context, user string) (Preferences, error) {
	var p Preferences
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		err := c.row(ctx, `SELECT COALESCE(x.version, 0), COALESCE(x.terms, ''), COALESCE(x.terms_ms, 0), COALESCE(s.minor, FALSE), `+
			profileAudience("f", "s")+`
			FROM (VALUES (CAST($1 AS TEXT))) AS one
			LEFT JOIN preferences x ON x.user_id = $1 LEFT JOIN profiles f ON f.user_id = $1 LEFT JOIN standing s ON s.user_id = $1`,
			[]any{user}, &p.Version, &p.Terms, millis{&p.TermsAt}, &p.Minor, &p.Audience)
		if err != nil {
			return err
		}
		p.Blocked, err = rows(ctx, c, scanID, `SELECT blocked_id FROM blocks WHERE owner_id = $1 ORDER BY created_ms DESC, blocked_id`, user)
		return err
	})
	if err == nil { // after the version, which is then never newer than what it stands for
		p.Privacy, err = s.Privacy(ctx, user)
	}
	if err == nil {
		p.Presence, err = s.PresenceSetting(ctx, user)
	}
	return p, err
}

// SetPreferences carries out a change if the record still has the version
// ifVersion (or for [AnyVersion]); else it fails with [ErrConflict]. It fails with
// [ErrNotFound] if there is no such user.
func (s *Store) SetPreferences(ctx context.Context, user string, p PreferencesChange, ifVersion int64) (done PreferencesDone, err error) {
	if err := p.validate(user); err != nil {
		return done, err
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := count(ctx, c, user, ifVersion); err != nil {
			return err
		}
		if p.Terms != "" {
			if _, err := c.exec(ctx, `UPDATE preferences SET terms = $2, terms_ms = {now} WHERE user_id = $1`, user, p.Terms); err != nil {
				return err
			}
		}
		if p.Terms != "" && p.NoteTerms {
			var err error
			if done.Accepted, err = termsAccepted(ctx, c, user, p.Terms); err != nil {
				return err
			}
		}
		if p.Audience != "" {
			if _, err := c.exec(ctx, `INSERT INTO profiles (user_id, audience) VALUES ($1, $2)
				ON CONFLICT (user_id) DO UPDATE SET audience = excluded.audience`, user, string(p.Audience)); err != nil {
				return err
			}
		}
		if p.Privacy != nil {
			if _, err := setPrivacy(ctx, c, user, *p.Privacy, AnyVersion); err != nil {
				return err
			}
		}
		if p.Presence != nil {
			if _, err := setPresence(ctx, c, user, *p.Presence, AnyVersion); err != nil {
				return err
			}
		}
		if p.Blocked == nil {
			return nil
		}
		var err error
		done.Blocked, err = setBlocks(ctx, c, user, p.Blocked)
		return err
	})
	return done, err
}

func (p *PreferencesChange) validate(user string) error {
	if err := checkIDs("user id", append([]string{user}, p.Blocked...)...); err != nil {
		return err
	}
	if err := checkText("terms", p.Terms, MaxID); err != nil {
		return err
	}
	switch p.Audience {
	case "", Everyone, Contacts, Nobody:
	default:
		return invalid("who sees the profile is neither everyone, contacts nor nobody")
	}
	switch {
	case len(p.Blocked) > MaxBlocks:
		return invalid("there are %d blocks, at most %d", len(p.Blocked), MaxBlocks)
	case slices.Contains(p.Blocked, user):
		return invalid("a user may not block himself")
	}
	if p.Privacy != nil {
		if err := p.Privacy.validate(user); err != nil {
			return err
		}
	}
	if p.Presence != nil {
		return p.Presence.validate(user)
	}
	return nil
}

// count counts a change of a user's record, and locks it. ifVersion is as of
// [Store.SetPreferences].
func count(ctx context.Context, c conn, user string, ifVersion int64) error {
	const insert = `INSERT INTO preferences (user_id, version) VALUES ($1, 1) ON CONFLICT (user_id) DO `
	switch {
	case ifVersion == AnyVersion:
		_, err := c.exec(ctx, insert+`UPDATE SET version = preferences.version + 1`, user)
		return err
	case ifVersion > 0:
		return c.must(ctx, ErrConflict, `UPDATE preferences SET version = version + 1 WHERE user_id = $1 AND version = $2`, user, ifVersion)
	}
	return c.must(ctx, ErrConflict, insert+`NOTHING`, user)
}

// setPart changes a part of a user's record that has a version of its own, and
// counts the change. It returns the part's new version.
func (s *Store) setPart(ctx context.Context, user string, set func(context.Context, conn) (int64, error)) (version int64, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		if err := count(ctx, c, user, AnyVersion); err != nil {
			return err
		}
		version, err = set(ctx, c)
		return err
	})
	return version, err
}

// counted is count for a change that anybody may make at any time.
func counted(ctx context.Context, c conn, user, _ string) error {
	return count(ctx, c, user, AnyVersion)
}

// setBlocks makes a list the whole block list, and returns who is new in it.
func setBlocks(ctx context.Context, c conn, owner string, list []string) (added []string, err error) {
	before, err := rows(ctx, c, scanID, `SELECT blocked_id FROM blocks WHERE owner_id = $1`, owner)
	if err != nil {
		return nil, err
	}
	for _, id := range before {
		if !slices.Contains(list, id) {
			if _, err := c.exec(ctx, `DELETE FROM blocks WHERE owner_id = $1 AND blocked_id = $2`, owner, id); err != nil {
				return nil, err
			}
		}
	}
	for _, id := range list {
		n, err := c.exec(ctx, `INSERT INTO blocks (owner_id, blocked_id, created_ms) VALUES ($1, $2, {now}) ON CONFLICT DO NOTHING`, owner, id)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			added = append(added, id)
		}
	}
	return added, nil
}
