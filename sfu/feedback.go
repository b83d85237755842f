package sfu

// wantKeyFrame passes on that the peer cannot decode what flows in a slot, which may be nil. The worker
// calls it.
func (p *Peer) wantKeyFrame(s *slot) {
	if s == nil || s.audio || !p.receives() {
		return
	}
	if e := s.flowing(); e != nil {
		p.sfu.count.keyFeedback.Add(1)
		if e.feedback.Swap(true) {
			p.sfu.count.keyMerged.Add(1)
			return
		}
		p.room.kick()
	}
}
