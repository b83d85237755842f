package call

import (
	"slices"
	"strings"

	"pronto/signalling/wire"
)

var (
	errNoCodec   = wire.Problemf(wire.CodeNoCommonCodec, "your client and the others have no codec of sound in common; use another device or browser")
	errNoPicture = wire.Problemf(wire.CodeNoCommonCodec, "those in the call have no codec of pictures in common; stay with voice")
)

// suits tells whether a client can take part in the call beside those who are in it; his
// own leg does not count, which is about to move to him.
func (s *state) suits(who Who) error {
	if !s.speaks(who) {
		return errNeedsKeys
	}
	all, people := capable(nil, who.Can), 1
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && (l.Guest || l.User != who.User) {
			all, people = capable(all, l.Can), people+1
		}
	}
	if sfu := s.Link != "" || s.Queue != "" || s.Topology == wire.TopologySFU || people > 2; !hearEachOther(all, sfu) {
		return errNoCodec
	}
	return nil
}

// capable adds what a client has told to what others have.
func capable(all []*wire.Capabilities, one *wire.Capabilities) []*wire.Capabilities {
	if one == nil {
		return all
	}
	return append(all, one)
}

// hearEachOther tells whether all have a codec of sound in common: the SFU forwards Opus
// only.
func hearEachOther(all []*wire.Capabilities, sfu bool) bool {
	if len(all) == 0 {
		return true
	}
	common := shared(all, func(c *wire.Capabilities) []wire.AudioCodec { return c.Audio })
	if sfu {
		return slices.Contains(common, wire.AudioCodecOpus)
	}
	return len(common) > 0
}

// seeEachOther tells whether all who are in the call have a codec of pictures in common.
func (s *state) seeEachOther() bool {
	var all []*wire.Capabilities
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() {
			all = capable(all, l.Can)
		}
	}
	return len(all) == 0 || len(shared(all, func(c *wire.Capabilities) []wire.VideoCodec { return c.Video })) > 0
}

// shared are the codecs of a kind that all have, of whom there is at least one.
func shared[C comparable](all []*wire.Capabilities, of func(*wire.Capabilities) []C) []C {
	common := slices.Clone(of(all[0]))
	for _, one := range all[1:] {
		common = slices.DeleteFunc(common, func(codec C) bool { return !slices.Contains(of(one), codec) })
	}
	return common
}

// noteCan writes what a client has told that it can do into the call's timeline.
func (l *leg) noteCan(fx *effects) {
	if l.Can != nil {
		fx.notes = append(fx.notes, Step{What: "capabilities", Who: l.Participant, Detail: inWords(l.Can)})
	}
}

func inWords(c *wire.Capabilities) string {
	var words []string
	for _, codec := range c.Audio {
		words = append(words, string(codec))
	}
	for _, codec := range c.Video {
		words = append(words, string(codec))
	}
	for _, flag := range []struct {
		on   bool
		word string
	}{{c.Simulcast, "simulcast"}, {c.SVC, "svc"}, {c.Screen, "screen"}, {c.Battery, "battery"}} {
		if flag.on {
			words = append(words, flag.word)
		}
	}
	return strings.Join(words, " ")
}
