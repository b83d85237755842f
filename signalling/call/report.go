package call

import (
	"time"

	"pronto/signalling/wire"
)

// reportEvery is the least time between two reports of quality of one
// participant. Clients report every 10 s; a page that comes back from sleep
// may be early.
const reportEvery = 5 * time.Second

// reportConnection counts how a participant's connection came about, once for
// each generation.
func (s *state) reportConnection(fx *effects, l *leg, m *wire.ReportConnection) {
	if m.Generation != s.Generation || l.Way == m.Generation+1 {
		fx.count(ReportDropped{ReportRateLimited})
		return
	}
	l.Way = m.Generation + 1
	fx.notes = append(fx.notes, Step{
		What: "reportConnection", Who: l.Participant, Detail: string(m.Path) + " " + string(m.Transport), TookMs: int64(m.ICEMs + m.DTLSMs),
	})
	fx.count(Connected{
		Path: m.Path, Transport: m.Transport, Family: m.Family,
		Relay: milliseconds(m.RelayMs), ICE: milliseconds(m.ICEMs), DTLS: milliseconds(m.DTLSMs),
	})
}

// reportQuality counts what a participant reports of the last seconds and
// keeps none of it. What cannot be is refused; what comes too often is
// dropped, for a client can do nothing about it.
func (s *state) reportQuality(fx *effects, l *leg, m *wire.ReportQuality, now time.Time) error {
	if err := plausible(m); err != nil {
		fx.count(ReportDropped{ReportInvalid})
		return err
	}
	if now.Sub(l.Reported) < reportEvery {
		fx.count(ReportDropped{ReportRateLimited})
		return nil
	}
	l.Reported = now
	fx.notes = append(fx.notes, Step{What: "reportQuality", Who: l.Participant, Quality: inUnits(m)})
	fx.count(Reported{
		Topology: s.Topology, Span: milliseconds(m.SpanMs), Path: m.Path, RTT: milliseconds(m.RTTMs),
		Sound: m.Sound, Pictures: m.Pictures, Sent: m.Sent, Switches: int(m.Switches),
	})
	return nil
}

// plausible refuses counters that contradict each other: of 10 s nobody can
// see 15 s of one picture.
func plausible(m *wire.ReportQuality) error {
	if s := m.Sound; s != nil && s.ConcealedMs > s.PlayedMs {
		return wire.Problemf(wire.CodeInvalid, "sound.concealedMs is more than was played")
	}
	most := m.SpanMs * wire.MaxViews
	seen := map[wire.Source]bool{}
	for _, p := range m.Pictures {
		if p.Source != wire.SourceCamera && p.Source != wire.SourceScreen || seen[p.Source] {
			return wire.Problemf(wire.CodeInvalid, "pictures are of one camera and one screen at most, each once")
		}
		seen[p.Source] = true
		if total := p.GoodMs + p.FairMs + p.PoorMs + p.UnknownMs; total > most || p.FrozenMs > most {
			return wire.Problemf(wire.CodeInvalid, "pictures were seen for longer than the report covers")
		}
	}
	if s := m.Sent; s != nil && s.BandwidthMs+s.CPUMs+s.OtherMs > s.SentMs {
		return wire.Problemf(wire.CodeInvalid, "sent.sentMs is less than its parts")
	}
	return nil
}

func milliseconds(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }
