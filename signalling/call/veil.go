package call

import (
	"context"
	"slices"

	"pronto/signalling/wire"
)

// veil keeps one account in a call from seeing another one's name: its settings
// do not show it, or he knows nothing of it but the id.
type veil struct {
	Viewer  wire.UserID `json:"viewer"`
	Subject wire.UserID `json:"subject"`
}

// seen returns what somebody who comes into the call, or is called into it, may not
// see of those who are in it or called, and they of him. Who is in a call shows
// himself by that; somebody who is only called is shown to who knows him. If that
// cannot be read nobody sees anybody. Only for run.
func (c *Call) seen(ctx context.Context, comes bool, users ...wire.UserID) (hidden, shown []veil) {
	var others []string
	in := map[string]bool{}
	for i := range c.state.Legs {
		l := &c.state.Legs[i]
		if !slices.Contains(users, l.User) {
			others = append(others, string(l.User))
			in[string(l.User)] = l.in()
		}
	}
	for _, user := range users {
		in[string(user)] = comes
	}
	if len(others) == 0 {
		return nil, nil
	}
	pairs, err := c.cfg.Store.Seen(ctx, toStrings(users), others)
	if err != nil {
		c.cfg.Logger.Error("it could not be read who may see whom in a call; nobody does", "err", err)
		for _, one := range users {
			for _, other := range others {
				hidden = append(hidden, veil{one, wire.UserID(other)}, veil{wire.UserID(other), one})
			}
		}
		return hidden, nil
	}
	for _, p := range pairs {
		v := veil{wire.UserID(p.Viewer), wire.UserID(p.Subject)}
		if p.Admitted && (p.Known || in[p.Subject]) {
			shown = append(shown, v)
		} else {
			hidden = append(hidden, v)
		}
	}
	return hidden, shown
}

// cover takes over what seen has found.
func (s *state) cover(hidden, shown []veil) {
	s.Veils = slices.DeleteFunc(slices.Clone(s.Veils), func(v veil) bool { return slices.Contains(shown, v) })
	for _, v := range hidden {
		if !slices.Contains(s.Veils, v) {
			s.Veils = append(s.Veils, v)
		}
	}
}

// nameFor is somebody's name as an account may see it.
func (s *state) nameFor(viewer, user wire.UserID, name string) string {
	if s.veiled(viewer, user) {
		return string(user)
	}
	return name
}

func (s *state) veiled(viewer, user wire.UserID) bool {
	return len(s.Veils) > 0 && slices.Contains(s.Veils, veil{viewer, user})
}

// unveiled is a participant as a viewer may see him. That he is a program is told in any
// case once he is in the call; of who is only called it would tell that there is such an
// account.
func (s *state) unveiled(viewer *leg, p wire.Participant) wire.Participant {
	if l := s.legOf(p.Participant); l != nil && viewer != nil && s.veiled(viewer.User, l.User) {
		p.Name, p.Automated = string(l.User), p.Automated && l.in()
	}
	return p
}
