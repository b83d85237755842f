package sfu_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

func TestANewcomerIsReceivedWithoutAnybodyElseNegotiating(t *testing.T) {
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0, 1, 2)
	bia.Film(0, 1, 2)
	sfutest.Wait(t, "two see each other", func() bool {
		return ana.From("bia", sfu.Camera).Len() > 20 && bia.From("ana", sfu.Camera).Len() > 20
	})
	before := ana.Mid("bia", sfu.Camera)

	caio := sfutest.Join(t, r, "caio", 3, usual)
	caio.Speak(30)
	caio.Film(0, 1, 2)
	for _, c := range []*sfutest.Client{ana, bia} {
		sfutest.Wait(t, c.ID+" sees the newcomer", func() bool { return c.From("caio", sfu.Camera).Len() > 20 })
		sfutest.Wait(t, c.ID+" hears the newcomer", func() bool { return c.From("caio", sfu.Microphone).Len() > 20 })
		sfutest.Wait(t, "the newcomer sees "+c.ID, func() bool { return caio.From(c.ID, sfu.Camera).Len() > 20 })
		if c.Offers() != 1 {
			t.Errorf("%s negotiated %d times", c.ID, c.Offers())
		}
	}
	if ana.Mid("bia", sfu.Camera) != before {
		t.Error("the newcomer took the slot of another")
	}
	if err := ana.Track(before).Continuous(); err != nil {
		t.Error(err)
	}
}

func TestTheLayerFollowsTheHeightThatIsShown(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0, 1, 2)
	mid := ""
	for _, step := range []struct {
		height int
		layer  byte
	}{{180, 0}, {720, 2}, {300, 1}, {100, 0}, {2000, 2}} {
		bia.Peer.View([]sfu.ViewItem{{Participant: "ana", Source: sfu.Camera, Height: step.height}})
		sfutest.Wait(t, "the layer of the height", func() bool {
			last := bia.From("ana", sfu.Camera).Last()
			return last.Tag == ana.Tag && last.Layer == step.layer && last.Marker
		})
		if mid == "" {
			mid = bia.Mid("ana", sfu.Camera)
		}
	}
	if err := bia.Track(mid).Continuous(); err != nil {
		t.Error(err)
	}
	if stats := s.Stats(); stats.LayersUp < 2 || stats.LayersDown < 2 {
		t.Errorf("%d switches up and %d down were counted", stats.LayersUp, stats.LayersDown)
	}
}

func TestWhatIsNotShownIsNotSent(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0, 1, 2)
	ana.Speak(30)
	sfutest.Wait(t, "bia sees ana", func() bool { return bia.From("ana", sfu.Camera).Len() > 5 })
	mid := bia.Mid("ana", sfu.Camera)
	bia.Peer.View([]sfu.ViewItem{{Participant: "ana", Source: sfu.Camera, Height: 0}})
	sfutest.Wait(t, "the slot is empty", func() bool { return bia.Mid("ana", sfu.Camera) == "" })
	sound := bia.From("ana", sfu.Microphone)
	// What was on its way arrives before 30 packets of sound have.
	settled := sound.Len() + 30
	sfutest.Wait(t, "sound goes on", func() bool { return sound.Len() > settled })
	seen := bia.Track(mid).Len()
	later := sound.Len() + 30
	sfutest.Wait(t, "sound goes on", func() bool { return sound.Len() > later })
	if now := bia.Track(mid).Len(); now != seen {
		t.Errorf("%d packets came that nobody shows", now-seen)
	}
}

func TestASlotGoesOnContinuouslyWithAnotherParticipant(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	viewer := sfutest.Join(t, r, "caio", 3, sfutest.Options{AudioSlots: 1, VideoSlots: 1})
	ana.Film(0, 1, 2)
	bia.Film(0, 1, 2)
	mid := ""
	for i := range 6 {
		shown := []*sfutest.Client{ana, bia}[i%2]
		viewer.Peer.View([]sfu.ViewItem{{Participant: shown.ID, Source: sfu.Camera, Height: []int{180, 700}[i%2]}})
		sfutest.Wait(t, "the slot carries "+shown.ID, func() bool {
			return viewer.From(shown.ID, sfu.Camera).Last().Tag == shown.Tag
		})
		mid = viewer.Mid(shown.ID, sfu.Camera)
		enough := viewer.Track(mid).Len() + 10
		sfutest.Wait(t, "more of it", func() bool { return viewer.Track(mid).Len() > enough })
	}
	if err := viewer.Track(mid).Continuous(); err != nil {
		t.Error(err)
	}
}

func TestLayersThatVanishAreReplacedAndUsedAgainWhenTheyReturn(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0)
	bia.Peer.View([]sfu.ViewItem{{Participant: "ana", Source: sfu.Camera, Height: 720}})
	is := func(layer byte) func() bool {
		return func() bool {
			last := bia.From("ana", sfu.Camera).Last()
			return last.Tag == ana.Tag && last.Layer == layer
		}
	}
	sfutest.Wait(t, "the only layer is used", is(0))
	ana.Film(0, 1, 2)
	sfutest.Wait(t, "the upper layer comes late and is used", is(2))
	ana.Film(0, 1)
	sfutest.Wait(t, "the next one is used when it has vanished", is(1))
	ana.Film(0, 1, 2)
	sfutest.Wait(t, "it is used again", is(2))
	if err := bia.From("ana", sfu.Camera).Continuous(); err != nil {
		t.Error(err)
	}
}

func TestASenderWithoutSimulcastIsForwardedAtAnyHeight(t *testing.T) {
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, sfutest.Options{Layers: 1, AudioSlots: 1, VideoSlots: 1})
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0)
	bia.Peer.View([]sfu.ViewItem{{Participant: "ana", Source: sfu.Camera, Height: 2000}})
	sfutest.Wait(t, "bia sees ana", func() bool { return bia.From("ana", sfu.Camera).Len() > 30 })
	if err := bia.From("ana", sfu.Camera).Continuous(); err != nil {
		t.Error(err)
	}
}

func TestAMutedSourceKeepsItsSlotAndGoesOn(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Speak(30)
	ana.Film(0, 1, 2)
	sound, picture := "", ""
	sfutest.Wait(t, "bia receives ana", func() bool {
		sound, picture = bia.Mid("ana", sfu.Microphone), bia.Mid("ana", sfu.Camera)
		return bia.Track(sound).Len() > 10 && bia.Track(picture).Len() > 10
	})
	ana.Mute()
	ana.Film()
	heard, seen, silentSince := 0, 0, time.Now()
	sfutest.Wait(t, "silence of over the second after which a layer counts as stopped", func() bool {
		if h, s := bia.Track(sound).Len(), bia.Track(picture).Len(); h != heard || s != seen {
			heard, seen = h, s
			silentSince = time.Now()
		}
		return time.Since(silentSince) > 1500*time.Millisecond
	})
	ana.Speak(30)
	ana.Film(0, 1, 2)
	sfutest.Wait(t, "both go on", func() bool {
		return bia.Track(sound).Len() > heard+20 && bia.Track(picture).Len() > seen+20
	})
	if bia.Mid("ana", sfu.Microphone) != sound || bia.Mid("ana", sfu.Camera) != picture {
		t.Error("a slot changed")
	}
	if err := errors.Join(bia.Track(sound).Continuous(), bia.Track(picture).Continuous()); err != nil {
		t.Error(err)
	}
}

func TestAScreenComesFirstWhereNothingElseIsAskedFor(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	viewer := sfutest.Join(t, r, "bia", 2, sfutest.Options{AudioSlots: 1, VideoSlots: 1})
	ana.Film(0, 1, 2)
	sfutest.Wait(t, "the camera is seen", func() bool { return viewer.From("ana", sfu.Camera).Len() > 5 })
	ana.Share(true)
	sfutest.Wait(t, "the screen takes its place", func() bool {
		return viewer.Mid("ana", sfu.Screen) != "" && viewer.Mid("ana", sfu.Camera) == ""
	})
	ana.Share(false)
	sfutest.Wait(t, "the camera is back", func() bool { return viewer.Mid("ana", sfu.Camera) != "" })
	if err := viewer.From("ana", sfu.Camera).Continuous(); err != nil {
		t.Error(err)
	}
}

func TestTheLoudestAreHeardWhereSlotsAreFew(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	viewer := sfutest.Join(t, r, "viewer", 9, sfutest.Options{AudioSlots: 1})
	ana := sfutest.Join(t, r, "ana", 1, sfutest.Options{AudioSlots: 1})
	bia := sfutest.Join(t, r, "bia", 2, sfutest.Options{AudioSlots: 1})
	ana.Speak(100)
	bia.Speak(20)
	sfutest.Wait(t, "the loud one is heard", func() bool { return viewer.From("bia", sfu.Microphone).Last().Tag == 2 })
	sfutest.Wait(t, "and is named", func() bool { s := viewer.Speakers(); return len(s) == 1 && s[0] == "bia" })
	mid := viewer.Mid("bia", sfu.Microphone)
	bia.Speak(110)
	ana.Speak(20)
	sfutest.Wait(t, "the other one is heard", func() bool { return viewer.From("ana", sfu.Microphone).Last().Tag == 1 })
	sfutest.Wait(t, "and is named", func() bool { s := viewer.Speakers(); return len(s) == 1 && s[0] == "ana" })
	if err := viewer.Track(mid).Continuous(); err != nil {
		t.Error(err)
	}
	for _, c := range []*sfutest.Client{viewer, ana, bia} {
		if n := len(c.Slots()); n > 1 {
			t.Errorf("%s has %d slots filled", c.ID, n)
		}
	}
}

func TestTheFiveLoudestAreHeardAndEverybodyWhereTheyAreFew(t *testing.T) {
	r := room(t, start(t, nil))
	viewer := sfutest.Join(t, r, "viewer", 99, sfutest.Options{AudioSlots: 8})
	var others []*sfutest.Client
	join := func() {
		n := byte(len(others))
		c := sfutest.Join(t, r, string('a'+rune(n)), n+1, sfutest.Options{})
		c.Speak(20 + 10*n) // further apart than the ranking lets pass
		others = append(others, c)
	}
	hears := func(ids string) func() bool {
		return func() bool {
			slots := viewer.Slots()
			for _, s := range slots {
				if !strings.Contains(ids, s.Participant) {
					return false
				}
			}
			return len(slots) == len(ids)
		}
	}
	for range 5 {
		join()
	}
	sfutest.Wait(t, "all five are heard", hears("abcde"))
	for range 2 {
		join()
	}
	sfutest.Wait(t, "the two quietest of seven are not", hears("abcde"))
	others[6].Speak(5)
	sfutest.Wait(t, "who becomes loud takes the place of the quietest", hears("abcdg"))
	others[0].Close()
	others[0].Peer.Close()
	others[1].Peer.Close()
	sfutest.Wait(t, "all who are left are heard", hears("cdefg"))
	for _, c := range others[2:] {
		if err := viewer.From(c.ID, sfu.Microphone).Continuous(); err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
	}
}

func TestWhoMayNotReceiveGetsNothingAndGoesOnWithAKeyFrame(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	bia.Peer.Allow(true, false)
	caio := sfutest.Join(t, r, "caio", 3, usual)
	ana.Film(0, 1, 2)
	sfutest.Wait(t, "the others see ana", func() bool { return caio.From("ana", sfu.Camera).Len() > 50 })
	mid := bia.Mid("ana", sfu.Camera)
	if n := bia.Track(mid).Len(); n > 0 {
		t.Fatalf("%d packets came to who may not receive", n)
	}
	bia.Peer.Allow(true, true)
	sfutest.Wait(t, "bia sees ana", func() bool { return bia.Track(mid).Len() > 20 })
	if first := bia.Track(mid).Packets()[0]; !first.VP8.Key {
		t.Error("it does not begin with a key frame")
	}
	ana.Peer.Allow(false, true)
	sfutest.Wait(t, "who may not send has no slot", func() bool {
		return bia.Mid("ana", sfu.Camera) == "" && caio.Mid("ana", sfu.Camera) == ""
	})
}

func TestTheNewestOfTwoWithOneIDWins(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	old := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	old.Film(0, 1, 2)
	sfutest.Wait(t, "bia sees the old one", func() bool { return bia.From("ana", sfu.Camera).Last().Tag == 1 })
	mid := bia.Mid("ana", sfu.Camera)
	anew := sfutest.Join(t, r, "ana", 7, usual)
	anew.Film(0, 1, 2)
	sfutest.Wait(t, "the old one is told", func() bool {
		return old.Heard(func(e sfu.PeerEvent) bool { return e == sfu.Failed{Reason: sfu.ReasonReplaced} })
	})
	sfutest.Wait(t, "bia sees the new one", func() bool { return bia.From("ana", sfu.Camera).Last().Tag == 7 })
	if err := bia.Track(mid).Continuous(); err != nil {
		t.Error(err)
	}
	<-old.Peer.Done()
	if n := s.Stats().Peers; n != 2 {
		t.Errorf("%d peers are left", n)
	}
}

func TestMoreSlotsComeWithAnotherOfferAndKeepTheOld(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	viewer := sfutest.Join(t, r, "viewer", 9, sfutest.Options{AudioSlots: 2, VideoSlots: 1})
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0, 1, 2)
	bia.Film(0, 1, 2)
	sfutest.Wait(t, "the viewer sees ana", func() bool { return viewer.From("ana", sfu.Camera).Len() > 5 })
	mid := viewer.Mid("ana", sfu.Camera)
	viewer.AddSlots(0, 3)
	viewer.Negotiate()
	sfutest.Wait(t, "the viewer sees both", func() bool {
		return viewer.From("ana", sfu.Camera).Len() > 30 && viewer.From("bia", sfu.Camera).Len() > 10
	})
	if viewer.Mid("ana", sfu.Camera) != mid {
		t.Error("ana's slot changed")
	}
	if err := viewer.Track(mid).Continuous(); err != nil {
		t.Error(err)
	}
	if ana.Offers() != 1 || bia.Offers() != 1 {
		t.Error("somebody else negotiated")
	}
}

func TestRequestsForKeyFramesAreMergedToTwoASecond(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	var viewers []*sfutest.Client
	for i, id := range []string{"v0", "v1", "v2"} {
		viewers = append(viewers, sfutest.Join(t, r, id, byte(10+i), usual))
	}
	ana.Film(0)
	for _, v := range viewers {
		sfutest.Wait(t, "it is seen", func() bool { return v.From("ana", sfu.Camera).Len() > 5 })
	}
	began, before, counted := time.Now(), ana.PLIs(0), s.Stats().KeyFrames
	asked := 0
	sfutest.Wait(t, "two seconds of requests", func() bool {
		for _, v := range viewers {
			v.AskKeyFrame(v.Mid("ana", sfu.Camera))
			asked++
		}
		return time.Since(began) > 2*time.Second
	})
	came := ana.PLIs(0) - before
	if most := uint64(time.Since(began)/(500*time.Millisecond)) + 1; came > most || came < 2 {
		t.Errorf("%d requests of %d came through in %v", came, asked, time.Since(began))
	}
	if merged := s.Stats().KeyFrames.Merged - counted.Merged; merged == 0 {
		t.Error("none was merged")
	}
}

func TestFiftyJoinsAndLeavesLeaveNothingBehind(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	stay := sfutest.Join(t, r, "stay", 1, usual)
	stay.Film(0, 1, 2)
	stay.Speak(30)
	visit := func(t *testing.T, id string) {
		c := sfutest.Join(t, r, id, 2, sfutest.Options{AudioSlots: 2, VideoSlots: 2})
		c.Speak(30)
		sfutest.Wait(t, "the guest hears", func() bool { return c.From("stay", sfu.Microphone).Len() > 0 })
		c.Peer.Close()
		<-c.Peer.Done()
		c.Close()
	}
	visit(t, "warms everything up")
	before := goroutines()
	t.Run("guests", func(t *testing.T) {
		for i := range 5 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				for range 10 {
					visit(t, fmt.Sprint("guest ", i))
				}
			})
		}
	})
	sfutest.Wait(t, "the goroutines are as many as before", func() bool { return goroutines() <= before })
	if stats := s.Stats(); stats.Peers != 1 || stats.Connected != 1 || stats.Tracks != 4 {
		t.Errorf("left behind: %+v", stats)
	}
}
