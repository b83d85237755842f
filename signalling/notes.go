package signalling

import (
	"context"
	"errors"
	"time"

	"pronto/signalling/again"
	"pronto/signalling/call"
	"pronto/signalling/framing"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

var errNoNoteCall = wire.Problemf(wire.CodeNotFound,
	"there is no call of yours that rang one account, was not answered and is over for ten minutes at most")

// notes carries out requests about the keys of notes.
func (s *Server) notes(ctx context.Context, who call.Who, message any) (handled bool, _ error) {
	switch m := message.(type) {
	case *wire.SetNoteKey:
		if err := s.setNoteKey(ctx, who, m); err != nil {
			return true, err
		}
		who.Reply(wire.Done{})
	case *wire.GetNoteKeys:
		callee, err := s.rangOnly(ctx, who.User, m.Call)
		if err != nil {
			return true, err
		}
		keys, err := s.noteKeys(ctx, callee)
		if err != nil {
			return true, err
		}
		who.Reply(wire.NoteKeys{Keys: keys})
	default:
		return false, nil
	}
	return true, nil
}

// rangOnly returns whom a call has rung that its caller may leave a note to.
func (s *Server) rangOnly(ctx context.Context, caller wire.UserID, id wire.CallID) (wire.UserID, error) {
	if id.Check() != nil {
		return "", errNoNoteCall
	}
	snapshot, err := s.cfg.Store.UnansweredCall(ctx, string(caller), string(id))
	if errors.Is(err, store.ErrNotFound) {
		return "", errNoNoteCall
	}
	if err != nil {
		return "", err
	}
	callee, ok := call.RangOnly(snapshot, caller)
	if !ok {
		return "", errNoNoteCall
	}
	return callee, nil
}

// notesPerHour is how many notes an account may leave at this server in an hour, whatever
// becomes of them.
const notesPerHour = 30

// LeaveNote keeps a note that an account leaves to a call of its own, and tells those for
// whom it is, if it is delivered: who must not be heard hears the same, in the same time.
// The error is a [wire.Problem], [store.ErrNoNotes] or [store.ErrLimit].
func (s *Server) LeaveNote(ctx context.Context, user wire.UserID, id wire.CallID, body []byte) error {
	err := s.leaveNote(ctx, user, id, body)
	if err != nil {
		s.cfg.Events(NoteCame{NoteRefused})
	}
	return err
}

func (s *Server) leaveNote(ctx context.Context, user wire.UserID, id wire.CallID, body []byte) error {
	if wait := s.notesLeft.take(user, notesPerHour, time.Now()); wait > 0 {
		return rateLimited(wait, "more than %d notes an hour", notesPerHour)
	}
	callee, err := s.rangOnly(ctx, user, id)
	if err != nil {
		return err
	}
	delivered, err := s.cfg.Store.LeaveNote(ctx, store.NewNote{Call: string(id), From: string(user), To: string(callee), Body: body})
	if err != nil {
		return err
	}
	step := NoteWithheld
	if delivered {
		step = NoteLeft
		s.tellNote(string(callee), string(id))
	}
	s.cfg.Events(NoteCame{step})
	return nil
}

// Note returns the note that waits for an account to a call, or [store.ErrNotFound]. key
// is the id of the key that is to open it, as in the note; if that does not, the error is
// [store.ErrOtherDevice], and the note waits on. Without a key nobody looks.
func (s *Server) Note(ctx context.Context, user wire.UserID, id wire.CallID, key []byte) ([]byte, error) {
	if id.Check() != nil {
		return nil, store.ErrNotFound
	}
	body, err := s.cfg.Store.Note(ctx, string(user), string(id), func(body []byte) bool {
		return len(key) == 0 || framing.NoteIsFor(body, key)
	})
	if err == nil {
		s.cfg.Events(NoteCame{NoteFetched})
	}
	return body, err
}

// DropNote deletes the note that waits for an account to a call, if there is one, and
// tells its devices.
func (s *Server) DropNote(ctx context.Context, user wire.UserID, id wire.CallID) error {
	if id.Check() != nil {
		return nil
	}
	dropped, err := s.cfg.Store.DropNote(ctx, string(user), string(id))
	if dropped {
		s.cfg.Events(NoteCame{NoteDropped})
		s.tellNote(string(user), string(id))
	}
	return err
}

// tellNote tells the devices of an account how a call stands in its log, because a note
// has come to it or gone. It does not keep the one waiting who has left it.
func (s *Server) tellNote(user, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.wait.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
		defer cancel()
		row, err := s.cfg.Store.LogRow(ctx, user, id)
		switch {
		case errors.Is(err, store.ErrNotFound): // forgotten meanwhile
		case err != nil:
			s.cfg.Logger.Warn("devices could not be told of a note; they see it when they read the log", "err", err)
		default:
			s.tellUser(wire.UserID(user), "", s.logEntry(row))
		}
	})
}

const (
	// sweepNotesEvery is how late the devices hear that a note has expired. Nobody can
	// fetch it meanwhile.
	sweepNotesEvery = time.Minute
	// sweptNotes is how many are deleted at a time.
	sweptNotes = 200
)

// WatchNotes calls [Server.SweepNotes] every minute until ctx is done.
func (s *Server) WatchNotes(ctx context.Context) {
	again.Every(ctx, sweepNotesEvery, s.cfg.Logger, "notes could not be swept; it is tried again", s.SweepNotes)
}

// SweepNotes deletes notes that have expired, and tells those for whom they were.
func (s *Server) SweepNotes(ctx context.Context) error {
	gone, err := s.cfg.Store.SweepNotes(ctx, sweptNotes)
	for _, note := range gone {
		s.cfg.Events(NoteCame{NoteExpired})
		s.tellNote(note.To, note.Call)
	}
	return err
}
