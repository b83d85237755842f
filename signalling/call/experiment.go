package call

import (
	"math/rand/v2"

	"pronto/signalling/wire"
)

// Experiment is one reviewed parameter of calls that is tried out: each new call
// draws an arm, and the metrics compare what becomes of them. A new one is a change
// of this file.
type Experiment string

// The experiments.
const (
	// ExperimentOff tries nothing out; it is usual.
	ExperimentOff Experiment = "off"
	// ExperimentStart has the SFU begin with more than a client knows that its
	// downlink carries: with 2 Mbit/s at least (a), or 4 (b).
	ExperimentStart Experiment = "start-bitrate"
	// ExperimentRouted has the media of two take the way through the SFU at once (a),
	// and not only when there is no direct one.
	ExperimentRouted Experiment = "routed-first"
)

// Experiments lists them.
func Experiments() []Experiment {
	return []Experiment{ExperimentOff, ExperimentStart, ExperimentRouted}
}

// arms are those that a call may draw; none if nothing is tried out.
func (e Experiment) arms() []wire.Arm {
	switch e {
	case ExperimentStart:
		return []wire.Arm{wire.ArmControl, wire.ArmA, wire.ArmB}
	case ExperimentRouted:
		return []wire.Arm{wire.ArmControl, wire.ArmA}
	}
	return nil
}

// trial is what a call tries out, to its end.
type trial struct {
	Experiment Experiment `json:"experiment,omitzero"`
	Arm        wire.Arm   `json:"arm,omitzero"`
}

// draw gives a new call an arm, by chance and by nothing else: not by who is in it.
func (e Experiment) draw() trial {
	arms := e.arms()
	if len(arms) == 0 {
		return trial{}
	}
	return trial{e, arms[rand.IntN(len(arms))]}
}

// of is the trial of a call that goes on after a restart: none, if something else is
// tried out by now.
func (e Experiment) of(t trial) trial {
	if t.Experiment != e {
		return trial{}
	}
	return t
}

// startBps is with how many bit/s the SFU begins for a client that told so many, or 0.
func (t trial) startBps(told int) int {
	switch t {
	case trial{ExperimentStart, wire.ArmA}:
		return max(told, 2_000_000)
	case trial{ExperimentStart, wire.ArmB}:
		return max(told, 4_000_000)
	}
	return told
}

// routed tells whether the media of two begin on the way through the SFU.
func (t trial) routed() bool { return t == trial{ExperimentRouted, wire.ArmA} }
