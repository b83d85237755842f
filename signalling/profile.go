package signalling

import (
	"context"
	"slices"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// profile carries out requests about profiles and preferences. It reports false
// for a message that is about neither.
func (s *Server) profile(ctx context.Context, who call.Who, message any) (handled bool, err error) {
	switch m := message.(type) {
	case *wire.GetProfiles:
		return true, s.getProfiles(ctx, who, m)
	case *wire.SetProfile:
		return true, s.setProfile(ctx, who, m)
	case *wire.GetPreferences:
		return true, s.preferences(ctx, who, nil)
	case *wire.SetPreferences:
		return true, s.preferences(ctx, who, func() error { return s.setPreferences(ctx, who, m) })
	}
	return false, nil
}

func (s *Server) getProfiles(ctx context.Context, who call.Who, m *wire.GetProfiles) error {
	if wait := s.lookUps.take(who.User, lookUpsPerMinute, time.Now()); wait > 0 {
		return rateLimited(wait, "more than %d look-ups a minute", lookUpsPerMinute)
	}
	met := s.cfg.Calls.Met(who.User)
	found, err := s.cfg.Store.Profiles(ctx, string(who.User), texts(m.Users), func(user string) bool {
		_, ok := met[wire.UserID(user)]
		return ok
	})
	if err != nil {
		return err
	}
	closed, err := s.closedTo(ctx, who.User, found)
	if err != nil {
		return err
	}
	list := wire.Profiles{Profiles: make([]wire.Profile, 0, len(found))}
	for _, p := range found {
		shown := s.shown(who.User, p)
		if rel, ok := closed[p.User]; ok {
			shown.NoCalls, shown.NoCallsText = true, rel.CalleeNoCallsText
		}
		list.Profiles = append(list.Profiles, shown)
	}
	who.Reply(list)
	return nil
}

// closedTo is which of the accounts whose profiles viewer sees take no calls of
// his. Of others he is not told: it would say that there is such an account.
func (s *Server) closedTo(ctx context.Context, viewer wire.UserID, found []store.Profile) (map[string]store.Relation, error) {
	var users []string
	for _, p := range found {
		if p.Name != "" && p.User != string(viewer) && !slices.Contains(users, p.User) {
			users = append(users, p.User)
		}
	}
	closed := map[string]store.Relation{}
	if len(users) == 0 {
		return closed, nil
	}
	relations, err := s.cfg.Store.Relations(ctx, string(viewer), users)
	for _, rel := range relations {
		if call.TakesNoCalls(rel, time.Now()) {
			closed[rel.Callee] = rel
		}
	}
	return closed, err
}

// shown is a profile as a viewer gets it.
func (s *Server) shown(viewer wire.UserID, p store.Profile) wire.Profile {
	shown := wire.Profile{User: wire.UserID(p.User), Name: p.Name, Automated: p.Automated, About: p.About, Avatar: s.cfg.Avatars.Path(string(viewer), p.Avatar)}
	if shown.Name == "" {
		shown.Name = p.User
	}
	return shown
}

func (s *Server) setProfile(ctx context.Context, who call.Who, m *wire.SetProfile) error {
	if m.Name != "" {
		if err := identity.CheckName(m.Name); err != nil {
			return wire.Problemf(wire.CodeInvalid, "setProfile name %s", err)
		}
		u, err := s.cfg.Store.User(ctx, string(who.User))
		if err != nil {
			return err
		}
		if err := checkOwnName(who, "setProfile name", m.Name, u.Name); err != nil {
			return err
		}
	}
	if m.About != "" {
		if err := identity.CheckTitle(m.About); err != nil {
			return wire.Problemf(wire.CodeInvalid, "setProfile about %s", err)
		}
	}
	if err := s.cfg.Store.SetProfile(ctx, string(who.User), m.Name, m.About); err != nil {
		return err
	}
	own, err := s.ownProfile(ctx, who.User)
	if err != nil {
		return err
	}
	s.renamed(who.User, own.Name) // before who asked can ring by the old one
	who.Reply(own)
	s.tellDevices(who, own)
	return nil
}

// renamed has an account's sessions go by its new name, those here at once: whom it rings
// from now on sees that one. Calls that it is in go on with the old one.
func (s *Server) renamed(user wire.UserID, name string) {
	s.renameSessions(user, name)
	s.cfg.Post.Renamed(user, name)
}

func (s *Server) renameSessions(user wire.UserID, name string) {
	s.eachSession(user, func(one *session) { one.rename(name) })
}

// eachSession does something, which must not block, to each session of an account.
func (s *Server) eachSession(user wire.UserID, f func(*session)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.users[user] {
		if !one.who.Guest() {
			f(one)
		}
	}
}

func (s *Server) ownProfile(ctx context.Context, user wire.UserID) (wire.Profile, error) {
	found, err := s.cfg.Store.Profiles(ctx, string(user), []string{string(user)}, func(string) bool { return true })
	if err != nil {
		return wire.Profile{}, err
	}
	return s.shown(user, found[0]), nil
}

// ProfileChanged tells an account's devices that its name, its image or whether it is a
// program is another one.
func (s *Server) ProfileChanged(ctx context.Context, user wire.UserID) {
	own, err := s.ownProfile(ctx, user)
	if err != nil {
		s.cfg.Logger.Warn("devices could not be told of a profile; they see it when they ask", "err", err)
		return
	}
	s.renamed(user, own.Name)
	s.labelSessions(user, own.Automated)
	s.cfg.Post.Labelled(user, own.Automated)
	s.tellDevices(call.Who{User: user}, own)
}

// labelSessions has an account's sessions be those of a program, or not. Calls that it is in
// go on as they were.
func (s *Server) labelSessions(user wire.UserID, automated bool) {
	s.eachSession(user, func(one *session) { one.label(automated) })
}

// preferences makes a change, if any, and answers with the whole record.
func (s *Server) preferences(ctx context.Context, who call.Who, change func() error) error {
	if change != nil {
		if err := change(); err != nil {
			return err
		}
	}
	p, err := s.cfg.Store.Preferences(ctx, string(who.User))
	if err != nil {
		return err
	}
	record := wire.Preferences{
		Version: uint32(p.Version), Terms: p.Terms, TermsMs: unixMs(p.TermsAt), Minor: p.Minor,
		ShowProfileTo: wire.WhoMayCall(p.Audience), Privacy: privacy(p.Privacy), Presence: presenceSetting(p.Presence),
		Blocked: make([]wire.UserID, 0, len(p.Blocked)),
	}
	for _, id := range p.Blocked {
		record.Blocked = append(record.Blocked, wire.UserID(id))
	}
	who.Reply(record)
	if change != nil {
		s.tellDevices(who, record)
	}
	return nil
}

func (s *Server) setPreferences(ctx context.Context, who call.Who, m *wire.SetPreferences) error {
	ours := m.AcceptTerms != "" && m.AcceptTerms == s.cfg.Terms.Version
	change := store.PreferencesChange{Terms: m.AcceptTerms, NoteTerms: ours, Audience: store.WhoMayCall(m.ShowProfileTo)}
	if m.AcceptTerms != "" {
		if err := identity.CheckTitle(m.AcceptTerms); err != nil {
			return wire.Problemf(wire.CodeInvalid, "setPreferences acceptTerms %s", err)
		}
	}
	if m.Privacy != nil {
		p, err := chosenPrivacy("setPreferences privacy", m.Privacy)
		if err != nil {
			return err
		}
		change.Privacy = &p
	}
	if m.Presence != nil {
		change.Presence = &store.PresenceSetting{Audience: store.PresenceAudience(m.Presence.Audience), Except: texts(m.Presence.Except)}
	}
	if m.Blocked != nil {
		change.Blocked = texts(m.Blocked.Users)
	}
	var done store.PreferencesDone
	err := s.takingNotes(ctx, who.User, change.Privacy, func() (err error) {
		done, err = s.cfg.Store.SetPreferences(ctx, string(who.User), change, int64(m.IfVersion))
		return err
	})
	if err != nil {
		return err
	}
	if done.Accepted {
		s.cfg.Events(Noticed{NoticeAccepted})
	}
	for _, id := range done.Blocked {
		s.cfg.Calls.Blocked(ctx, who.User, wire.UserID(id))
	}
	if change.Presence != nil || change.Blocked != nil {
		s.presence.relation(who.User)
	}
	return nil
}

func presenceSetting(p store.PresenceSetting) wire.PresenceSetting {
	setting := wire.PresenceSetting{Audience: wire.PresenceAudience(p.Audience), Except: []wire.UserID{}, Version: uint32(p.Version)}
	for _, id := range p.Except {
		setting.Except = append(setting.Except, wire.UserID(id))
	}
	return setting
}

// chosenPrivacy reads settings; what names them in a problem.
func chosenPrivacy(what string, m *wire.SetPrivacy) (store.Privacy, error) {
	p := store.Privacy{
		WhoMayCall: store.WhoMayCall(m.WhoMayCall), WhoMayAdd: store.WhoMayCall(m.WhoMayAdd), SilenceUnknown: m.SilenceUnknown, RejectInCall: m.RejectInCall,
		TakeNotes:   m.TakeNotes,
		HideAddress: m.HideAddress,
	}
	if p.WhoMayAdd == "" {
		p.WhoMayAdd = store.Everyone
	}
	if m.DoNotDisturb == nil {
		return p, nil
	}
	hours := policy.Hours{Zone: m.DoNotDisturb.Zone}
	for _, r := range m.DoNotDisturb.Ranges {
		hours.Ranges = append(hours.Ranges, policy.Range{From: int(r.From), To: int(r.To)})
	}
	if err := hours.Validate(); err != nil {
		return p, wire.Problemf(wire.CodeInvalid, "%s doNotDisturb: %s", what, err)
	}
	p.DoNotDisturb = hours.Text()
	return p, nil
}
