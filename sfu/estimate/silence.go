package estimate

import "time"

const (
	// silence is after how long without a report, while packets are sent, the way counts as broken. The rate is
	// halved then and after each further time of that length.
	silence = time.Second
	// afterSilence is which share of the rate before is believed after an interruption.
	afterSilence = 0.85
	// callEvery is how often something is sent into the silence, so that there is something to report when the way works
	// again and nothing else is sent.
	callEvery = 500 * time.Millisecond
)

// hush answers silence.
func (e *Estimator) hush() {
	if e.halvings == 0 {
		e.before = e.rate
		e.probe.open, e.probe.running = false, false
	}
	e.halvings += silence
	e.rate = max(e.rate/2, float64(e.config.Min))
}

// call returns how much padding is to be sent into the silence now: one packet, if any.
func (e *Estimator) call(now time.Duration) (padding int) {
	if now-e.calledAt < callEvery {
		return 0
	}
	e.calledAt = now
	return 1
}

// recover takes up the rate again when reports come after an interruption. What was lost in it says nothing about
// how much the way carries now.
func (e *Estimator) recover(now time.Duration) {
	e.rate = max(afterSilence*e.before, e.rate)
	e.halvings = 0
	e.raisedAt = now
	e.trend.reset()
	e.probe.next = now + probeFirst
	for i := range e.sends.packets {
		if p := &e.sends.packets[i]; p.state == unknown {
			p.state = forgotten
		}
	}
	e.loss.reset(now)
}
