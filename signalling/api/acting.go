package api

import (
	"context"
	"errors"

	"pronto/signalling/wire"
)

// codes are the codes of the protocol as those of the API.
var codes = map[wire.Code]Code{
	wire.CodeInvalid: CodeInvalid, wire.CodeNotFound: CodeNotFound, wire.CodeConflict: CodeConflict, wire.CodeForbidden: CodeForbidden,
	wire.CodeCallEnded: CodeNotFound, wire.CodeUnauthenticated: CodeNotFound, wire.CodeSuspended: CodeSuspended,
	wire.CodeRateLimited: CodeRateLimited, wire.CodeUnavailable: CodeUnavailable,
}

// refusedBy turns a problem of the protocol into one of the API.
func (s *server) refusedBy(err error) error {
	p, ok := errors.AsType[*wire.Problem](err)
	if !ok {
		return s.failed(err)
	}
	if code, ok := codes[p.Code]; ok {
		return problem(code, "%s", p.Detail)
	}
	return s.failed(err)
}

// as carries out a request as an account and returns its reply.
func as[Reply any](ctx context.Context, s *server, user string, message any) (Reply, error) {
	var none Reply
	reply, err := s.cfg.Act(ctx, wire.UserID(user), message)
	if err != nil {
		return none, s.refusedBy(err)
	}
	r, ok := reply.(Reply)
	if !ok {
		return none, s.failed(errors.New("api: a reply of another type"))
	}
	return r, nil
}
