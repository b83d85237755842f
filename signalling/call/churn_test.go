package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// visit has guests come by the link and leave at once, one every pause, and
// returns how many were let in.
func visit(w *world, guests int, pause time.Duration) (let int) {
	for i := range guests {
		g := w.device(fmt.Sprint("guest", i), "d")
		g.who.Link = "l"
		if reply, err := g.try(&wire.JoinLink{Link: "l"}); err == nil {
			let++
			g.must(&wire.Leave{Call: reply.(wire.CallState).Call})
		}
		time.Sleep(pause)
	}
	return let
}

func TestManyWhoComeAndGoShutTheCallOfALink(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.links["l"] = store.Link{ID: "l", OwnerID: "ana", Kind: store.Voice}
		ana := w.device("ana", "a")
		call := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState)
		if let := visit(w, 100, 600*time.Millisecond); let != maxShortStays {
			t.Errorf("%d of 100 throw-away guests in a minute were let in", let)
		}
		if now := ana.must(&wire.Sync{Call: call.Call}).(wire.CallState); now.Lobby != wire.LobbyEveryone || w.store.links["l"].Lobby != store.LobbyEveryone {
			t.Errorf("the call's lobby is %s, the link's %s", now.Lobby, w.store.links["l"].Lobby)
		}
		var told []wire.LobbyChanged
		for _, f := range ana.frames() {
			if f.Type == "lobbyChanged" {
				told = append(told, body[wire.LobbyChanged](t, f))
			}
		}
		if len(told) != 1 || !told[0].Crowded {
			t.Errorf("the host is told %+v", told)
		}
		if !slices.Contains(w.events, Event(Alerted{Alert: "churn"})) {
			t.Error("nobody is alerted")
		}
		ana.must(&wire.SetLobby{Call: call.Call, Lobby: wire.LobbyOff})
		time.Sleep(shortStay)
		if let := visit(w, 40, 3*time.Second); let != 40 {
			t.Errorf("%d of 40 guests who came and went over two minutes were let in", let)
		}
	})
}

// The call of a group has no lobby: it is locked, until an admin unlocks it.
func TestMembersWhoComeAndGoLockTheGroupsCall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		call := ana.ringGroup(true).Call
		let := 0
		for range maxShortStays + 10 {
			if _, err := bia.joinGroup(); err == nil {
				let++
				bia.must(&wire.Leave{Call: call})
			}
			time.Sleep(time.Second)
		}
		if let != maxShortStays {
			t.Errorf("who came and went %d times in a minute was let in %d times", maxShortStays+10, let)
		}
		heard := ana.heard()
		if n := len(slices.DeleteFunc(heard, func(kind string) bool { return kind != "lockChanged" })); n != 1 {
			t.Errorf("the admin is told of %d locks", n)
		}
		if _, err := carlo.joinGroup(); code(err) != wire.CodeForbidden {
			t.Errorf("carlo comes into the locked call: %v", err)
		}
		if !slices.Contains(w.events, Event(Alerted{Alert: "churn"})) {
			t.Error("nobody is alerted")
		}
		ana.must(&wire.Lock{Call: call})
		if _, err := carlo.joinGroup(); err != nil {
			t.Errorf("carlo comes when it is open again: %v", err)
		}
	})
}
