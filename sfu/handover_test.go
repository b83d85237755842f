package sfu

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"pronto/sfu/udp"
)

// startTwo starts an SFU of two workers, with a room of each. Everything is of the first room's worker; the second has come
// to packets of the first.
func startTwo(t testing.TB) (s *SFU, first, second *Room) {
	t.Helper()
	conns, err := udp.Listen("127.0.0.1:0", 2)
	if err != nil {
		t.Fatal(err)
	}
	s, err = New(Config{
		Conn: conns[0], More: conns[1:], Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Limits: Limits{UplinkBps: 1e10},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, r := range []**Room{&first, &second} {
		if *r, err = s.Room([]string{"first", "second"}[len(s.rooms)]); err != nil {
			t.Fatal(err)
		}
	}
	if first.worker == second.worker {
		t.Fatal("both rooms have one worker")
	}
	return s, first, second
}

// come has a worker receive datagrams from an address, and the other take what is for it.
func come(via *worker, from *wire, datagrams ...[]byte) {
	via.do(func() {
		via.now = time.Now()
		for _, b := range datagrams {
			via.take(udp.Packet{From: from.addr(), Data: b})
		}
		via.deliver()
		via.forward()
		via.slab.Flush()
	})
	for range 2 { // what one posts in the first round is done in the second
		for _, w := range via.siblings {
			w.do(func() {})
		}
	}
}

func TestWhatComesToAnotherWorkerIsHandedOver(t *testing.T) {
	_, first, second := startTwo(t)
	ana, bia := joinWired(t, first, "ana", true, gcm), joinWired(t, first, "bia", false, gcm)
	home, other := first.worker, second.worker
	home.do(func() { home.credentials(ana.peer.link, "here", "secret") })
	stray := ana.seal(video(1))
	come(other, ana, stray)
	if p, _ := bia.next(100 * time.Millisecond); p != nil {
		t.Error("a packet came from where nobody has proved to be")
	}
	come(other, ana, iceCheck(t, "here", "a guess"))
	other.do(func() {
		if len(other.foreign) != 0 {
			t.Error("a guess was believed")
		}
	})
	come(other, ana, iceCheck(t, "here", "secret"))
	come(other, ana, stray, ana.seal(video(2)))
	for range 2 {
		bia.media()
	}
	ana.peer.Close()
	<-ana.peer.Done()
	for range 2 {
		other.do(func() {
			if len(other.foreign) != 0 {
				t.Error("who has gone is remembered")
			}
		})
	}
}

func TestAnAddressCannotBeTakenFromAPeerOfAnotherWorker(t *testing.T) {
	_, first, second := startTwo(t)
	ana, evil := joinWired(t, first, "ana", true, gcm), joinWired(t, second, "evil", true, gcm)
	home, other := first.worker, second.worker
	home.do(func() { home.credentials(ana.peer.link, "here", "secret") })
	other.do(func() { other.credentials(evil.peer.link, "evil", "secret") })

	// A check of hers, sent again from his address, and one of his from hers: as long as somebody is heard there.
	come(other, evil, iceCheck(t, "here", "secret"))
	other.do(func() {
		if other.routes[evil.addr()] != evil.peer.link {
			t.Error("the address of a peer was given away")
		}
	})
	come(other, ana, iceCheck(t, "here", "secret"))
	come(other, ana, iceCheck(t, "evil", "secret"))
	other.do(func() {
		if f := other.foreign[ana.addr()]; f == nil || f.worker != home || other.routes[ana.addr()] != nil {
			t.Error("the address of a peer of another worker was given away")
		}
	})

	// When she has been silent for long, it is his.
	other.do(func() { other.foreign[ana.addr()].heardAt = time.Now().Add(-2 * takeAfter) })
	come(other, ana, iceCheck(t, "evil", "secret"))
	other.do(func() {
		if other.routes[ana.addr()] != evil.peer.link || other.foreign[ana.addr()] != nil {
			t.Error("the address of who has gone cannot be used")
		}
	})
}

func TestNothingIsAllocatedForAPacketThatIsHandedOver(t *testing.T) {
	s, first, second := startTwo(t)
	ana := joinWired(t, first, "ana", true, gcm)
	joinWired(t, first, "bia", false, gcm)
	home, other := first.worker, second.worker
	home.do(func() { home.credentials(ana.peer.link, "here", "secret") })
	come(other, ana, iceCheck(t, "here", "secret"))
	const runs = 1000
	var sealed [][]byte
	for seq := range uint16(runs + 301) {
		sealed = append(sealed, ana.seal(video(seq+1)))
	}
	at := 0
	batch := func() {
		other.take(udp.Packet{From: ana.addr(), Data: sealed[at]})
		at++
		other.deliver()
		home.mu.Lock() // as carryOut does
		handed := home.incoming
		home.incoming, home.spare = home.spare, handed
		home.mu.Unlock()
		home.now = home.now.Add(time.Millisecond)
		home.takeHanded(handed)
		home.forward()
		home.slab.Flush()
		home.tell()
	}
	before := s.Stats().Out.VideoPackets
	var allocs float64
	home.do(func() {
		other.do(func() {
			home.now, other.now = time.Now(), time.Now()
			for range 300 {
				batch()
			}
			allocs = testing.AllocsPerRun(runs, batch)
		})
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a packet that is handed over", allocs)
	}
	if out := s.Stats().Out.VideoPackets - before; out != uint64(at) {
		t.Errorf("%d packets were forwarded, not %d", out, at)
	}
}

func TestOfTooMuchThatIsHandedOverTheRestIsLostAndCounted(t *testing.T) {
	s, first, second := startTwo(t)
	home, other := first.worker, second.worker
	home.do(func() { // so that nothing is taken meanwhile
		for range handoverSize + 10 {
			home.accept([]udp.Packet{{Data: []byte{0, 0}}}, other)
		}
	})
	if n := s.Stats().Dropped.Handover; n != 10 {
		t.Errorf("%d packets were counted", n)
	}
}
