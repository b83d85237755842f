package signalling

import (
	"context"

	"pronto/signalling/call"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// privacy are the settings as clients know them. Hours that cannot be read are
// shown as none; policy takes them for every hour.
func privacy(p store.Privacy) wire.Privacy {
	shown := wire.Privacy{
		WhoMayCall: wire.WhoMayCall(p.WhoMayCall), WhoMayAdd: wire.WhoMayCall(p.WhoMayAdd), SilenceUnknown: p.SilenceUnknown,
		RejectInCall: p.RejectInCall, TakeNotes: p.TakeNotes, HideAddress: p.HideAddress, Version: uint32(p.Version),
	}
	if hours, err := policy.ParseHours(p.DoNotDisturb); err == nil && len(hours.Ranges) > 0 {
		shown.DoNotDisturb = &wire.DoNotDisturb{Zone: hours.Zone}
		for _, r := range hours.Ranges {
			shown.DoNotDisturb.Ranges = append(shown.DoNotDisturb.Ranges, wire.DayRange{From: uint32(r.From), To: uint32(r.To)})
		}
	}
	return shown
}

func (s *Server) setPrivacy(ctx context.Context, who call.Who, m *wire.SetPrivacy) error {
	p, err := chosenPrivacy("setPrivacy", m)
	if err != nil {
		return err
	}
	return s.takingNotes(ctx, who.User, &p, func() error {
		version, err := s.cfg.Store.SetPrivacy(ctx, string(who.User), p, int64(m.IfVersion))
		if err != nil {
			return err
		}
		p.Version = version
		who.Reply(privacy(p))
		s.tellDevices(who, privacy(p))
		return nil
	})
}
