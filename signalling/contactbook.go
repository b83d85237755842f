package signalling

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/contact"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

const (
	// syncEvery is how long an address book's changes may wait; up to syncSpread
	// more, so that those who first came together do not come together always.
	syncEvery  = 24 * time.Hour
	syncSpread = time.Hour
	// uploadsPerMinute bounds the work that an account can make with numbers
	// that cost nothing of its budget. A first sync needs ten.
	uploadsPerMinute = 20
	// lookUpsPerMinute bounds how many accounts and numbers somebody may try in
	// other ways. What he gets does not tell which accounts exist; this keeps him
	// from finding out by how the server feels.
	lookUpsPerMinute = 30
)

// contactBook carries out requests about phone numbers. The numbers go no
// further than this file: from here on they are hashes.
func (s *Server) contactBook(ctx context.Context, who call.Who, message any) (handled bool, err error) {
	switch m := message.(type) {
	case *wire.GetDiscovery:
		return true, s.discovery(ctx, who, nil)
	case *wire.SetDiscovery:
		return true, s.discovery(ctx, who, func() error { return s.setDiscovery(ctx, who.User, m.On) })
	case *wire.SetDiscoverable:
		return true, s.discovery(ctx, who, func() error {
			told, err := s.cfg.Store.SetDiscoverable(ctx, string(who.User), m.On)
			s.tellPeople(told)
			return err
		})
	case *wire.UploadContacts:
		return true, s.uploadContacts(ctx, who, m)
	case *wire.BlockNumber:
		return true, s.withNumber(ctx, who, m.Number, func(hash string) error {
			return s.cfg.Store.BlockNumber(ctx, string(who.User), hash, spend(nil))
		})
	case *wire.UnblockNumber:
		return true, s.withNumber(ctx, who, m.Number, func(hash string) error {
			return s.cfg.Store.UnblockNumber(ctx, string(who.User), hash)
		})
	}
	return false, nil
}

// SetNumber gives an account the phone number that its owner has proved to be
// his. Those who have the number in their address books are told, if they let
// the server look. Its errors do not hold the number; [contact.ErrNumber] means
// that it is none, [store.ErrNotFound] that there is no such account.
func (s *Server) SetNumber(ctx context.Context, user wire.UserID, number string) error {
	n, err := contact.Parse(number)
	if err != nil {
		return err
	}
	told, err := s.cfg.Store.SetNumber(ctx, string(user), s.cfg.Numbers.Hash(n), n.Ending())
	s.tellPeople(told)
	if err == nil {
		s.tellDiscovery(ctx, user)
		s.presence.relation(user) // somebody may have blocked the number
	}
	return err
}

// RemoveNumber takes an account's phone number away.
func (s *Server) RemoveNumber(ctx context.Context, user wire.UserID) error {
	told, err := s.cfg.Store.DeleteNumber(ctx, string(user))
	s.tellPeople(told)
	if err == nil {
		s.tellDiscovery(ctx, user)
	}
	return err
}

// discovery makes a change, if any, and answers with where the account stands.
func (s *Server) discovery(ctx context.Context, who call.Who, change func() error) error {
	if change != nil {
		if err := change(); err != nil {
			return budgetProblem(err)
		}
	}
	d, err := s.cfg.Store.Discovery(ctx, string(who.User))
	if err != nil {
		return err
	}
	who.Reply(discovery(d))
	if change != nil {
		s.tellDevices(who, discovery(d))
		s.presence.relation(who.User)
	}
	return nil
}

func discovery(d store.Discovery) wire.Discovery {
	return wire.Discovery{
		On: d.On, Uploaded: uint32(d.Uploaded), NumbersBlocked: uint32(d.NumbersBlocked),
		NumberEnding: d.Number.Ending, Discoverable: d.Number.Discoverable,
	}
}

func (s *Server) setDiscovery(ctx context.Context, user wire.UserID, on bool) error {
	contacts, err := s.cfg.Store.SetDiscovery(ctx, string(user), on, spend(nil))
	if contacts {
		s.tellPeople([]string{string(user)})
	}
	return err
}

// withNumber has f do something with the hash of a number.
func (s *Server) withNumber(ctx context.Context, who call.Who, number string, f func(hash string) error) error {
	n, err := contact.Parse(number)
	if err != nil {
		return wire.Problemf(wire.CodeInvalid, "number is %s", err)
	}
	return s.discovery(ctx, who, func() error { return f(s.cfg.Numbers.Hash(n)) })
}

func (s *Server) uploadContacts(ctx context.Context, who call.Who, m *wire.UploadContacts) error {
	if wait := s.uploads.take(who.User, uploadsPerMinute, time.Now()); wait > 0 {
		return rateLimited(wait, "more than %d uploads a minute", uploadsPerMinute)
	}
	add, skipped := s.hashes(m.Add)
	remove, _ := s.hashes(m.Remove)
	u := store.Upload{Owner: string(who.User), Start: m.Start, Complete: m.Complete}
	for hash := range add {
		u.Add = append(u.Add, hash)
	}
	for hash := range remove {
		u.Remove = append(u.Remove, hash)
	}
	found, err := s.cfg.Store.Upload(ctx, u, spend(add))
	if err != nil {
		return budgetProblem(err)
	}
	who.Reply(wire.Matches{
		People: persons(found.People), Skipped: skipped,
		NextSyncMs: uint32((syncEvery + rand.N(syncSpread)).Milliseconds()),
	})
	if found.Contacts {
		s.tellPeople([]string{string(who.User)})
	}
	return nil
}

// hashes makes the hashes of numbers, each with its number's place, and counts
// the texts that are none.
func (s *Server) hashes(numbers []string) (places map[string]byte, skipped uint32) {
	places = make(map[string]byte, len(numbers))
	for _, text := range numbers {
		n, err := contact.Parse(text)
		if err != nil {
			skipped++
			continue
		}
		places[s.cfg.Numbers.Hash(n)] = s.cfg.Numbers.Place(n)
	}
	return places, skipped
}

// spend lets the discovery budget decide; places has that of each number.
func spend(places map[string]byte) store.Spend {
	return func(text string, c store.NumberChange) (string, error) {
		sketch, err := contact.DecodeSketch(text)
		if err != nil {
			return "", err
		}
		step := contact.Step{Missed: c.Missed, Removed: c.Removed, Blocks: c.Blocked}
		for _, hash := range c.New {
			step.Places = append(step.Places, places[hash])
		}
		if sketch, err = sketch.Spend(step, c.Now); err != nil {
			return "", err
		}
		return sketch.Encode()
	}
}

// budgetProblem is what a client may know of an error about numbers.
func budgetProblem(err error) error {
	if exceeded := (*contact.Exceeded)(nil); errors.As(err, &exceeded) {
		return rateLimited(exceeded.After, "so many numbers are more than people know; send fewer, or wait")
	}
	if errors.Is(err, store.ErrDiscoveryOff) {
		return wire.Problemf(wire.CodeForbidden, "discovery is off; turn it on first")
	}
	return err
}

func rateLimited(wait time.Duration, format string, args ...any) *wire.Problem {
	p := wire.Problemf(wire.CodeRateLimited, format, args...)
	p.RetryAfterMs = uint32(max(wait, time.Second).Milliseconds())
	return p
}

// tellDiscovery tells an account's devices where it stands.
func (s *Server) tellDiscovery(ctx context.Context, user wire.UserID) {
	d, err := s.cfg.Store.Discovery(ctx, string(user))
	if err != nil {
		s.cfg.Logger.Warn("devices could not be told of a number; they see it when they ask", "err", err)
		return
	}
	s.tellDevices(call.Who{User: user}, discovery(d))
}

// pace counts what each account does in the current minute, or what in says. The zero pace is
// ready.
type pace struct {
	in time.Duration // a minute if 0

	mu    sync.Mutex // guards what follows; held for map access only
	since time.Time
	used  map[wire.UserID]int
}

// take counts one of most, or returns how long to wait.
func (p *pace) take(user wire.UserID, most int, now time.Time) (wait time.Duration) {
	in := cmp.Or(p.in, time.Minute)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used == nil || now.Sub(p.since) >= in {
		p.since, p.used = now, map[wire.UserID]int{}
	}
	if p.used[user] >= most {
		return in - now.Sub(p.since)
	}
	p.used[user]++
	return 0
}
