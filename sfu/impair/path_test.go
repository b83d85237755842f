package impair_test

import (
	"testing"
	"time"

	"pronto/sfu/impair"
)

var t0 = time.Unix(1_700_000_000, 0)

func TestConditionsDoWhatTheySay(t *testing.T) {
	const n = 20_000
	for name, test := range map[string]struct {
		conditions impair.Conditions
		low, high  float64 // share that passes
		least      time.Duration
		most       time.Duration
	}{
		"nothing":  {impair.Conditions{}, 1, 1, 0, 0},
		"delay":    {impair.Conditions{DelayMs: 80}, 1, 1, 80 * time.Millisecond, 80 * time.Millisecond},
		"jitter":   {impair.Conditions{DelayMs: 80, JitterMs: 30}, 1, 1, 50 * time.Millisecond, 110 * time.Millisecond},
		"loss":     {impair.Conditions{Loss: 0.3}, 0.68, 0.72, 0, 0},
		"bursts":   {impair.Conditions{BurstBegins: 0.02, BurstEnds: 0.2}, 0.88, 0.94, 0, 0},
		"the rate": {impair.Conditions{RateBps: 1_000_000, QueueMs: 200}, 0.095, 0.11, 0, 210 * time.Millisecond},
		"cut":      {impair.Conditions{Cut: true}, 0, 0, 0, 0},
	} {
		p := impair.NewPath(7)
		if err := test.conditions.Validate(); err != nil {
			t.Fatal(err)
		}
		p.Set(test.conditions)
		passed := 0
		for i := range n { // 10 Mbit/s
			now := t0.Add(time.Duration(i) * time.Millisecond)
			at, passes := p.Pass(1250-28, now)
			if !passes {
				continue
			}
			passed++
			if took := at.Sub(now); took < test.least || took > test.most {
				t.Errorf("%s: a packet took %v", name, took)
				break
			}
		}
		if share := float64(passed) / n; share < test.low || share > test.high {
			t.Errorf("%s: %.3f of the packets passed", name, share)
		}
	}
}

func TestConditionsOutOfRangeAreRefused(t *testing.T) {
	for _, c := range []impair.Conditions{{Loss: 2}, {DelayMs: -1}, {QueueMs: 1e9}, {RateBps: -5}, {BurstEnds: -0.1}} {
		if c.Validate() == nil {
			t.Errorf("%+v passes", c)
		}
	}
}
