package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// The parts of CreateCall and Transition.

// ask reads the relations and has decide judge them.
func ask(ctx context.Context, c conn, caller string, callees []string, decide func([]Relation) error) error {
	if decide == nil {
		return nil
	}
	var rel []Relation
	if len(callees) > 0 {
		var err error
		if rel, err = relations(ctx, c, caller, callees); err != nil {
			return err
		}
	}
	return decide(rel)
}

// occupy takes the pair, the link and the group for n, or fails with a *Glare.
func (n *NewCall) occupy(ctx context.Context, c conn) error {
	holder := n.ID
	if n.Topology == Pair && len(n.Callees) == 1 {
		pair := pairKey(n.Caller, n.Callees[0])
		if n.Unpaired {
			// A pair with nobody: who measures how long a call takes to be made
			// must not find out that it is unpaired.
			pair = pairKey(n.Caller, "."+n.ID)
		}
		// The update changes nothing, but makes the statement wait for a
		// transaction that is just inserting the same pair and return what it
		// has inserted. (DO NOTHING would return no row.)
		err := c.row(ctx, `
			INSERT INTO active_pairs (pair, call_id) VALUES ($1, $2)
			ON CONFLICT (pair) DO UPDATE SET pair = excluded.pair RETURNING call_id`,
			[]any{pair, n.ID}, &holder)
		if err != nil {
			return err
		}
	}
	if holder == n.ID && n.LinkID != "" {
		var err error
		if holder, err = bindLink(ctx, c, n.LinkID, n.ID); err != nil {
			return err
		}
	}
	if holder == n.ID && n.GroupID != "" {
		var err error
		if holder, err = bindGroup(ctx, c, n.GroupID, n.Caller, n.ID); err != nil {
			return err
		}
	}
	if holder != n.ID {
		return &Glare{CallID: holder}
	}
	return nil
}

// pairKey is the same for (a, b) and (b, a), and for no other two.
func pairKey(a, b string) string {
	if b < a {
		a, b = b, a
	}
	return fmt.Sprintf("%d:%s:%s", len(a), a, b)
}

func (n *NewCall) validate() error {
	for _, id := range []string{n.ID, n.State, n.OwnerNode} {
		if err := checkID("call id, state or node", id); err != nil {
			return err
		}
	}
	if err := checkIDs("user id", n.Callees...); err != nil {
		return err
	}
	switch {
	case n.Kind != Voice && n.Kind != Video:
		return invalid("the kind is neither voice nor video")
	case n.Topology != Pair && n.Topology != Group:
		return invalid("the topology is neither pair nor group")
	case n.RingFor < 0:
		return invalid("the ring time is negative")
	case len(n.Callees) > 0 && n.Caller == "":
		return invalid("callees without a caller")
	case n.UseLink == "" && slices.Contains(n.Callees, n.Caller): // a queue's owner may be one of its operators
		return invalid("a user may not call himself")
	}
	if err := checkText("caller", n.Caller, MaxID); err != nil {
		return err
	}
	if err := checkText("link id", n.LinkID, MaxID); err != nil {
		return err
	}
	if err := checkText("group id", n.GroupID, MaxID); err != nil {
		return err
	}
	return checkText("snapshot", n.Snapshot, MaxSnapshot)
}

func (c *Change) validate() error {
	switch {
	case c.Kind != "" && c.Kind != Voice && c.Kind != Video:
		return invalid("the kind is neither voice nor video")
	case c.Topology != "" && c.Topology != Pair && c.Topology != Group:
		return invalid("the topology is neither pair nor group")
	case c.RingFor < 0:
		return invalid("the ring time is negative")
	}
	if err := checkID("state", c.State); err != nil {
		return err
	}
	if c.EndReason == "" && len(c.Orphans) > 0 {
		return invalid("log rows are orphans of a call that goes on")
	}
	for _, outcome := range c.Orphans {
		if err := checkID("outcome", outcome); err != nil {
			return err
		}
	}
	if err := checkText("end reason", c.EndReason, MaxID); err != nil {
		return err
	}
	if err := c.Timeline.validate(); err != nil {
		return err
	}
	return checkText("snapshot", c.Snapshot, MaxSnapshot)
}

// onLink carries out what a change does to the call's link.
func (c *Change) onLink(ctx context.Context, on conn) error {
	if c.UseLink {
		if err := useLink(ctx, on, c.LinkID); err != nil {
			return err
		}
	}
	if c.LinkLobby != "" {
		if _, err := on.exec(ctx, `UPDATE links SET lobby = $2, sequence = sequence + 1 WHERE id = $1 AND lobby <> $2`,
			c.LinkID, string(c.LinkLobby)); err != nil {
			return err
		}
	}
	return writeMarks(ctx, on, c.LinkID, c.LinkMarks)
}

// sortBy sorts what RETURNING returned, which has no order of its own.
func sortBy[T any](list []T, key func(T) (time.Time, string)) {
	slices.SortFunc(list, func(a, b T) int {
		at, aid := key(a)
		bt, bid := key(b)
		return cmp.Or(at.Compare(bt), cmp.Compare(aid, bid))
	})
}
