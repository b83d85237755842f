package client

import "sync"

// maxQueued is how many events may wait for a slow listener.
const maxQueued = 1024

// queue hands events to the listener from one goroutine, in order.
type queue struct {
	on   func(Event)
	done chan struct{} // closed when the goroutine is gone

	mu     sync.Mutex // guards what follows; held for slice access only
	filled *sync.Cond
	events []Event
	closed bool
}

func newQueue(on func(Event)) *queue {
	q := &queue{on: on, done: make(chan struct{})}
	q.filled = sync.NewCond(&q.mu)
	go q.run()
	return q
}

// put adds an event and reports whether there was room.
func (q *queue) put(e Event) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.on == nil || q.closed {
		return true
	}
	if len(q.events) >= maxQueued {
		return false
	}
	q.events = append(q.events, e)
	q.filled.Signal()
	return true
}

// close drops what waits and returns when the listener is not running any more:
// it waits for one event at most.
func (q *queue) close() {
	q.mu.Lock()
	q.closed, q.events = true, nil
	q.filled.Signal()
	q.mu.Unlock()
	<-q.done
}

func (q *queue) run() {
	defer close(q.done)
	for e, ok := q.next(); ok; e, ok = q.next() {
		q.on(e)
	}
}

// next waits for an event and takes it out. It takes one only, so that a slow
// listener holds no more than one beyond the bound.
func (q *queue) next() (Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.events) == 0 && !q.closed {
		q.filled.Wait()
	}
	if q.closed {
		return Event{}, false
	}
	e := q.events[0]
	q.events[0] = Event{} // its body is the listener's now
	q.events = q.events[1:]
	return e, true
}
