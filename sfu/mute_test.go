package sfu_test

import (
	"testing"
	"time"

	"pronto/sfu"
	"pronto/sfu/impair"
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

// unheard is what was last told of somebody's microphone, if anything was.
func unheard(of *sfutest.Client) (last, told bool) {
	for _, e := range of.Events() {
		if u, ok := e.(sfu.Unheard); ok {
			last, told = u.On, true
		}
	}
	return last, told
}

func TestTheOwnerIsToldOfAMicrophoneThatDoesNotComeThroughAndOfItsEnd(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	bia.Speak(30)
	ana.Speak(127)
	sfutest.Wait(t, "a dead microphone is told", func() bool { on, _ := unheard(ana); return on })
	ana.Speak(40)
	sfutest.Wait(t, "and that it lives", func() bool { on, told := unheard(ana); return told && !on })
	if _, told := unheard(bia); told {
		t.Error("one who speaks was told of")
	}
}

// The faults are real: packets are dropped on their way. It is told within 3 s; a busy machine has
// three tries.
func TestTheOwnerIsToldWithinThreeSecondsOfAMicrophoneWhosePacketsAreDropped(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]impair.Conditions{
		"all of them": {Cut: true}, "most of them": {Loss: .8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, nil)
			r := room(t, s)
			ana, weather := through(t, s, r, "ana", 1)
			bia := sfutest.Join(t, r, "bia", 2, usual)
			ana.Speak(30)
			bia.Speak(30)
			var took time.Duration
			for range 3 {
				heard := bia.From("ana", sfu.Microphone).Len()
				sfutest.Wait(t, "bia hears ana", func() bool { return bia.From("ana", sfu.Microphone).Len() > heard+150 })
				if on, _ := unheard(ana); on {
					t.Fatal("who is heard is told of")
				}
				began := time.Now()
				weather(fault, impair.Conditions{})
				sfutest.Wait(t, "it is told", func() bool { on, _ := unheard(ana); return on })
				took = time.Since(began)
				weather(impair.Conditions{}, impair.Conditions{})
				sfutest.Wait(t, "it is taken back", func() bool { on, _ := unheard(ana); return !on })
				if took <= 3*time.Second {
					break
				}
			}
			t.Logf("told after %s", took)
			if took > 3*time.Second {
				t.Errorf("it was told after %s", took)
			}
			if _, told := unheard(bia); told {
				t.Error("one who comes through was told of")
			}
		})
	}
}
