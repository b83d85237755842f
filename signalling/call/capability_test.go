package call

import (
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// tells is a client that has told what it can do.
func (d *device) tells(audio []wire.AudioCodec, video ...wire.VideoCodec) *device {
	d.who.Can = &wire.Capabilities{Audio: audio, Video: video}
	return d
}

var (
	opus  = []wire.AudioCodec{wire.AudioCodecOpus}
	older = []wire.AudioCodec{wire.AudioCodecG722, wire.AudioCodecPCMU}
	both  = []wire.AudioCodec{wire.AudioCodecOpus, wire.AudioCodecPCMU}
)

// Two who talk directly need any codec of sound in common; who has told nothing is taken
// for one that has it.
func TestTwoNeedACodecOfSoundInCommon(t *testing.T) {
	for _, row := range []struct {
		name           string
		caller, callee []wire.AudioCodec
		want           wire.Code
	}{
		{"neither has told", nil, nil, ""},
		{"only the caller has told", older, nil, ""},
		{"only the callee has told", nil, older, ""},
		{"the same", opus, opus, ""},
		{"one of two", both, older, ""},
		{"none", opus, older, wire.CodeNoCommonCodec},
		{"none, the other way round", older, opus, wire.CodeNoCommonCodec},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				ana, bia, tablet := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("bia", "tablet")
				if row.caller != nil {
					ana.tells(row.caller)
				}
				if row.callee != nil {
					bia.tells(row.callee)
				}
				call := ana.ring("bia").Call
				bia.heard()
				tablet.heard()
				if _, err := bia.try(&wire.Accept{Call: call}); code(err) != row.want {
					t.Errorf("the answer ends with %v, want %q", err, row.want)
				}
				if row.want == "" {
					return
				}
				// Nothing has changed: it rings on, and another device of hers may answer.
				ana.expect()
				tablet.expect()
				tablet.must(&wire.Accept{Call: call})
				if _, err := bia.try(&wire.MoveHere{Call: call}); code(err) != row.want {
					t.Errorf("moving it ends with %v", err)
				}
			})
		})
	}
}

// More than two, and whoever comes by a link, talk in Opus, which the SFU forwards.
func TestThroughTheSFUEverybodyNeedsOpus(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop").tells(older), w.device("bia", "phone").tells(older), w.device("carlo", "desk").tells(both)
		call := talk(ana, bia)
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}})
		if _, err := carlo.try(&wire.Accept{Call: call}); code(err) != wire.CodeNoCommonCodec {
			t.Errorf("the third one is answered with %v", err)
		}
		if _, err := ana.try(&wire.Ring{Users: []wire.UserID{"bia", "carlo"}, Kind: wire.KindVoice}); code(err) != wire.CodeNoCommonCodec {
			t.Errorf("a ring of several is answered with %v", err)
		}
	})
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyOff})
		if _, err := w.device("ana", "laptop").tells(older).try(&wire.JoinLink{Link: "l"}); code(err) != wire.CodeNoCommonCodec {
			t.Errorf("a link is answered with %v", err)
		}
		w.device("ana", "phone").tells(opus).must(&wire.JoinLink{Link: "l"})
	})
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia")
		if _, err := w.device("ana", "laptop").tells(older).try(&wire.RingGroup{Group: "g", Kind: wire.KindVoice}); code(err) != wire.CodeNoCommonCodec {
			t.Errorf("a group's call is answered with %v", err)
		}
	})
}

func TestNobodyAsksForPicturesThatNotAllCanSee(t *testing.T) {
	for _, row := range []struct {
		name  string
		video []wire.VideoCodec
		want  wire.Code
	}{
		{"one in common", []wire.VideoCodec{wire.VideoCodecAV1, wire.VideoCodecVP8}, ""},
		{"none in common", []wire.VideoCodec{wire.VideoCodecH264}, wire.CodeNoCommonCodec},
		{"a telephone", nil, wire.CodeNoCommonCodec},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				ana, bia := w.device("ana", "laptop").tells(opus, wire.VideoCodecVP8, wire.VideoCodecVP9), w.device("bia", "phone").tells(opus, row.video...)
				call := talk(ana, bia)
				if _, err := ana.try(&wire.ProposeKind{Call: call, Kind: wire.KindVideo}); code(err) != row.want {
					t.Errorf("the proposal ends with %v", err)
				}
			})
		})
	}
}

// What clients can do outlives a restart, and is among the steps that an engineer sees.
func TestWhatAClientCanDoIsKeptWithTheCall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop").tells(older), w.device("bia", "phone").tells(older), w.device("carlo", "desk").tells(opus)
		call := talk(ana, bia)
		w.restart()
		w.registry.Attach(t.Context(), ana.who)
		w.registry.Attach(t.Context(), bia.who)
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}})
		if _, err := carlo.try(&wire.Accept{Call: call}); code(err) != wire.CodeNoCommonCodec {
			t.Errorf("after a restart the third one is answered with %v", err)
		}
	})
	told := inWords(&wire.Capabilities{Audio: opus, Video: []wire.VideoCodec{wire.VideoCodecVP8}, Simulcast: true, Screen: true})
	if told != "opus vp8 simulcast screen" {
		t.Errorf("the step says %q", told)
	}
}
