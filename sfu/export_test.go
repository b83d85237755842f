package sfu

// SetDownlink has the way to a peer whose client reports no arrivals carry so much, in bit/s.
func (p *Peer) SetDownlink(bps int) {
	p.link.path.bps.Store(int64(bps))
	p.room.kick()
}

// Loads returns how many rooms and peers each worker has.
func (s *SFU) Loads() (loads []int64) {
	for _, w := range s.workers {
		loads = append(loads, w.load.Load())
	}
	return loads
}

// Foreign returns from how many addresses packets come to another worker than that of their peer, and how many user name
// fragments the workers know of.
func (s *SFU) Foreign() (addresses, known int) {
	for _, w := range s.workers {
		w.do(func() { addresses += len(w.foreign) })
	}
	f := s.worker.fragments
	f.mu.RLock()
	defer f.mu.RUnlock()
	return addresses, len(f.worker)
}
