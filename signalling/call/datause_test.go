package call

import (
	"testing"

	"pronto/sfu"
	"pronto/signalling/wire"
)

// routed has three talk the SFU, and returns the connection of one of them.
func routed(t *testing.T, w *world) (ana *device, call wire.CallID, peer *mediaPeer) {
	t.Helper()
	ana = w.device("ana", "laptop")
	bia, carlo := w.device("bia", "phone"), w.device("carlo", "phone")
	call = talk(ana, bia)
	bia.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}})
	carlo.must(&wire.Accept{Call: call})
	ana.must(&wire.Negotiate{Call: call, Generation: 2, SDP: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n", DownlinkBps: 700_000})
	ana.heard()
	return ana, call, w.media.peers[call]["p1"]
}

func TestWhatTheSFUSaysOfBandwidthIsTold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, call, peer := routed(t, w)
		if peer.offer.DownlinkBps != 700_000 {
			t.Errorf("the SFU begins with %d bit/s", peer.offer.DownlinkBps)
		}
		ana.must(&wire.View{Call: call, Items: []wire.ViewItem{{Participant: "p2", Source: wire.SourceCamera, Height: 360, Pinned: true}}})
		if v := peer.views[0][0]; !v.Pinned {
			t.Errorf("the SFU sees the view %+v", v)
		}
		peer.on(sfu.Paused{Pauses: []sfu.Pause{{Participant: "p2", Source: sfu.Camera, Reason: sfu.PausedBandwidth}}})
		paused := body[wire.Paused](t, last(ana))
		if len(paused.Pictures) != 1 || paused.Generation != 2 || paused.Pictures[0] != (wire.PausedPicture{Participant: "p2", Source: wire.SourceCamera, Reason: wire.PauseBandwidth}) {
			t.Errorf("%+v", paused)
		}
		peer.on(sfu.Encodings{Source: sfu.Camera, Active: []bool{true, false, false}})
		if e := body[wire.Encodings](t, last(ana)); e.Source != wire.SourceCamera || len(e.Active) != 3 || !e.Active[0] || e.Active[1] {
			t.Errorf("%+v", e)
		}
	})
}

func TestADataBudgetIsKeptWhenTheConnectionIsMadeAnew(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, call, peer := routed(t, w)
		ana.must(&wire.SetDataUse{Call: call, BudgetKB: 10_000, Low: true})
		if want := (sfu.DataUse{Bytes: 10_000_000, Low: true}); peer.use != want {
			t.Errorf("the SFU is told %+v", peer.use)
		}
		peer.on(sfu.Data{State: sfu.DataLow, Used: 8_000_000, Budget: 10_000_000})
		if d := body[wire.DataUse](t, last(ana)); d != (wire.DataUse{Generation: 2, State: wire.DataLow, UsedKB: 8000, BudgetKB: 10_000}) {
			t.Errorf("%+v", d)
		}
		peer.used = 9_000_000
		ana.must(&wire.Negotiate{Call: call, Generation: 2, SDP: "v=0\r\no=- 2 1 IN IP4 0.0.0.0\r\n"}) // of a page that was loaded again
		anew := w.media.peers[call]["p1"]
		if want := (sfu.DataUse{Bytes: 1_000_000, Low: true}); anew == peer || anew.use != want {
			t.Errorf("the new connection may use %+v", anew.use)
		}
		stranger := w.device("zoe", "phone")
		if _, err := stranger.try(&wire.SetDataUse{Call: call}); code(err) != wire.CodeNotFound {
			t.Errorf("somebody who is not in the call: %v", err)
		}
	})
}
