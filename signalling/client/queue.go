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

// close drops what waits and returns when the listener is not running any more.
func (q *queue) close() {
	q.mu.Lock()
	q.closed, q.events = true, nil
	q.filled.Signal()
	q.mu.Unlock()
	<-q.done
}

func (q *queue) run() {
	defer close(q.done)
	for {
		q.mu.Lock()
		for len(q.events) == 0 && !q.closed {
			q.filled.Wait()
		}
		if q.closed {
			q.mu.Unlock()
			return
		}
		events := q.events
		q.events = nil
		q.mu.Unlock()
		for _, e := range events {
			q.on(e)
		}
	}
}
