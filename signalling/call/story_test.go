package call

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// told is what webhooks were told, as type:detail, after checking that it is
// numbered without gaps.
func told(t *testing.T, events []store.NewEvent) []string {
	t.Helper()
	var list []string
	for i, e := range events {
		var one Story
		if err := json.Unmarshal([]byte(e.Data), &one); err != nil {
			t.Fatal(err)
		}
		if e.Sequence != int64(i+1) || one.Sequence != e.Sequence || string(one.Call) != e.CallID {
			t.Errorf("event %d is %+v %+v", i+1, e, one)
		}
		list = append(list, strings.TrimRight(fmt.Sprintf("%s %s%s", e.Type, one.User, one.Reason), " "))
	}
	return list
}

func (w *world) told() []string {
	synctest.Wait()
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	list := told(w.t, w.store.events)
	w.store.events = nil
	return list
}

func TestWebhooksAreToldACallFromItsBeginningToItsEnd(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		bia.must(&wire.DeviceRings{Call: call})
		bia.must(&wire.Accept{Call: call})
		w.restart() // in between; nothing is told twice and no number is left out
		for _, d := range []*device{ana, bia} {
			w.registry.Attach(t.Context(), d.who)
		}
		bia.must(&wire.MediaFlows{Call: call, Generation: 1, Path: wire.PathHost, AfterMs: 200})
		time.Sleep(time.Minute)
		ana.must(&wire.Leave{Call: call})
		want := []string{
			"call.created", "participant.joined ana", "call.ringing", "participant.joined bia", "call.started",
			"participant.left anahangup", "participant.left biaended", "call.ended hangup",
		}
		if got := w.told(); !slices.Equal(got, want) {
			t.Errorf("they were told %q, want %q", got, want)
		}
	})
}

// What webhooks are told does not tell a block from a telephone that is off.
func TestWebhooksAreToldABlockedRingAsOneThatNobodyHears(t *testing.T) {
	stories := map[string][]store.NewEvent{}
	for name, rel := range map[string]store.Relation{
		"off":     {CalleeExists: true, CalleeName: "bia", CalleeHasCaller: true, CallerHasCallee: true},
		"blocked": {CalleeExists: true, CalleeName: "bia", CalleeHasCaller: true, CallerHasCallee: true, CalleeBlockedCaller: true},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			rel.CalleePrivacy = store.Privacy{WhoMayCall: store.Everyone, WhoMayAdd: store.Everyone}
			w.store.relations = map[[2]string]store.Relation{{"ana", "bia"}: rel}
			w.device("ana", "laptop").ring("bia")
			time.Sleep(46 * time.Second)
			synctest.Wait()
			for _, e := range w.store.events {
				e.Data = strings.ReplaceAll(e.Data, e.CallID, "call")
				e.CallID = ""
				stories[name] = append(stories[name], e)
			}
			if got := w.told(); !slices.Equal(got, []string{"call.created", "participant.joined ana", "participant.left anaended", "call.missed", "call.ended noAnswer"}) {
				t.Errorf("%s: they were told %q", name, got)
			}
		})
	}
	if !slices.Equal(stories["off"], stories["blocked"]) {
		t.Errorf("off %v, blocked %v", stories["off"], stories["blocked"])
	}
}

func TestWebhooksAreToldWhoWaits(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyEveryone})
		ana, bia := w.device("ana", "laptop"), &visitorDevice{w.device("bia", "phone"), "l", ""}
		zoe := w.guest("zoe", "l", "", "")
		call := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState).Call
		for _, v := range []*visitorDevice{bia, zoe} {
			if err := v.knock(); err != nil {
				t.Fatal(err)
			}
		}
		ana.must(&wire.AnswerKnock{Call: call, Waiter: "w1", Admit: true})
		ana.must(&wire.AnswerKnock{Call: call, Waiter: "w2"})
		want := []string{
			"call.created", "participant.joined ana", "lobby.waiting bia", "lobby.waiting", "lobby.answered biaadmitted", "lobby.answered denied",
		}
		if got := w.told(); !slices.Equal(got, want) {
			t.Errorf("they were told %q, want %q", got, want)
		}
	})
}
