package store_test

import (
	"errors"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// linkWith makes a link of ana's.
func linkWith(t testing.TB, s *store.Store, id string, terms store.LinkTerms) store.Link {
	t.Helper()
	return value(s.CreateLink(t.Context(), store.NewLink{ID: id, OwnerID: "ana", Kind: store.Voice, HostHash: "host of " + id, LinkTerms: terms}))(t)
}

func TestALinkIsFoundByItsHostLinkToo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		linkWith(t, s, "l1", store.LinkTerms{MaxUses: 1})
		guest, host := value(s.LinkDoor(ctx, "l1", "?"))(t), value(s.LinkDoor(ctx, "?", "host of l1"))(t)
		if guest.ID != "l1" || guest.Host || guest.Shut != "" || host.ID != "l1" || !host.Host || host.Shut != "" {
			t.Errorf("the guest finds %+v, the host %+v", guest, host)
		}
		ok(t, storetest.UseLink(ctx, s, "l1"))
		equal(t, "why it is shut", value(s.LinkDoor(ctx, "?", "host of l1"))(t).Shut, store.LinkExhausted)
		fails(t, s.NewHostLink(ctx, "bia", "l1", "another"), store.ErrNotFound)
		ok(t, s.NewHostLink(ctx, "ana", "l1", "another"))
		equal(t, "the host link before", value(s.LinkDoor(ctx, "?", "host of l1"))(t).Shut, store.LinkUnknown)
		equal(t, "the new host link", value(s.LinkDoor(ctx, "?", "another"))(t).ID, "l1")
		equal(t, "what is no text", value(s.LinkDoor(ctx, "\x00", "\xff"))(t).Shut, store.LinkUnknown)
	})
}

func TestALinkOpensAndEndsInTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		linkWith(t, s, "later", store.LinkTerms{Opens: time.Now().Add(time.Hour), Idle: time.Minute})
		linkWith(t, s, "idle", store.LinkTerms{Idle: time.Hour})
		early := value(s.LinkDoor(ctx, "later", ""))(t)
		if early.Shut != "" || early.Early < 59*time.Minute || early.Early > time.Hour {
			t.Errorf("before it opens: %+v", early)
		}
		back := func(by time.Duration) {
			ok(t, s.Exec(ctx, `UPDATE links SET created_ms = created_ms - $1, used_ms = used_ms - $1, opens_ms = opens_ms - $1`, by.Milliseconds()))
		}
		back(50 * time.Minute)
		ok(t, storetest.UseLink(ctx, s, "idle")) // slides
		back(50 * time.Minute)
		equal(t, "unused for 50 minutes of an hour", value(s.LinkDoor(ctx, "idle", ""))(t).Shut, "")
		equal(t, "unused since it opened", value(s.LinkDoor(ctx, "later", ""))(t).Shut, store.LinkExpired)
		back(11 * time.Minute)
		equal(t, "unused for 61", value(s.LinkDoor(ctx, "idle", ""))(t).Shut, store.LinkExpired)
		refused(t, storetest.UseLink(ctx, s, "idle"), store.LinkExpired)
		idle := value(s.Link(ctx, "idle"))(t)
		equal(t, "its end", idle.Ends(), idle.Used.Add(time.Hour))
	})
}

func TestALinkIsChangedAndCountsItsChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		linkWith(t, s, "l1", store.LinkTerms{Title: "Tea", MaxUses: 5})
		rename := func(l *store.LinkTerms) error { l.Title = "Coffee"; return nil }
		_, err := s.ChangeLink(ctx, "bia", "l1", -1, rename)
		fails(t, err, store.ErrNotFound)
		_, err = s.ChangeLink(ctx, "ana", "l1", 3, rename)
		fails(t, err, store.ErrConflict)
		changed := value(s.ChangeLink(ctx, "ana", "l1", 0, rename))(t)
		if changed.Title != "Coffee" || changed.Sequence != 1 || changed.MaxUses != 5 {
			t.Errorf("it is %+v", changed)
		}
		equal(t, "a change that changes nothing", value(s.ChangeLink(ctx, "", "l1", -1, rename))(t).Sequence, 1)
		_, err = s.ChangeLink(ctx, "ana", "l1", -1, func(l *store.LinkTerms) error { l.Lobby = "?"; return nil })
		fails(t, err, store.ErrInvalid)
		no := errors.New("no")
		_, err = s.ChangeLink(ctx, "ana", "l1", -1, func(l *store.LinkTerms) error { l.Title = "?"; return no })
		fails(t, err, no)
		equal(t, "the link afterwards", value(s.Link(ctx, "l1"))(t), changed)
		ok(t, s.RevokeLink(ctx, "ana", "l1"))
		equal(t, "the sequence of a revoked one", value(s.Link(ctx, "l1"))(t).Sequence, 2)
	})
}

func TestACallSwitchesItsLinksLobby(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		linkWith(t, s, "l1", store.LinkTerms{})
		value(s.CreateCall(ctx, linked("c1", "l1"), nil))(t)
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "active", LinkID: "l1", LinkLobby: store.LobbyEveryone}))
		equal(t, "the lobby", value(s.LinkDoor(ctx, "l1", ""))(t).Lobby, store.LobbyEveryone)
		// A use that is refused takes the rest back.
		err := s.Transition(ctx, "c1", 1, &store.Change{State: "other", LinkID: "none", UseLink: true})
		refused(t, err, store.LinkUnknown)
		equal(t, "the call's state", value(s.Call(ctx, "c1"))(t).State, "active")
	})
}

func TestWhoIsPutOutOrDeniedTwiceIsBanned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		linkWith(t, s, "l1", store.LinkTerms{})
		linkWith(t, s, "l2", store.LinkTerms{})
		denied := func(subject string, ban time.Duration) store.LinkMark {
			return store.LinkMark{Subject: subject, Denials: 1, Enough: 2, Ban: ban}
		}
		standing := func(link, subject string) store.LinkStanding {
			t.Helper()
			for _, st := range value(s.LinkStandings(ctx, link, []string{"a1", "b1", "n1", subject}))(t) {
				if st.Subject == subject {
					return st
				}
			}
			return store.LinkStanding{}
		}
		ok(t, s.MarkLink(ctx, "l1", denied("a1", store.BanForever), denied("n1", time.Minute)))
		equal(t, "after one denial", standing("l1", "a1"), store.LinkStanding{Subject: "a1", Denials: 1})
		ok(t, s.MarkLink(ctx, "l1", denied("a1", store.BanForever), denied("n1", time.Minute)))
		equal(t, "after two", standing("l1", "a1"), store.LinkStanding{Subject: "a1", Denials: 2, Banned: true})
		ok(t, s.MarkLink(ctx, "l1", store.LinkMark{Subject: "b1", Ban: store.BanForever}))
		equal(t, "put out", standing("l1", "b1"), store.LinkStanding{Subject: "b1", Banned: true})
		for i, banned := range []bool{false, false, true, true} {
			ok(t, s.MarkLink(ctx, "l2", store.LinkMark{Subject: "n1", Denials: 1, Enough: 3, Ban: time.Minute}))
			equal(t, "denied often", standing("l2", "n1"), store.LinkStanding{Subject: "n1", Denials: int64(i + 1), Banned: banned})
		}
		equal(t, "at another link", standing("l2", "a1"), store.LinkStanding{})

		back := func(by time.Duration) {
			ok(t, s.Exec(ctx, `UPDATE link_marks SET banned_ms = banned_ms - $1, marked_ms = marked_ms - $1`, by.Milliseconds()))
		}
		back(2 * time.Minute)
		equal(t, "a network later", standing("l1", "n1"), store.LinkStanding{Subject: "n1", Denials: 2})
		back(store.LinkMarksKept)
		equal(t, "a network much later", standing("l1", "n1"), store.LinkStanding{})
		equal(t, "a browser much later", standing("l1", "b1").Banned, true)
		equal(t, "swept", value(s.SweepLinkMarks(ctx, 10))(t), 2)
		equal(t, "a browser after that", standing("l1", "b1").Banned, true)
		ok(t, s.MarkLink(ctx, "none", store.LinkMark{Subject: "b1", Ban: store.BanForever}))
		ok(t, s.ForgetLinkMarks(ctx, "ana", "l1"))
		equal(t, "forgiven", standing("l1", "b1"), store.LinkStanding{})
	})
}

func TestATimeIsBookedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		linkWith(t, s, "l1", store.LinkTerms{Title: "Advice", Idle: 24 * time.Hour})
		at := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
		slots := []store.Slot{{From: at, To: at.Add(time.Hour)}, {From: at.Add(time.Hour), To: at.Add(2 * time.Hour)}}
		fails(t, s.SetSlots(ctx, "bia", "l1", slots), store.ErrNotFound)
		fails(t, s.SetSlots(ctx, "ana", "l1", append(slots, slots[0])), store.ErrInvalid)
		ok(t, s.SetSlots(ctx, "ana", "l1", slots))
		booked := value(s.BookSlot(ctx, "l1", at, store.NewLink{ID: "b1"}, store.Remind{}))(t)
		if booked.Opens != at.Add(-store.SlotEarly) || booked.Expires != at.Add(time.Hour) || booked.MaxPeople != 2 || booked.OwnerID != "ana" ||
			booked.Title != "Advice" || !booked.RingHost || booked.Idle != 0 {
			t.Errorf("the booked link is %+v", booked)
		}
		_, err := s.BookSlot(ctx, "l1", at, store.NewLink{ID: "b2"}, store.Remind{})
		fails(t, err, store.ErrConflict)
		_, err = s.BookSlot(ctx, "l1", at.Add(time.Minute), store.NewLink{ID: "b2"}, store.Remind{})
		fails(t, err, store.ErrConflict)
		_, err = s.BookSlot(ctx, "none", at, store.NewLink{ID: "b2"}, store.Remind{})
		refused(t, err, store.LinkUnknown)
		var won [4]bool
		together(4, func(i int) {
			_, err := s.BookSlot(ctx, "l1", slots[1].From, store.NewLink{ID: "c" + string(rune('0'+i))}, store.Remind{})
			won[i] = err == nil
		})
		n := 0
		for _, w := range won {
			if w {
				n++
			}
		}
		equal(t, "how many of four got the other", n, 1)

		// What is booked stays, and cannot be offered again meanwhile.
		ok(t, s.SetSlots(ctx, "ana", "l1", slots[:1]))
		left := value(s.Slots(ctx, "l1"))(t)
		if len(left) != 2 || !left[0].Booked || !left[1].Booked {
			t.Errorf("the slots are %+v", left)
		}
		ok(t, s.RevokeLink(ctx, "ana", "b1"))
		equal(t, "a time that was called off", value(s.Slots(ctx, "l1"))(t)[0].Booked, false)
		value(s.BookSlot(ctx, "l1", at, store.NewLink{ID: "b3"}, store.Remind{}))(t)
	})
}

func TestLinksAreReadInPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		for _, id := range []string{"l1", "l2", "l3", "l4", "l5"} {
			linkWith(t, s, id, store.LinkTerms{})
		}
		value(s.CreateLink(ctx, store.NewLink{ID: "other", OwnerID: "bia", Kind: store.Voice}))(t)
		for owner, want := range map[string]int{"ana": 5, "bia": 1, "": 6} {
			var page store.LinkPage
			seen := map[string]bool{}
			for range 10 {
				links := value(s.LinksPage(ctx, owner, page, 2))(t)
				if len(links) == 0 {
					break
				}
				for _, l := range links {
					seen[l.ID] = true
				}
				last := links[len(links)-1]
				page = store.LinkPage{Created: last.Created, ID: last.ID}
			}
			equal(t, "links of "+owner, len(seen), want)
		}
	})
}
