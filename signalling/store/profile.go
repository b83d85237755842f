package store

import (
	"context"
	"strings"
)

// Limits of profiles.
const (
	MaxAbout  = 512      // bytes of what somebody says about himself
	MaxAvatar = 64 << 10 // bytes of an image
)

// Profile is what one account may see of another.
type Profile struct {
	User string
	// Name is empty, and so are the others, for who must not see it and for an
	// account that does not exist.
	Name, About string
	// Automated is that of [User].
	Automated bool
	// Avatar names the image; empty without one.
	Avatar string
}

// profileAudience is who sees the profile of an account whose rows of profiles
// and standing have these aliases.
func profileAudience(f, s string) string {
	return `COALESCE(NULLIF(` + f + `.audience, ''), CASE WHEN ` + s + `.minor THEN 'contacts' ELSE 'everyone' END)`
}

// admitsTo tells whether the account owner (whose rows of profiles and standing
// have the aliases f and s) lets viewer see its profile.
//
// A block changes nothing here: whoever saw a profile vanish would know of it.
func admitsTo(owner, viewer, f, s string) string {
	return `(` + profileAudience(f, s) + ` = 'everyone' OR ` + profileAudience(f, s) + ` = 'contacts'
		AND EXISTS (SELECT 1 FROM contacts kk WHERE kk.owner_id = ` + owner + ` AND kk.contact_id = ` + viewer + `))`
}

// knownTo tells whether viewer knows of the account u by more than its id: it is
// in the other's contacts, has its number, has talked to it, or is in a group with
// it. Whoever has only the id, which he may have guessed, must not find out by the
// name whether there is such an account.
func knownTo(viewer string) string {
	return strings.ReplaceAll(`(EXISTS (SELECT 1 FROM contacts ka WHERE ka.owner_id = u.id AND ka.contact_id = {viewer})
	OR EXISTS (SELECT 1 FROM uploaded kb WHERE kb.owner_id = {viewer} AND kb.contact_id = u.id)
	OR EXISTS (SELECT 1 FROM acquaintances kc WHERE kc.caller_id = {viewer} AND kc.callee_id = u.id)
	OR EXISTS (SELECT 1 FROM acquaintances kd WHERE kd.caller_id = u.id AND kd.callee_id = {viewer})
	OR EXISTS (SELECT 1 FROM group_members ke JOIN group_members kf ON kf.group_id = ke.group_id
		WHERE ke.user_id = {viewer} AND ke.state = 'active' AND kf.user_id = u.id AND kf.state = 'active'))`, "{viewer}", viewer)
}

// shownName is the name of the account u, with its profile f and its standing g,
// as the account $1 may see it; else empty.
var shownName = `CASE WHEN u.id IS NOT NULL AND ` + knownTo("$1") + ` AND ` + admitsTo("u.id", "$1", "f", "g") + ` THEN u.name ELSE '' END`

// profileJoins are the joins that shownName needs.
const profileJoins = ` LEFT JOIN profiles f ON f.user_id = u.id LEFT JOIN standing g ON g.user_id = u.id `

// Profiles returns what viewer may see of others, in their order: of those whom
// he knows, or of whom met says so, and who let him.
func (s *Store) Profiles(ctx context.Context, viewer string, users []string, met func(user string) bool) ([]Profile, error) {
	if err := checkIDs("user id", append([]string{viewer}, users...)...); err != nil {
		return nil, err
	}
	type row struct {
		Profile
		known, admitted bool
	}
	found := map[string]row{}
	err := inLists(users, 2, "$%d", func(marks string, args []any) error {
		part, err := list(ctx, s, func(s scanner) (r row, err error) {
			return r, s.Scan(&r.User, &r.Name, &r.Automated, &r.About, &r.Avatar, &r.known, &r.admitted)
		}, `SELECT u.id, u.name, u.automated, COALESCE(f.about, ''), COALESCE(f.avatar_id, ''), u.id = $1 OR `+knownTo("$1")+`, u.id = $1 OR `+
			admitsTo("u.id", "$1", "f", "g")+` FROM users u`+profileJoins+`WHERE u.id IN (`+marks+`)`, append([]any{viewer}, args...)...)
		for _, r := range part {
			found[r.User] = r
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	profiles := make([]Profile, len(users))
	for i, user := range users {
		profiles[i].User = user
		if r, ok := found[user]; ok && r.admitted && (r.known || met(user)) {
			profiles[i] = r.Profile
		}
	}
	return profiles, nil
}

// Seen is whether one account sees another's profile.
type Seen struct {
	Viewer, Subject string
	// Known is whether the viewer knows the subject by more than an id.
	Known bool
	// Admitted is whether the subject's settings let him see it.
	Admitted bool
}

// Seen returns who of ones sees whom of others, and the other way round, in no
// particular order. Subjects that do not exist are left out.
func (s *Store) Seen(ctx context.Context, ones, others []string) ([]Seen, error) {
	if err := checkIDs("user id", append(append([]string{}, ones...), others...)...); err != nil {
		return nil, err
	}
	var found []Seen
	read := func(viewer string, subjects []string) error {
		return inLists(subjects, 2, "$%d", func(marks string, args []any) error {
			part, err := list(ctx, s, func(s scanner) (o Seen, err error) {
				o.Viewer = viewer
				return o, s.Scan(&o.Subject, &o.Known, &o.Admitted)
			}, `SELECT u.id, `+knownTo("$1")+`, `+admitsTo("u.id", "$1", "f", "g")+` FROM users u`+profileJoins+`
				WHERE u.id IN (`+marks+`) AND u.id <> $1`, append([]any{viewer}, args...)...)
			found = append(found, part...)
			return err
		})
	}
	for _, one := range ones {
		if err := read(one, others); err != nil {
			return nil, err
		}
	}
	for _, other := range others {
		if err := read(other, ones); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// SetProfile changes what others see of user; an empty name keeps the one there
// is. It fails with [ErrNotFound] if there is no such user.
func (s *Store) SetProfile(ctx context.Context, user, name, about string) error {
	if err := checkText("name", name, MaxName); err != nil {
		return err
	}
	if err := checkText("about", about, MaxAbout); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		err := c.must(ctx, ErrNotFound, `UPDATE users SET name = CASE WHEN CAST($2 AS TEXT) = '' THEN name ELSE $2 END WHERE id = $1`, user, name)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `INSERT INTO profiles (user_id, about) VALUES ($1, $2)
			ON CONFLICT (user_id) DO UPDATE SET about = excluded.about`, user, about)
		return err
	})
}

// SetAvatar gives user an image, or takes it away if id is empty. The old one
// can be had no more. It fails with [ErrNotFound] if there is no such user.
func (s *Store) SetAvatar(ctx context.Context, user, id, contentType string, image []byte) error {
	if err := checkText("avatar id or type", id+contentType, MaxID); err != nil {
		return err
	}
	if len(image) > MaxAvatar {
		return invalid("the image has %d bytes, at most %d", len(image), MaxAvatar)
	}
	if id == "" {
		image = nil
	}
	return s.change(ctx, ErrNotFound, `INSERT INTO profiles (user_id, avatar_id, avatar_type, avatar) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id) DO UPDATE SET avatar_id = excluded.avatar_id, avatar_type = excluded.avatar_type, avatar = excluded.avatar`,
		user, orNull(id), orNull(contentType), image)
}

// Avatar is an image that somebody is known by.
type Avatar struct {
	Owner, Type string
	Image       []byte
}

// Avatar returns an image to an account that its owner lets see it now; to
// others it is [ErrNotFound].
func (s *Store) Avatar(ctx context.Context, viewer, id string) (Avatar, error) {
	return get(ctx, s, func(s scanner) (a Avatar, err error) { return a, s.Scan(&a.Owner, &a.Type, &a.Image) },
		`SELECT u.id, f.avatar_type, f.avatar FROM profiles f JOIN users u ON u.id = f.user_id
			LEFT JOIN standing g ON g.user_id = u.id
		WHERE f.avatar_id = $2 AND (u.id = $1 OR `+admitsTo("u.id", "$1", "f", "g")+`)`, viewer, id)
}
