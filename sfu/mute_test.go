package sfu_test

import (
	"testing"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

func TestNothingOfAMutedMicrophoneIsForwardedWhateverItsClientSends(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Speak(30)
	ana.Film(0)
	var sound, picture string
	sfutest.Wait(t, "bia receives ana", func() bool {
		sound, picture = bia.Mid("ana", sfu.Microphone), bia.Mid("ana", sfu.Camera)
		return bia.Track(sound).Len() > 10 && bia.Track(picture).Len() > 10
	})
	further := func(packets int) {
		t.Helper()
		seen := bia.Track(picture).Len()
		sfutest.Wait(t, "more of the camera", func() bool { return bia.Track(picture).Len() > seen+packets })
	}
	ana.Peer.Mute(true)
	further(5) // what was on its way
	heard := bia.Track(sound).Len()
	further(30)
	if got := bia.Track(sound).Len(); got != heard {
		t.Errorf("%d packets of a muted microphone were forwarded", got-heard)
	}
	ana.Peer.Mute(false)
	sfutest.Wait(t, "sound goes on", func() bool { return bia.Track(sound).Len() > heard+20 })
	if bia.Mid("ana", sfu.Microphone) != sound {
		t.Error("the slot changed")
	}
	if err := bia.Track(sound).Continuous(); err != nil {
		t.Error(err)
	}
}

func TestTheOwnerIsToldOfAMicrophoneThatDoesNotComeThroughAndOfItsEnd(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	bia.Speak(30)
	ana.Speak(127)
	unheard := func(of *sfutest.Client) (last, told bool) {
		for _, e := range of.Events() {
			if u, ok := e.(sfu.Unheard); ok {
				last, told = u.On, true
			}
		}
		return last, told
	}
	sfutest.Wait(t, "a dead microphone is told", func() bool { on, _ := unheard(ana); return on })
	ana.Speak(40)
	sfutest.Wait(t, "and that it lives", func() bool { on, told := unheard(ana); return told && !on })
	if _, told := unheard(bia); told {
		t.Error("one who speaks was told of")
	}
}
