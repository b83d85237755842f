package store

import "context"

// Contact is somebody in a user's contacts or block list.
type Contact struct {
	ID string
	// Name is empty if the user must not see it, or if the account does not (or
	// no longer) exist: he cannot tell which.
	Name string
}

func scanContact(s scanner) (c Contact, err error) { return c, s.Scan(&c.ID, &c.Name) }

// AddContact puts contact into owner's contacts; to do so twice is no error.
// The contact need not exist: whether it does must not show. It fails with
// [ErrNotFound] if owner does not exist and with [ErrLimit] beyond
// [MaxContacts]. If contact has called owner in vain, his calls to strangers are
// forgiven.
func (s *Store) AddContact(ctx context.Context, owner, contact string) error {
	return s.add(ctx, owner, contact, MaxContacts,
		`SELECT COUNT(*) FROM contacts WHERE owner_id = $1 AND contact_id <> $2`,
		`INSERT INTO contacts (owner_id, contact_id, created_ms) VALUES ($1, $2, {now}) ON CONFLICT DO NOTHING`,
		forgiveIfAdded, ownContact)
}

// RemoveContact takes contact out of owner's contacts; it is no error if it was
// not in them.
func (s *Store) RemoveContact(ctx context.Context, owner, contact string) error {
	return s.remove(ctx, `DELETE FROM contacts WHERE owner_id = $1 AND contact_id = $2`, owner, contact)
}

// Contacts returns owner's contacts by name, those without one first.
func (s *Store) Contacts(ctx context.Context, owner string) ([]Contact, error) {
	return list(ctx, s, scanContact, `
		SELECT c.contact_id, `+shownName+` FROM contacts c LEFT JOIN users u ON u.id = c.contact_id`+profileJoins+`
		WHERE c.owner_id = $1 ORDER BY 2, 1`, owner)
}

// SetFavourite says whether a contact of owner's is a favourite. It fails with
// [ErrNotFound] if contact is not in owner's contacts.
func (s *Store) SetFavourite(ctx context.Context, owner, contact string, favourite bool) error {
	return s.change(ctx, ErrNotFound, `UPDATE contacts SET favourite = CAST($3 AS BOOLEAN) WHERE owner_id = $1 AND contact_id = $2`,
		owner, contact, favourite)
}

// Favourites returns the ids of owner's favourites, in no order that means
// anything.
func (s *Store) Favourites(ctx context.Context, owner string) ([]string, error) {
	return list(ctx, s, func(s scanner) (id string, err error) { return id, s.Scan(&id) },
		`SELECT contact_id FROM contacts WHERE owner_id = $1 AND favourite ORDER BY contact_id`, owner)
}

// IsContact reports whether contact is in owner's contacts.
func (s *Store) IsContact(ctx context.Context, owner, contact string) (bool, error) {
	return s.exists(ctx, `SELECT EXISTS (SELECT 1 FROM contacts WHERE owner_id = $1 AND contact_id = $2)`, owner, contact)
}

// add inserts a row (owner, other) unless owner has limit others already, and
// does what then follows in the same transaction.
func (s *Store) add(ctx context.Context, owner, other string, limit int, count, insert string,
	then ...func(ctx context.Context, c conn, owner, other string) error) error {
	if err := checkIDs("user id", owner, other); err != nil {
		return err
	}
	if owner == other {
		return invalid("a user may not list himself")
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		var others int
		if err := c.row(ctx, count, []any{owner, other}, &others); err != nil {
			return err
		}
		if others >= limit {
			return ErrLimit
		}
		if _, err := c.exec(ctx, insert, owner, other); err != nil {
			return err
		}
		for _, f := range then {
			if err := f(ctx, c, owner, other); err != nil {
				return err
			}
		}
		return nil
	})
}

// remove runs a statement that may find nothing to do.
func (s *Store) remove(ctx context.Context, text string, args ...any) error {
	return s.change(ctx, nil, text, args...)
}

// exists runs a query that returns one truth value.
func (s *Store) exists(ctx context.Context, text string, args ...any) (bool, error) {
	return get(ctx, s, func(s scanner) (yes bool, err error) { return yes, s.Scan(&yes) }, text, args...)
}
