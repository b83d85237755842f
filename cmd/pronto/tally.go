package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"pronto/signalling/client/bot"
)

const (
	// liveEvery and plainEvery are how often the status is told on a terminal and
	// elsewhere.
	liveEvery  = time.Second
	plainEvery = 10 * time.Second
	// keptTimes is over how many calls the quantiles go.
	keptTimes = 500
)

// tally counts how the calls of the bots go.
type tally struct {
	mu             sync.Mutex // guards what follows
	made, answered int
	failed         int
	sent, received uint64 // packets of calls that are over
	after          []time.Duration
}

// add notes how a call went.
func (t *tally) add(w bot.Went) {
	sent, received := w.Stats.Totals()
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.Made {
		t.made++
	} else if w.Flowed {
		t.answered++
		t.after = append(t.after, w.FlowsAfter)
		t.after = t.after[max(0, len(t.after)-keptTimes):]
	}
	if w.Err != nil {
		t.failed++
	}
	t.sent += sent.Packets
	t.received += received.Packets
}

// status is the tally at one moment.
type status struct {
	calls, phones  int
	sent, received uint64
	failed         int
	p50, p95       time.Duration
}

func (t *tally) status(bots []*bot.Bot) status {
	var s status
	ids := map[string]bool{}
	for _, b := range bots {
		for _, c := range b.Calls() {
			ids[string(c.ID())] = true
			s.phones++
			sent, received := c.Stats().Totals()
			s.sent += sent.Packets
			s.received += received.Packets
		}
	}
	s.calls = len(ids)
	t.mu.Lock()
	defer t.mu.Unlock()
	s.sent += t.sent
	s.received += t.received
	s.failed = t.failed
	if len(t.after) > 0 {
		sorted := slices.Clone(t.after)
		slices.Sort(sorted)
		s.p50, s.p95 = sorted[len(sorted)/2], sorted[(len(sorted)-1)*95/100]
	}
	return s
}

// counts are a status for programs.
type counts struct {
	Calls      int     `json:"calls"`
	Phones     int     `json:"phones"`
	UpPerS     float64 `json:"packetsUpPerS"`
	DownPerS   float64 `json:"packetsDownPerS"`
	FirstP50Ms int64   `json:"firstSoundP50Ms"`
	FirstP95Ms int64   `json:"firstSoundP95Ms"`
	Failed     int     `json:"failed"`
}

// show tells the status until ctx ends: a line that stays on a terminal, a line now
// and then elsewhere.
func (t *tally) show(ctx context.Context, s *screen, bots []*bot.Bot) {
	out := s.out
	live := isTerminal(out) && !s.json
	every := plainEvery
	if live {
		every = liveEvery
	}
	strong, plain := "\x1b[1m", "\x1b[0m"
	if !live || !s.coloured() {
		strong, plain = "", ""
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := t.status(bots)
	for {
		select {
		case <-ctx.Done():
			if live {
				fmt.Fprintln(out)
			}
			return
		case <-tick.C:
		}
		now := t.status(bots)
		if s.json {
			// Who reads no longer is told nothing more; the demo goes on.
			_ = json.NewEncoder(out).Encode(now.counts(last, every))
			last = now
			continue
		}
		line := fmt.Sprintf("%s%d calls%s · %d phones in them · %s packets/s up · %s down · first sound p50 %s p95 %s · %d failed",
			strong, now.calls, plain, now.phones, rated(last.sent, now.sent, every), rated(last.received, now.received, every),
			short(now.p50), short(now.p95), now.failed)
		last = now
		if live {
			fmt.Fprint(out, "\r\x1b[K"+line)
		} else {
			fmt.Fprintln(out, line)
		}
	}
}

// short is a time for people; a dash if there is none yet.
func short(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return d.Round(time.Millisecond).String()
}

// counts are what has become of the status before, so long ago.
func (s status) counts(before status, over time.Duration) counts {
	return counts{
		Calls: s.calls, Phones: s.phones, UpPerS: rate(before.sent, s.sent, over), DownPerS: rate(before.received, s.received, over),
		FirstP50Ms: s.p50.Milliseconds(), FirstP95Ms: s.p95.Milliseconds(), Failed: s.failed,
	}
}

// rate is per second. A call that moves from the bots to the tally may be missing
// for a moment: that is no negative rate.
func rate(before, now uint64, over time.Duration) float64 {
	if now < before {
		return 0
	}
	return float64(now-before) / over.Seconds()
}

func rated(before, now uint64, over time.Duration) string {
	return fmt.Sprintf("%.0f", rate(before, now, over))
}
