package sfu

import (
	"slices"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"pronto/sfu/forward"
)

// joinDeafToRED has somebody join who hears, but cannot read redundant sound.
func joinDeafToRED(t *testing.T, r *Room, id string) *wire {
	t.Helper()
	w := joinSound(t, r, id, false)
	r.sfu.worker.do(func() { w.slot.formats.red, w.slot.nack = 0, true })
	return w
}

// lose has the worker hear a report of a share of sound that was lost, in 256ths.
func (w *wire) lose(share uint8) {
	w.t.Helper()
	w.peer.sfu.worker.do(func() {
		w.peer.link.hear(receiverReport(w.t, w.slot.ssrc, share), w.peer.link.worker.now)
	})
}

func receiverReport(t testing.TB, ssrc uint32, share uint8) forward.Report {
	t.Helper()
	b, err := (&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: ssrc, FractionLost: share}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r, _, ok := forward.NextReport(b)
	if !ok {
		t.Fatal("no report")
	}
	return r
}

func TestWhoLosesSoundAndReadsNoRedundantPacketsGetsThemAgainUnasked(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia, carlo := joinSound(t, r, "ana", true), joinDeafToRED(t, r, "bia"), joinDeafToRED(t, r, "carlo")
	seq := uint16(0)
	speak := func(n int) {
		for range n {
			seq++
			ana.feed([]*rtp.Packet{sound(seq)})
		}
	}
	expect := func(when string, w *wire, want ...uint16) {
		t.Helper()
		var all []uint16
		got, _ := w.rest()
		for _, p := range got {
			all = append(all, p.SequenceNumber-got[0].SequenceNumber)
		}
		if !slices.Equal(all, want) {
			t.Errorf("%s: %d came, not %d", when, all, want)
		}
	}
	speak(3)
	expect("without losses", bia, 0, 1, 2)
	expect("without losses", carlo, 0, 1, 2)
	bia.lose(256 * 6 / 100)
	carlo.lose(256 * 1 / 100)
	speak(4)
	expect("at 6 %", bia, 0, 0, 1, 1, 2, 2, 3)
	expect("at 1 %", carlo, 0, 1, 2, 3)
	bia.lose(256 * 25 / 100)
	speak(2)
	expect("at 19 %", bia, 0, 1, 2, 1, 2, 3) // two before each: 1 and 2, then 2 and 3
	r.sfu.worker.do(func() { bia.peer.link.path.bps.Store(redundantBps - 1) })
	speak(2)
	expect("on a narrow way", bia, 0, 1)
	r.sfu.worker.do(func() { bia.peer.link.path.bps.Store(10 * redundantBps) })
	speak(1)
	expect("on a wide one again", bia, 0, 1, 2)
	seq += 20 // silence
	speak(2)
	expect("after a silence", bia, 0, 0, 1)
}

// What goes out twice arrives, and is not reported as lost: the way loses it all the same.
func TestAWayThatLosesIsSeenAlthoughSoundGoesTwice(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia := joinSound(t, r, "ana", true), joinDeafToRED(t, r, "bia")
	seq := uint16(0)
	speak := func(share uint8) (loss float64) {
		for range 4 {
			seq++
			ana.feed([]*rtp.Packet{sound(seq)})
		}
		bia.lose(share)
		r.sfu.worker.do(func() {
			m := &bia.peer.link.meter
			loss, _ = m.loss()
			*m = meterOfLeg{way: m.way}
		})
		return loss
	}
	for i, c := range []struct {
		reported uint8
		want     float64
	}{{20, 20. / 256}, {2, 20. / 256}, {40, 40. / 256}} { // from the second on it goes twice
		if got := speak(c.reported); got != c.want {
			t.Errorf("%d: a way whose receiver reports %d/256 loses %.3f, not %.3f", i, c.reported, got, c.want)
		}
	}
}

func TestSoundThatWasAskedForWasLostAlthoughNobodyReportsIt(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia := joinSound(t, r, "ana", true), joinDeafToRED(t, r, "bia")
	for seq := range uint16(20) {
		ana.feed([]*rtp.Packet{sound(seq + 1)})
	}
	got, _ := bia.rest()
	r.sfu.worker.do(func() {
		for _, p := range []int{3, 3, 9, 3} { // of 20, two were lost
			n := got[p].SequenceNumber
			bia.slot.repeat(bia.peer.link, forward.NACKs{byte(n >> 8), byte(n), 0, 0})
		}
		r.sfu.worker.slab.Flush()
	})
	bia.lose(0)
	r.sfu.worker.do(func() {
		if n := bia.slot.loss.Redundant(); n != 1 {
			t.Errorf("%d packets before go along at 10 %%, of which all were asked for", n)
		}
	})
	bia.lose(0)
	r.sfu.worker.do(func() {
		if share := bia.slot.loss.Fraction(); share >= 256*7/100 {
			t.Errorf("they are counted again: %d of 256", share)
		}
	})
}
