package signalling

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pronto/signalling/again"
	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// groups carries out requests about groups. A change is answered when it is
// stored; then the group's call, its members and those who were taken out of it
// are told. It reports false for a message that is not about groups.
func (s *Server) groups(ctx context.Context, who call.Who, message any) (handled bool, err error) {
	user := string(who.User)
	switch m := message.(type) {
	case *wire.CreateGroup:
		return true, s.createGroup(ctx, who, m)
	case *wire.GetGroups:
		return true, s.getGroups(ctx, who)
	case *wire.GetGroup:
		return true, s.getGroup(ctx, who, m.Group)
	case *wire.AddToGroup:
		return true, s.addToGroup(ctx, who, m.Group, m.Users)
	case *wire.AcceptInvitation:
		return true, s.changeGroup(ctx, who, groupChange{group: m.Group, act: policy.ActAnswer, subjects: []string{user},
			apply: func(g *store.GroupRow) error { return g.Accept(user) }})
	case *wire.DeclineInvitation:
		return true, s.changeGroup(ctx, who, groupChange{group: m.Group, act: policy.ActAnswer, subjects: []string{user}, gone: wire.GroupDeclined,
			apply: func(g *store.GroupRow) error { return g.Drop(user, true, false) }})
	case *wire.LeaveGroup:
		return true, s.changeGroup(ctx, who, groupChange{group: m.Group, act: policy.ActLeave, subjects: []string{user}, gone: wire.GroupLeft,
			apply: func(g *store.GroupRow) error { return g.Drop(user, true, false) }})
	case *wire.RemoveFromGroup:
		return true, s.removeFromGroup(ctx, who, m)
	case *wire.LiftBan:
		return true, s.changeGroup(ctx, who, groupChange{group: m.Group, act: policy.ActGovern, subjects: []string{string(m.User)},
			apply: func(g *store.GroupRow) error { return g.Lift(string(m.User)) }})
	case *wire.SetRole:
		return true, s.changeGroup(ctx, who, groupChange{group: m.Group, act: policy.ActGovern,
			apply: func(g *store.GroupRow) error {
				err := g.SetRole(string(m.User), store.Role(m.Role))
				if errors.Is(err, store.ErrConflict) {
					return wire.Problemf(wire.CodeConflict, "a group needs an admin; make somebody else one first")
				}
				return err
			}})
	case *wire.RenameGroup:
		if err := checkGroupName("renameGroup", m.Name); err != nil {
			return true, err
		}
		return true, s.changeGroup(ctx, who, groupChange{group: m.Group, act: policy.ActGovern,
			apply: func(g *store.GroupRow) error {
				if err := checkOwnName(who, "renameGroup name", m.Name, g.Name); err != nil {
					return err
				}
				g.Name = m.Name
				return nil
			}})
	case *wire.IsolateInGroup:
		return true, s.changeGroup(ctx, who, groupChange{group: m.Group, act: policy.ActGovern,
			apply: func(g *store.GroupRow) error { g.Isolate = m.On; return nil }})
	}
	return false, nil
}

// checkGroupName refuses what could not be told from another name, or shown.
func checkGroupName(request, name string) error {
	err := identity.CheckTitle(name)
	if err == nil && strings.TrimSpace(name) != name {
		err = errors.New("begins or ends with a space")
	}
	if err != nil {
		return wire.Problemf(wire.CodeInvalid, "%s name %s", request, err)
	}
	return nil
}

// checkOwnName refuses a name that reads as the service's own, unless the thing is
// called so already: its terms are sent whole. Integrators choose freely.
func checkOwnName(who call.Who, field, name, now string) error {
	if who.Integrator || name == now {
		return nil
	}
	if err := identity.CheckOwnName(name); err != nil {
		return wire.Problemf(wire.CodeNameReserved, "%s %s", field, err)
	}
	return nil
}

var errNoGroup = wire.Problemf(wire.CodeNotFound, "there is no such group for this account")

// standing is how an account stands to a group. A silent invitation is none.
func standing(g *store.GroupRow, user string) policy.GroupStanding {
	m := g.Member(user)
	switch {
	case m == nil || m.Silent:
		return policy.Outsider
	case m.State == store.MemberInvited:
		return policy.Invitee
	case m.State == store.MemberActive && m.Role == store.RoleAdmin:
		return policy.Admin
	case m.State == store.MemberActive:
		return policy.Member
	}
	return policy.Outsider
}

// may refuses what an account may not do with a group. To an outsider all
// groups are alike.
func may(act policy.GroupAct, g *store.GroupRow, user string) error {
	stands := standing(g, user)
	switch {
	case policy.InGroup(act, stands):
		return nil
	case policy.InGroup(policy.ActSee, stands):
		return wire.Problemf(wire.CodeForbidden, "this member of the group may not do that")
	}
	return errNoGroup
}

// groupChange is one change of a group by an account.
type groupChange struct {
	group    wire.GroupID
	act      policy.GroupAct
	subjects []string
	gone     wire.GroupGoneReason // set if the account is out of the group after it
	apply    func(*store.GroupRow) error
}

// changeGroup stores a change, answers, and tells all whom it concerns.
func (s *Server) changeGroup(ctx context.Context, who call.Who, change groupChange) error {
	if err := s.cfg.Calls.CountGroupChange(who.User); err != nil {
		return err
	}
	return s.regroupBy(ctx, who, change)
}

// regroupBy is changeGroup for a change that is counted.
func (s *Server) regroupBy(ctx context.Context, who call.Who, change groupChange) error {
	before, after, err := s.cfg.Store.ChangeGroup(ctx, string(change.group), change.subjects, func(g *store.GroupRow) error {
		if err := may(change.act, g, string(who.User)); err != nil {
			return err
		}
		return change.apply(g)
	})
	switch {
	case errors.Is(err, store.ErrBanned):
		return wire.Problemf(wire.CodeForbidden, "the account is banned from the group")
	case errors.Is(err, store.ErrLimit):
		return wire.Problemf(wire.CodeForbidden, "a group has at most %d members, and an account at most %d groups", store.MaxMembers, store.MaxGroups)
	case err != nil:
		return err
	}
	s.cfg.Calls.GroupChanged(ctx, change.group)
	if change.gone != "" {
		who.Reply(wire.Done{})
		s.tellDevices(who, wire.GroupGone{Group: change.group, Reason: change.gone})
	} else {
		who.Reply(s.view(&after, string(who.User), true))
	}
	s.tellGroup(&before, &after, who)
	return nil
}

func (s *Server) createGroup(ctx context.Context, who call.Who, m *wire.CreateGroup) error {
	if err := checkGroupName("createGroup", m.Name); err != nil {
		return err
	}
	if err := checkOwnName(who, "createGroup name", m.Name, ""); err != nil {
		return err
	}
	users, admit, err := s.admissions(ctx, who, m.Users)
	if err != nil {
		return err
	}
	if err := s.cfg.Calls.CountGroupChange(who.User); err != nil {
		return err
	}
	g, err := s.cfg.Store.CreateGroup(ctx, store.NewGroup{
		ID: identity.NewID("grp"), Name: m.Name, Creator: string(who.User), Isolate: m.Isolate,
	})
	if err != nil {
		return err
	}
	return s.regroupBy(ctx, who, groupChange{group: wire.GroupID(g.ID), act: policy.ActAdd, subjects: users, apply: admit})
}

func (s *Server) addToGroup(ctx context.Context, who call.Who, group wire.GroupID, accounts []wire.UserID) error {
	g, err := s.cfg.Store.Group(ctx, string(group))
	if err == nil {
		err = may(policy.ActAdd, &g, string(who.User))
	}
	if err != nil {
		return err
	}
	users, admit, err := s.admissions(ctx, who, accounts)
	if err != nil {
		return err
	}
	return s.changeGroup(ctx, who, groupChange{group: group, act: policy.ActAdd, subjects: users, apply: admit})
}

// admissions asks how accounts may be added, and returns the change that does.
func (s *Server) admissions(ctx context.Context, who call.Who, accounts []wire.UserID) (users []string, admit func(*store.GroupRow) error, err error) {
	accounts = slices.Compact(slices.Sorted(slices.Values(accounts)))
	list, err := s.cfg.Calls.Admit(ctx, who, accounts)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range list {
		users = append(users, string(a.User))
	}
	return users, func(g *store.GroupRow) error {
		for _, a := range list {
			if err := g.Add(string(a.User), string(who.User), a.AtOnce, a.Silent); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (s *Server) removeFromGroup(ctx context.Context, who call.Who, m *wire.RemoveFromGroup) error {
	if m.User == who.User {
		return wire.Problemf(wire.CodeInvalid, "user is the account itself; leaveGroup leaves")
	}
	return s.changeGroup(ctx, who, groupChange{
		group: m.Group, act: policy.ActSee, subjects: []string{string(m.User)},
		apply: func(g *store.GroupRow) error {
			target := g.Member(string(m.User))
			own := target != nil && target.State == store.MemberInvited && target.By == string(who.User)
			if !own || m.Ban {
				if err := may(policy.ActGovern, g, string(who.User)); err != nil {
					return err
				}
			}
			return g.Drop(string(m.User), false, m.Ban)
		},
	})
}

func (s *Server) getGroups(ctx context.Context, who call.Who) error {
	rows, err := s.cfg.Store.GroupsOf(ctx, string(who.User))
	if err != nil {
		return err
	}
	list := wire.Groups{Groups: make([]wire.Group, 0, len(rows))}
	for i := range rows {
		g := s.view(&rows[i], string(who.User), true)
		g.Members = []wire.GroupEntry{}
		list.Groups = append(list.Groups, g)
	}
	who.Reply(list)
	return nil
}

func (s *Server) getGroup(ctx context.Context, who call.Who, group wire.GroupID) error {
	g, err := s.cfg.Store.Group(ctx, string(group))
	if err != nil {
		return err
	}
	if standing(&g, string(who.User)) == policy.Outsider {
		return errNoGroup
	}
	who.Reply(s.view(&g, string(who.User), true))
	return nil
}

// SuspendGroup is the operator's: it stops the calls of a group, now and until
// it is taken back, and tells the members.
func (s *Server) SuspendGroup(ctx context.Context, group wire.GroupID, on bool) error {
	if err := s.cfg.Store.SuspendGroup(ctx, string(group), on); err != nil {
		return err
	}
	return s.regroup(ctx, group)
}

// regroup tells a group's call and its members how the group is now.
func (s *Server) regroup(ctx context.Context, group wire.GroupID) error {
	s.cfg.Calls.GroupChanged(ctx, group)
	g, err := s.cfg.Store.Group(ctx, string(group))
	if err != nil {
		return err
	}
	s.tellGroup(&g, &g, call.Who{})
	return nil
}

// sweepGroupsEvery is how late an expired invitation or a suspension that
// another process has stored may take effect.
const sweepGroupsEvery = 10 * time.Second

// WatchGroups calls [Server.SweepGroups] every 10 s until ctx is done.
func (s *Server) WatchGroups(ctx context.Context) {
	again.Every(ctx, sweepGroupsEvery, s.cfg.Logger, "groups could not be swept; it is tried again", s.SweepGroups)
}

// SweepGroups deletes invitations and former members whose time is over, tells
// whom that concerns, and ends the calls of groups that somebody else has
// suspended.
func (s *Server) SweepGroups(ctx context.Context) error {
	const most = 500
	gone, err := s.cfg.Store.SweepGroups(ctx, most)
	if err != nil {
		return err
	}
	var changed []wire.GroupID
	for _, e := range gone {
		group := wire.GroupID(e.Group)
		if e.Invited && !e.Silent {
			s.tellUser(wire.UserID(e.User), "", wire.GroupGone{Group: group, Reason: wire.GroupExpired})
		}
		if !slices.Contains(changed, group) {
			changed = append(changed, group)
		}
	}
	running := s.cfg.Calls.RunningGroups()
	ids := make([]string, 0, len(running))
	for _, group := range running {
		ids = append(ids, string(group))
	}
	suspended, err := s.cfg.Store.SuspendedGroups(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range suspended {
		if !slices.Contains(changed, wire.GroupID(id)) {
			changed = append(changed, wire.GroupID(id))
		}
	}
	for _, group := range changed {
		if err := s.regroup(ctx, group); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}
