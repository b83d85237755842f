package signalling

import (
	"context"
	"errors"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// errNotMet is the one answer to all that is not so, whatever it is: who asks learns
// nothing of calls that he was not in.
var errNotMet = wire.Problemf(wire.CodeNotFound,
	"you were in no such call with them, or it is too long ago; report from the call, or from your call list")

// Report files what somebody reports of whom he has met in a call, or of the call, if the
// server's own record says that he has: the call as it stands or, for a day after its end,
// as it ended; and for an account its call log, as long as the row is there. The error is a
// [wire.Problem] of notFound or rateLimited, or [store.ErrInvalid].
func (s *Server) Report(ctx context.Context, by identity.Identity, id wire.CallID, whom call.Whom, reason, text string) error {
	met, err := s.met(ctx, by, id, whom)
	if err != nil {
		return err
	}
	filed, err := s.cfg.Store.FileReport(ctx, store.NewReport{
		By: reporter(by, met), Subject: subject(id, whom, met), Call: string(id), Reason: reason, Text: text,
	})
	many, _ := errors.AsType[*store.TooManyReports](err)
	switch {
	case many != nil:
		return rateLimited(many.Wait, "more than %d reports in a day", store.ReportsPerDay)
	case errors.Is(err, store.ErrNotFound): // deleted meanwhile
		return errNotMet
	case filed:
		s.cfg.Events(ReportFiled{reason})
	}
	return err
}

// Appeal takes what the owner of a suspended account says against that; see
// [store.Store.FileAppeal] for the errors.
func (s *Server) Appeal(ctx context.Context, user wire.UserID, text, requestID string) error {
	err := s.cfg.Store.FileAppeal(ctx, store.NewAppeal{User: string(user), Text: text, RequestID: requestID})
	if err == nil {
		s.cfg.Events(AppealFiled{})
	}
	return err
}

// met finds whom somebody has met in a call.
func (s *Server) met(ctx context.Context, by identity.Identity, id wire.CallID, whom call.Whom) (call.Met, error) {
	if id.Check() != nil {
		return call.Met{}, errNotMet
	}
	row, err := s.cfg.Store.Call(ctx, string(id))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return call.Met{}, err
	}
	if met, ok := call.MetIn(row.Snapshot, by.User, by.Guest(), whom); ok {
		return met, nil
	}
	if by.Guest() {
		return call.Met{}, errNotMet
	}
	logged, err := s.cfg.Store.LogRow(ctx, string(by.User), string(id))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return call.Met{}, errNotMet
	case err != nil:
		return call.Met{}, err
	case whom == call.Whom{}:
		return call.Met{Link: wire.LinkID(row.LinkID)}, nil
	}
	name, ok := call.WithIn(logged.PeerIDs, whom.User)
	if !ok {
		return call.Met{}, errNotMet
	}
	return call.Met{User: whom.User, Name: name}, nil
}

func reporter(by identity.Identity, met call.Met) store.Reporter {
	if by.Guest() {
		return store.Reporter{Mark: visitMark(met.OwnBrowser, by.User)}
	}
	return store.Reporter{User: string(by.User)}
}

func subject(id wire.CallID, whom call.Whom, met call.Met) store.Subject {
	switch {
	case whom == call.Whom{} && met.Link != "":
		return store.Subject{Kind: store.SubjectLink, Link: string(met.Link)}
	case whom == call.Whom{}:
		return store.Subject{Kind: store.SubjectCall, Call: string(id)}
	case met.Guest:
		return store.Subject{Kind: store.SubjectGuest, Link: string(met.Link), Name: met.Name, Mark: visitMark(met.Browser, met.User)}
	}
	return store.Subject{Kind: store.SubjectUser, User: string(met.User)}
}

// visitMark is by what a guest is known again: his browser's mark at the link, or one of
// his visit.
func visitMark(browser string, visit wire.UserID) string {
	if browser != "" {
		return browser
	}
	return identity.HashSecret(string(visit))
}
