package call

import (
	"testing"
	"time"

	"pronto/signalling/wire"
)

// The host's page is killed: after the grace period who came first of the others is
// the host, all are told, and the rights are his.
func TestWhenTheHostIsLostWhoCameFirstIsTheHost(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo, dora := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone"), w.device("dora", "phone")
		call := ana.ring("bia", "carlo", "dora").Call
		carlo.must(&wire.Accept{Call: call})
		time.Sleep(time.Second)
		bia.must(&wire.Accept{Call: call})
		dora.must(&wire.Accept{Call: call})
		if _, err := carlo.try(&wire.Lock{Call: call, On: true}); code(err) != wire.CodeForbidden {
			t.Errorf("carlo locks the call beside the host: %v", err)
		}
		w.registry.SessionLost(t.Context(), "ana", ana.who.Session)
		time.Sleep(29 * time.Second)
		bia.heard()
		time.Sleep(2 * time.Second)
		bia.expect("participantLeft", "hostChanged")
		host := carlo.must(&wire.Sync{Call: call}).(wire.CallState)
		if host.Host != host.Self {
			t.Errorf("the host is %q, carlo is %q", host.Host, host.Self)
		}
		carlo.must(&wire.Lock{Call: call, On: true})
		if _, err := bia.try(&wire.Lock{Call: call}); code(err) != wire.CodeForbidden {
			t.Errorf("bia is a host too: %v", err)
		}
		carlo.must(&wire.Lock{Call: call})
		w.restart()
		w.registry.Attach(t.Context(), carlo.who)
		w.registry.Attach(t.Context(), bia.who)
		if s := carlo.must(&wire.Sync{Call: call}).(wire.CallState); s.Host != s.Self {
			t.Errorf("after a crash the host is %q", s.Host)
		}
		for _, d := range []*device{ana, bia, carlo, dora} {
			d.heard()
		}
		bia.must(&wire.Leave{Call: call}) // the last but one: the call ends, and nobody becomes its host
		carlo.must(&wire.Leave{Call: call})
	})
}

func TestACallOfTwoEndsWithoutANewHost(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		bia.heard()
		ana.must(&wire.Leave{Call: call})
		bia.expect("participantLeft", "callEnded", "logged")
	})
}
