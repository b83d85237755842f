package metrics

import (
	"pronto/signalling/call"
	"pronto/signalling/wire"
)

var arms = label("arm", wire.ArmControl.Values()...)

var experimentDefinitions = []Definition{
	{
		Name: "pronto_experiment_setups_total", Type: Counter,
		Labels: []Label{arms, label("outcome", texts(call.OutcomeConnected, call.OutcomeDeclined, call.OutcomeMissed, call.OutcomeBusy, call.OutcomeCancelled,
			call.OutcomeUnreachable, call.OutcomeBlocked, call.OutcomeFailed)...)},
		Help: "Attempts to set up a call, by the arm of PRONTO_EXPERIMENT that the call has drawn, and by how they ended. Calls without an experiment are not in it.",
	}, {
		Name: "pronto_experiment_first_media_seconds", Type: Histogram, Labels: []Label{arms}, Buckets: waits,
		Help: "Time from accept or join to the first sound that a participant heard, by arm.",
	}, {
		Name: "pronto_experiment_media_seconds_total", Type: Counter, Labels: []Label{arms, audioVideo, grades},
		Help: "Time that people heard others and saw their cameras, by arm and by how good it was; see pronto_received_media_seconds_total.",
	},
}

// experiment counts what becomes of the calls that have an arm.
type experiment struct {
	setUps, media *counter
	first         *histogram
}

func newExperiment(b *builder) experiment {
	return experiment{
		setUps: b.counter("pronto_experiment_setups_total"), media: b.counter("pronto_experiment_media_seconds_total"),
		first: b.histogram("pronto_experiment_first_media_seconds"),
	}
}

func (x *experiment) setUp(e call.SetUpEnded) {
	if e.Arm != "" {
		x.setUps.inc(string(e.Arm), string(e.Outcome))
	}
}

func (x *experiment) flows(e call.MediaBegan) {
	if e.Arm != "" {
		x.first.observe(e.After.Seconds(), string(e.Arm))
	}
}

// reported counts what a client reported of the last seconds.
func (x *experiment) reported(e call.Reported) {
	if e.Arm == "" {
		return
	}
	arm := string(e.Arm)
	if s := e.Sound; s != nil && s.PlayedMs > 0 {
		_, grade := judge(s, e.RTT)
		x.media.add(seconds(s.PlayedMs), arm, "audio", grade)
	}
	for _, p := range e.Pictures {
		if p.Source == wire.SourceCamera {
			x.media.add(seconds(p.GoodMs), arm, "video", gradeGood)
			x.media.add(seconds(p.FairMs), arm, "video", gradeFair)
			x.media.add(seconds(p.PoorMs), arm, "video", gradePoor)
			x.media.add(seconds(p.UnknownMs), arm, "video", unknown)
		}
	}
}
