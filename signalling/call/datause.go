package call

import (
	"context"

	"pronto/sfu"
	"pronto/signalling/wire"
)

// setDataUse tells the SFU how much data a participant wants to use.
func (c *Call) setDataUse(ctx context.Context, who Who, m *wire.SetDataUse) error {
	return c.do(ctx, func() error {
		l, err := c.state.member(who)
		if err != nil {
			return err
		}
		if c.uses == nil {
			c.uses = map[wire.ParticipantID]sfu.DataUse{}
		}
		c.uses[l.Participant] = sfu.DataUse{Bytes: int64(m.BudgetKB) * 1000, Low: m.Low}
		if err := c.use(l.Participant); err != nil {
			return err
		}
		who.Reply(wire.Done{})
		return nil
	})
}

// use tells a participant's connection what he wants to use. Only for run.
func (c *Call) use(id wire.ParticipantID) error {
	p, wished := c.peers[id], false
	if p == nil {
		return nil
	}
	if p.using, wished = c.uses[id]; !wished {
		return nil
	}
	return p.Use(p.using)
}

// keepUse remembers what is left of a budget when its connection goes, for the next one. Only for run.
func (c *Call) keepUse(id wire.ParticipantID) {
	p := c.peers[id]
	if p == nil || p.using.Bytes == 0 {
		return
	}
	left := p.using
	left.Bytes = max(left.Bytes-p.Used(), 1) // 0 would be any number
	c.uses[id] = left
}

// bandwidthOf is what the SFU says of a participant's bandwidth, as he is told.
func bandwidthOf(generation uint32, e sfu.PeerEvent) any {
	switch e := e.(type) {
	case sfu.Paused:
		pictures := make([]wire.PausedPicture, 0, len(e.Pauses))
		for _, p := range e.Pauses {
			pictures = append(pictures, wire.PausedPicture{
				Participant: wire.ParticipantID(p.Participant), Source: wire.Source(p.Source), Reason: wire.PauseReason(p.Reason),
			})
		}
		return wire.Paused{Generation: generation, Pictures: pictures}
	case sfu.Encodings:
		return wire.Encodings{Generation: generation, Source: wire.Source(e.Source), Active: e.Active}
	case sfu.Data:
		states := map[sfu.DataState]wire.DataState{
			sfu.DataPlenty: wire.DataPlenty, sfu.DataLow: wire.DataLow, sfu.DataSpent: wire.DataSpent,
		}
		return wire.DataUse{
			Generation: generation, State: states[e.State], UsedKB: uint32(e.Used / 1000), BudgetKB: uint32(e.Budget / 1000),
		}
	}
	return nil
}
