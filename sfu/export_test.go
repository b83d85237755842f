package sfu

// SetDownlink has the way to a peer whose client reports no arrivals carry so much, in bit/s.
func (p *Peer) SetDownlink(bps int) {
	p.link.path.bps.Store(int64(bps))
	p.room.kick()
}
