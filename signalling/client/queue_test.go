package client

import "testing"

func TestAQueueHoldsNoMoreThanItsBoundWhateverItsListenerHasTaken(t *testing.T) {
	hearing, slow := make(chan struct{}), make(chan struct{})
	q := newQueue(func(e Event) {
		if e.Seq == 0 {
			close(hearing)
			<-slow
		}
	})
	defer func() { close(slow); q.close() }()
	// The listener starts when many wait already: it must not take them all out.
	q.mu.Lock()
	for n := range 1000 {
		q.events = append(q.events, Event{Seq: uint32(n)})
	}
	q.filled.Signal()
	q.mu.Unlock()
	<-hearing
	room := 0
	for q.put(Event{Seq: 1}) {
		room++
	}
	if want := maxQueued - 999; room != want {
		t.Errorf("there was room for %d more, want %d", room, want)
	}
}

func TestClosingAQueueTellsNothingMore(t *testing.T) {
	hearing, slow := make(chan struct{}), make(chan struct{})
	told := 0
	q := newQueue(func(Event) {
		if told++; told == 1 {
			close(hearing)
			<-slow
		}
	})
	q.mu.Lock() // three at once
	q.events = make([]Event, 3)
	q.filled.Signal()
	q.mu.Unlock()
	<-hearing
	closed := make(chan struct{})
	go func() { defer close(closed); q.close() }()
	for marked := false; !marked; {
		q.mu.Lock()
		marked = q.closed
		q.mu.Unlock()
	}
	close(slow)
	<-closed
	if told != 1 {
		t.Errorf("%d events were told, want only the one that was under way", told)
	}
}
