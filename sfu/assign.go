package sfu

import (
	"cmp"
	"slices"
	"time"

	"pronto/sfu/layer"
)

const (
	// defaultHeight is the height at which a client that has not said what it shows gets others.
	defaultHeight = 360
	// shareAfter is how long a screen may send nothing before a client that has not said what it shows loses it.
	shareAfter = 5 * time.Second
)

// want is one stream that a viewer is to receive, at a height.
type want struct {
	stream *stream
	height int
	pinned bool
}

// offered is what those in a room may receive, for all of them at once: that a viewer does not receive himself is
// seen to later. So somebody who joins costs each of those who are there as much as they have slots, not as
// many as there are.
type offered struct {
	peers  map[string]*Peer // by id
	voices []want           // everything with sound, in the order in which the senders joined
	ranked []want           // the same, the loudest first
	views  []want           // for who has not said what he shows: screens, then cameras in the same order

	wanted []want // of one viewer
}

// assign gives every viewer's slots to those who are to flow in them, and tells the viewers whose
// slots changed. The caller holds r.mu, as for all functions below.
func (r *Room) assign(now time.Time) {
	r.chooseLoud(now)
	r.collect()
	for _, viewer := range r.peers {
		changed := r.fill(viewer.audioSlots, r.wantedAudio(viewer))
		if r.fill(viewer.videoSlots, r.wantedVideo(viewer)) || changed {
			viewer.tellSlots()
		}
	}
	r.aimAll(now)
}

// fill gives slots to the wanted streams: who has one keeps it, the others take what is free. It reports
// whether anything changed hands.
func (r *Room) fill(slots []*slot, wanted []want) (changed bool) {
	wanted = wanted[:min(len(wanted), len(slots))]
	for _, s := range slots {
		if s.stream == nil {
			continue
		}
		i := slices.IndexFunc(wanted, func(w want) bool { return w.stream == s.stream })
		if i < 0 {
			r.give(s, nil)
			changed = true
			continue
		}
		s.show(wanted[i], i)
	}
	free := 0
	for i, w := range wanted {
		if slices.ContainsFunc(slots, func(s *slot) bool { return s.stream == w.stream }) {
			continue
		}
		for slots[free].stream != nil {
			free++
		}
		r.give(slots[free], w.stream)
		slots[free].show(w, i)
		changed = true
	}
	return changed
}

// show says how the viewer shows the slot's picture.
func (s *slot) show(w want, order int) { s.height, s.pinned, s.order = w.height, w.pinned, order }

// give lets a stream flow in a slot from now on; nil lets nothing flow.
func (r *Room) give(s *slot, to *stream) {
	if old := s.stream; old != nil {
		without := slices.DeleteFunc(slices.Clone(*old.slots.Load()), func(o *slot) bool { return o == s })
		old.slots.Store(&without)
	}
	r.countSlot(s, to)
	s.stream = to
	s.picked, s.paused, s.lessened = layer.None, false, time.Time{}
	s.aim(choice{})
	if to == nil {
		return
	}
	var with []*slot
	if slots := to.slots.Load(); slots != nil {
		with = slices.Clone(*slots)
	}
	with = append(with, s)
	to.slots.Store(&with)
}

// countSlot keeps count of the slots that have something to carry.
func (r *Room) countSlot(s *slot, to *stream) {
	count := &r.sfu.count.videoSlots
	if s.audio {
		count = &r.sfu.count.audioSlots
	}
	switch {
	case s.stream == nil && to != nil:
		count.Add(1)
	case s.stream != nil && to == nil:
		count.Add(-1)
	}
}

// collect finds out what those in the room may receive.
func (r *Room) collect() {
	o := &r.offered
	if o.peers == nil {
		o.peers = map[string]*Peer{}
	}
	clear(o.peers)
	for _, before := range [][]want{o.voices, o.ranked, o.views, o.wanted[:cap(o.wanted)]} {
		clear(before) // so that nobody who has gone is kept
	}
	o.voices, o.views = o.voices[:0], o.views[:0]
	screens := 0
	for _, p := range r.peers {
		o.peers[p.id] = p
		if !p.sending.Load() {
			continue
		}
		for _, s := range p.streams {
			shared := slices.Contains(r.shares, s)
			switch {
			case s.source == Microphone, s.source == ScreenAudio && shared:
				o.voices = append(o.voices, want{stream: s})
			case s.source == Camera:
				o.views = append(o.views, want{stream: s, height: defaultHeight})
			case s.source == Screen && shared:
				o.views = slices.Insert(o.views, screens, want{stream: s, height: 2 * layer.AssumedHeight})
				screens++
			}
		}
	}
	o.ranked = append(o.ranked[:0], o.voices...)
	rank := make(map[*stream]int, len(r.loud))
	for i, s := range r.loud {
		rank[s] = i - len(r.loud)
	}
	slices.SortStableFunc(o.ranked, func(a, b want) int { return cmp.Compare(rank[a.stream], rank[b.stream]) }) // 0 was never heard
}

// wantedAudio returns the voices that a viewer is to hear: everybody, where they are few; else the loudest. The sound of
// screens comes with its picture, whoever speaks.
func (r *Room) wantedAudio(viewer *Peer) []want {
	voices, sounds := 0, 0
	for _, w := range r.offered.voices {
		switch {
		case w.stream.peer == viewer:
		case w.stream.source == Microphone:
			voices++
		default:
			sounds++
		}
	}
	from, most := r.offered.ranked, r.sfu.limits.Voices
	if few := min(most, len(viewer.audioSlots)-sounds); voices <= few {
		from = r.offered.voices
	}
	r.offered.wanted = r.offered.wanted[:0]
	if sounds > 0 {
		r.addAudio(viewer, from, ScreenAudio, len(viewer.audioSlots))
	}
	r.addAudio(viewer, from, Microphone, min(most+len(r.offered.wanted), len(viewer.audioSlots)))
	return r.offered.wanted
}

// addAudio adds what is offered of one source to what a viewer is to hear, until that is so many.
func (r *Room) addAudio(viewer *Peer, from []want, source Source, most int) {
	for _, w := range from {
		if len(r.offered.wanted) == most {
			return
		}
		if w.stream.source == source && w.stream.peer != viewer && viewer.sees(w.stream.peer) {
			r.offered.wanted = append(r.offered.wanted, w)
		}
	}
}

// pick returns the first of what is offered that may flow to a viewer, at most so many.
func (r *Room) pick(viewer *Peer, from []want, most int) []want {
	wanted := r.offered.wanted[:0]
	for _, w := range from {
		if len(wanted) == most {
			break
		}
		if w.stream.peer != viewer && viewer.sees(w.stream.peer) {
			wanted = append(wanted, w)
		}
	}
	r.offered.wanted = wanted
	return wanted
}

// chooseLoud ranks the voices in rooms with more of them than anybody is sent. It reports whether the ranking
// changed.
func (r *Room) chooseLoud(now time.Time) (changed bool) {
	var ranking []*stream
	for _, p := range r.peers {
		if len(p.audioSlots) > 0 && min(r.sfu.limits.Voices, len(p.audioSlots)) < len(r.peers)-1+len(r.shares) {
			ranking = r.voices.Ranking(now)
			break
		}
	}
	changed = !slices.Equal(ranking, r.loud)
	r.loud = ranking
	return changed
}

// wantedVideo returns what a viewer shows, most important first.
func (r *Room) wantedVideo(viewer *Peer) []want {
	if viewer.view == nil {
		return r.pick(viewer, r.offered.views, len(viewer.videoSlots))
	}
	wanted := r.offered.wanted[:0]
	for _, item := range viewer.view {
		s := r.find(item.Participant, item.Source)
		if s == nil || s.peer == viewer || item.Height <= 0 || s.source.Audio() || !s.peer.sending.Load() || !viewer.sees(s.peer) ||
			slices.ContainsFunc(wanted, func(w want) bool { return w.stream == s }) {
			continue
		}
		wanted = append(wanted, want{s, item.Height, item.Pinned})
	}
	r.offered.wanted = wanted
	return wanted
}

func (r *Room) find(participant string, source Source) *stream {
	if p := r.offered.peers[participant]; p != nil {
		return p.stream(source)
	}
	return nil
}

// watchShares finds out which screens are being sent. It reports whether that changed.
func (r *Room) watchShares(now time.Time) (changed bool) {
	var shares []*stream
	for _, p := range r.peers {
		for _, s := range p.streams {
			if (s.source == Screen || s.source == ScreenAudio) && s.live(now, shareAfter) {
				shares = append(shares, s)
			}
		}
	}
	changed = !slices.Equal(shares, r.shares)
	r.shares = shares
	return changed
}
