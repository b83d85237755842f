package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// free is a budget without end.
func free(sketch string, _ store.NumberChange) (string, error) { return sketch, nil }

// finders turns discovery on for users who exist.
func finders(t testing.TB, s *store.Store, ids ...string) {
	t.Helper()
	people(t, s, ids...)
	for _, id := range ids {
		value(s.SetDiscovery(t.Context(), id, true, free))(t)
	}
}

// contactIDs are the contacts of owner in one text.
func contactIDs(t testing.TB, s *store.Store, owner string) string {
	t.Helper()
	var ids []string
	for _, c := range value(s.Contacts(t.Context(), owner))(t) {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, " ")
}

func upload(t testing.TB, s *store.Store, u store.Upload) store.Uploaded {
	t.Helper()
	return value(s.Upload(t.Context(), u, free))(t)
}

func uploaded(t testing.TB, s *store.Store, owner string) int {
	t.Helper()
	return value(s.Discovery(t.Context(), owner))(t).Uploaded
}

func TestNothingIsUploadedUnlessDiscoveryIsOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		_, err := s.Upload(ctx, store.Upload{Owner: "ana", Add: []string{"h1"}}, free)
		fails(t, err, store.ErrDiscoveryOff)
		_, err = s.SetDiscovery(ctx, "nobody", true, free)
		fails(t, err, store.ErrNotFound)
		equal(t, "discovery at first", value(s.Discovery(ctx, "ana"))(t), store.Discovery{})
		value(s.SetDiscovery(ctx, "ana", true, free))(t)
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h1"}})
		equal(t, "discovery", value(s.Discovery(ctx, "ana"))(t), store.Discovery{On: true, Uploaded: 1})
	})
}

func TestWhoHasAnUploadedNumberIsAContactWithWhomItIsFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana")
		people(t, s, "bia", "caio", "duda")
		value(s.SetNumber(ctx, "ana", "h-ana", "01"))(t)
		value(s.SetNumber(ctx, "bia", "h-bia", "02"))(t)
		value(s.SetNumber(ctx, "caio", "h-caio", "03"))(t)
		value(s.SetDiscoverable(ctx, "caio", false))(t)
		book := store.Upload{Owner: "ana", Add: []string{"h-ana", "h-bia", "h-bia", "h-caio", "h-none"}}
		for try, changed := range []bool{true, false} {
			found := upload(t, s, book)
			if diff := cmp.Diff(store.Uploaded{People: []store.Contact{{ID: "bia", Name: "BIA"}}, Contacts: changed}, found); diff != "" {
				t.Errorf("try %d: %s", try, diff)
			}
		}
		equal(t, "the contacts", contactIDs(t, s, "ana"), "bia")
		equal(t, "the other's contacts", contactIDs(t, s, "bia"), "")
		equal(t, "the hashes", uploaded(t, s, "ana"), 4)
		if told := value(s.SetDiscoverable(ctx, "caio", true))(t); len(told) != 1 || told[0] != "ana" {
			t.Errorf("told are %v", told)
		}
		equal(t, "the contacts", contactIDs(t, s, "ana"), "bia caio")
		_, err := s.SetDiscoverable(ctx, "duda", true)
		fails(t, err, store.ErrNotFound)
	})
}

func TestAHashBecomesAContactWhenItsNumberRegisters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana", "bia")
		people(t, s, "caio", "duda")
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h-caio"}})
		upload(t, s, store.Upload{Owner: "bia", Add: []string{"h-caio", "h-duda"}})
		told := value(s.SetNumber(ctx, "caio", "h-caio", "33"))(t)
		equal(t, "the number of those told", len(told), 2)
		equal(t, "nobody is told twice", len(value(s.SetNumber(ctx, "caio", "h-caio", "33"))(t)), 0)
		equal(t, "ana's contacts", contactIDs(t, s, "ana"), "caio")
		equal(t, "bia's contacts", contactIDs(t, s, "bia"), "caio")
		equal(t, "the number", value(s.NumberOf(ctx, "caio"))(t), store.Number{Hash: "h-caio", Ending: "33", Discoverable: true})
		_, err := s.NumberOf(ctx, "duda")
		fails(t, err, store.ErrNotFound)
		_, err = s.SetNumber(ctx, "nobody", "h", "1")
		fails(t, err, store.ErrNotFound)
		_, err = s.SetNumber(ctx, "duda", "h", "+39333")
		fails(t, err, store.ErrInvalid)
	})
}

func TestANumberHandedOnTakesItsContactsAlong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana", "bia")
		people(t, s, "caio", "duda")
		value(s.SetNumber(ctx, "caio", "h1", "11"))(t)
		ok(t, s.AddContact(ctx, "bia", "caio"))
		for _, owner := range []string{"ana", "bia"} {
			upload(t, s, store.Upload{Owner: owner, Add: []string{"h1", "h2"}})
		}
		if diff := cmp.Diff([]string{"ana", "ana", "bia"}, slices.Sorted(slices.Values(value(s.SetNumber(ctx, "duda", "h1", "11"))(t)))); diff != "" {
			t.Errorf("told are: %s", diff)
		}
		equal(t, "the owner", value(s.NumberOwner(ctx, "h1"))(t), "duda")
		equal(t, "ana's contacts", contactIDs(t, s, "ana"), "duda")
		equal(t, "bia's contacts, one of her own", contactIDs(t, s, "bia"), "caio duda")
		_, err := s.NumberOf(ctx, "caio")
		fails(t, err, store.ErrNotFound)
		value(s.SetNumber(ctx, "duda", "h2", "22"))(t)
		equal(t, "ana's contacts after a change", contactIDs(t, s, "ana"), "duda")
		equal(t, "how many lost a contact", len(value(s.DeleteNumber(ctx, "duda"))(t)), 2)
		equal(t, "how many lost it again", len(value(s.DeleteNumber(ctx, "duda"))(t)), 0)
		_, err = s.NumberOwner(ctx, "h2")
		fails(t, err, store.ErrNotFound)
		equal(t, "ana's contacts without number", contactIDs(t, s, "ana"), "")
		equal(t, "her hashes", uploaded(t, s, "ana"), 2)
	})
}

func TestAHashGoesWhenItsNumberIsNoLongerUploaded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana")
		people(t, s, "bia", "caio", "duda")
		for _, id := range []string{"bia", "caio", "duda"} {
			value(s.SetNumber(ctx, id, "h-"+id, "00"))(t)
		}
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h-bia", "h-caio", "h-duda", "h1", "h2"}})
		ok(t, s.AddContact(ctx, "ana", "caio")) // her own now

		found := upload(t, s, store.Upload{Owner: "ana", Remove: []string{"h-bia", "h-caio", "h1", "h-none"}})
		equal(t, "whether contacts changed", found.Contacts, true)
		equal(t, "contacts", contactIDs(t, s, "ana"), "caio duda")
		equal(t, "hashes", uploaded(t, s, "ana"), 2)

		ok(t, s.RemoveContact(ctx, "ana", "duda"))
		found = upload(t, s, store.Upload{Owner: "ana", Add: []string{"h-duda"}})
		equal(t, "whether contacts changed", found.Contacts, false)
		equal(t, "contacts, without the one removed by hand", contactIDs(t, s, "ana"), "caio")
	})
}

func TestAFullSyncRemovesWhatItDoesNotAdd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		finders(t, s, "ana", "eva")
		_, err := s.Upload(t.Context(), store.Upload{Owner: "ana", Complete: true}, free)
		fails(t, err, store.ErrInvalid)
		upload(t, s, store.Upload{Owner: "eva", Add: []string{"h1"}})
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h1", "h2", "h3", "h4"}})
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h1"}, Start: true})
		equal(t, "hashes in between", uploaded(t, s, "ana"), 4)
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h2", "h5"}, Complete: true})
		equal(t, "hashes", uploaded(t, s, "ana"), 3)
		_, err = s.Upload(t.Context(), store.Upload{Owner: "ana", Complete: true}, free)
		fails(t, err, store.ErrInvalid)
		upload(t, s, store.Upload{Owner: "ana", Start: true, Complete: true})
		equal(t, "hashes after an empty book", uploaded(t, s, "ana"), 0)
		equal(t, "another's hashes", uploaded(t, s, "eva"), 1)
	})
}

func TestNothingIsLeftWhenDiscoveryIsTurnedOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana")
		people(t, s, "bia", "caio")
		value(s.SetNumber(ctx, "bia", "h-bia", "00"))(t)
		ok(t, s.AddContact(ctx, "ana", "caio"))
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h-bia", "h1"}})
		var seen store.NumberChange
		changed := value(s.SetDiscovery(ctx, "ana", false, func(sketch string, c store.NumberChange) (string, error) {
			seen = c
			return "s1", nil
		}))(t)
		equal(t, "whether contacts changed", changed, true)
		equal(t, "the removed hashes", seen.Removed, 2)
		equal(t, "discovery", value(s.Discovery(ctx, "ana"))(t), store.Discovery{})
		equal(t, "contacts", contactIDs(t, s, "ana"), "caio")
		value(s.SetDiscovery(ctx, "ana", true, free))(t)
		value(s.Upload(ctx, store.Upload{Owner: "ana"}, func(sketch string, _ store.NumberChange) (string, error) {
			equal(t, "the sketch", sketch, "s1")
			return sketch, nil
		}))(t)
	})
}

func TestADeletedAccountLeavesNoMatchAndNoHashBehind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana", "bia")
		value(s.SetNumber(ctx, "bia", "h-bia", "00"))(t)
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h-bia", "h1"}})
		upload(t, s, store.Upload{Owner: "bia", Add: []string{"h1"}})
		ok(t, s.BlockNumber(ctx, "bia", "h2", free))
		value(s.DeleteUser(ctx, "bia"))(t)
		equal(t, "contacts", contactIDs(t, s, "ana"), "")
		equal(t, "hashes", uploaded(t, s, "ana"), 1)
		equal(t, "the deleted account's own", value(s.Discovery(ctx, "bia"))(t), store.Discovery{})
	})
}

func TestTheBudgetSeesWhatAnUploadAddsAndCanUndoIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana")
		people(t, s, "bia")
		value(s.SetNumber(ctx, "bia", "h-bia", "00"))(t)
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"h1", "h2"}})
		refusal := errors.New("refused")
		var seen store.NumberChange
		_, err := s.Upload(ctx, store.Upload{Owner: "ana", Add: []string{"h3", "h1", "h-bia"}, Remove: []string{"h2", "h3"}},
			func(_ string, c store.NumberChange) (string, error) {
				seen = c
				return "", refusal
			})
		fails(t, err, refusal)
		if age := time.Since(seen.Now); age < -time.Minute || age > time.Minute {
			t.Errorf("the database's time is %v off", age)
		}
		seen.Now = time.Time{}
		if diff := cmp.Diff(store.NumberChange{New: []string{"h-bia", "h3"}, Missed: 1, Removed: 1}, seen); diff != "" {
			t.Error(diff)
		}
		equal(t, "contacts", contactIDs(t, s, "ana"), "")
		equal(t, "hashes", uploaded(t, s, "ana"), 2)
	})
}

func TestAListOfHashesHasLimits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana")
		hashes := make([]string, store.MaxUpload+1)
		for i := range hashes {
			hashes[i] = fmt.Sprint("x", i)
		}
		_, err := s.Upload(ctx, store.Upload{Owner: "ana", Add: hashes}, free)
		fails(t, err, store.ErrInvalid)
		_, err = s.Upload(ctx, store.Upload{Owner: "ana", Remove: hashes}, free)
		fails(t, err, store.ErrInvalid)
		_, err = s.Upload(ctx, store.Upload{Owner: "ana", Add: []string{""}}, free)
		fails(t, err, store.ErrInvalid)
		for part := range store.MaxUploaded / store.MaxUpload {
			for i := range hashes {
				hashes[i] = fmt.Sprint("p", part, "n", i)
			}
			upload(t, s, store.Upload{Owner: "ana", Add: hashes[:store.MaxUpload]})
		}
		_, err = s.Upload(ctx, store.Upload{Owner: "ana", Add: []string{"one more"}}, free)
		fails(t, err, store.ErrLimit)
		upload(t, s, store.Upload{Owner: "ana", Add: []string{"one more"}, Remove: hashes[:1]})
	})
}

// A registration and an upload that come at the same moment do not miss each
// other.
func TestARegistrationAndAnUploadAtOnceFindEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		finders(t, s, "ana")
		const races = 60
		ids := make([]string, races)
		for i := range ids {
			ids[i] = fmt.Sprintf("u%02d", i)
		}
		people(t, s, ids...)
		for _, id := range ids {
			together(2, func(i int) {
				var err error
				if i == 0 {
					_, err = s.SetNumber(t.Context(), id, "h-"+id, "00")
				} else {
					_, err = s.Upload(t.Context(), store.Upload{Owner: "ana", Add: []string{"h-" + id}}, free)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		equal(t, "the contacts", contactIDs(t, s, "ana"), strings.Join(ids, " "))
	})
}

func TestOfTwoWhoProveOneNumberAtOnceOneHasIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana", "bia", "caio", "duda")
		for range 20 {
			together(4, func(i int) {
				_, err := s.SetNumber(t.Context(), []string{"ana", "bia", "caio", "duda"}[i], "h", "00")
				ok(t, err)
			})
			var owners atomic.Int32
			for _, id := range []string{"ana", "bia", "caio", "duda"} {
				if _, err := s.NumberOf(t.Context(), id); err == nil {
					owners.Add(1)
				}
			}
			equal(t, "the number of owners", owners.Load(), 1)
		}
	})
}

func TestABlockedNumberIsBlockedFromItsRegistrationOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "mal")
		ok(t, s.BlockNumber(ctx, "ana", "h-mal", free))
		ok(t, s.BlockNumber(ctx, "ana", "h-mal", free))
		blocked := func(caller, callee string) bool {
			return value(s.Relation(ctx, caller, callee))(t).CalleeBlockedCaller
		}
		equal(t, "blocked before the registration", blocked("mal", "ana"), false)
		value(s.SetNumber(ctx, "mal", "h-mal", "00"))(t)
		equal(t, "blocked after it", blocked("mal", "ana"), true)
		equal(t, "is blocked after it", value(s.IsBlocked(ctx, "ana", "mal"))(t), true)
		equal(t, "blocked by somebody else", blocked("mal", "bia"), false)
		equal(t, "blocked the other way round", blocked("ana", "mal"), false)
		equal(t, "told to who blocked", value(s.Relation(ctx, "ana", "mal"))(t).CallerBlockedCallee, false)
		equal(t, "the number of blocks", value(s.Discovery(ctx, "ana"))(t).NumbersBlocked, 1)
		value(s.SetNumber(ctx, "bia", "h-mal", "00"))(t)
		equal(t, "who handed the number on", blocked("mal", "ana"), false)
		equal(t, "who has it now", blocked("bia", "ana"), true)
		ok(t, s.UnblockNumber(ctx, "ana", "h-mal"))
		ok(t, s.UnblockNumber(ctx, "ana", "h-mal"))
		equal(t, "blocked after unblocking", blocked("bia", "ana"), false)
		fails(t, s.BlockNumber(ctx, "nobody", "h", free), store.ErrNotFound)
		refusal := errors.New("refused")
		fails(t, s.BlockNumber(ctx, "ana", "h2", func(string, store.NumberChange) (string, error) { return "", refusal }), refusal)
		equal(t, "the number of blocks", value(s.Discovery(ctx, "ana"))(t).NumbersBlocked, 0)
	})
}

func TestHashesOfWhoNoLongerSyncsAreSwept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana", "bia")
		people(t, s, "caio")
		value(s.SetNumber(ctx, "caio", "h2", "00"))(t)
		for _, owner := range []string{"ana", "bia"} {
			upload(t, s, store.Upload{Owner: owner, Add: []string{"h1", "h2"}})
		}
		ok(t, s.Exec(ctx, `UPDATE discovery SET synced_ms = synced_ms - 86400000 WHERE user_id = 'ana'`))
		equal(t, "swept", value(s.SweepUploaded(ctx, time.Now().Add(-time.Hour), 10))(t), 1)
		equal(t, "swept again", value(s.SweepUploaded(ctx, time.Now().Add(-time.Hour), 10))(t), 0)
		equal(t, "discovery", value(s.Discovery(ctx, "ana"))(t), store.Discovery{})
		equal(t, "contacts", contactIDs(t, s, "ana"), "caio")
		equal(t, "the other's hashes", uploaded(t, s, "bia"), 2)
	})
}

func TestWhoHasAllTheContactsHeMayGetsMatchesOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "ana")
		people(t, s, "bia")
		ok(t, s.Exec(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
			INSERT INTO users (id, name, created_ms) SELECT 'x' || i, 'X', 0 FROM n`))
		ok(t, s.Exec(ctx, `INSERT INTO contacts (owner_id, contact_id, created_ms) SELECT 'ana', id, 0 FROM users WHERE name = 'X'`))
		value(s.SetNumber(ctx, "bia", "h-bia", "00"))(t)
		found := upload(t, s, store.Upload{Owner: "ana", Add: []string{"h-bia"}})
		if diff := cmp.Diff(store.Uploaded{People: []store.Contact{{ID: "bia", Name: "BIA"}}}, found); diff != "" {
			t.Error(diff)
		}
		equal(t, "the number of contacts", len(value(s.Contacts(ctx, "ana"))(t)), store.MaxContacts)
	})
}
