package call

import (
	"context"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/wire"
)

// announceEvery is the least time between two tellings of how many are in a
// group's call.
const announceEvery = time.Second

// hearers are who is told of a group's call without being rung by it.
type hearers struct {
	members []wire.UserID          // who may be told
	told    map[wire.UserID]uint32 // who knows of the call, with the number he knows
	last    time.Time              // when somebody was told
	due     time.Time              // when somebody is to be told; zero for nobody
	seen    [3]int                 // what of the call was looked at last
}

// gather reads whom the call may be announced to: active members whom policy
// would let its starter ring. If that cannot be read nobody more is told. Only
// for run.
func (c *Call) gather(ctx context.Context) {
	if c.group == "" || c.state.Phase == wire.PhaseEnded || c.state.Starter == "" {
		return
	}
	c.hearers.members, c.hearers.seen = nil, [3]int{}
	g, err := c.cfg.Store.Group(ctx, string(c.group))
	if err != nil {
		c.cfg.Logger.Error("a group could not be read; its members are not told of its call", "err", err)
		return
	}
	starter := c.state.Starter
	if g.Member(string(starter)) != nil {
		c.hearers.members = append(c.hearers.members, starter)
	}
	if list := others(&g, starter); len(list) > 0 {
		relations, err := c.cfg.Store.Relations(ctx, string(starter), list)
		if err != nil {
			c.cfg.Logger.Error("relations could not be read; members are not told of their group's call", "err", err)
			return
		}
		for _, rel := range relations {
			if verdict, _ := policy.Decide(policy.PathGroupRing, asMembers(rel)); verdict == policy.Allow {
				c.hearers.members = append(c.hearers.members, wire.UserID(rel.Callee))
			}
		}
	}
	c.announce(time.Now())
}

// announce tells those members who are neither rung nor in the call how many
// are in it, and at its end all who knew that it is over. Only for run.
func (c *Call) announce(now time.Time) {
	if c.group == "" {
		return
	}
	a := &c.hearers
	if c.state.Phase == wire.PhaseEnded {
		for user := range a.told {
			c.send(outgoing{user: user, body: c.groupCall(false)})
		}
		a.told = nil
		return
	}
	current := c.groupCall(true)
	seen := [3]int{int(current.Participants), len(c.state.Legs), c.state.LastID}
	if seen == a.seen && a.due.IsZero() {
		return
	}
	a.seen, a.due = seen, time.Time{}
	for i := range c.state.Legs {
		if _, ok := a.told[c.state.Legs[i].User]; ok {
			a.told[c.state.Legs[i].User] = 0 // his devices hear of the call itself; to be told again after it
		}
	}
	var fresh []wire.UserID
	for _, user := range a.members {
		if a.told[user] != current.Participants && c.state.legOfUser(user) == nil {
			fresh = append(fresh, user)
		}
	}
	if len(fresh) == 0 {
		return
	}
	if due := a.last.Add(announceEvery); now.Before(due) {
		a.due = due
		return
	}
	if a.told == nil {
		a.told = map[wire.UserID]uint32{}
	}
	for _, user := range fresh {
		a.told[user] = current.Participants
		c.send(outgoing{user: user, body: current})
	}
	a.last = now
}

func (c *Call) groupCall(active bool) wire.GroupCall {
	s := c.state
	call := wire.GroupCall{Group: s.Group, Call: s.ID, Kind: s.Kind, By: s.Starter, Active: active}
	if active {
		call.Participants = uint32(s.count((*leg).in))
	}
	return call
}

// GroupCall returns what a member of a group is told of its call, if it has one.
func (r *Registry) GroupCall(group wire.GroupID) (wire.GroupCall, bool) {
	if c := r.groupCall(group); c != nil {
		if current := c.current.Load(); current != nil && current.Active {
			return *current, true
		}
	}
	return wire.GroupCall{}, false
}

// next returns when something is due in the call by itself.
func (c *Call) next() (time.Time, bool) {
	at, ok := c.state.next()
	if due := c.hearers.due; !due.IsZero() && (!ok || due.Before(at)) {
		return due, true
	}
	return at, ok
}
