package emodel

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// vectors are the points that Go and TypeScript agree on.
type vectors []struct {
	Name           string  `json:"name"`
	RTTMs          float64 `json:"rttMs"`
	JitterBufferMs float64 `json:"jitterBufferMs"`
	Concealed      float64 `json:"concealed"`
	Repaired       bool    `json:"repaired"`
	MOS            float64 `json:"mos"`
}

func TestScoresAreThoseOfTheRecommendation(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var points vectors
	if err := json.Unmarshal(text, &points); err != nil {
		t.Fatal(err)
	}
	if len(points) < 10 {
		t.Fatalf("there are only %d vectors", len(points))
	}
	for _, p := range points {
		t.Run(p.Name, func(t *testing.T) {
			got := MOS(Sound{
				RTT:          time.Duration(p.RTTMs * float64(time.Millisecond)),
				JitterBuffer: time.Duration(p.JitterBufferMs * float64(time.Millisecond)),
				Concealed:    p.Concealed, Repaired: p.Repaired,
			})
			if math.Abs(got-p.MOS) > .005 {
				t.Errorf("the score is %.3f, not %.2f", got, p.MOS)
			}
		})
	}
}

func TestMoreDelayOrLossNeverScoresBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.IntRange(-100, 5000)
		a := Sound{
			RTT:          time.Duration(ms.Draw(t, "rtt")) * time.Millisecond,
			JitterBuffer: time.Duration(ms.Draw(t, "buffer")) * time.Millisecond,
			Concealed:    rapid.Float64Range(-1, 2).Draw(t, "concealed"),
		}
		b := a
		b.RTT += time.Duration(rapid.IntRange(0, 1000).Draw(t, "more delay")) * time.Millisecond
		b.Concealed += rapid.Float64Range(0, 1).Draw(t, "more loss")
		if was, is := MOS(a), MOS(b); is > was+1e-9 || is < 1 || was > 4.42 {
			t.Errorf("%+v scores %v, the worse %+v scores %v", a, was, b, is)
		}
	})
}
