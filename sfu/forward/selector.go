package forward

// sentFrames is how many frames behind the newest are remembered as sent or not.
const sentFrames = 256

// Selector leaves one layer of a scalable stream: it decides for each frame whether that needs it, and when
// another layer can take its place without a decoder missing anything. The zero value wishes for the lowest
// layer. It belongs to one goroutine.
type Selector struct {
	wish    Layer
	current Layer
	active  Targets // that the sender makes; 0 while that is not known
	awaits  bool

	// Of streams with numbered frames: which of the newest were sent.
	newest uint16
	sent   [sentFrames / 64]uint64
}

// Wish says which layer is to be sent. Lower rates come with the next frame; higher ones as soon as a
// frame allows; another size, where only a key frame allows it, with the next key frame.
func (s *Selector) Wish(l Layer) { s.wish = l }

// Current returns the layer that is sent.
func (s *Selector) Current() Layer { return s.current }

// Awaits tells whether another size is wished for than the one that is sent.
func (s *Selector) Awaits() bool { return s.awaits }

// Take decides about a packet. send tells whether it goes out, last whether it is the last packet of its picture
// that does. What it says of its frame must have Start cleared if it is late.
func (s *Selector) Take(f *Frame) (send, last bool) {
	if f.Start {
		s.begin(f)
	}
	send = f.Targets.Has(s.current)
	if send && f.numbered {
		s.mark(f.Number)
	}
	return send, send && f.End && f.Spatial == s.current.Spatial
}

// begin turns to what is wished for, if the frame that begins allows it.
func (s *Selector) begin(f *Frame) {
	if f.Key {
		s.active = f.Active
		s.current = s.goal()
		s.newest, s.sent = f.Number, [sentFrames / 64]uint64{}
	} else if f.Active != 0 {
		s.active = f.Active
	}
	goal := s.goal()
	if goal != s.current {
		s.turn(f, goal)
	}
	s.awaits = goal.Spatial != s.current.Spatial
}

// goal is the layer nearest to the wish that the sender makes.
func (s *Selector) goal() Layer {
	if s.active == 0 {
		return s.wish
	}
	return s.active.Nearest(s.wish)
}

func (s *Selector) turn(f *Frame, goal Layer) {
	switch {
	case goal.Spatial == s.current.Spatial && goal.Temporal < s.current.Temporal:
		s.current = goal // no frame refers to one of a higher rate
	case f.numbered:
		if f.Switch.Has(goal) && s.decodable(f) {
			s.current = goal
		}
	case f.above:
		if f.Temporal == s.current.Temporal+1 && f.Temporal <= goal.Temporal && f.Switch != 0 {
			s.current.Temporal = f.Temporal
		}
	case goal.Spatial == s.current.Spatial && f.Temporal <= s.current.Temporal && f.Switch.Has(goal):
		s.current = goal
	}
}

// decodable tells whether everything to which a numbered frame refers was sent.
func (s *Selector) decodable(f *Frame) bool {
	for _, back := range f.refs[:f.refCount] {
		if !s.has(f.Number - back) {
			return false
		}
	}
	return true
}

func (s *Selector) mark(number uint16) {
	if ahead := number - s.newest; ahead < 1<<15 {
		for i := s.newest + 1; i != number+1 && ahead < sentFrames; i++ {
			s.sent[i/64%(sentFrames/64)] &^= 1 << (i % 64)
		}
		if ahead >= sentFrames {
			s.sent = [sentFrames / 64]uint64{}
		}
		s.newest = number
	}
	if s.newest-number < sentFrames {
		s.sent[number/64%(sentFrames/64)] |= 1 << (number % 64)
	}
}

func (s *Selector) has(number uint16) bool {
	return s.newest-number < sentFrames && s.sent[number/64%(sentFrames/64)]>>(number%64)&1 == 1
}
