package main

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"pronto/metrics"
	"pronto/sfu"
)

// gauge tells how much of the machine this process uses, since it was asked
// last.
type gauge struct {
	stats    func() sfu.Stats
	maxRooms int
	egress   float64 // bytes a second; 0 if unknown

	mu   sync.Mutex // guards what follows
	at   time.Time
	cpu  time.Duration
	sent uint64
	last metrics.Load
}

func newGauge(cfg config, stats func() sfu.Stats) *gauge {
	return &gauge{stats: stats, maxRooms: cfg.MaxRooms, egress: cfg.Egress * 1e6 / 8, at: time.Now(), cpu: usedProcessor()}
}

// read is called at each scrape. Two within a tenth of a second get the same.
func (g *gauge) read() metrics.Load {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, s := time.Now(), g.stats()
	span := now.Sub(g.at)
	if span < 100*time.Millisecond {
		return g.last
	}
	cpu, sent := usedProcessor(), s.Out.AudioBytes+s.Out.VideoBytes
	load := metrics.Load{
		CPU:          part((cpu - g.cpu).Seconds(), span.Seconds()*float64(runtime.NumCPU())),
		Participants: part(float64(s.Rooms), float64(g.maxRooms)),
		Egress:       part(float64(sent-g.sent), span.Seconds()*g.egress),
		Files:        part(openFiles()),
	}
	g.at, g.cpu, g.sent, g.last = now, cpu, sent, load
	return load
}

// part is n of all, 0 to 1; 0 if it is not known how many there are.
func part(n, all float64) float64 {
	if all <= 0 {
		return 0
	}
	return min(1, max(0, n/all))
}

// usedProcessor is what the process has used so far.
func usedProcessor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// openFiles is how many files are open, and how many may be; 0 of 0 where that
// cannot be known.
func openFiles() (open, most float64) {
	list, err := os.ReadDir("/proc/self/fd")
	var limit syscall.Rlimit
	if err != nil || syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0, 0
	}
	return float64(len(list)), float64(limit.Cur)
}
