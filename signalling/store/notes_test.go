package store_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// inVain has caller ring callee, and nobody answer; outcome is the callee's, who has no
// row in his log if it is empty.
func inVain(t testing.TB, s *store.Store, id, caller, callee, outcome string) {
	t.Helper()
	n := call(id, caller, callee)
	n.Log = n.Log[:1]
	value(s.CreateCall(t.Context(), n, nil))(t)
	log := []store.LogChange{{UserID: caller, Direction: store.Outgoing, PeerIDs: "[]", Kind: store.Voice, Outcome: "unanswered", Ended: true}}
	reason := "noAnswer"
	if outcome != "" {
		log = append(log, store.LogChange{UserID: callee, Direction: store.Incoming, PeerIDs: "[]", Kind: store.Voice, Outcome: outcome, Ended: true})
	}
	if outcome == "declined" {
		reason = outcome
	}
	ok(t, s.Transition(t.Context(), id, 1, &store.Change{State: "ended", Seq: 2, Snapshot: "over", EndReason: reason, Log: log}))
}

// takesNotes has accounts take notes.
func takesNotes(t testing.TB, s *store.Store, users ...string) {
	t.Helper()
	for _, user := range users {
		value(s.SetPrivacy(t.Context(), user, store.Privacy{WhoMayCall: store.Everyone, TakeNotes: true}, store.AnyVersion))(t)
	}
}

func noteTo(call, from, to string) store.NewNote {
	return store.NewNote{Call: call, From: from, To: to, Body: []byte("sealed " + call)}
}

// waits is whether user's log says that a note to a call waits.
func waits(t testing.TB, s *store.Store, user, call string) bool {
	t.Helper()
	rows, _, err := s.CallLog(t.Context(), user, store.Cursor{}, 100)
	ok(t, err)
	for _, r := range rows {
		if r.CallID == call {
			equal(t, "the row by itself", value(s.LogRow(t.Context(), user, call))(t).Note, r.Note)
			return r.Note
		}
	}
	t.Fatalf("%s is not in the log of %s", call, user)
	return false
}

// anyDevice can open any note.
func anyDevice([]byte) bool { return true }

func TestANoteWaitsForWhoWasCalledUntilHeHasIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		inVain(t, s, "c1", "ana", "bia", "missed")
		_, err := s.LeaveNote(ctx, noteTo("c1", "ana", "bia"))
		fails(t, err, store.ErrNoNotes)
		_, err = s.LeaveNote(ctx, noteTo("c1", "ana", "nobody"))
		fails(t, err, store.ErrNoNotes)
		takesNotes(t, s, "bia")
		equal(t, "the first", value(s.LeaveNote(ctx, noteTo("c1", "ana", "bia")))(t), true)
		another := noteTo("c1", "ana", "bia")
		another.Body = []byte("sealed anew")
		equal(t, "another in its place", value(s.LeaveNote(ctx, another))(t), true)
		_, err = s.LeaveNote(ctx, noteTo("c1", "caio", "bia"))
		fails(t, err, store.ErrNotFound)
		big := noteTo("c1", "ana", "bia")
		big.Body = make([]byte, store.MaxNote+1)
		fails(t, errorOf(s.LeaveNote(ctx, big)), store.ErrInvalid)
		equal(t, "the log says it", waits(t, s, "bia", "c1"), true)
		equal(t, "the caller's log says it", waits(t, s, "ana", "c1"), false)
		for _, other := range []string{"ana", "caio"} {
			fails(t, errorOf(s.Note(ctx, other, "c1", anyDevice)), store.ErrNotFound)
			equal(t, other+" deletes it", value(s.DropNote(ctx, other, "c1"))(t), false)
		}
		for range 2 { // what was lost on the way is asked for again
			if got := value(s.Note(ctx, "bia", "c1", anyDevice))(t); !bytes.Equal(got, another.Body) {
				t.Errorf("the note is %q", got)
			}
		}
		equal(t, "there is one to delete", value(s.DropNote(ctx, "bia", "c1"))(t), true)
		equal(t, "there is another", value(s.DropNote(ctx, "bia", "c1"))(t), false)
		fails(t, errorOf(s.Note(ctx, "bia", "c1", anyDevice)), store.ErrNotFound)
		equal(t, "the log says it then", waits(t, s, "bia", "c1"), false)
		equal(t, "rows left", value(s.Count(ctx, "notes"))(t), 0)
	})
}

func TestANoteIsKeptForThirtyDaysAndForTenMinutesOnceItWasFetched(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		takesNotes(t, s, "bia")
		pass := func(d time.Duration) {
			ok(t, s.Exec(ctx, `UPDATE notes SET left_ms = left_ms - $1, expires_ms = expires_ms - $1`, d.Milliseconds()))
		}
		leave := func(id string) {
			inVain(t, s, id, "ana", "bia", "missed")
			value(s.LeaveNote(ctx, noteTo(id, "ana", "bia")))(t)
		}
		leave("c1")
		pass(29 * 24 * time.Hour)
		equal(t, "gone on day 29", len(value(s.SweepNotes(ctx, 10))(t)), 0)
		equal(t, "waiting on day 29", waits(t, s, "bia", "c1"), true)
		pass(2 * 24 * time.Hour)
		equal(t, "waiting on day 31", waits(t, s, "bia", "c1"), false) // also before it is swept
		fails(t, errorOf(s.Note(ctx, "bia", "c1", anyDevice)), store.ErrNotFound)
		gone := value(s.SweepNotes(ctx, 10))(t)
		if len(gone) != 1 || gone[0] != (store.GoneNote{Call: "c1", To: "bia"}) {
			t.Errorf("gone on day 31 are %v", gone)
		}
		equal(t, "rows left", value(s.Count(ctx, "notes"))(t), 0)

		leave("c2")
		fails(t, errorOf(s.Note(ctx, "bia", "c2", func([]byte) bool { return false })), store.ErrOtherDevice)
		pass(time.Hour)
		equal(t, "waiting after a device asked that cannot open it", waits(t, s, "bia", "c2"), true)
		value(s.Note(ctx, "bia", "c2", anyDevice))(t)
		pass(9 * time.Minute)
		value(s.Note(ctx, "bia", "c2", anyDevice))(t) // does not make it live longer
		equal(t, "gone after nine minutes", len(value(s.SweepNotes(ctx, 10))(t)), 0)
		pass(2 * time.Minute)
		fails(t, errorOf(s.Note(ctx, "bia", "c2", anyDevice)), store.ErrNotFound)
		equal(t, "gone after eleven", len(value(s.SweepNotes(ctx, 10))(t)), 1)

		for i := range 3 {
			leave(fmt.Sprint("s", i))
		}
		pass(31 * 24 * time.Hour)
		equal(t, "swept at once", len(value(s.SweepNotes(ctx, 2))(t)), 2)
		equal(t, "then", len(value(s.SweepNotes(ctx, 2))(t)), 1)
	})
}

func TestANoteOfWhoMustNotBeHeardCountsForHimAndIsNowhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio", "dora")
		takesNotes(t, s, "bia")
		inVain(t, s, "offline", "ana", "bia", "missed")
		inVain(t, s, "silent", "caio", "bia", "")
		inVain(t, s, "blocked since", "dora", "bia", "missed")
		ok(t, s.Block(ctx, "bia", "dora"))
		for _, n := range []store.NewNote{noteTo("silent", "caio", "bia"), noteTo("blocked since", "dora", "bia")} {
			equal(t, n.Call, value(s.LeaveNote(ctx, n))(t), false)
			fails(t, errorOf(s.Note(ctx, "bia", n.Call, anyDevice)), store.ErrNotFound)
			equal(t, n.Call+", deleted", value(s.DropNote(ctx, "bia", n.Call))(t), false)
		}
		equal(t, "the log says it", waits(t, s, "bia", "blocked since"), false)
		ok(t, s.Unblock(ctx, "bia", "dora")) // what was kept from her does not come later
		equal(t, "the log says it", waits(t, s, "bia", "blocked since"), false)
		ok(t, errorOf(s.ForgetCalls(ctx, "bia"))) // nor does he who left it gain a place by that
		equal(t, "rows", value(s.Count(ctx, "notes"))(t), 2)
		sizes := func() (n int) {
			for _, row := range value(s.Dump(ctx, "notes"))(t) {
				n += bytes.Count([]byte(row), []byte("sealed"))
			}
			return n
		}
		value(s.SweepNotes(ctx, 10))(t)
		equal(t, "with a body while others can take their place", sizes(), 2)
		ok(t, s.Exec(ctx, `UPDATE notes SET left_ms = left_ms - $1`, store.NoteWithin.Milliseconds()))
		equal(t, "told of", len(value(s.SweepNotes(ctx, 1))(t)), 0)
		equal(t, "with a body after one", sizes(), 1)
		value(s.SweepNotes(ctx, 1))(t)
		equal(t, "with a body after two", sizes(), 0)

		// What was left before the block stays as it was, whatever he leaves then.
		inVain(t, s, "blocked between", "caio", "bia", "missed")
		equal(t, "before", value(s.LeaveNote(ctx, noteTo("blocked between", "caio", "bia")))(t), true)
		ok(t, s.Block(ctx, "bia", "caio"))
		late := noteTo("blocked between", "caio", "bia")
		late.Body = []byte("sealed late")
		equal(t, "after", value(s.LeaveNote(ctx, late))(t), false)
		equal(t, "the note", string(value(s.Note(ctx, "bia", late.Call, anyDevice))(t)), "sealed blocked between")

		// A number that is blocked is as good as an account.
		value(s.SetNumber(ctx, "ana", "hash-ana", "67"))(t)
		ok(t, s.BlockNumber(ctx, "bia", "hash-ana", free))
		inVain(t, s, "number blocked since", "ana", "bia", "missed")
		equal(t, "by number", value(s.LeaveNote(ctx, noteTo("number blocked since", "ana", "bia")))(t), false)
	})
}

func TestOnlySoManyNotesWaitOfOneAndOfAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "bia", "mal", "last")
		takesNotes(t, s, "bia")
		n := 0
		leave := func(from string, outcome string) error {
			n++
			id := fmt.Sprint("c", n)
			inVain(t, s, id, from, "bia", outcome)
			_, err := s.LeaveNote(ctx, noteTo(id, from, "bia"))
			return err
		}
		for range store.MaxPairNotes { // the same whether they are delivered or not
			ok(t, leave("mal", ""))
		}
		fails(t, leave("mal", ""), store.ErrLimit)
		_, err := s.LeaveNote(ctx, noteTo("c1", "mal", "bia")) // in place of one
		ok(t, err)
		for i := range store.MaxNotes / store.MaxPairNotes {
			from := fmt.Sprint("p", i)
			people(t, s, from)
			for range store.MaxPairNotes {
				ok(t, leave(from, "missed"))
			}
			fails(t, leave(from, "missed"), store.ErrLimit)
		}
		// Those that nobody can fetch have left room for all the others'; now there is
		// none for whoever it is.
		fails(t, leave("last", "missed"), store.ErrLimit)
		fails(t, leave("last", ""), store.ErrLimit)
		equal(t, "dropped", value(s.DropNote(ctx, "bia", "c7"))(t), true)
		ok(t, leave("last", "missed"))
	})
}

// At the same time no more come in than may wait.
func TestNotesThatComeAtOnceDoNotGoOverTheLimit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		takesNotes(t, s, "bia")
		const at = 2 * store.MaxPairNotes
		for i := range at {
			inVain(t, s, fmt.Sprint("c", i), "ana", "bia", "missed")
		}
		together(at, func(i int) { _, _ = s.LeaveNote(ctx, noteTo(fmt.Sprint("c", i), "ana", "bia")) })
		equal(t, "left", value(s.Count(ctx, "notes"))(t), store.MaxPairNotes)
	})
}

func TestANoteGoesWithEitherAccountAndWithTheCalleesLogRow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		takesNotes(t, s, "ana", "bia", "caio")
		for i, pair := range [][2]string{{"ana", "bia"}, {"ana", "bia"}, {"bia", "ana"}, {"caio", "bia"}, {"bia", "caio"}} {
			id := fmt.Sprint("c", i)
			inVain(t, s, id, pair[0], pair[1], "missed")
			value(s.LeaveNote(ctx, noteTo(id, pair[0], pair[1])))(t)
		}
		equal(t, "forgotten by the caller", value(s.ForgetCalls(ctx, "ana", "c0"))(t), 0)
		equal(t, "forgotten", value(s.ForgetCalls(ctx, "bia", "c0", "c3"))(t), 2)
		equal(t, "left of one", waits(t, s, "bia", "c1"), true)
		gone := value(s.DeleteUser(ctx, "ana"))(t) // with what she left and what was left for her
		if len(gone.Notes) != 1 || gone.Notes[0] != (store.GoneNote{Call: "c1", To: "bia"}) {
			t.Errorf("to be told of are %v", gone.Notes)
		}
		equal(t, "rows", value(s.Count(ctx, "notes"))(t), 1)
		equal(t, "forgotten, all", value(s.ForgetCalls(ctx, "caio"))(t), 1)
	})
}

func TestOnlyARecentCallThatNobodyAnsweredOrDeclinedTakesANote(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		inVain(t, s, "missed", "ana", "bia", "missed")
		inVain(t, s, "silent", "ana", "bia", "")
		inVain(t, s, "declined", "ana", "bia", "declined")
		value(s.CreateCall(ctx, call("goes on", "ana", "bia"), nil))(t)
		for _, id := range []string{"missed", "silent"} {
			equal(t, id, value(s.UnansweredCall(ctx, "ana", id))(t), "over")
		}
		fails(t, errorOf(s.UnansweredCall(ctx, "bia", "missed")), store.ErrNotFound)
		for _, id := range []string{"declined", "goes on", "none"} {
			fails(t, errorOf(s.UnansweredCall(ctx, "ana", id)), store.ErrNotFound)
		}
		ok(t, s.Exec(ctx, `UPDATE call_log SET ended_ms = ended_ms - $1`, (9*time.Minute).Milliseconds()))
		value(s.UnansweredCall(ctx, "ana", "missed"))(t)
		ok(t, s.Exec(ctx, `UPDATE call_log SET ended_ms = ended_ms - $1`, (2*time.Minute).Milliseconds()))
		fails(t, errorOf(s.UnansweredCall(ctx, "ana", "missed")), store.ErrNotFound)
	})
}

func TestAKeyForNotesGoesWithItsDeviceAndItsIdentityKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		keys := func() (list string) {
			for _, k := range value(s.NoteKeys(ctx, "ana"))(t) {
				list += k.Key + " "
			}
			return list
		}
		wanted := func() string { return fmt.Sprint(value(s.NoteKeysWanted(ctx, "ana"))(t)) }
		key := func(d string) store.NoteKey {
			return store.NoteKey{Credential: "credential of " + d, Key: "note key of " + d, Signature: "signature of " + d}
		}
		for _, d := range []string{"d1", "d2", "d3"} {
			ok(t, s.TouchDevice(ctx, "ana", d, ""))
			equal(t, d+" is the root", value(s.SetDeviceKey(ctx, "ana", d, "key of "+d, "root "+d))(t), d == "d1")
			ok(t, s.Exec(ctx, `UPDATE devices SET seen_ms = seen_ms - 1000`))
		}
		fails(t, s.SetNoteKey(ctx, "ana", "d2", "key of d2", key("d2")), store.ErrConflict) // not signed
		fails(t, s.SetNoteKey(ctx, "ana", "d1", "another key", key("d1")), store.ErrConflict)
		fails(t, s.SetNoteKey(ctx, "ana", "d9", "key of d9", key("d9")), store.ErrConflict)
		equal(t, "wanted while no notes are taken", wanted(), "[]")
		takesNotes(t, s, "ana")
		equal(t, "wanted", wanted(), "[d1]")
		ok(t, s.TouchDevice(ctx, "ana", "d4", ""))
		equal(t, "wanted of one that has been in no call yet", value(s.DeviceStanding(ctx, "ana", "d4", ""))(t).NoteKey, true)
		equal(t, "wanted", wanted(), "[d1 d4]")
		ok(t, s.RevokeDevice(ctx, "ana", "d4"))
		for _, d := range []string{"d2", "d3"} {
			ok(t, s.SignDevice(ctx, "ana", d, "key of "+d, "chain of "+d, "d1", "root d1"))
		}
		for _, d := range []string{"d1", "d2", "d3"} {
			noteKey := value(s.DeviceStanding(ctx, "ana", d, ""))(t).NoteKey
			equal(t, d+" wants one", noteKey, true)
			ok(t, s.SetNoteKey(ctx, "ana", d, "key of "+d, key(d)))
			equal(t, d+" wants another", value(s.DeviceStanding(ctx, "ana", d, ""))(t).NoteKey, false)
		}
		equal(t, "wanted then", wanted(), "[]")
		ok(t, s.TouchDevice(ctx, "ana", "d5", ""))
		ok(t, errorOf(s.SetDeviceKey(ctx, "ana", "d5", "key of d5", "root")))
		equal(t, "wanted of one with a key that is not signed", wanted(), "[]")
		fails(t, errorOf(s.CredentialOfKey(ctx, "ana", "key of d5")), store.ErrNotFound)
		ok(t, errorOf(s.SetDeviceKey(ctx, "ana", "d5", "key of d1", "root")))
		equal(t, "wanted of one with another's key", wanted(), "[d5]")
		equal(t, "its credential", value(s.CredentialOfKey(ctx, "ana", "key of d1"))(t), "root d1")
		ok(t, s.SetNoteKey(ctx, "ana", "d5", "key of d1", key("d5")))
		ok(t, s.Exec(ctx, `UPDATE devices SET seen_ms = seen_ms - 10000 WHERE id = 'd5'`))
		equal(t, "its key", strings.Contains(keys(), "note key of d5 "), true)
		ok(t, s.RevokeDevice(ctx, "ana", "d5"))
		equal(t, "the keys, latest seen first", keys(), "note key of d3 note key of d2 note key of d1 ")
		if first := value(s.NoteKeys(ctx, "ana"))(t)[0]; first != key("d3") {
			t.Errorf("the first is %+v", first)
		}
		ok(t, errorOf(s.SetDeviceKey(ctx, "ana", "d3", "key of d3", "root")))
		equal(t, "with the same identity key", keys(), "note key of d3 note key of d2 note key of d1 ")
		ok(t, errorOf(s.SetDeviceKey(ctx, "ana", "d3", "new key", "root")))
		equal(t, "with another identity key", keys(), "note key of d2 note key of d1 ")
		ok(t, s.RevokeDevice(ctx, "ana", "d2"))
		equal(t, "with a device revoked", keys(), "note key of d1 ")
		value(s.SetPrivacy(ctx, "ana", store.Privacy{WhoMayCall: store.Everyone}, store.AnyVersion))(t)
		equal(t, "once it takes no notes", keys(), "")
		takesNotes(t, s, "ana")
		equal(t, "once it takes some again", keys(), "note key of d1 ")
		ok(t, s.Disable(ctx, "ana"))
		equal(t, "with the account switched off", keys(), "")
		for _, row := range value(s.Dump(ctx, "devices"))(t) {
			for _, d := range []string{"d1", "d2", "d3"} {
				if bytes.Contains([]byte(row), []byte("note key of "+d)) {
					t.Errorf("on disk is %s", row)
				}
			}
		}
	})
}
