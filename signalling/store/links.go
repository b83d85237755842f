package store

import (
	"context"
	"errors"
	"time"
)

// Lobby says who waits to be let in by a host.
type Lobby string

// The lobbies.
const (
	LobbyOff      Lobby = "off"
	LobbyGuests   Lobby = "guests"   // who has no account
	LobbyEveryone Lobby = "everyone" // all but hosts
)

// Link lets whoever has it into its owner's call.
type Link struct {
	ID, OwnerID string
	Kind        Kind
	LinkTerms
	Created     time.Time
	Revoked     time.Time // zero if it is not
	Uses        int64
	Used        time.Time // when somebody was last let in by it; zero for never
	CallID      string    // the call it leads or last led to, if any
	Unencrypted bool      // its calls are not end-to-end encrypted
	Sequence    int64     // counts its changes
	HasHost     bool      // whether it has a host link
	KeyID       string    // the API key that made it, or whose token did; empty if it is not known
	BookedFrom  string    // the link that offered the time it was made for; empty for others
}

// LinkTerms are what the owner of a link may change.
type LinkTerms struct {
	Title     string
	Sealed    string // title and description that the server cannot read
	Lobby     Lobby  // empty is off
	Opens     time.Time
	Expires   time.Time     // zero means never
	Idle      time.Duration // ends it when nobody was let in for so long; 0 means never
	MaxUses   int64         // 0 means any number
	MaxPeople int64         // in its call at a time; 0 means as many as a call may have
	JoinMuted bool
	RingHost  bool // rings its owner when somebody waits and no host is there
	// Origins are those whose pages may show its page in a frame, separated by blanks;
	// empty leaves it to the server.
	Origins string
}

// NewLink is a link to be created.
type NewLink struct {
	ID, OwnerID string
	Kind        Kind
	LinkTerms
	HostHash    string // of the id of the host link; empty for none
	Unencrypted bool   // its calls are not to be end-to-end encrypted
	KeyID       string // the API key that makes it; empty if it is not known
}

// Ends is when the link ends by itself; zero means never.
func (l *Link) Ends() time.Time {
	if l.Idle == 0 {
		return l.Expires
	}
	since := l.Used
	for _, at := range []time.Time{l.Opens, l.Created} {
		if since.IsZero() {
			since = at
		}
	}
	if idle := since.Add(l.Idle); l.Expires.IsZero() || idle.Before(l.Expires) {
		return idle
	}
	return l.Expires
}

const linkColumns = `id, owner_id, kind, title, sealed, lobby, COALESCE(opens_ms, 0), COALESCE(expires_ms, 0), COALESCE(idle_ms, 0),
	COALESCE(max_uses, 0), COALESCE(max_people, 0), join_muted, ring_host, origins, created_ms, COALESCE(revoked_ms, 0), uses,
	COALESCE(used_ms, 0), COALESCE(call_id, ''), unencrypted, sequence, host_hash IS NOT NULL, key_id,
	COALESCE((SELECT s.link_id FROM link_slots s WHERE s.booked_by = links.id), '')`

func scanLink(s scanner) (l Link, err error) {
	return l, s.Scan(l.columns()...)
}

func (l *Link) columns() []any {
	return []any{
		&l.ID, &l.OwnerID, &l.Kind, &l.Title, &l.Sealed, &l.Lobby, millis{&l.Opens}, millis{&l.Expires}, span{&l.Idle},
		&l.MaxUses, &l.MaxPeople, &l.JoinMuted, &l.RingHost, &l.Origins, millis{&l.Created}, millis{&l.Revoked}, &l.Uses,
		millis{&l.Used}, &l.CallID, &l.Unencrypted, &l.Sequence, &l.HasHost, &l.KeyID, &l.BookedFrom,
	}
}

// CreateLink creates a link. It fails with [ErrNotFound] if its owner has no
// account, with [ErrConflict] if the id is taken and with [ErrLimit] beyond
// [MaxLinks].
func (s *Store) CreateLink(ctx context.Context, n NewLink) (Link, error) {
	var link Link
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		link, err = createLink(ctx, c, n)
		return err
	})
	return link, err
}

// createLink is CreateLink inside a transaction.
func createLink(ctx context.Context, c conn, n NewLink) (Link, error) {
	if err := n.validate(); err != nil {
		return Link{}, err
	}
	// In two, each a range of the index links_live, and not counted beyond the limit:
	// an owner of many links pays no more than that.
	var live int
	if err := c.row(ctx, `SELECT COUNT(*) FROM (
			SELECT 1 FROM links WHERE owner_id = $1 AND expires_ms IS NULL AND `+linkLives+`
			UNION ALL SELECT 1 FROM links WHERE owner_id = $1 AND expires_ms > {now} AND `+linkLives+` LIMIT $2) AS live`,
		[]any{n.OwnerID, MaxLinks}, &live); err != nil {
		return Link{}, err
	}
	if live >= MaxLinks {
		return Link{}, ErrLimit
	}
	args := append([]any{n.ID, n.OwnerID, string(n.Kind), orNull(n.HostHash), n.Unencrypted, n.KeyID}, n.LinkTerms.args()...)
	found, err := rows(ctx, c, scanLink, `
		INSERT INTO links (id, owner_id, kind, host_hash, unencrypted, key_id, created_ms,
			title, sealed, lobby, opens_ms, expires_ms, idle_ms, max_uses, max_people, join_muted, ring_host, origins)
		VALUES ($1, $2, $3, $4, $5, $6, {now}, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING `+linkColumns, args...)
	if err != nil {
		return Link{}, err
	}
	return found[0], tellOfLink(ctx, c, EventLinkCreated, found[0], "")
}

// args are the terms as a query takes them, in the order of their columns.
func (t *LinkTerms) args() []any {
	lobby := t.Lobby
	if lobby == "" {
		lobby = LobbyOff
	}
	return []any{
		t.Title, t.Sealed, string(lobby), orNever(t.Opens), orNever(t.Expires), orNone(t.Idle.Milliseconds()),
		orNone(t.MaxUses), orNone(t.MaxPeople), t.JoinMuted, t.RingHost, t.Origins,
	}
}

func orNever(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func orNone(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func (n *NewLink) validate() error {
	if err := checkIDs("link or owner id", n.ID, n.OwnerID); err != nil {
		return err
	}
	if n.Kind != Voice && n.Kind != Video {
		return invalid("the kind is neither voice nor video")
	}
	if err := checkText("hash of a host link", n.HostHash, MaxID); err != nil {
		return err
	}
	return n.LinkTerms.validate()
}

func (t *LinkTerms) validate() error {
	switch {
	case t.MaxUses < 0 || t.MaxPeople < 0 || t.Idle < 0:
		return invalid("the number of uses or people, or the time without any, is negative")
	case !t.Expires.IsZero() && t.Expires.UnixMilli() <= 0 || !t.Opens.IsZero() && t.Opens.UnixMilli() <= 0:
		return invalid("the expiry or opening is before 1970")
	case !t.Expires.IsZero() && !t.Opens.Before(t.Expires):
		return invalid("it expires before it opens")
	case t.Lobby != "" && t.Lobby != LobbyOff && t.Lobby != LobbyGuests && t.Lobby != LobbyEveryone:
		return invalid("the lobby is none of off, guests and everyone")
	}
	if err := checkText("sealed details", t.Sealed, MaxSealed); err != nil {
		return err
	}
	if err := checkText("origins", t.Origins, MaxOrigins); err != nil {
		return err
	}
	return checkText("title", t.Title, MaxName)
}

// Link returns a link, live or not, or [ErrNotFound]. It is for its owner;
// outsiders are answered by [Store.LinkDoor].
func (s *Store) Link(ctx context.Context, id string) (Link, error) {
	return get(ctx, s, scanLink, `SELECT `+linkColumns+` FROM links WHERE id = $1`, id)
}

// LinksOf returns the links of owner that live and, as far as [MaxLinks] leaves room,
// the newest of those that were revoked or have expired; all together the newest first.
func (s *Store) LinksOf(ctx context.Context, owner string) ([]Link, error) {
	return list(ctx, s, scanLink, `SELECT `+linkColumns+` FROM links WHERE id IN (
			SELECT id FROM links WHERE owner_id = $1
			ORDER BY CASE WHEN `+linkLives+` THEN 0 ELSE 1 END, created_ms DESC, id DESC LIMIT $2)
		ORDER BY created_ms DESC, id DESC`, owner, MaxLinks)
}

// LinkPage is a place in a list of links: after the one that was created then
// and has this id. The zero value is the beginning.
type LinkPage struct {
	Created time.Time
	ID      string
}

// LinksPage returns at most limit links, the newest first: those of owner, or of
// everybody if owner is empty.
func (s *Store) LinksPage(ctx context.Context, owner string, after LinkPage, limit int) ([]Link, error) {
	at := after.Created.UnixMilli()
	if after == (LinkPage{}) {
		at = 1 << 62
	}
	if owner == "" {
		return list(ctx, s, scanLink, `SELECT `+linkColumns+` FROM links
			WHERE created_ms < $1 OR created_ms = $1 AND id < $2 ORDER BY created_ms DESC, id DESC LIMIT $3`, at, after.ID, limit)
	}
	return list(ctx, s, scanLink, `SELECT `+linkColumns+` FROM links
		WHERE owner_id = $1 AND (created_ms < $2 OR created_ms = $2 AND id < $3) ORDER BY created_ms DESC, id DESC LIMIT $4`,
		owner, at, after.ID, limit)
}

// ChangeLink has change alter the terms of a link of owner, and returns it as it
// is then; owner may be empty for an operator. What change returns as its error
// is returned, and nothing has changed; it may be asked more than once. It fails
// with [ErrNotFound] if owner has no such link, and with [ErrConflict] if the
// link has another sequence than ifSequence, unless that is negative.
func (s *Store) ChangeLink(ctx context.Context, owner, id string, ifSequence int64, change func(*LinkTerms) error) (Link, error) {
	var link Link
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		// The update locks the row, so that of two who change it one sees the other's change.
		found, err := rows(ctx, c, scanLink, `UPDATE links SET uses = uses WHERE id = $1 RETURNING `+linkColumns, id)
		switch {
		case err != nil:
			return err
		case len(found) == 0 || owner != "" && found[0].OwnerID != owner:
			return ErrNotFound
		}
		link = found[0]
		if ifSequence >= 0 && link.Sequence != ifSequence {
			return ErrConflict
		}
		terms := link.LinkTerms
		if err := change(&terms); err != nil {
			return err
		}
		if err := terms.validate(); err != nil || terms == link.LinkTerms {
			return err
		}
		found, err = rows(ctx, c, scanLink, `
			UPDATE links SET title = $2, sealed = $3, lobby = $4, opens_ms = $5, expires_ms = $6, idle_ms = $7, max_uses = $8,
				max_people = $9, join_muted = $10, ring_host = $11, origins = $12, sequence = sequence + 1
			WHERE id = $1 RETURNING `+linkColumns, append([]any{id}, terms.args()...)...)
		if err == nil {
			link = found[0]
		}
		return err
	})
	return link, err
}

// NewHostLink gives a link of owner another host link, whose id has this hash;
// the one before opens nothing any more. An empty hash takes it away.
func (s *Store) NewHostLink(ctx context.Context, owner, id, hash string) error {
	if err := checkText("hash of a host link", hash, MaxID); err != nil {
		return err
	}
	return s.change(ctx, ErrNotFound, `UPDATE links SET host_hash = $3 WHERE id = $1 AND owner_id = $2`, id, owner, orNull(hash))
}

// RevokeLink makes a link of owner admit nobody any more; to do so twice is no
// error. It fails with [ErrNotFound] if owner has no such link.
func (s *Store) RevokeLink(ctx context.Context, owner, id string) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		revoked, err := rows(ctx, c, scanLink, `
			UPDATE links SET revoked_ms = {now}, sequence = sequence + 1
			WHERE id = $1 AND owner_id = $2 AND revoked_ms IS NULL RETURNING `+linkColumns, id, owner)
		if err != nil {
			return err
		}
		if len(revoked) == 0 { // it is revoked already, or not there
			return c.row(ctx, `SELECT id FROM links WHERE id = $1 AND owner_id = $2`, []any{id, owner}, new(string))
		}
		if err := tellOfLink(ctx, c, EventLinkRevoked, revoked[0], ""); err != nil {
			return err
		}
		// A booked talk that is called off leaves its time to others, and reminds nobody.
		if _, err = c.exec(ctx, `UPDATE link_slots SET booked_by = NULL WHERE booked_by = $1`, id); err != nil {
			return err
		}
		return dropOutbox(ctx, c, []string{reminderKey(id)})
	})
}

// linkLives is true of a link that is neither revoked nor expired, by the
// database's clock.
const linkLives = `revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > {now})
	AND (idle_ms IS NULL OR COALESCE(used_ms, opens_ms, created_ms) + idle_ms > {now})`

// BindLinkCall makes callID the call that a link leads to, unless it already
// leads to one that has not ended, and returns the one it leads to now. So two
// who come first at the same time get the same answer. [Store.CreateCall] with
// a LinkID does the same in the transaction that creates the call, which is to
// be preferred; a call bound before it is created keeps the link for
// [BindGrace]. It fails with a [*LinkRefused] if the link is unknown, revoked
// or expired.
func (s *Store) BindLinkCall(ctx context.Context, linkID, callID string) (winner string, err error) {
	if err := checkIDs("link or call id", linkID, callID); err != nil {
		return "", err
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		winner, err = bindLink(ctx, c, linkID, callID)
		return err
	})
	return winner, err
}

// BindGrace is how long a link waits for the call that was bound to it to be
// created, before another may take its place.
const BindGrace = 10 * time.Second

// bindLink is BindLinkCall inside a transaction.
func bindLink(ctx context.Context, c conn, linkID, callID string) (string, error) {
	// The first statement locks the link. The second one then sees, on
	// PostgreSQL too, what whoever held the lock before has committed; a
	// single statement would look for the call in the past.
	var bound string
	err := c.row(ctx, `
		UPDATE links SET uses = uses WHERE id = $1 AND `+linkLives+` RETURNING COALESCE(call_id, '')`, []any{linkID}, &bound)
	if errors.Is(err, ErrNotFound) {
		return "", refuse(ctx, c, linkID)
	}
	if err != nil || bound == callID {
		return bound, err
	}
	n, err := c.exec(ctx, `
		UPDATE links SET call_id = $2, bound_ms = {now}
		WHERE id = $1 AND (call_id IS NULL
			OR EXISTS (SELECT 1 FROM calls WHERE id = links.call_id AND ended_ms IS NOT NULL)
			OR (bound_ms <= {now} - $3 AND NOT EXISTS (SELECT 1 FROM calls WHERE id = links.call_id)))`,
		linkID, callID, BindGrace.Milliseconds())
	if err != nil || n == 0 {
		return bound, err
	}
	return callID, nil
}
