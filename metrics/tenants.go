package metrics

import (
	"sync"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// maxTallies is how much waits to be taken; what goes beyond is not counted.
const maxTallies = 100_000

// Tenants counts, for each integrator, what happens to the calls of his people. A
// label of the metrics could not: there may be any number of keys. It keeps numbers,
// until they are taken.
type Tenants struct {
	mu  sync.Mutex // guards sum
	sum map[tally]int64
}

// tally is what is counted.
type tally struct {
	key, by string
	hour    int64 // Unix time in hours
	of      store.Tally
}

// Call takes an event of a call. It never blocks.
func (t *Tenants) Call(e call.Event) { t.call(e, time.Now()) }

func (t *Tenants) call(e call.Event, now time.Time) {
	switch e := e.(type) {
	case call.SetUpEnded:
		t.add(e.Key, now, store.TallySetUp, string(e.Outcome), 1)
	case call.Ended:
		how := string(e.Kind) + " " + string(e.Topology) + " " + string(e.Cause)
		t.add(e.Key, now, store.TallyEnded, endClass(e.Cause), 1)
		t.add(e.Key, now, store.TallyCalls, how, 1)
		t.add(e.Key, now, store.TallyCallsMs, how, e.Talked.Milliseconds())
	case call.Reported:
		if e.Key != "" {
			t.reported(e, now)
		}
	}
}

// reported counts ten seconds of what somebody heard and saw.
func (t *Tenants) reported(e call.Reported, now time.Time) {
	if s := e.Sound; s != nil && s.PlayedMs > 0 {
		score, grade := judge(s, e.RTT)
		t.add(e.Key, now, store.TallySound, grade, int64(s.PlayedMs))
		if score > 0 {
			t.add(e.Key, now, store.TallyScore, "", int64(score*1000+.5)*int64(s.PlayedMs))
			t.add(e.Key, now, store.TallyScoredMs, "", int64(s.PlayedMs))
		}
	}
	for _, p := range e.Pictures {
		if p.Source == wire.SourceCamera {
			t.add(e.Key, now, store.TallyPicture, gradeGood, int64(p.GoodMs))
			t.add(e.Key, now, store.TallyPicture, gradeFair, int64(p.FairMs))
			t.add(e.Key, now, store.TallyPicture, gradePoor, int64(p.PoorMs))
		}
	}
}

func (t *Tenants) add(key string, now time.Time, of store.Tally, by string, n int64) {
	if key == "" || n == 0 {
		return
	}
	one := tally{key, by, now.Unix() / 3600, of}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sum == nil {
		t.sum = map[tally]int64{}
	}
	if _, known := t.sum[one]; known || len(t.sum) < maxTallies {
		t.sum[one] += n
	}
}

// Take returns what was counted since it was last asked.
func (t *Tenants) Take() []store.KeyStat {
	t.mu.Lock()
	sum := t.sum
	t.sum = nil
	t.mu.Unlock()
	list := make([]store.KeyStat, 0, len(sum))
	for one, n := range sum {
		list = append(list, store.KeyStat{Key: one.key, Hour: time.Unix(one.hour*3600, 0), Tally: one.of, By: one.by, N: n})
	}
	return list
}

// Return counts again what could not be stored.
func (t *Tenants) Return(list []store.KeyStat) {
	for _, one := range list {
		t.add(one.Key, one.Hour, one.Tally, one.By, one.N)
	}
}
