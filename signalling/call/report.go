package call

import (
	"slices"
	"strconv"
	"time"

	"pronto/signalling/wire"
)

// reportEvery is the least time between two reports of quality of one
// participant. Clients report every 10 s; a page that comes back from sleep
// may be early.
const reportEvery = 5 * time.Second

// maxEnds is how often a page of one stay may go: each has its own last report.
const maxEnds = 8

// note carries out a report of who is in the call with this very session. A report
// changes nothing that anybody is told of, that is stored or that the registry knows
// calls by: so the state is not copied, compared and committed as change does, which
// costs several times what the report does; nor does run have to be woken for it. After
// an error only what was counted stays.
func (c *Call) note(who Who, f func(s *state, fx *effects, l *leg, now time.Time) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.done:
		return errCallEnded
	default:
	}
	l, err := c.state.member(who)
	if err != nil {
		return err
	}
	fx, now := &effects{}, time.Now()
	err = f(c.state, fx, l, now)
	c.trace.note(c.state, c.state, fx.notes, now)
	for _, e := range fx.metrics {
		c.cfg.Events(e)
	}
	return err
}

// noted is note of the call with an id. Its reply is done.
func (r *Registry) noted(who Who, id wire.CallID, f func(*state, *effects, *leg, time.Time) error) error {
	return r.with(id, func(c *Call) error {
		if err := c.note(who, f); err != nil {
			return err
		}
		who.Reply(wire.Done{})
		return nil
	})
}

// reportConnection counts how a participant's connection came about, once for
// each generation.
func (s *state) reportConnection(fx *effects, l *leg, m *wire.ReportConnection) {
	if s.quiet {
		fx.count(ReportDropped{ReportOptedOut})
		return
	}
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
	if s.quiet {
		fx.count(ReportDropped{ReportOptedOut})
		return nil
	}
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
		Trace: s.Trace, Key: s.Key, Arm: s.Arm,
		Topology: s.Topology, Span: milliseconds(m.SpanMs), Path: m.Path, RTT: milliseconds(m.RTTMs),
		Sound: m.Sound, Pictures: m.Pictures, Sent: m.Sent, Switches: int(m.Switches), Up: m.Up, Moments: m.Moments,
	})
	s.noteMoments(fx, l.Participant, m.Moments, m.MomentsLeft)
	return nil
}

// noteMoments writes what happened once into the timeline, with how many more there
// were, and keeps what tells why no media flows.
func (s *state) noteMoments(fx *effects, who wire.ParticipantID, moments []wire.Moment, left uint32) {
	if left > 0 {
		fx.notes = append(fx.notes, Step{What: "momentsLeft", Who: who, Detail: strconv.FormatUint(uint64(left), 10)})
	}
	for _, m := range moments {
		fx.notes = append(fx.notes, Step{What: "moment", Who: who, Detail: string(m.What), TookMs: int64(m.TookMs)})
		switch m.What {
		case wire.MomentPermissionDenied:
			s.blame(CausePermission)
		case wire.MomentDeviceLost:
			s.blame(CauseDevice)
		}
	}
}

// reportEnd counts the last report of a stay: of who is in the call, or, by the
// registry's memory, of who has left it.
func (r *Registry) reportEnd(who Who, m *wire.ReportEnd) error {
	if r.cfg.NoReports {
		r.cfg.Events(ReportDropped{ReportOptedOut})
		who.Reply(wire.Done{})
		return nil
	}
	if c, err := r.call(m.Call); err == nil {
		err = c.note(who, func(s *state, fx *effects, l *leg, _ time.Time) error {
			if l.ends >= maxEnds {
				fx.count(ReportDropped{ReportLate})
				return nil
			}
			l.ends++
			s.noteMoments(fx, l.Participant, m.Moments, m.MomentsLeft)
			fx.count(stay(s.Kind, s.Topology, m))
			return nil
		})
		if err == nil {
			who.Reply(wire.Done{})
			return nil
		}
	}
	how, ok := r.stays.take(m.Call, who.User)
	if !ok {
		r.cfg.Events(ReportDropped{ReportLate})
		who.Reply(wire.Done{}) // a client can do nothing about it
		return nil
	}
	r.cfg.Events(stay(how.kind, how.topology, m))
	who.Reply(wire.Done{})
	return nil
}

func stay(kind wire.Kind, topology wire.Topology, m *wire.ReportEnd) StayReported {
	return StayReported{Kind: kind, Topology: topology, Sent: int64(m.SentKB) * 1000, Received: int64(m.ReceivedKB) * 1000, Moments: m.Moments}
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
	for i, up := range m.Up {
		if up.Source == wire.SourceScreenAudio || slices.ContainsFunc(m.Up[:i], func(o wire.SentLoss) bool { return o.Source == up.Source }) {
			return wire.Problemf(wire.CodeInvalid, "up is of one microphone, one camera and one screen at most")
		}
	}
	if s := m.Sent; s != nil && s.BandwidthMs+s.CPUMs+s.OtherMs > s.SentMs {
		return wire.Problemf(wire.CodeInvalid, "sent.sentMs is less than its parts")
	}
	return nil
}

func milliseconds(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }
