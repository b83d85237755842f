package call

import (
	"context"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// onlyMembers is asked before an invitation into a call: into that of a group only
// its active members may be rung.
func (r *Registry) onlyMembers(ctx context.Context, call wire.CallID, users []wire.UserID) error {
	c, err := r.call(call)
	if err != nil || c.group == "" {
		return nil // whether there is such a call is not asked here
	}
	g, err := r.cfg.Store.Group(ctx, string(c.group))
	if err != nil {
		return failure(err)
	}
	for _, user := range users {
		if !g.Is(string(user), store.MemberActive) {
			return wire.Problemf(wire.CodeForbidden, "only members of the group may be called into its call")
		}
	}
	return nil
}

// maxGroupChanges is how many changes of groups an account may make in a
// minute: each of them is told to up to a thousand members.
const maxGroupChanges = 60

// CountGroupChange counts a change of a group by an account, or refuses it.
func (r *Registry) CountGroupChange(user wire.UserID) error {
	c, now := &r.changes, time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(now)
	if wait := c.wait(pairing{caller: user}, maxGroupChanges, now); wait > 0 {
		return tooOften(wait, "too many changes of groups in a minute; wait")
	}
	c.note(pairing{caller: user}, now)
	return nil
}

// Admission says how somebody may be added to a group.
type Admission struct {
	User wire.UserID
	// AtOnce is whether his settings let him be added; else he is invited.
	AtOnce bool
	// Silent is whether he must not learn of the invitation.
	Silent bool
}

// Admit asks policy how each of users may be added to a group by who.
func (r *Registry) Admit(ctx context.Context, who Who, users []wire.UserID) ([]Admission, error) {
	relations, err := r.cfg.Store.Relations(ctx, string(who.User), toStrings(users))
	if err != nil {
		return nil, failure(err)
	}
	list := make([]Admission, 0, len(relations))
	for _, rel := range relations {
		a := Admission{User: wire.UserID(rel.Callee)}
		verdict, reason := policy.Decide(policy.PathInvite, facts(rel))
		switch {
		case verdict == policy.Allow, reason == policy.ReasonDoNotDisturb:
			a.AtOnce = true
		case reason == policy.ReasonPrivacy, reason == policy.ReasonSilenced, reason == policy.ReasonNoCalls:
		case verdict == policy.Refuse:
			_, err := r.decide(policy.PathInvite, "", []store.Relation{rel})
			return nil, err
		default:
			a.Silent = true
		}
		list = append(list, a)
	}
	return list, nil
}
