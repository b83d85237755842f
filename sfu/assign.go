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

// assign gives every viewer's slots to those who are to flow in them, and tells the viewers whose
// slots changed. The caller holds r.mu, as for all functions below.
func (r *Room) assign(now time.Time) {
	r.chooseLoud(now)
	for _, viewer := range r.peers {
		changed := r.fill(viewer.audioSlots, viewer.visible(r.wantedAudio(viewer)))
		if r.fill(viewer.videoSlots, viewer.visible(r.wantedVideo(viewer))) || changed {
			viewer.tellSlots()
		}
	}
	r.aimAll(now)
}

// fill gives slots to the wanted streams: who has one keeps it, the others take what is free. It reports
// whether anything changed hands.
func (r *Room) fill(slots []*slot, wanted []want) (changed bool) {
	wanted = wanted[:min(len(wanted), len(slots))]
	has := make(map[*stream]bool, len(slots))
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
		has[s.stream] = true
	}
	free := 0
	for i, w := range wanted {
		if has[w.stream] {
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
	s.stream = to
	s.chosen, s.paused, s.lessened = layer.None, false, time.Time{}
	s.aim(nil)
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

// wantedAudio returns the voices that a viewer is to hear: all, if they fit; else the loudest.
func (r *Room) wantedAudio(viewer *Peer) []want {
	all := r.audible(viewer)
	if len(all) <= len(viewer.audioSlots) {
		return all
	}
	rank := func(w want) int {
		if i := slices.Index(r.loud, w.stream); i >= 0 {
			return i
		}
		return len(r.loud) // never heard
	}
	slices.SortStableFunc(all, func(a, b want) int { return cmp.Compare(rank(a), rank(b)) })
	return all
}

// audible returns everything with sound that others send.
func (r *Room) audible(viewer *Peer) []want {
	var all []want
	for _, p := range r.peers {
		for _, s := range p.streams {
			if p == viewer || !p.sending.Load() || !s.source.Audio() {
				continue
			}
			if s.source == Microphone || slices.Contains(r.shares, s) {
				all = append(all, want{stream: s})
			}
		}
	}
	return all
}

// chooseLoud ranks the voices in rooms with more of them than audio slots. It reports whether the ranking
// changed.
func (r *Room) chooseLoud(now time.Time) (changed bool) {
	var ranking []*stream
	for _, p := range r.peers {
		if len(p.audioSlots) > 0 && len(p.audioSlots) < len(r.peers)-1+len(r.shares) {
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
		return r.defaultView(viewer)
	}
	var wanted []want
	for _, item := range viewer.view {
		s := r.find(item.Participant, item.Source)
		if s == nil || s.peer == viewer || item.Height <= 0 || s.source.Audio() || !s.peer.sending.Load() ||
			slices.ContainsFunc(wanted, func(w want) bool { return w.stream == s }) {
			continue
		}
		wanted = append(wanted, want{s, item.Height, item.Pinned})
	}
	return wanted
}

// defaultView is what a client gets that has not said what it shows: screens, then
// cameras in the order in which their senders joined.
func (r *Room) defaultView(viewer *Peer) []want {
	var screens, cameras []want
	for _, p := range r.peers {
		for _, s := range p.streams {
			switch {
			case p == viewer || !p.sending.Load():
			case s.source == Camera:
				cameras = append(cameras, want{stream: s, height: defaultHeight})
			case s.source == Screen && slices.Contains(r.shares, s):
				screens = append(screens, want{stream: s, height: 2 * layer.AssumedHeight})
			}
		}
	}
	return append(screens, cameras...)
}

func (r *Room) find(participant string, source Source) *stream {
	for _, p := range r.peers {
		if p.id == participant {
			return p.stream(source)
		}
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
