package signalling_test

import (
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// Who was put out of a link's call and of a group stays out of both: with another phone
// number, on another device, and after a restart.
func TestABanOutlivesAnotherNumberAnotherDeviceAndARestart(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		box := &postbox{}
		s := signallingtest.Start(t, signallingtest.Options{DSN: dsn, Codes: box})
		const older, newer = "+393331234567", "+393337654321"
		ana := signIn(t, s, "ana", "laptop")
		zoe, d := box.arrive(t, s, older, "Zoe")
		user := wire.UserID(d.User)
		choir := newGroup(ana, "Choir", false, user)
		link := ask[wire.Link](ana, "createLink", wire.CreateLink{Kind: wire.KindVoice}).Link
		call := ask[wire.CallState](ana, "joinLink", wire.JoinLink{Link: link}).Call
		self := ask[wire.CallState](zoe, "joinLink", wire.JoinLink{Link: link, Browser: "b1"}).Self
		ask[wire.Done](ana, "removeParticipant", wire.RemoveParticipant{Call: call, Participant: self})
		ask[wire.Group](ana, "removeFromGroup", wire.RemoveFromGroup{Group: choir.Group, User: user, Ban: true})
		stays := func(when string, ana, zoe *page) {
			t.Helper()
			nowhere := refused(zoe, "joinLink", wire.JoinLink{Link: "nowhere", Browser: "b2"})
			if p := refused(zoe, "joinLink", wire.JoinLink{Link: link, Browser: "b2"}); p != nowhere || p.Code != wire.CodeNotFound {
				t.Errorf("%s, by the link: %+v; by one that is none: %+v", when, p, nowhere)
			}
			if p := refused(zoe, "getGroup", wire.GetGroup{Group: choir.Group}); p.Code != wire.CodeNotFound {
				t.Errorf("%s, in the group: %+v", when, p)
			}
			if p := refused(ana, "addToGroup", wire.AddToGroup{Group: choir.Group, Users: []wire.UserID{user}}); p.Code != wire.CodeForbidden {
				t.Errorf("%s, added to the group: %+v", when, p)
			}
		}
		stays("at once", ana, zoe)
		ask[wire.Discovery](zoe, "changeNumber", wire.ChangeNumber{Number: newer, Code: box.send(t, s, newer)})
		stays("with another number", ana, zoe)
		tablet, again := box.arrive(t, s, newer, "")
		if again.User != d.User || again.Device == d.Device {
			t.Fatalf("she signs in as %+v", again)
		}
		stays("on another device", ana, tablet)
		s.Stop()
		s = signallingtest.Start(t, signallingtest.Options{DSN: dsn, Codes: box, Secret: s.Secret})
		zoe, _ = box.arrive(t, s, newer, "")
		stays("after a restart", signIn(t, s, "ana", "laptop"), zoe)
	})
}
