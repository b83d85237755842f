package store

import (
	"context"
	"slices"
)

// Upload is one part of what a user says about the numbers in his address book.
// Repeating one changes nothing.
type Upload struct {
	Owner string
	// Add are hashes of numbers that are in the book, Remove of those that are
	// no longer; a hash in both is added. At most [MaxUpload] each.
	Add, Remove []string
	// Start begins a full sync, Complete ends it: what has not been added from
	// Start to Complete is removed.
	Start, Complete bool
}

// Limits of uploads.
const (
	MaxUpload   = 500  // hashes in a list of an [Upload]
	MaxUploaded = 5000 // hashes that a user has uploaded
)

// Uploaded is what an upload has led to.
type Uploaded struct {
	// People are the accounts of the numbers added, those known before too.
	People []Contact
	// Contacts is whether the owner's contacts have changed.
	Contacts bool
}

// Upload carries out an upload. Whom it finds becomes a contact, except who
// does not want to be found by number; of the other numbers only the hashes
// are kept, with their owner. It fails with [ErrDiscoveryOff], with
// [ErrLimit] beyond [MaxUploaded] and with the error of spend.
//
// A block does not count here: whoever has blocked the owner is found like
// everybody else, because not to be found would tell of the block.
func (s *Store) Upload(ctx context.Context, u Upload, spend Spend) (Uploaded, error) {
	if err := u.validate(); err != nil {
		return Uploaded{}, err
	}
	var found Uploaded
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		found, err = u.carryOut(ctx, c, spend)
		return err
	})
	if err != nil {
		return Uploaded{}, err
	}
	// Once more, now that the hashes are committed: see [Store.adopt].
	missed, err := s.exists(ctx, `SELECT EXISTS (SELECT 1 FROM uploaded u JOIN numbers n ON n.hash = u.hash
		WHERE u.owner_id = $1 AND u.contact_id IS NULL AND n.discoverable AND n.user_id <> $1)`, u.Owner)
	if err != nil {
		return Uploaded{}, err
	}
	if missed {
		err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
			made, err := u.match(ctx, c)
			found.Contacts = found.Contacts || made
			return err
		})
		if err != nil {
			return Uploaded{}, err
		}
	}
	found.People, err = s.found(ctx, u.Owner, u.Add)
	return found, err
}

// validate checks the lists and takes out what stands in them twice.
func (u *Upload) validate() error {
	if err := checkIDs("user id or hash", append(append([]string{u.Owner}, u.Add...), u.Remove...)...); err != nil {
		return err
	}
	if len(u.Add) > MaxUpload || len(u.Remove) > MaxUpload {
		return invalid("more than %d hashes", MaxUpload)
	}
	u.Add = slices.Compact(slices.Sorted(slices.Values(u.Add)))
	u.Remove = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(u.Remove))), func(hash string) bool {
		_, both := slices.BinarySearch(u.Add, hash)
		return both
	})
	return nil
}

func (u Upload) carryOut(ctx context.Context, c conn, spend Spend) (Uploaded, error) {
	round, err := u.begin(ctx, c)
	if err != nil {
		return Uploaded{}, err
	}
	change, contacts, err := u.remove(ctx, c)
	if err != nil {
		return Uploaded{}, err
	}
	if change.New, err = u.unknown(ctx, c); err != nil {
		return Uploaded{}, err
	}
	var kept int
	if err := c.row(ctx, `SELECT COUNT(*) FROM uploaded WHERE owner_id = $1`, []any{u.Owner}, &kept); err != nil {
		return Uploaded{}, err
	}
	if len(change.New) > 0 && kept+len(change.New) > MaxUploaded {
		return Uploaded{}, ErrLimit
	}
	if err := u.insert(ctx, c, round); err != nil {
		return Uploaded{}, err
	}
	if change.Missed, err = missed(ctx, c, u.Owner, change.New); err != nil {
		return Uploaded{}, err
	}
	made, err := u.match(ctx, c)
	if err != nil {
		return Uploaded{}, err
	}
	if u.Complete {
		removed, fewer, err := forget(ctx, c, `round < $2`, u.Owner, round)
		if err != nil {
			return Uploaded{}, err
		}
		change.Removed += int(removed)
		contacts = contacts || fewer
	}
	if err := charge(ctx, c, u.Owner, change, spend); err != nil {
		return Uploaded{}, err
	}
	return Uploaded{Contacts: contacts || made}, nil
}

// begin locks the owner's row, so that his uploads follow one another, and
// returns the number of the sync.
func (u Upload) begin(ctx context.Context, c conn) (round int64, err error) {
	var step int64
	if u.Start {
		step = 1
	}
	found, err := rows(ctx, c, func(s scanner) (r [2]int64, err error) { return r, s.Scan(&r[0], &r[1]) }, `
		UPDATE discovery SET synced_ms = {now}, round = round + $2 WHERE user_id = $1 AND active RETURNING round, completed`,
		u.Owner, step)
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, ErrDiscoveryOff
	}
	round = found[0][0]
	if !u.Complete {
		return round, nil
	}
	if round == found[0][1] {
		return 0, invalid("a full sync is completed that was not started")
	}
	_, err = c.exec(ctx, `UPDATE discovery SET completed = $2 WHERE user_id = $1`, u.Owner, round)
	return round, err
}

// remove deletes what is no longer in the book.
func (u Upload) remove(ctx context.Context, c conn) (change NumberChange, contacts bool, err error) {
	err = inLists(u.Remove, 2, "$%d", func(marks string, args []any) error {
		removed, fewer, err := forget(ctx, c, `hash IN (`+marks+`)`, append([]any{u.Owner}, args...)...)
		change.Removed += int(removed)
		contacts = contacts || fewer
		return err
	})
	return change, contacts, err
}

// unknown returns those hashes to add that the owner has not uploaded before.
func (u Upload) unknown(ctx context.Context, c conn) ([]string, error) {
	known := map[string]struct{}{}
	err := inLists(u.Add, 2, "$%d", func(marks string, args []any) error {
		part, err := rows(ctx, c, scanID, `SELECT hash FROM uploaded WHERE owner_id = $1 AND hash IN (`+marks+`)`,
			append([]any{u.Owner}, args...)...)
		for _, hash := range part {
			known[hash] = struct{}{}
		}
		return err
	})
	return slices.DeleteFunc(slices.Clone(u.Add), func(hash string) bool {
		_, ok := known[hash]
		return ok
	}), err
}

// insert notes that the hashes are in the book as of this sync.
func (u Upload) insert(ctx context.Context, c conn, round int64) error {
	err := inLists(u.Add, 3, "$%d", func(marks string, args []any) error {
		_, err := c.exec(ctx, `UPDATE uploaded SET round = $2 WHERE owner_id = $1 AND round <> $2 AND hash IN (`+marks+`)`,
			append([]any{u.Owner, round}, args...)...)
		return err
	})
	if err != nil {
		return err
	}
	return inLists(u.Add, 3, "($1, $2, $%d)", func(marks string, args []any) error {
		_, err := c.exec(ctx, `INSERT INTO uploaded (owner_id, round, hash) VALUES `+marks+` ON CONFLICT DO NOTHING`,
			append([]any{u.Owner, round}, args...)...)
		return err
	})
}

// match looks for the accounts of the hashes to add, and reports whether there
// is a contact more.
func (u Upload) match(ctx context.Context, c conn) (made bool, err error) {
	err = inLists(u.Add, 2, "$%d", func(marks string, args []any) error {
		pairs, err := match(ctx, c, `uploaded.owner_id = $1 AND uploaded.hash IN (`+marks+`)`, append([]any{u.Owner}, args...)...)
		made = made || len(pairs) > 0
		return err
	})
	return made, err
}

// ownContact makes a contact the owner's own choice: it stays when the number
// by which it was found is removed.
func ownContact(ctx context.Context, c conn, owner, contact string) error {
	_, err := c.exec(ctx, `UPDATE uploaded SET made = FALSE WHERE owner_id = $1 AND contact_id = $2 AND made`, owner, contact)
	return err
}

// missed returns how many of the hashes belong to nobody who may be found.
func missed(ctx context.Context, c conn, owner string, hashes []string) (int, error) {
	n := len(hashes)
	err := inLists(hashes, 2, "$%d", func(marks string, args []any) error {
		hits, err := rows(ctx, c, scanID, `SELECT user_id FROM numbers
			WHERE user_id <> $1 AND discoverable AND hash IN (`+marks+`)`, append([]any{owner}, args...)...)
		n -= len(hits)
		return err
	})
	return n, err
}

// found returns the accounts that belong to hashes of the owner's.
func (s *Store) found(ctx context.Context, owner string, hashes []string) ([]Contact, error) {
	var people []Contact
	err := inLists(hashes, 2, "$%d", func(marks string, args []any) error {
		part, err := list(ctx, s, scanContact, `SELECT u.id, `+shownName+` FROM uploaded o JOIN users u ON u.id = o.contact_id`+profileJoins+`
			WHERE o.owner_id = $1 AND o.hash IN (`+marks+`) ORDER BY 2, 1`, append([]any{owner}, args...)...)
		people = append(people, part...)
		return err
	})
	return people, err
}
