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
		HideAddress: p.HideAddress, Version: uint32(p.Version),
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
	p := store.Privacy{
		WhoMayCall: store.WhoMayCall(m.WhoMayCall), WhoMayAdd: store.WhoMayCall(m.WhoMayAdd), SilenceUnknown: m.SilenceUnknown,
		HideAddress: m.HideAddress,
	}
	if p.WhoMayAdd == "" {
		p.WhoMayAdd = store.Everyone
	}
	if m.DoNotDisturb != nil {
		hours := policy.Hours{Zone: m.DoNotDisturb.Zone}
		for _, r := range m.DoNotDisturb.Ranges {
			hours.Ranges = append(hours.Ranges, policy.Range{From: int(r.From), To: int(r.To)})
		}
		if err := hours.Validate(); err != nil {
			return wire.Problemf(wire.CodeInvalid, "setPrivacy doNotDisturb: %s", err)
		}
		p.DoNotDisturb = hours.Text()
	}
	version, err := s.cfg.Store.SetPrivacy(ctx, string(who.User), p, int64(m.IfVersion))
	if err != nil {
		return err
	}
	p.Version = version
	who.Reply(privacy(p))
	s.tellDevices(who, privacy(p))
	return nil
}
