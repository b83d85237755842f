package signalling_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// kinds are the kinds of callees who do not answer: two that are offline, and
// those who must look the same.
var kinds = []string{"offl", "offm", "blck", "none", "dnds", "hush", "nobo"}

const (
	// calls is how many are made to each kind. On a machine that is so busy that a
	// millisecond might not show, twice as many.
	calls = 200
	// ringFor is how long they ring.
	ringFor = 1500 * time.Millisecond
	// callers is how many people make them.
	callers = 175
	// tolerated is how much later or earlier something may usually come. Measured on a
	// machine with six times as much work as processors, what the store does differs by
	// less than 60 µs between the kinds; the race detector makes that several times as much.
	tolerated = 300 * time.Microsecond
	// blurred is how exactly a difference must be known for a millisecond to show.
	blurred = 150 * time.Microsecond
)

// inMemory is a database on a file system in memory, if there is one: a disk that others
// use makes times scatter by more than they may differ.
func inMemory(t *testing.T) (dsn string) {
	dir, err := os.MkdirTemp("/dev/shm", "pronto")
	if err != nil {
		return "" // the usual one
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return "sqlite://" + dir + "/pronto.db"
}

// enrolKinds makes the callees, and the callers.
func enrolKinds(t *testing.T, s *signallingtest.Server, kinds []string) (pages []*page) {
	for _, kind := range kinds {
		if kind == "none" {
			continue
		}
		p := signIn(t, s, wire.UserID(kind), "phone")
		settings := wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone}
		switch kind {
		case "offl", "offm":
			p.close()
			continue
		case "blck":
			for i := range callers {
				if err := s.Store.Block(t.Context(), kind, fmt.Sprint("caller", 100+i)); err != nil {
					t.Fatal(err)
				}
			}
		case "dnds":
			settings.DoNotDisturb = always()
		case "hush":
			settings.SilenceUnknown = true
		case "nobo":
			settings.WhoMayCall = wire.MayCallNobody
		}
		ask[wire.Privacy](p, "setPrivacy", settings)
	}
	for i := range callers {
		pages = append(pages, signIn(t, s, wire.UserID(fmt.Sprint("caller", 100+i)), "laptop"))
	}
	return pages
}

// callOnce is what a caller sees of one ring, and how long after the one before each
// message comes, until its log has it. With the ring it sends a ping: what the server
// does after it has answered delays the next answer. begins lets one
// ring at a time begin, so that they do not wait for each other.
func callOnce(p *page, user wire.UserID, begins *sync.Mutex) attempt {
	begins.Lock()
	from, start := p.count(), time.Now()
	p.send("ring", fmt.Sprint("ring", from), wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice})
	p.send("ping", fmt.Sprint("ping", from), wire.Ping{})
	p.wait("the answer to ping", from, func(f wire.Frame) bool { return f.ID == fmt.Sprint("ping", from) })
	begins.Unlock()
	p.wait("logged", from, func(f wire.Frame) bool { return f.Type == "logged" })
	var a attempt
	for _, h := range p.heardAfter(from) {
		a.types, a.at, a.bytes = append(a.types, h.frame.Type), append(a.at, h.at.Sub(start)), append(a.bytes, h.bytes)
		a.body = append(a.body, string(h.frame.Body))
		start = h.at
	}
	return a
}

// callRound has one round of calls made, to each kind by another caller.
func callRound(team []*page, kinds []string, begins *sync.Mutex) []attempt {
	var round sync.WaitGroup
	made := make([]attempt, len(kinds))
	for i, kind := range kinds {
		round.Go(func() { made[i] = callOnce(team[i], wire.UserID(kind), begins) })
	}
	round.Wait()
	return made
}

// stalled tells whether the machine stood still for so long that a ring was nearly over
// when it was answered. Such a round says nothing.
func stalled(a attempt) bool { return a.at[0] > ringFor/2 }

// callRounds has n rounds of calls made, each to all kinds in an order of its own,
// and returns what was seen of each kind, by round.
func callRounds(pages []*page, kinds []string, n int) map[string][]attempt {
	var (
		mu, begins sync.Mutex
		all        sync.WaitGroup
		rounds     = make(chan []string, n)
		seen       = map[string][]attempt{}
	)
	for range n {
		order := slices.Clone(kinds)
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		rounds <- order
	}
	close(rounds)
	for range len(pages) / len(kinds) { // a round's calls go on at the same time
		team := pages[:len(kinds)]
		pages = pages[len(kinds):]
		all.Go(func() {
			for order := range rounds {
				made := callRound(team, order, &begins)
				for slices.ContainsFunc(made, stalled) {
					made = callRound(team, order, &begins)
				}
				mu.Lock()
				for i, kind := range order {
					seen[kind] = append(seen[kind], made[i])
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return seen
}

// sameMessages fails unless the caller sees the same messages of all kinds.
func sameMessages(t *testing.T, seen map[string][]attempt) {
	t.Helper()
	offline := seen["offl"][0]
	for kind, attempts := range seen {
		for _, a := range attempts {
			if !slices.Equal(a.types, offline.types) {
				t.Fatalf("%s: the caller sees %q, offline %q:\n%q", kind, a.types, offline.types, a.body)
			}
			for i := range a.bytes {
				if d := a.bytes[i] - offline.bytes[i]; d < -4 || d > 4 { // serial numbers grow by digits
					t.Errorf("%s: message %d has %d bytes, offline %d:\n%s\n%s", kind, i, a.bytes[i], offline.bytes[i], a.body[i], offline.body[i])
				}
			}
		}
	}
}

// comparison is how much later one message of one kind comes than that of who is
// offline, in each round.
type comparison struct{ kind, what string }

// evidence is how much later each message came, in all rounds so far.
type evidence map[comparison][]time.Duration

// gather has more calls made, and pairs the times of each round.
func (e evidence) gather(t *testing.T, pages []*page, kinds []string) {
	t.Helper()
	seen := callRounds(pages, kinds, calls)
	sameMessages(t, seen)
	for kind, attempts := range seen {
		if kind == "offl" {
			continue
		}
		for n, a := range attempts {
			for i, what := range a.types {
				c := comparison{kind, what}
				e[c] = append(e[c], a.at[i]-seen["offl"][n].at[i])
			}
		}
	}
}

// blur is that of the difference which is known least.
func (e evidence) blur() (worst time.Duration) {
	for _, d := range e {
		worst = max(worst, blur(d))
	}
	return worst
}

// telling makes calls until a difference of a millisecond would show, and returns
// which messages tell a kind from who is offline, with the probability that it is chance.
func telling(t *testing.T, pages []*page, kinds []string) map[comparison]float64 {
	t.Helper()
	e := evidence{}
	for range 2 {
		if e.gather(t, pages, kinds); e.blur() < blurred {
			break
		}
	}
	told := map[comparison]float64{}
	for c, d := range e {
		p := shifted(d, tolerated)
		t.Logf("%s, %s: median %s ± %s later in %d calls, p = %.4f", c.kind, c.what, middle(d), blur(d), len(d), p)
		if p < alarming {
			told[c] = p
		}
	}
	return told
}

// alarming is the probability below which a comparison is made anew. Of 35
// comparisons one alarms by chance in a third of all runs; the same one three times
// over in one of nearly thirty thousand.
const alarming = 0.01

// oracles are the messages by which a kind can be told from who is offline, three times over.
func oracles(t *testing.T, pages []*page, kinds []string) map[comparison]float64 {
	t.Helper()
	told := telling(t, pages, kinds)
	for n := 1; n < 3 && len(told) > 0; n++ {
		again := telling(t, pages, kinds)
		for c := range told {
			if p, ok := again[c]; ok {
				told[c] *= p
			} else {
				delete(told, c)
			}
		}
	}
	return told
}

// Hundreds of calls to callees of each kind, in turns: the caller sees the same
// messages, of the same size, in the same order, and none of them at a time that tells
// one kind from who is offline.
func TestNoCallerCanTellWhyNobodyAnswers(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{DSN: inMemory(t), RingTimeout: ringFor})
	pages := enrolKinds(t, s, kinds)
	for c, p := range oracles(t, pages, kinds) {
		t.Errorf("the time of %s tells %s from offline (p = %.2g)", c.what, c.kind, p)
	}
}

// slower is a store that takes a millisecond longer with those who block.
type slower struct{ *store.Store }

func (s slower) CreateCall(ctx context.Context, n *store.NewCall, decide func([]store.Relation) error) (store.CallRow, error) {
	row, err := s.Store.CreateCall(ctx, n, decide)
	if slices.Contains(n.Callees, "blck") {
		time.Sleep(time.Millisecond)
	}
	return row, err
}

func TestAMillisecondMoreForWhoBlocksIsNoticed(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{
		DSN: inMemory(t), RingTimeout: ringFor, CallStore: func(s *store.Store) call.Store { return slower{s} },
	})
	pair, e := []string{"offl", "blck"}, evidence{}
	pages, answer := enrolKinds(t, s, pair), comparison{"blck", "callState"}
	for range 6 { // on a machine that is so busy that it takes more calls to see it
		e.gather(t, pages, pair)
		if shifted(e[answer], tolerated) < alarming*alarming*alarming { // as after three alarms
			return
		}
	}
	d := e[answer]
	t.Errorf("the answer comes %s ± %s later in %d calls, and is not noticed", middle(d), blur(d), len(d))
}
