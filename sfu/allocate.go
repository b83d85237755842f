package sfu

import (
	"cmp"
	"slices"
	"time"

	"pronto/sfu/layer"
)

const (
	// usablePercent is how much of what the way carries is given to sound and pictures; the rest is for what is sent again.
	usablePercent = 95
	// steadyFor is how long a picture that had to become smaller, or stop, stays so: each change costs a key frame.
	steadyFor = 2 * time.Second
	// urgentPercent is how much of what there is room for may flow until a lower encoding can begin; where more does, it
	// stops at once, for the queue on the way would only grow, and the key frame would wait in it.
	urgentPercent = 140
	// spareBps is how much more is looked for than is needed, so that a change of what it costs does no harm.
	spareBps = 50_000
	// sparePercent is what there must be of what all pictures cost for none to be held back.
	sparePercent = 118
)

// PauseReason says why a picture that is shown does not flow. The set is fixed, fit for a label.
type PauseReason string

// Why a picture does not flow.
const (
	// PausedBandwidth: the viewer's downlink does not carry it. It goes on by itself.
	PausedBandwidth PauseReason = "bandwidth"
	// PausedDataBudget: the viewer has used up what he wants to use.
	PausedDataBudget PauseReason = "dataBudget"
)

// aimAll chooses what flows in every slot. The caller holds r.mu, as for all functions below.
func (r *Room) aimAll(now time.Time) {
	for _, p := range r.peers {
		for _, s := range p.streams {
			if s.source.Audio() {
				s.aimSound()
				continue
			}
			s.measure(now)
		}
	}
	for _, viewer := range r.peers {
		r.aimPictures(viewer, now)
	}
	for _, p := range r.peers {
		for _, s := range p.streams {
			if s.source == Camera {
				s.settle(now)
			}
		}
	}
}

// aimSound lets a sound flow in every slot that has it, unless it is muted. Sound is sent whatever the way carries.
func (s *stream) aimSound() {
	slots := s.slots.Load()
	if slots == nil {
		return
	}
	target := s.encodings[0].Load()
	if s.peer.mutes(s.source) {
		target = nil
	}
	for _, slot := range *slots {
		slot.aim(choice{encoding: target})
	}
}

// aimPictures shares what the viewer's way carries among what he shows: sound first, then what he has pinned, who
// speaks, and the rest in the order of his view.
func (r *Room) aimPictures(viewer *Peer, now time.Time) {
	shown := r.shown[:0]
	for _, s := range viewer.videoSlots {
		if s.stream != nil && slices.ContainsFunc(s.stream.known, func(e layer.Encoding) bool { return e.Present }) {
			shown = append(shown, s)
		}
	}
	r.shown = shown
	if len(shown) == 0 {
		viewer.link.path.wanted.Store(0)
		viewer.tellPaused()
		return
	}
	slices.SortFunc(shown, func(a, b *slot) int { return cmp.Compare(r.rank(a), r.rank(b)) })
	r.demands = r.demands[:0]
	for _, s := range shown {
		r.demands = append(r.demands, s.demand(viewer.use.low))
	}
	sound := viewer.soundBps(now)
	cost := layer.Cost(r.demands)
	carries, reason := int(viewer.link.path.bps.Load()), PausedBandwidth
	viewer.link.path.wanted.Store(int64((cost*sparePercent/100+sound)*100/usablePercent + spareBps))
	r.choices = r.choices[:0]
	limited, urgent, flows := false, false, 0
	switch budget := carries*usablePercent/100 - sound; {
	case viewer.use.spent():
		reason = PausedDataBudget
		viewer.link.path.wanted.Store(0)
		for range shown {
			r.choices = append(r.choices, layer.None)
		}
	case carries == 0 || cost <= budget && viewer.steady(shown, now):
		for i := range shown {
			r.choices = append(r.choices, r.demands[i].Wanted)
		}
	default:
		limited = true
		for i, s := range shown {
			s.steady(&r.demands[i], now)
			flows += r.demands[i].Costs()
		}
		urgent = flows > budget*urgentPercent/100
		r.choices = layer.Allocate(r.choices, r.demands, budget)
	}
	for i, s := range shown {
		if s.take(r.choices[i], reason, now) && limited {
			s.lessened = now
			if urgent {
				s.restart()
			}
		}
	}
	viewer.tellPaused()
}

// rank is how important a picture is to the viewer, the least the most.
func (r *Room) rank(s *slot) int {
	rank := s.order
	switch {
	case s.pinned:
		rank -= 2 * maxView
	case s.stream.source == Camera && slices.Contains(r.speaking, s.stream.peer.id):
		rank -= maxView
	}
	return rank
}

// steady tells whether nothing has become smaller lately.
func (p *Peer) steady(shown []*slot, now time.Time) bool {
	return !slices.ContainsFunc(shown, func(s *slot) bool { return now.Sub(s.lessened) < steadyFor })
}

// soundBps is what the viewer is sent as sound, in bit/s.
func (p *Peer) soundBps(now time.Time) (bps int) {
	for _, s := range p.audioSlots {
		if s.stream != nil {
			if e := s.stream.encodings[0].Load(); e != nil && e.live(now, layer.StaleAfter) {
				bps += e.meters[0].bps
			}
		}
	}
	return bps
}

// demand says what the slot's picture costs, and which encoding the viewer wants.
func (s *slot) demand(low bool) layer.Demand {
	of := s.stream
	d := layer.Demand{Rates: of.rates[:len(of.known)], Current: layer.None}
	if !s.paused {
		d.Current = s.picked
	}
	d.Wanted = layer.Choose(of.known, s.picked, s.height)
	if low && d.Wanted != layer.None {
		d.Wanted = layer.Choose(of.known, s.picked, 1)
	}
	d.Current = min(d.Current, len(d.Rates)-1)
	return d
}

// steady keeps a picture as small as it had to become, for some time.
func (s *slot) steady(d *layer.Demand, now time.Time) {
	if now.Sub(s.lessened) < steadyFor {
		d.Wanted = min(d.Wanted, d.Current)
	}
}

// take lets an encoding flow in the slot, [layer.None] for a pause. It reports whether that is less than before.
func (s *slot) take(picked int, reason PauseReason, now time.Time) (less bool) {
	if picked == layer.None {
		if !s.paused {
			s.paused, s.reason, s.lessened = true, reason, now
			s.viewer.sfu.count.pauses.Add(1)
		}
		s.aim(choice{})
		return false
	}
	less = !s.paused && picked < s.picked
	s.paused, s.picked = false, picked
	s.stream.need(picked, now)
	if c := s.stream.flowing(picked, now); s.decodes(c.encoding) {
		s.aim(c)
	} else {
		s.aim(choice{})
	}
	return less
}

// tellPaused tells which pictures are paused, if that has changed.
func (p *Peer) tellPaused() {
	var paused []Pause
	for _, s := range p.videoSlots {
		if s.stream != nil && s.paused {
			paused = append(paused, Pause{Participant: s.stream.peer.id, Source: s.stream.source, Reason: s.reason})
		}
	}
	if slices.Equal(paused, p.paused) {
		return
	}
	p.paused = paused
	p.events.put(Paused{slices.Clone(paused)})
}
