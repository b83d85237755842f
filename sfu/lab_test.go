package sfu_test

import (
	"testing"

	"pronto/sfu"
	"pronto/sfu/impair"
	"pronto/sfu/sfutest"
)

// through has somebody join whose network is bad: what it does to packets is set at will.
func through(t *testing.T, s *sfu.SFU, r *sfu.Room, id string, tag byte) (*sfutest.Client, func(up, down impair.Conditions)) {
	t.Helper()
	relay, err := impair.NewRelay("127.0.0.1:0", s.Addrs()[0].String(), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Close)
	o := filled
	o.Relay = relay.Addr()
	return sfutest.Join(t, r, id, tag, o), func(up, down impair.Conditions) {
		t.Helper()
		if err := relay.Set(up, down); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnANarrowWayThePictureStopsSoundDoesNotAndTheBestPictureComesBackByItself(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, filled)
	ana.Film(0, 1, 2)
	ana.Speak(20)
	bia, weather := through(t, s, r, "bia", 2)
	bia.Peer.View([]sfu.ViewItem{{Participant: "ana", Source: sfu.Camera, Height: 720}})
	sfutest.Wait(t, "bia sees ana large", func() bool { return layerOf(bia, "ana") == 2 })

	weather(impair.Conditions{}, impair.Conditions{RateBps: 120_000, QueueMs: 300})
	sfutest.Wait(t, "the picture stops", func() bool { got, _ := paused(bia); return len(got) == 1 })
	heard := bia.From("ana", sfu.Microphone)
	before := heard.Len()
	sfutest.Wait(t, "sound goes on", func() bool { return heard.Len() > before+150 })
	packets := heard.Packets()[before+50:] // when what waited in the queue is through
	if lost := int(packets[len(packets)-1].Seq-packets[0].Seq) + 1 - len(packets); lost > len(packets)/20 {
		t.Errorf("%d packets of sound were lost of %d", lost, len(packets)+lost)
	}

	weather(impair.Conditions{}, impair.Conditions{})
	sfutest.Wait(t, "bia sees ana large again", func() bool {
		got, _ := paused(bia)
		return len(got) == 0 && layerOf(bia, "ana") == 2
	})
}
