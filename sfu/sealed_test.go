package sfu_test

import (
	"testing"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

func TestOnlyFramesSealedWithTheSendersOwnLeafAreForwardedInAnEncryptedCall(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	for _, c := range []*sfutest.Client{ana, bia} {
		c.Peer.Seal(sfu.Seal{Required: true})
	}
	counts := func() sfu.Unsealed { return s.Stats().Dropped.Unsealed }
	ana.Speak(30)
	ana.Film(0)
	// From now on bia hears ana by his slot alone, so that each wait is for counters.
	sfutest.Wait(t, "frames in the clear are refused", func() bool { return counts().Envelope > 40 })
	ana.SealAs(&sfutest.Sealing{Leaf: 3, Epoch: 9})
	sfutest.Wait(t, "frames of who holds no leaf are refused", func() bool { return counts().Keyless > 40 })
	ana.Peer.Seal(sfu.Seal{Required: true, Holds: true, Leaf: 4, Epoch: 9})
	sfutest.Wait(t, "frames of another's leaf are refused", func() bool { return counts().Leaf > 40 })
	ana.Peer.Seal(sfu.Seal{Required: true, Holds: true, Leaf: 3, Epoch: 8})
	sfutest.Wait(t, "frames of an epoch that is not yet are refused", func() bool { return counts().Epoch > 40 })
	if sound, picture := received(bia, ana); sound+picture > 0 {
		t.Errorf("%d packets of sound and %d of pictures were forwarded", sound, picture)
	}

	ana.Peer.Seal(sfu.Seal{Required: true, Holds: true, Leaf: 3, Epoch: 9})
	sfutest.Wait(t, "sealed frames are forwarded", func() bool {
		sound, picture := received(bia, ana)
		return sound > 20 && picture > 20
	})
	ana.Peer.Seal(sfu.Seal{Required: true, Holds: true, Leaf: 3, Epoch: 12})
	before, _ := received(bia, ana)
	sfutest.Wait(t, "frames of the epochs just before are forwarded", func() bool {
		sound, _ := received(bia, ana)
		return sound > before+20
	})
	picture := bia.Track(bia.Mid("ana", sfu.Camera))
	if err := picture.Continuous(); err != nil {
		t.Error(err)
	}

	ana.SealAs(nil)
	was := counts().Envelope
	sfutest.Wait(t, "frames in the clear are refused again", func() bool { return counts().Envelope > was+20 })
	sound, pictures := received(bia, ana)
	sfutest.Wait(t, "more frames in the clear are refused", func() bool { return counts().Envelope > was+60 })
	if s, p := received(bia, ana); s != sound || p != pictures {
		t.Errorf("%d packets of sound and %d of pictures in the clear were forwarded", s-sound, p-pictures)
	}
}

func TestACallThatIsNotEncryptedForwardsWhatIsNotSealed(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Peer.Seal(sfu.Seal{})
	ana.Speak(30)
	sfutest.Wait(t, "bia hears ana", func() bool { sound, _ := received(bia, ana); return sound > 10 })
	if u := s.Stats().Dropped.Unsealed; u != (sfu.Unsealed{}) {
		t.Errorf("refused: %+v", u)
	}
}

func TestALayerOfASimulcastThatIsNotSealedIsMissingAndNoOther(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Peer.Seal(sfu.Seal{Required: true, Holds: true, Leaf: 0, Epoch: 0})
	ana.SealAs(&sfutest.Sealing{})
	ana.Film(0, 1, 2)
	bia.Peer.View([]sfu.ViewItem{{Participant: "ana", Source: sfu.Camera, Height: 720}})
	sfutest.Wait(t, "bia sees the largest picture", func() bool {
		return bia.Track(bia.Mid("ana", sfu.Camera)).Last().Layer == 2
	})
	if u := s.Stats().Dropped.Unsealed; u != (sfu.Unsealed{}) {
		t.Errorf("sealed frames of three layers were refused: %+v", u)
	}
}

// received is how many packets of sound and of pictures one has got of another.
func received(by, of *sfutest.Client) (sound, pictures int) {
	if mid := by.Mid(of.ID, sfu.Microphone); mid != "" {
		sound = by.Track(mid).Len()
	}
	if mid := by.Mid(of.ID, sfu.Camera); mid != "" {
		pictures = by.Track(mid).Len()
	}
	return sound, pictures
}
