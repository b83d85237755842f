package sfu_test

import (
	"os"
	"runtime"
	"strconv"
	"testing"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

const (
	// callsOfFour is how many calls come and go; make soak sets SOAK_CALLS to have more.
	callsOfFour = 4
	// leftBehind is by how many bytes the heap may have grown, whatever the number of calls: pools keep something.
	leftBehind = 3 << 20
)

// descriptors counts what this process has open; 0 where the system does not tell.
func descriptors() int {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(open)
}

// callOfFour has four talk and film, and vanish, all at once and without a word.
func callOfFour(t testing.TB, s *sfu.SFU, id string) {
	r, err := s.Room(id)
	if err != nil {
		t.Fatal(err)
	}
	var clients []*sfutest.Client
	for i, name := range []string{"ana", "bia", "caio", "davi"} {
		c := sfutest.Join(t, r, name, byte(i+1), sfutest.Options{AudioSlots: 3, VideoSlots: 3, Layers: 1})
		c.Speak(30)
		c.Film(0)
		clients = append(clients, c)
	}
	for _, c := range clients {
		for _, o := range clients {
			if o != c {
				sfutest.Wait(t, c.ID+" hears and sees "+o.ID, func() bool {
					return c.From(o.ID, sfu.Microphone).Len() > 3 && c.From(o.ID, sfu.Camera).Len() > 3
				})
			}
		}
	}
	for _, c := range clients {
		c.StopTransport()
	}
	for _, c := range clients {
		sfutest.Wait(t, "it is noticed", func() bool {
			return c.Heard(func(e sfu.PeerEvent) bool { return e == sfu.Failed{Reason: sfu.ReasonTransport} })
		})
		c.Peer.Close()
		<-c.Peer.Done()
		c.Close()
	}
	r.Close()
}

func TestCallsWhoseParticipantsVanishLeaveNothingBehind(t *testing.T) {
	calls := callsOfFour
	if n, err := strconv.Atoi(os.Getenv("SOAK_CALLS")); err == nil && n > 0 {
		calls = n
	}
	s := start(t, impatient)
	t.Run("warms everything up", func(t *testing.T) { callOfFour(t, s, "the first") })
	settle := func(what string, now func() int, most int) {
		t.Helper()
		sfutest.Wait(t, what, func() bool { return now() <= most })
	}
	threads, files, before := goroutines(), descriptors(), heap()
	t.Run("calls", func(t *testing.T) {
		for i := range calls {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				callOfFour(t, s, strconv.Itoa(i))
			})
		}
	})
	settle("the goroutines are as many as before", goroutines, threads)
	settle("the descriptors are as many as before", descriptors, files)
	sfutest.Wait(t, "the heap is as large as before", func() bool { return heap() <= before+leftBehind })
	runtime.GC()
	t.Logf("%d calls: %d goroutines (%d before), %d descriptors (%d), a heap of %d KiB (%d)",
		calls, goroutines(), threads, descriptors(), files, heap()>>10, before>>10)
	if stats := s.Stats(); stats.Rooms != 0 || stats.Peers != 0 || stats.Connected != 0 || stats.Tracks != 0 {
		t.Errorf("left behind: %+v", stats)
	}
}
