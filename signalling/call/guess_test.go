package call

import (
	"fmt"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Of a million guesses from a thousand places in an hour few are looked up, and
// nobody else has to wait for that.
func TestAMillionGuessesAreFewLookUps(t *testing.T) {
	g, now := newGuesses(guessBurst), time.Unix(1_800_000_000, 0)
	lookedUp := 0
	for i := range 1_000_000 {
		at := now.Add(time.Duration(i) * time.Hour / 1_000_000)
		source := fmt.Sprint("network 2001:db8:", i%1000, "::/64")
		if g.wait(source, at) == 0 {
			lookedUp++
			g.miss(source, at)
		}
	}
	if most := 1000 * (guessBurst + int(time.Hour/guessRefill)); lookedUp > most {
		t.Errorf("%d are looked up, at most %d", lookedUp, most)
	}
	hindered := 0
	for i := range 1000 {
		if g.wait(fmt.Sprint("account ", i), now.Add(time.Hour)) > 0 {
			hindered++
		}
	}
	if hindered > 50 { // who shares a slot with one of them by chance
		t.Errorf("%d of 1000 others have to wait", hindered)
	}
	if g.wait("", now) != 0 {
		t.Error("who cannot guess has to wait")
	}
}

// Guesses are answered alike, few of them are looked up, and all are counted.
func TestGuessesAreFewAndNoticed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{})
		eve := w.device("eve", "phone")
		began := time.Now()
		tries := 1_000_000
		if raceEnabled {
			tries = 20_000
		}
		results := map[wire.Code]int{}
		for i := range tries {
			_, err := eve.try(&wire.JoinLink{Link: wire.LinkID(fmt.Sprint("guess", i))})
			results[code(err)]++
			if i%1000 == 0 {
				time.Sleep(time.Second)
			}
		}
		most := guessBurst + int(time.Since(began)/guessRefill) + 1
		if n := results[wire.CodeNotFound]; n > most || n+results[wire.CodeRateLimited] != tries {
			t.Errorf("in %s: %v, at most %d are to be looked up", time.Since(began), results, most)
		}
		counted := map[LinkTry]int{}
		for _, e := range w.events {
			if e, ok := e.(LinkJoined); ok {
				counted[e.Result]++
			}
		}
		if counted[TryUnknown]+counted[TryLimited] != tries {
			t.Errorf("counted are %v", counted)
		}
		// While she has to wait, the right one does not open either: else the answer would tell.
		if _, err := eve.try(&wire.JoinLink{Link: "l"}); code(err) != wire.CodeRateLimited {
			t.Errorf("the right link meanwhile: %v", err)
		}
		time.Sleep(guessRefill)
		if _, err := eve.try(&wire.JoinLink{Link: "l"}); err != nil {
			t.Errorf("the right link later: %v", err)
		}
		if _, err := w.device("bia", "phone").try(&wire.JoinLink{Link: "l"}); err != nil {
			t.Errorf("somebody else: %v", err)
		}
	})
}
