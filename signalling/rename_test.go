package signalling_test

import (
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// Whoever changes his name rings by the new one at once, on the device that changed it and
// on the others, which were signed in before.
func TestANewNameRingsAtOnce(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, tablet, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "tablet"), signIn(t, s, "bia", "phone")
	ask[wire.People](bia, "addContact", wire.AddContact{User: "ana"})
	shows := func(from *page, name string) {
		t.Helper()
		before := bia.count()
		call := ask[wire.CallState](from, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
		if got := call.Participants[0].Name; got != name {
			t.Errorf("the caller is %q, want %q", got, name)
		}
		rung := bia.wait("incoming", before, func(f wire.Frame) bool { return f.Type == "incoming" })
		if got := decode[wire.Incoming](t, rung.frame).Name; got != name {
			t.Errorf("the ring shows %q, want %q", got, name)
		}
		ask[wire.Done](from, "leave", wire.Leave{Call: call.Call})
	}
	shows(phone, "Ana")
	ask[wire.Profile](phone, "setProfile", wire.SetProfile{Name: "Anna Maria"})
	shows(phone, "Anna Maria")
	shows(tablet, "Anna Maria")
	if err := s.Store.SetProfile(t.Context(), "ana", "Annina", ""); err != nil { // as an integrator's server does
		t.Fatal(err)
	}
	s.Sockets.ProfileChanged(t.Context(), "ana")
	shows(tablet, "Annina")
	shows(phone, "Annina")
}
