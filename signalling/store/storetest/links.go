package storetest

import (
	"context"
	"errors"

	"pronto/signalling/store"
)

// UseLink counts one use of a link, as a call does that lets somebody in.
func UseLink(ctx context.Context, s *store.Store, link string) error {
	call := "use-" + link
	_, err := s.CreateCall(ctx, &store.NewCall{ID: call, Kind: store.Voice, Topology: store.Group, State: "active", OwnerNode: "n1"}, nil)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return s.Transition(ctx, call, 1, &store.Change{State: "active", LinkID: link, UseLink: true})
}
