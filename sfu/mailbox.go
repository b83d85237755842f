package sfu

import "sync"

// maxWaiting is how many events wait for a slow listener. States are kept once, so
// that only a transport that comes and goes for a long time can fill it.
const maxWaiting = 16

// mailbox holds the events that a peer's listener has not heard yet.
type mailbox struct {
	wake chan struct{} // holds one token while there may be something to hear

	mu      sync.Mutex // guards what follows
	waiting []PeerEvent
	ended   bool
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put adds an event; a newer state takes the place of an older one. It never blocks.
func (m *mailbox) put(e PeerEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		return
	}
	for i, old := range m.waiting {
		if sameState(old, e) {
			m.waiting = append(m.waiting[:i], m.waiting[i+1:]...)
			break
		}
	}
	if len(m.waiting) == maxWaiting {
		m.waiting = m.waiting[1:]
	}
	m.waiting = append(m.waiting, e)
	m.signal()
}

// end refuses further events after last, if there is a last one; otherwise it also drops those that wait.
func (m *mailbox) end(last PeerEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		return
	}
	m.ended = true
	if last == nil {
		m.waiting = nil
	} else {
		m.waiting = append(m.waiting, last)
	}
	m.signal()
}

func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// run calls on for each event until the mailbox has ended and is empty.
func (m *mailbox) run(on func(PeerEvent)) {
	for range m.wake {
		for {
			e, more := m.take()
			if e == nil {
				if !more {
					return
				}
				break
			}
			on(e)
		}
	}
}

// take returns the next event, or nil and whether any may come.
func (m *mailbox) take() (e PeerEvent, more bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) == 0 {
		return nil, !m.ended
	}
	e, m.waiting = m.waiting[0], m.waiting[1:]
	return e, true
}

func sameState(a, b PeerEvent) bool {
	switch a := a.(type) {
	case Slots:
		_, same := b.(Slots)
		return same
	case Speakers:
		_, same := b.(Speakers)
		return same
	case Paused:
		_, same := b.(Paused)
		return same
	case Data:
		_, same := b.(Data)
		return same
	case Encodings:
		b, same := b.(Encodings)
		return same && a.Source == b.Source
	case Codecs:
		_, same := b.(Codecs)
		return same
	case Unheard:
		_, same := b.(Unheard)
		return same
	}
	return false
}
