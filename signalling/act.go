package signalling

import (
	"context"

	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// Act carries out a request about an account or its groups as that account, for
// who may act for it: the holder of an API key. Policy holds as ever, and the
// account's devices are told. The error is a [wire.Problem].
func (s *Server) Act(ctx context.Context, user wire.UserID, message any) (reply any, _ error) {
	u, err := s.cfg.Store.User(ctx, string(user))
	if err != nil {
		return nil, s.problem(err)
	}
	who := call.Who{User: user, Name: u.Name, Integrator: true, Reply: func(body any) { reply = body }}
	handled, err := s.groups(ctx, who, message)
	if !handled {
		err = s.account(ctx, who, message)
	}
	if err != nil {
		return nil, s.problem(err)
	}
	return reply, nil
}
