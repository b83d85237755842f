package store_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestUsersAreCreatedRenamedAndDeleted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		_, err := s.User(ctx, "ana")
		fails(t, err, store.ErrNotFound)
		people(t, s, "ana", "bia")
		before := value(s.User(ctx, "ana"))(t)
		if age := time.Since(before.Created); age < -time.Minute || age > time.Minute {
			t.Errorf("the user is %v old", age)
		}
		ok(t, s.UpsertUser(ctx, "ana", "Ana Maria"))
		after := value(s.User(ctx, "ana"))(t)
		equal(t, "the name", after.Name, "Ana Maria")
		equal(t, "the creation", after.Created, before.Created)
		equal(t, "automated at first", after.Automated, false)
		ok(t, s.SetAutomated(ctx, "ana", true))
		ok(t, s.UpsertUser(ctx, "ana", "Ana Maria"))
		equal(t, "automated, with a name set again", value(s.User(ctx, "ana"))(t).Automated, true)
		equal(t, "automated in the list", value(s.PageUsers(ctx, time.Time{}, "", 1))(t)[0].Automated, true)
		fails(t, s.SetAutomated(ctx, "nobody", true), store.ErrNotFound)
		found := value(s.Users(ctx, "ana", "nobody", "bia", "ana"))(t)
		equal(t, "the number of users", len(found), 2)
		equal(t, "the other's name", found["bia"].Name, "BIA")
		value(s.DeleteUser(ctx, "ana"))(t)
		_, err = s.DeleteUser(ctx, "ana")
		fails(t, err, store.ErrNotFound)
		equal(t, "the number without ids", len(value(s.Users(ctx))(t)), 0)
	})
}

func TestManyUsersAreFoundAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ids := make([]string, 600)
		for i := range ids {
			ids[i] = fmt.Sprintf("u%03d", i)
		}
		people(t, s, ids...)
		equal(t, "the number of users", len(value(s.Users(t.Context(), ids...))(t)), len(ids))
		rel := value(s.Relations(t.Context(), "u000", ids[1:]))(t)
		for i, r := range rel {
			if r.Callee != ids[i+1] || !r.CalleeExists {
				t.Fatalf("relation %d is %+v", i, r)
			}
		}
	})
}

func TestAUsersDeletionTakesHisRowsAlongButNotOthersBlocks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		ok(t, s.TouchDevice(ctx, "ana", "d1", "Firefox"))
		ok(t, s.AddContact(ctx, "ana", "bia"))
		ok(t, s.AddContact(ctx, "bia", "ana"))
		ok(t, s.Block(ctx, "ana", "bia"))
		ok(t, s.Block(ctx, "bia", "ana"))
		value(s.SetPrivacy(ctx, "ana", store.Privacy{WhoMayCall: store.Nobody}, 0))(t)
		value(s.CreateLink(ctx, store.NewLink{ID: "l1", OwnerID: "ana", Kind: store.Video}))(t)
		n := call("c1", "ana", "bia")
		n.Outbox = []store.NewOutbox{push("ana", "ring")}
		value(s.CreateCall(ctx, n, nil))(t)

		value(s.DeleteUser(ctx, "ana"))(t)
		equal(t, "devices", len(value(s.Devices(ctx, "ana"))(t)), 0)
		equal(t, "contacts", len(value(s.Contacts(ctx, "bia"))(t)), 0)
		equal(t, "own blocks", len(value(s.Blocks(ctx, "ana"))(t)), 0)
		equal(t, "privacy", value(s.Privacy(ctx, "ana"))(t).Version, 0)
		equal(t, "outbox", value(s.CountOutbox(ctx, "ana"))(t), 0)
		_, err := s.Link(ctx, "l1")
		fails(t, err, store.ErrNotFound)
		rows, _, err := s.CallLog(ctx, "ana", store.Cursor{}, 10)
		ok(t, err)
		equal(t, "log rows", len(rows), 0)
		rows, _, err = s.CallLog(ctx, "bia", store.Cursor{}, 10)
		ok(t, err)
		equal(t, "the other's log rows", len(rows), 1)
		if diff := cmp.Diff([]store.Contact{{ID: "ana"}}, value(s.Blocks(ctx, "bia"))(t)); diff != "" {
			t.Errorf("the other's blocks: %s", diff)
		}
	})
}

func TestDevicesAreListedByLastUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		fails(t, s.TouchDevice(ctx, "nobody", "d1", ""), store.ErrNotFound)
		for i := range store.MaxDevices + 5 {
			ok(t, s.TouchDevice(ctx, "ana", fmt.Sprintf("d%02d", i), "Firefox"))
			ok(t, s.Exec(ctx, `UPDATE devices SET seen_ms = seen_ms - 1000`))
		}
		ok(t, s.TouchDevice(ctx, "ana", "d10", "Chromium"))
		devices := value(s.Devices(ctx, "ana"))(t)
		equal(t, "the number of devices", len(devices), store.MaxDevices)
		equal(t, "the latest", devices[0].ID, "d10")
		equal(t, "its name", devices[0].Name, "Chromium")
		equal(t, "the oldest kept", devices[len(devices)-1].ID, "d05")
		ok(t, s.DeleteDevice(ctx, "ana", "d10"))
		fails(t, s.DeleteDevice(ctx, "ana", "d10"), store.ErrNotFound)
	})
}

func TestContactsHaveNames(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		ok(t, s.AddContact(ctx, "ana", "caio"))
		ok(t, s.AddContact(ctx, "ana", "bia"))
		ok(t, s.AddContact(ctx, "ana", "bia"))
		ok(t, s.AddContact(ctx, "bia", "ana"))
		ok(t, s.AddContact(ctx, "ana", "nobody"))
		fails(t, s.AddContact(ctx, "nobody", "ana"), store.ErrNotFound)
		fails(t, s.AddContact(ctx, "ana", "ana"), store.ErrInvalid)
		// caio has not met ana, and looks like an account that is not there.
		if diff := cmp.Diff([]store.Contact{{"caio", ""}, {"nobody", ""}, {"bia", "BIA"}}, value(s.Contacts(ctx, "ana"))(t)); diff != "" {
			t.Error(diff)
		}
		equal(t, "is contact", value(s.IsContact(ctx, "ana", "bia"))(t), true)
		equal(t, "is contact the other way", value(s.IsContact(ctx, "caio", "ana"))(t), false)
		ok(t, s.RemoveContact(ctx, "ana", "nobody"))
		ok(t, s.RemoveContact(ctx, "ana", "bia"))
		ok(t, s.RemoveContact(ctx, "ana", "bia"))
		equal(t, "is contact after removal", value(s.IsContact(ctx, "ana", "bia"))(t), false)
	})
}

func TestFavouritesAreContacts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		fails(t, s.SetFavourite(ctx, "ana", "bia", true), store.ErrNotFound)
		ok(t, s.AddContact(ctx, "ana", "bia"))
		ok(t, s.AddContact(ctx, "bia", "ana"))
		equal(t, "favourites at first", len(value(s.Favourites(ctx, "ana"))(t)), 0)
		ok(t, s.SetFavourite(ctx, "ana", "bia", true))
		ok(t, s.SetFavourite(ctx, "ana", "bia", true))
		if got := value(s.Favourites(ctx, "ana"))(t); len(got) != 1 || got[0] != "bia" {
			t.Errorf("the favourites are %v", got)
		}
		equal(t, "the other's favourites", len(value(s.Favourites(ctx, "bia"))(t)), 0)
		ok(t, s.AddContact(ctx, "ana", "bia")) // once more changes nothing
		equal(t, "favourites", len(value(s.Favourites(ctx, "ana"))(t)), 1)
		ok(t, s.SetFavourite(ctx, "ana", "bia", false))
		equal(t, "favourites after it was taken back", len(value(s.Favourites(ctx, "ana"))(t)), 0)
		ok(t, s.SetFavourite(ctx, "ana", "bia", true))
		ok(t, s.RemoveContact(ctx, "ana", "bia"))
		equal(t, "favourites without the contact", len(value(s.Favourites(ctx, "ana"))(t)), 0)
	})
}

func TestPrivacyIsChangedByVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		equal(t, "the default", value(s.Privacy(ctx, "ana"))(t), store.Privacy{WhoMayCall: store.Everyone, WhoMayAdd: store.Everyone})
		contacts := store.Privacy{
			WhoMayCall: store.Contacts, WhoMayAdd: store.Nobody, SilenceUnknown: true, DoNotDisturb: "at night", HideAddress: true,
			RejectInCall: true, TakeNotes: true,
		}
		_, err := s.SetPrivacy(ctx, "ana", contacts, 3)
		fails(t, err, store.ErrConflict)
		equal(t, "the first version", value(s.SetPrivacy(ctx, "ana", contacts, 0))(t), 1)
		_, err = s.SetPrivacy(ctx, "ana", contacts, 0)
		fails(t, err, store.ErrConflict)
		equal(t, "the second version", value(s.SetPrivacy(ctx, "ana", contacts, 1))(t), 2)
		_, err = s.SetPrivacy(ctx, "ana", contacts, 1)
		fails(t, err, store.ErrConflict)
		contacts.Version = 2
		equal(t, "what is stored", value(s.Privacy(ctx, "ana"))(t), contacts)
		equal(t, "the third version", value(s.SetPrivacy(ctx, "ana", store.Privacy{WhoMayCall: store.Nobody}, store.AnyVersion))(t), 3)
		_, err = s.SetPrivacy(ctx, "ana", store.Privacy{WhoMayCall: "friends"}, 3)
		fails(t, err, store.ErrInvalid)
		_, err = s.SetPrivacy(ctx, "ana", store.Privacy{WhoMayCall: store.Nobody, DoNotDisturb: strings.Repeat("x", store.MaxHours+1)}, 3)
		fails(t, err, store.ErrInvalid)
		for _, version := range []int64{0, store.AnyVersion} {
			_, err = s.SetPrivacy(ctx, "nobody", contacts, version)
			fails(t, err, store.ErrNotFound)
		}
	})
}

func TestOfRacingPrivacyChangesOneWins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana")
		var won atomic.Int32
		together(16, func(int) {
			if _, err := s.SetPrivacy(t.Context(), "ana", store.Privacy{WhoMayCall: store.Nobody}, 0); err == nil {
				won.Add(1)
			} else {
				fails(t, err, store.ErrConflict)
			}
		})
		equal(t, "the number of winners", won.Load(), 1)
	})
}

func TestARelationSaysEverythingAboutTwoPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		ok(t, s.AddContact(ctx, "ana", "bia"))
		ok(t, s.AddContact(ctx, "caio", "ana"))
		ok(t, s.Block(ctx, "bia", "ana"))
		ok(t, s.Block(ctx, "ana", "caio"))
		ok(t, s.Block(ctx, "ana", "nobody"))
		value(s.SetPrivacy(ctx, "ana", store.Privacy{WhoMayCall: store.Contacts, HideAddress: true}, 0))(t)
		value(s.SetPrivacy(ctx, "bia", store.Privacy{WhoMayCall: store.Nobody}, 0))(t)

		anas := store.Privacy{WhoMayCall: store.Contacts, WhoMayAdd: store.Everyone, HideAddress: true, Version: 1}
		none := store.Privacy{WhoMayCall: store.Everyone, WhoMayAdd: store.Everyone}
		want := []store.Relation{
			{Caller: "ana", Callee: "caio", CalleeExists: true, CalleeName: "CAIO", CalleeShown: true, CallerShown: true, CallerBlockedCallee: true,
				CalleeHasCaller: true, CallerPrivacy: anas, CalleePrivacy: none},
			{Caller: "ana", Callee: "bia", CalleeExists: true, CalleeShown: true, CallerShown: true, CalleeBlockedCaller: true,
				CallerHasCallee: true, CallerPrivacy: anas, CalleePrivacy: store.Privacy{WhoMayCall: store.Nobody, WhoMayAdd: store.Everyone, Version: 1}},
			{Caller: "ana", Callee: "nobody", CalleeShown: true, CallerShown: true, CallerBlockedCallee: true, CallerPrivacy: anas, CalleePrivacy: none},
		}
		if diff := cmp.Diff(want, value(s.Relations(ctx, "ana", []string{"caio", "bia", "nobody"}))(t)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want[1], value(s.Relation(ctx, "ana", "bia"))(t)); diff != "" {
			t.Error(diff)
		}
		equal(t, "is blocked", value(s.IsBlocked(ctx, "bia", "ana"))(t), true)
		ok(t, s.Unblock(ctx, "bia", "ana"))
		ok(t, s.Unblock(ctx, "bia", "ana"))
		equal(t, "is blocked after unblocking", value(s.Relation(ctx, "ana", "bia"))(t).CalleeBlockedCaller, false)
		equal(t, "relations without callees", len(value(s.Relations(ctx, "ana", nil))(t)), 0)
	})
}

func TestBlocksHaveNamesAndTheLatestIsFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		ok(t, s.Block(ctx, "ana", "+390000"))
		ok(t, s.Exec(ctx, `UPDATE blocks SET created_ms = created_ms - 1000`))
		ok(t, s.Block(ctx, "ana", "bia"))
		ok(t, s.Block(ctx, "ana", "bia"))
		ok(t, s.AddContact(ctx, "bia", "ana"))
		fails(t, s.Block(ctx, "nobody", "bia"), store.ErrNotFound)
		if diff := cmp.Diff([]store.Contact{{"bia", "BIA"}, {"+390000", ""}}, value(s.Blocks(ctx, "ana"))(t)); diff != "" {
			t.Error(diff)
		}
	})
}
