package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func move(user, hash, code string) store.NumberMove {
	return store.NumberMove{User: user, AddressHash: "phone." + hash, Prefix: "phone.", CodeHash: code, Hash: hash, Ending: "99"}
}

func TestAnotherNumberKeepsTheAccountAndMovesWhatHangsOnTheNumber(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		finders(t, s, "old-friend", "new-friend")
		upload(t, s, store.Upload{Owner: "old-friend", Add: []string{"old"}})
		upload(t, s, store.Upload{Owner: "new-friend", Add: []string{"new"}})
		ok(t, s.IssueCode(ctx, "phone.old", "s1", "c1"))
		value(s.Verify(ctx, verification("phone.old", "c1")))(t)
		value(s.SetNumber(ctx, "usr-phone.old", "old", "67"))(t)
		ok(t, s.Block(ctx, "usr-phone.old", "mal"))
		ok(t, s.Permit(ctx, "usr-phone.old", "town", 0))
		ok(t, s.Permit(ctx, "old-friend", "usr-phone.old", 0))
		ok(t, s.Permit(ctx, "old-friend", "town", 0))
		equal(t, "who has her by the old number", contactIDs(t, s, "old-friend"), "usr-phone.old")

		ok(t, s.IssueCode(ctx, "phone.new", "s2", "c2"))
		_, err := s.ChangeNumber(ctx, move("usr-phone.old", "new", "wrong"))
		fails(t, err, store.ErrNotFound)
		equal(t, "still found by the old number", value(s.NumberOwner(ctx, "old"))(t), "usr-phone.old")
		told := value(s.ChangeNumber(ctx, move("usr-phone.old", "new", "c2")))(t)
		slices.Sort(told)
		equal(t, "who is told", strings.Join(told, " "), "new-friend old-friend")
		equal(t, "the one who had the old number", contactIDs(t, s, "old-friend"), "")
		equal(t, "the one who had the new number", contactIDs(t, s, "new-friend"), "usr-phone.old")
		_, err = s.FindNumber(ctx, "old-friend", "old", free)
		fails(t, err, store.ErrNotFound)
		equal(t, "found by the new number", value(s.FindNumber(ctx, "old-friend", "new", free))(t).ID, "usr-phone.old")
		equal(t, "her blocks", len(value(s.Blocks(ctx, "usr-phone.old"))(t)), 1)
		_, err = s.ChangeNumber(ctx, move("usr-phone.old", "new", "c2"))
		fails(t, err, store.ErrNotFound) // it was spent
		equal(t, "whom she lets call by permission", len(value(s.Permissions(ctx, "usr-phone.old"))(t)), 0)
		equal(t, "who lets her call by permission", len(value(s.Permissions(ctx, "old-friend"))(t)), 1)
		ok(t, s.Permit(ctx, "usr-phone.old", "town", 0))
		ok(t, s.IssueCode(ctx, "phone.new", "s2", "c5"))
		value(s.ChangeNumber(ctx, move("usr-phone.old", "new", "c5")))(t)
		equal(t, "whom she lets call after proving the same number again", len(value(s.Permissions(ctx, "usr-phone.old"))(t)), 1)

		ok(t, s.IssueCode(ctx, "phone.new", "s3", "c3"))
		again := verification("phone.new", "c3")
		again.User = "usr-other"
		equal(t, "who signs in by the new number", value(s.Verify(ctx, again))(t).ID, "usr-phone.old")
		ok(t, s.IssueCode(ctx, "phone.old", "s4", "c4"))
		next := verification("phone.old", "c4")
		next.User = "usr-next"
		equal(t, "who signs in by the old number", value(s.Verify(ctx, next))(t).ID, "usr-next")
	})
}

func TestANumberIsTakenFromItsLastOwnerUnlessHeIsSuspended(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		ok(t, s.IssueCode(ctx, "phone.n", "s1", "c1"))
		value(s.Verify(ctx, verification("phone.n", "c1")))(t)
		value(s.SetNumber(ctx, "usr-phone.n", "n", "67"))(t)
		ok(t, s.Suspend(ctx, "usr-phone.n", store.Forever, "", ""))
		ok(t, s.IssueCode(ctx, "phone.n", "s1", "c2"))
		_, err := s.ChangeNumber(ctx, move("ana", "n", "c2"))
		fails(t, err, store.ErrBarred)
		ok(t, s.Resume(ctx, "usr-phone.n"))
		ok(t, s.IssueCode(ctx, "phone.n", "s1", "c3"))
		value(s.ChangeNumber(ctx, move("ana", "n", "c3")))(t)
		equal(t, "the owner", value(s.NumberOwner(ctx, "n"))(t), "ana")
		_, err = s.NumberOf(ctx, "usr-phone.n")
		fails(t, err, store.ErrNotFound)
		ok(t, s.IssueCode(ctx, "phone.m", "s1", "c4"))
		_, err = s.ChangeNumber(ctx, move("nobody", "m", "c4"))
		fails(t, err, store.ErrNotFound)
		wrong := move("ana", "m", "c4")
		wrong.Prefix = "mail."
		_, err = s.ChangeNumber(ctx, wrong)
		fails(t, err, store.ErrInvalid)
	})
}

func TestWhoIsNotFoundByNumberStaysSoAfterAChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		value(s.SetNumber(ctx, "ana", "old", "67"))(t)
		value(s.SetDiscoverable(ctx, "ana", false))(t)
		ok(t, s.IssueCode(ctx, "phone.new", "s1", "c1"))
		value(s.ChangeNumber(ctx, move("ana", "new", "c1")))(t)
		_, err := s.FindNumber(ctx, "bia", "new", free)
		fails(t, err, store.ErrNotFound)
	})
}

func TestALookUpOfANumberCostsTheSameWhetherItIsFoundOrNot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		value(s.SetNumber(ctx, "bia", "known", "67"))(t)
		var spent []store.NumberChange
		count := func(sketch string, c store.NumberChange) (string, error) {
			spent = append(spent, c)
			return sketch + "x", nil
		}
		value(s.FindNumber(ctx, "ana", "known", count))(t)
		_, err := s.FindNumber(ctx, "ana", "unknown", count)
		fails(t, err, store.ErrNotFound)
		if len(spent) != 2 || len(spent[0].New) != 1 || len(spent[1].New) != 1 || spent[0].Missed != 0 || spent[1].Missed != 1 {
			t.Errorf("spent is %+v", spent)
		}
		none := errors.New("the budget is spent")
		for _, hash := range []string{"known", "unknown"} {
			_, err := s.FindNumber(ctx, "ana", hash, func(string, store.NumberChange) (string, error) { return "", none })
			fails(t, err, none)
		}
	})
}
