package call

import (
	"slices"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

func TestATimeIsBookedByItsLink(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{})
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		w.store.slots["l"] = []store.Slot{{From: at, To: at.Add(time.Hour)}, {From: at.Add(time.Hour), To: at.Add(2 * time.Hour), Booked: true}}
		ana, zoe := w.device("ana", "laptop"), w.guest("zoe", "l", "", "")
		if _, err := zoe.join(); code(err) != wire.CodeForbidden {
			t.Errorf("a guest joins by a booking link: %v", err)
		}
		if door := zoe.must(&wire.LookAtLink{Link: "l"}).(wire.LinkDoor); !door.Books {
			t.Errorf("the door is %+v", door)
		}
		free := zoe.must(&wire.GetSlots{Link: "l"}).(wire.LinkSlots).Slots
		if len(free) != 1 || free[0].FromMs != wire.UnixMs(at.UnixMilli()) {
			t.Errorf("offered are %+v", free)
		}
		if own := ana.must(&wire.GetSlots{Link: "l"}).(wire.LinkSlots).Slots; len(own) != 2 || !own[1].Booked {
			t.Errorf("the owner sees %+v", own)
		}
		booked := zoe.must(&wire.BookSlot{Link: "l", FromMs: free[0].FromMs}).(wire.BookedSlot)
		if made := body[wire.Link](t, last(ana)); made.Link != booked.Link || made.BookedFrom != "l" {
			t.Errorf("the owner is told of %+v", made)
		}
		if _, err := zoe.try(&wire.BookSlot{Link: "l", FromMs: free[0].FromMs}); code(err) != wire.CodeConflict {
			t.Errorf("the time twice: %v", err)
		}
		there := w.guest("zoe", string(booked.Link), "", "")
		if _, err := there.join(); code(err) != wire.CodeNotYet {
			t.Errorf("too early: %v", err)
		}
		time.Sleep(time.Until(at.Add(-store.SlotEarly)))
		if _, err := there.join(); err != nil {
			t.Errorf("in time: %v", err)
		}
		ana.must(&wire.JoinLink{Link: booked.Link})
		if _, err := w.guest("gus", string(booked.Link), "", "").join(); code(err) != wire.CodeCallFull {
			t.Errorf("a third: %v", err)
		}
	})
}

func TestWhoBooksATalkAndWhoseItIsAreRemindedOfIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{})
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		w.store.slots["l"] = []store.Slot{{From: at, To: at.Add(time.Hour)}, {From: at.Add(time.Hour), To: at.Add(2 * time.Hour)}}
		ana, laptop, bia := w.device("ana", "phone"), w.device("ana", "laptop"), w.device("bia", "phone")
		first := bia.must(&wire.BookSlot{Link: "l", FromMs: wire.UnixMs(at.UnixMilli())}).(wire.BookedSlot)
		w.guest("zoe", "l", "", "").must(&wire.BookSlot{Link: "l", FromMs: wire.UnixMs(at.Add(time.Hour).UnixMilli())})
		// Who has an account is reminded; a guest cannot be reached.
		if want := []store.Remind{{Before: 10 * time.Minute, Booker: "bia"}, {Before: 10 * time.Minute}}; !slices.Equal(w.store.reminds, want) {
			t.Errorf("to be reminded are %+v", w.store.reminds)
		}
		for _, d := range []*device{ana, laptop, bia} {
			d.heard()
		}
		talk := w.store.links[string(first.Link)]
		for _, user := range []string{"ana", "bia"} {
			w.registry.Remind(store.Reminder{UserID: user, Link: talk, From: at, To: at.Add(time.Hour)})
		}
		want := wire.Reminder{Link: first.Link, Kind: wire.KindVideo, FromMs: first.FromMs, ToMs: first.ToMs}
		if got := body[wire.Reminder](t, last(bia)); got != want {
			t.Errorf("who booked is told %+v", got)
		}
		want.Host, want.BookedFrom = true, "l" // by which his browser finds the part after #
		for _, d := range []*device{ana, laptop} {
			if got := body[wire.Reminder](t, last(d)); got != want {
				t.Errorf("whose link it is is told %+v", got)
			}
		}
	})
}
