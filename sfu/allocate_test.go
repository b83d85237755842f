package sfu_test

import (
	"slices"
	"testing"
	"time"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

// filled is a camera whose encodings cost about 150, 330 and 650 kbit/s.
var filled = sfutest.Options{AudioSlots: 2, VideoSlots: 3, Filling: [3]int{200, 600, 1000}}

func paused(c *sfutest.Client) (last []sfu.Pause, told bool) {
	for _, e := range c.Events() {
		if p, ok := e.(sfu.Paused); ok {
			last, told = p.Pauses, true
		}
	}
	return last, told
}

func encodings(c *sfutest.Client) (last []bool) {
	for _, e := range c.Events() {
		if e, ok := e.(sfu.Encodings); ok && e.Source == sfu.Camera {
			last = e.Active
		}
	}
	return last
}

// watch has everybody but ana join, film and show each other.
func watch(t *testing.T, r *sfu.Room, height int, ids ...string) []*sfutest.Client {
	t.Helper()
	var all []*sfutest.Client
	for i, id := range ids {
		c := sfutest.Join(t, r, id, byte(i+1), filled)
		c.Film(0, 1, 2)
		all = append(all, c)
	}
	for _, c := range all {
		var view []sfu.ViewItem
		for _, o := range all {
			if o != c {
				view = append(view, sfu.ViewItem{Participant: o.ID, Source: sfu.Camera, Height: height})
			}
		}
		c.Peer.View(view)
	}
	return all
}

func layerOf(viewer *sfutest.Client, of string) byte { return viewer.From(of, sfu.Camera).Last().Layer }

func TestTheLayerFollowsWhatTheWayCarries(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	all := watch(t, r, 720, "ana", "bia", "caio")
	bia, caio := all[1], all[2]
	both := func(want byte) func() bool {
		return func() bool { return layerOf(bia, "ana") == want && layerOf(caio, "ana") == want }
	}
	sfutest.Wait(t, "both see ana large", both(2))
	bia.Peer.SetDownlink(600_000)
	sfutest.Wait(t, "bia sees ana smaller", func() bool { return layerOf(bia, "ana") == 1 })
	bia.Peer.SetDownlink(400_000)
	sfutest.Wait(t, "bia sees both small", func() bool { return layerOf(bia, "ana") == 0 && layerOf(bia, "caio") == 0 })
	if got := layerOf(caio, "ana"); got != 2 {
		t.Errorf("caio sees layer %d because of bia", got)
	}
	bia.Peer.SetDownlink(4_000_000)
	sfutest.Wait(t, "bia sees ana large again", both(2))
	if err := bia.From("ana", sfu.Camera).Continuous(); err != nil {
		t.Error(err)
	}
	if _, told := paused(bia); told {
		t.Error("a smaller picture was told as a pause")
	}
}

func TestAPictureForWhichThereIsNoRoomIsPausedAndComesBackByItselfAndSoundGoesOn(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	r := room(t, s)
	all := watch(t, r, 720, "ana", "bia")
	ana, bia := all[0], all[1]
	ana.Speak(20)
	sfutest.Wait(t, "bia sees and hears ana", func() bool {
		return layerOf(bia, "ana") == 2 && bia.From("ana", sfu.Microphone).Len() > 5
	})
	bia.Peer.SetDownlink(100_000)
	want := []sfu.Pause{{Participant: "ana", Source: sfu.Camera, Reason: sfu.PausedBandwidth}}
	sfutest.Wait(t, "bia is told of the pause", func() bool { got, _ := paused(bia); return slices.Equal(got, want) })
	seen, heard := bia.From("ana", sfu.Camera).Len(), bia.From("ana", sfu.Microphone).Len()
	sfutest.Wait(t, "sound goes on", func() bool { return bia.From("ana", sfu.Microphone).Len() > heard+50 })
	if more := bia.From("ana", sfu.Camera).Len() - seen; more > 4 { // on their way
		t.Errorf("%d packets of a paused picture came", more)
	}
	bia.Peer.SetDownlink(2_000_000)
	sfutest.Wait(t, "bia sees ana again", func() bool {
		got, _ := paused(bia)
		return len(got) == 0 && bia.From("ana", sfu.Camera).Len() > seen+50
	})
	if err := bia.From("ana", sfu.Camera).Continuous(); err != nil {
		t.Error(err)
	}
	if s.Stats().Pauses == 0 {
		t.Error("the pause was not counted")
	}
}

func TestWhoIsPinnedComesBeforeWhoSpeaksAndWhoSpeaksBeforeTheRest(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	all := watch(t, r, 720, "ana", "bia", "caio", "dora")
	ana, caio := all[0], all[2]
	caio.Speak(20)
	sfutest.Wait(t, "caio speaks", func() bool { return slices.Equal(ana.Speakers(), []string{"caio"}) })
	ana.Peer.SetDownlink(1_000_000) // one large, two small
	shows := func(b, c, d byte) func() bool {
		return func() bool { return layerOf(ana, "bia") == b && layerOf(ana, "caio") == c && layerOf(ana, "dora") == d }
	}
	sfutest.Wait(t, "only who speaks is large", shows(0, 2, 0))
	ana.Peer.View([]sfu.ViewItem{
		{Participant: "bia", Source: sfu.Camera, Height: 720},
		{Participant: "caio", Source: sfu.Camera, Height: 720},
		{Participant: "dora", Source: sfu.Camera, Height: 720, Pinned: true},
	})
	sfutest.Wait(t, "only who is pinned is large", shows(0, 0, 2))
}

func TestEncodingsThatNobodyNeedsAreSwitchedOffAtTheSender(t *testing.T) {
	r := room(t, start(t, func(cfg *sfu.Config) { cfg.Limits.IdleAfter = 500 * time.Millisecond }))
	all := watch(t, r, 180, "ana", "bia", "caio")
	ana, bia, caio := all[0], all[1], all[2]
	told := func(want ...bool) func() bool {
		return func() bool { return slices.Equal(encodings(ana), want) }
	}
	sfutest.Wait(t, "only the smallest is needed", told(true, false, false))
	ana.Film(0)
	see := func(c *sfutest.Client, height int) {
		c.Peer.View([]sfu.ViewItem{{Participant: "ana", Source: sfu.Camera, Height: height}})
	}
	see(bia, 720)
	sfutest.Wait(t, "the largest is needed as well", told(true, false, true))
	ana.Film(0, 2)
	sfutest.Wait(t, "bia sees it", func() bool { return layerOf(bia, "ana") == 2 })
	if got := layerOf(caio, "ana"); got != 0 {
		t.Errorf("caio sees layer %d", got)
	}
	bia.Peer.View([]sfu.ViewItem{})
	caio.Peer.View([]sfu.ViewItem{})
	sfutest.Wait(t, "nothing is needed", told(false, false, false))
	ana.Film()
	see(caio, 360)
	sfutest.Wait(t, "the middle one is needed", told(true, true, false))
	ana.Film(0, 1)
	sfutest.Wait(t, "caio sees it", func() bool { return layerOf(caio, "ana") == 1 })
	if err := caio.From("ana", sfu.Camera).Continuous(); err != nil {
		t.Error(err)
	}
}

func TestADataBudgetWarnsAndThenLeavesOnlySound(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, func(cfg *sfu.Config) { cfg.Limits.IdleAfter = 500 * time.Millisecond }))
	all := watch(t, r, 720, "ana", "bia")
	ana, bia := all[0], all[1]
	ana.Speak(20)
	sfutest.Wait(t, "bia sees ana", func() bool { return layerOf(bia, "ana") == 2 })
	if err := bia.Peer.Use(sfu.DataUse{Bytes: -1}); err == nil {
		t.Error("a negative budget passes")
	}
	const budget = 500_000
	if err := bia.Peer.Use(sfu.DataUse{Bytes: budget}); err != nil {
		t.Fatal(err)
	}
	states := func() (states []sfu.DataState) {
		for _, e := range bia.Events() {
			if d, ok := e.(sfu.Data); ok {
				states = append(states, d.State)
				if share := d.Used * 100 / budget; d.Budget != budget || d.State == sfu.DataLow && (share < 80 || share >= 100) || d.State == sfu.DataSpent && share < 100 {
					t.Errorf("%+v", d)
				}
			}
		}
		return states
	}
	sfutest.Wait(t, "nothing is left", func() bool {
		all := states() // on a busy machine the warning may be overtaken
		return len(all) > 0 && all[len(all)-1] == sfu.DataSpent
	})
	want := []sfu.Pause{{Participant: "ana", Source: sfu.Camera, Reason: sfu.PausedDataBudget}}
	sfutest.Wait(t, "bia is told why", func() bool { got, _ := paused(bia); return slices.Equal(got, want) })
	sfutest.Wait(t, "bia is to send no pictures", func() bool { return slices.Equal(encodings(bia), []bool{false, false, false}) })
	seen, heard := bia.From("ana", sfu.Camera).Len(), bia.From("ana", sfu.Microphone).Len()
	sfutest.Wait(t, "sound goes on", func() bool { return bia.From("ana", sfu.Microphone).Len() > heard+50 })
	if more := bia.From("ana", sfu.Camera).Len() - seen; more > 4 {
		t.Errorf("%d packets of a picture came", more)
	}
	if err := bia.Peer.Use(sfu.DataUse{Low: true}); err != nil {
		t.Fatal(err)
	}
	sfutest.Wait(t, "bia sees ana small, and sends small", func() bool {
		return layerOf(bia, "ana") == 0 && bia.From("ana", sfu.Camera).Len() > seen+30 && slices.Equal(encodings(bia), []bool{true, false, false})
	})
}
