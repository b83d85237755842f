package media

import (
	"container/heap"
	"sync"
	"time"
)

// maxBehind is how late a job may be and still be carried out step by step;
// what is later is skipped, as a microphone skips when its machine stalls.
const maxBehind = 200 * time.Millisecond

// scheduler carries out all jobs in one goroutine, each at its own pace.
type scheduler struct {
	wake chan struct{} // holds one token after jobs has changed
	stop chan struct{} // closed by close
	done chan struct{} // closed when the goroutine is gone

	mu   sync.Mutex // guards jobs; held for heap access only
	jobs jobHeap
}

// job is one thing to do over and over.
type job struct {
	every time.Duration
	act   func(step int64)

	// Owned by the scheduler's goroutine, but while the job is in the heap.
	next time.Time
	step int64

	mu      sync.Mutex // held while act runs
	stopped bool
}

func newScheduler() *scheduler {
	s := &scheduler{wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

// add has act called once every period, from the period's first instant on.
// step counts the periods since then; steps may be left out, never repeated.
func (s *scheduler) add(every time.Duration, act func(step int64)) *job {
	j := &job{every: every, act: act, next: time.Now()}
	s.mu.Lock()
	heap.Push(&s.jobs, j)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return j
}

// end stops the job. When it returns, act does not run and will not again. It
// must not be called by act.
func (j *job) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stopped = true
}

func (s *scheduler) close() {
	close(s.stop)
	<-s.done
}

func (s *scheduler) run() {
	defer close(s.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-s.wake:
		case <-timer.C:
		}
		timer.Reset(s.carryOut())
	}
}

// carryOut does what is due and returns how long there is nothing to do.
func (s *scheduler) carryOut() time.Duration {
	for {
		s.mu.Lock()
		if len(s.jobs) == 0 {
			s.mu.Unlock()
			return time.Hour
		}
		j := s.jobs[0]
		now := time.Now()
		if wait := j.next.Sub(now); wait > 0 {
			s.mu.Unlock()
			return wait
		}
		heap.Pop(&s.jobs) // its time changes
		s.mu.Unlock()

		if j.do(now) {
			s.mu.Lock()
			heap.Push(&s.jobs, j)
			s.mu.Unlock()
		}
	}
}

// do carries out one step and reports whether there will be another.
func (j *job) do(now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stopped {
		return false
	}
	if behind := now.Sub(j.next); behind > maxBehind {
		missed := int64(behind / j.every)
		j.step += missed
		j.next = j.next.Add(time.Duration(missed) * j.every)
	}
	j.act(j.step)
	j.step++
	j.next = j.next.Add(j.every)
	return true
}

// jobHeap has the job that is due first at its top.
type jobHeap []*job

func (h jobHeap) Len() int           { return len(h) }
func (h jobHeap) Less(i, k int) bool { return h[i].next.Before(h[k].next) }
func (h jobHeap) Swap(i, k int)      { h[i], h[k] = h[k], h[i] }

func (h *jobHeap) Push(x any) { *h = append(*h, x.(*job)) }

func (h *jobHeap) Pop() any {
	last := len(*h) - 1
	j := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return j
}
