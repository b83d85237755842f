package estimate_test

import (
	"testing"
	"time"

	"pronto/sfu/estimate"
	"pronto/sfu/impair"
)

// simulcast are the rates of a camera's encodings.
var simulcast = []int{120_000, 400_000, 1_500_000}

func TestTheEstimateConvergesOnTheRateOfTheWay(t *testing.T) {
	for _, rate := range []float64{300_000, 500_000, 1_000_000, 2_500_000, 8_000_000} {
		s := simulate(t, estimate.Config{}, 20_000_000)
		s.down.Set(impair.Conditions{DelayMs: 20, RateBps: rate})
		s.run(10 * time.Second)
		s.carried, s.longest = 0, 0
		s.run(30 * time.Second)
		carried := float64(s.carried) * 8 / 30
		if carried < 0.9*rate {
			t.Errorf("at %.0f bit/s only %.0f were used", rate, carried)
		}
		if got := float64(s.median(30 * time.Second)); got < 0.8*rate || got > 1.1*rate {
			t.Errorf("at %.0f bit/s the estimate is %.0f", rate, got)
		}
		if s.longest > 250*time.Millisecond {
			t.Errorf("at %.0f bit/s a packet took %v", rate, s.longest)
		}
	}
}

func TestWithSimulcastTheEstimateIsWithinTenPercentOfTheRate(t *testing.T) {
	s := simulate(t, estimate.Config{}, 1_500_000)
	s.ladder = simulcast
	s.down.Set(impair.Conditions{DelayMs: 20, RateBps: 1_000_000})
	s.run(40 * time.Second)
	if got := s.median(25 * time.Second); got < 880_000 || got > 1_010_000 {
		t.Errorf("at 1,000,000 bit/s the estimate is %d", got)
	}
}

func TestTheRateFollowsWhenTheWayNarrowsAndWidens(t *testing.T) {
	s := simulate(t, estimate.Config{}, 1_500_000)
	s.ladder = simulcast
	s.down.Set(impair.Conditions{DelayMs: 20, RateBps: 4_000_000})
	s.run(20 * time.Second)
	if got := s.e.Bps(); got < 1_600_000 {
		t.Fatalf("at 4 Mbit/s the estimate is %d", got)
	}
	s.down.Set(impair.Conditions{DelayMs: 20, RateBps: 1_000_000})
	s.run(20 * time.Second)
	if after := s.first(20*time.Second, 1_050_000, false); after > 700*time.Millisecond {
		t.Errorf("it took %v to fall to 1 Mbit/s", after)
	}
	s.down.Set(impair.Conditions{DelayMs: 20, RateBps: 4_000_000})
	s.run(20 * time.Second)
	if after := s.first(40*time.Second, 1_600_000, true); after > 7*time.Second {
		t.Errorf("it took %v until the best encoding fits again", after)
	}
}

func TestLossAtRandomLeavesThePicture(t *testing.T) {
	for _, share := range []float64{0.02, 0.1, 0.3} {
		s := simulate(t, estimate.Config{}, 1_500_000)
		s.ladder = simulcast
		s.down.Set(impair.Conditions{DelayMs: 40, Loss: share})
		s.up.Set(impair.Conditions{DelayMs: 40, Loss: share / 3})
		s.run(40 * time.Second)
		if got := s.median(20 * time.Second); got < 1_300_000 {
			t.Errorf("with %.0f %% lost the estimate is %d", 100*share, got)
		}
		if got := s.e.Loss(); got < share/2 || got > 1.5*share+0.02 {
			t.Errorf("%.2f of the packets are lost, not %.2f", got, share)
		}
	}
}

func TestLossForWantOfRoomLowersTheRate(t *testing.T) {
	// A queue so short that no delay shows.
	s := simulate(t, estimate.Config{}, 20_000_000)
	s.down.Set(impair.Conditions{DelayMs: 20, RateBps: 1_000_000, QueueMs: 20})
	s.run(40 * time.Second)
	if got := s.median(20 * time.Second); got > 1_150_000 || got < 400_000 {
		t.Errorf("at 1,000,000 bit/s the estimate is %d", got)
	}
}

func TestJitterIsNoQueue(t *testing.T) {
	s := simulate(t, estimate.Config{}, 3_000_000)
	s.down.Set(impair.Conditions{DelayMs: 60, JitterMs: 30, RateBps: 2_000_000})
	s.run(40 * time.Second)
	if got := s.median(20 * time.Second); got < 1_400_000 || got > 2_100_000 {
		t.Errorf("at 2,000,000 bit/s the estimate is %d", got)
	}
}

func TestProbesAloneFindWhatTheWayCarries(t *testing.T) {
	// While a picture is paused nothing but probes is sent: no report need come after that of the last packet, and that
	// may be here before the probe is over.
	for began := time.Second; began < 1100*time.Millisecond; began += 20 * time.Millisecond {
		s := simulate(t, estimate.Config{}, 200_000)
		s.down.Set(impair.Conditions{DelayMs: 1})
		s.up.Set(impair.Conditions{DelayMs: 1})
		s.run(began)
		s.sends, s.wanted = false, 3_000_000
		s.run(3 * time.Second)
		if got := s.e.Bps(); got < 2_900_000 {
			t.Errorf("with probes from %v on the estimate is %d", began, got)
		}
	}
}

func TestTwoThatShareAWayBothGetSomeOfIt(t *testing.T) {
	path := impair.NewPath(1)
	path.Set(impair.Conditions{DelayMs: 20, RateBps: 2_000_000})
	a, b := simulate(t, estimate.Config{}, 20_000_000), simulate(t, estimate.Config{}, 20_000_000)
	a.down, b.down = path, path
	a.run(10 * time.Second)
	b.now, b.e = a.now, estimate.New(estimate.Config{}, a.now) // comes later
	for range 60_000 {
		a.run(time.Millisecond)
		b.run(time.Millisecond)
	}
	low, high := a.median(20*time.Second), b.median(20*time.Second)
	if low > high {
		low, high = high, low
	}
	if sum := low + high; low < 300_000 || sum < 1_500_000 || sum > 2_400_000 {
		t.Errorf("of 2,000,000 bit/s one has %d and the other %d", low, high)
	}
}

func TestAfterAnInterruptionTheRateIsAsBefore(t *testing.T) {
	s := simulate(t, estimate.Config{}, 1_500_000)
	s.ladder = simulcast
	s.run(10 * time.Second)
	before := s.e.Bps()
	s.down.Set(impair.Conditions{Cut: true})
	s.run(5 * time.Second)
	if got := s.e.Bps(); got > before/8 {
		t.Errorf("in the interruption the estimate is %d, it was %d", got, before)
	}
	s.down.Set(impair.Conditions{DelayMs: 20})
	s.run(300 * time.Millisecond)
	if got := s.e.Bps(); got < before*8/10 {
		t.Errorf("after the interruption the estimate is %d, it was %d", got, before)
	}
	s.run(5 * time.Second)
	if got := s.e.Bps(); got < before*8/10 {
		t.Errorf("5 s after the interruption the estimate is %d, it was %d", got, before)
	}
}

func TestTheWayIsNotProbedBeyondWhatIsWanted(t *testing.T) {
	s := simulate(t, estimate.Config{Start: 600_000}, 120_000)
	s.run(10 * time.Second)
	if s.padding != 0 {
		t.Errorf("%d bytes of padding were sent for nothing", s.padding)
	}
	s.wanted = 1_500_000
	s.run(10 * time.Second)
	if s.padding == 0 || s.padding > 200_000 {
		t.Errorf("%d bytes of padding were sent to find 1.5 Mbit/s", s.padding)
	}
	if got := s.e.Bps(); got < 1_600_000 {
		t.Errorf("the estimate is %d", got)
	}
}

func TestAPauseOfTheSenderIsNoSilenceOfTheReceiver(t *testing.T) {
	s := simulate(t, estimate.Config{}, 1_500_000)
	s.ladder = simulcast
	s.run(10 * time.Second)
	before := s.e.Bps()
	s.sends = false
	s.run(10 * time.Second)
	s.sends = true
	s.run(500 * time.Millisecond)
	if got := s.e.Bps(); got < before {
		t.Errorf("after the pause the estimate is %d, it was %d", got, before)
	}
}

func TestWhoNeverReportsIsNotJudged(t *testing.T) {
	e := estimate.New(estimate.Config{Start: 700_000}, t0)
	now := t0
	for range 500 {
		now = now.Add(20 * time.Millisecond)
		e.Sent(1200, now)
		e.Want(5_000_000)
		if padding := e.Tick(now); padding != 0 {
			t.Fatalf("%d bytes of padding", padding)
		}
	}
	if e.Known() || e.Bps() != 700_000 || e.Congested(now) {
		t.Errorf("%d bit/s, known %v", e.Bps(), e.Known())
	}
}

func TestNothingIsAllocatedForAPacketOrAReport(t *testing.T) {
	s := simulate(t, estimate.Config{}, 1_500_000)
	s.run(3 * time.Second)
	var body []byte
	for n := s.next - 50; n < s.next; n++ {
		s.arrived[n] = s.now
	}
	body = report(s.next-50, s.next-1, s.arrived)
	allocs := testing.AllocsPerRun(1000, func() {
		s.now = s.now.Add(20 * time.Millisecond)
		for range 50 {
			s.e.Sent(1200, s.now)
		}
		if err := s.e.Feedback(body, s.now); err != nil {
			t.Fatal(err)
		}
		s.e.Tick(s.now)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestConfigurationsOutOfRangeAreRefused(t *testing.T) {
	for _, c := range []estimate.Config{{Min: 1}, {Start: 10_000}, {Start: 40_000_000}, {Max: 500_000}, {Min: -1}} {
		if c.Validate() == nil {
			t.Errorf("%+v passes", c)
		}
	}
	if err := (estimate.Config{}).Validate(); err != nil {
		t.Error(err)
	}
}

// FuzzFeedback gives an estimator any report: it must stay within its bounds.
func FuzzFeedback(f *testing.F) {
	f.Add([]byte{0, 0, 0, 5, 0, 0, 1, 0, 0x20, 5, 4, 4, 4, 4, 4})
	f.Add([]byte{0, 0, 0, 9, 0xff, 0xff, 0xff, 1, 0xd5, 0x55, 0x9f, 0xff, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4})
	f.Add([]byte{0, 10, 0, 7, 0x80, 0, 0, 0, 0xea, 0xaa, 0x80, 0, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		e := estimate.New(estimate.Config{}, t0)
		now := t0
		for range 20 {
			for range 5 {
				e.Sent(1200, now)
			}
			e.Want(3_000_000)
			now = now.Add(30 * time.Millisecond)
			err := e.Feedback(body, now)
			if padding := e.Tick(now); padding < 0 || padding > 1<<20 {
				t.Fatalf("%d bytes of padding", padding)
			}
			if bps := e.Bps(); bps < 50_000 || bps > 30_000_000 {
				t.Fatalf("%d bit/s", bps)
			}
			if err != nil && e.Known() {
				t.Fatal("a refused report counted")
			}
			if l := e.Loss(); !(l >= 0 && l <= 1) {
				t.Fatalf("loss of %v", l)
			}
		}
	})
}
