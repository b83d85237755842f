package bot

import (
	"slices"
	"time"

	"pronto/signalling/client/media"
)

// Report is what a load has measured.
type Report struct {
	// Calls is how many were made, SetUp how many came about, with sound on both sides
	// if there is media.
	Calls int `json:"calls"`
	SetUp int `json:"setUp"`
	// Failures counts those that did not, by cause.
	Failures map[string]int `json:"failures"`
	// Rung are the times from ring to the callee's device.
	Rung Quantiles `json:"ringToDeviceMs"`
	// Heard are the times from answer to the first sound, of both sides.
	Heard Quantiles `json:"answerToMediaMs"`
	// Sent and Received count RTP of all phones, Lost packets that did not come.
	Sent     media.Count `json:"sent"`
	Received media.Count `json:"received"`
	Lost     uint64      `json:"lost"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
}

// Quantiles of some times, in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	Max float64 `json:"max"`
}

func quantiles(samples []time.Duration) Quantiles {
	if len(samples) == 0 {
		return Quantiles{}
	}
	slices.Sort(samples)
	at := func(q float64) float64 {
		return float64(samples[int(q*float64(len(samples)-1))].Microseconds()) / 1000
	}
	return Quantiles{at(0.5), at(0.95), at(1)}
}
