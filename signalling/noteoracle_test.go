package signalling_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// leavers are who leave notes for bia, who does not answer: one whom she would hear, and
// those whom she must not hear and who must not find out. late is blocked once he has rung.
var leavers = []wire.UserID{"offl", "blck", "nmbr", "nobo", "late"}

// barred makes bia's settings so that each of the leavers is what he is called.
func barred(t *testing.T, s *signallingtest.Server, bia *signer) {
	t.Helper()
	ask[wire.Done](bia.page, "setNoteKey", bia.noteKey(t, "bia", bia.list))
	for _, user := range leavers {
		if user != "nobo" {
			ask[wire.People](bia.page, "addContact", wire.AddContact{User: user})
		}
	}
	ask[wire.People](bia.page, "block", wire.Block{User: "blck"})
	const number = "+393470000001"
	ask[wire.Discovery](bia.page, "setDiscovery", wire.SetDiscovery{On: true})
	setNumber(t, s, "nmbr", number)
	ask[wire.Discovery](bia.page, "blockNumber", wire.BlockNumber{Number: number})
}

// welcomes has bia take notes, or none, from who is in her contacts.
func welcomes(bia *page, notes bool) {
	bia.t.Helper()
	now := ask[wire.Privacy](bia, "getPrivacy", nil)
	ask[wire.Privacy](bia, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallContacts, TakeNotes: notes, IfVersion: now.Version})
}

// attempts is all that a leaver tries with one call after another, and what he is answered.
func attempts(t *testing.T, s *signallingtest.Server, user wire.UserID, p *page, calls []wire.CallID) (seen []string) {
	t.Helper()
	keys := func(call wire.CallID) {
		f := p.request("getNoteKeys", wire.GetNoteKeys{Call: call})
		seen = append(seen, f.Type+" "+string(f.Body))
	}
	rest := func(method string, call wire.CallID, body []byte) {
		a := aboutNote(t, s, method, user, call, bytes.NewReader(body))
		a.header.Del("Date")
		seen = append(seen, strings.ReplaceAll(fmt.Sprint(method, a.status, a.header, a.body), string(call), "call"))
	}
	keys("cal-none")
	for _, call := range calls {
		keys(call)
		rest(http.MethodPut, call, sealedNote(1000))
	}
	rest(http.MethodPut, calls[0], sealedNote(2000))
	rest(http.MethodPut, calls[0], nil)
	rest(http.MethodPut, calls[0], sealedNote(store.MaxNote+1))
	rest(http.MethodPut, "cal-none", sealedNote(10))
	rest(http.MethodGet, calls[0], nil)
	rest(http.MethodDelete, calls[0], nil)
	keys(calls[0])
	return seen
}

// Who must not be heard gets, byte for byte, the answers that he would get of somebody
// who is offline: keys, refusals, quotas. Of what he leaves nobody hears, and nobody can
// fetch it, and soon it is empty.
func TestWhoMustNotBeHeardLeavesNotesLikeAnybody(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := notesServer(t, signallingtest.Options{DSN: dsn})
		bia := newSigner(t, s, "bia", "phone")
		pages := map[wire.UserID]*page{}
		for _, user := range leavers {
			pages[user] = signIn(t, s, user, "phone")
		}
		barred(t, s, bia)
		welcomes(bia.page, true)
		rung, seen := map[wire.UserID][]wire.CallID{}, map[wire.UserID][]string{}
		for _, user := range leavers {
			for range store.MaxPairNotes + 1 {
				rung[user] = append(rung[user], ringInVain(pages[user], "bia"))
			}
		}
		ask[wire.People](bia.page, "block", wire.Block{User: "late"})
		ask[wire.Done](bia.page, "ping", wire.Ping{})
		quiet := bia.count()
		for _, notes := range []bool{false, true} {
			welcomes(bia.page, notes)
			for _, user := range leavers {
				seen[user] = append(seen[user], attempts(t, s, user, pages[user], rung[user])...)
			}
		}
		for _, user := range leavers {
			last := len(seen[user])
			for range 30 {
				a := aboutNote(t, s, http.MethodPut, user, rung[user][0], bytes.NewReader(sealedNote(10)))
				if seen[user] = append(seen[user], fmt.Sprint(a.status)); a.status == http.StatusTooManyRequests {
					break
				}
			}
			if n := len(seen[user]); n == last || seen[user][n-1] != "429" {
				t.Errorf("%s may leave as many as he likes", user)
			}
		}
		for _, user := range leavers {
			for i := range max(len(seen[user]), len(seen["offl"])) {
				if i >= len(seen[user]) || i >= len(seen["offl"]) || seen[user][i] != seen["offl"][i] {
					t.Errorf("%s is answered, in place %d:\n%q\nand who is heard\n%q", user, i, seen[user], seen["offl"])
					break
				}
			}
		}
		for _, want := range []string{"noteKeys {\"keys\":[]}", "noteKeys {\"keys\":[{", "noNotes", "notesFull", "PUT204", "tooLarge", "problem"} {
			if !strings.Contains(fmt.Sprint(seen["offl"]), want) {
				t.Errorf("nobody was answered %s", want)
			}
		}
		told := map[wire.CallID]bool{}
		for _, call := range rung["offl"][:store.MaxPairNotes] {
			bia.noted(quiet, call)
		}
		for _, h := range bia.heardAfter(quiet) {
			if h.frame.Type == "logged" {
				told[decode[wire.CallLogEntry](t, h.frame).Call] = true
			}
		}
		waiting := map[wire.CallID]bool{}
		for _, e := range ask[wire.CallLog](bia.page, "getCallLog", wire.GetCallLog{Limit: 100}).Entries {
			waiting[e.Call] = e.Note
		}
		for _, user := range leavers {
			for i, call := range rung[user] {
				heard := user == "offl" && i < store.MaxPairNotes
				status := map[bool]int{true: 200, false: 404}[heard]
				if told[call] != heard || waiting[call] != heard {
					t.Errorf("of note %d of %s bia is told %t, and reads %t", i, user, told[call], waiting[call])
				}
				aboutNote(t, s, http.MethodGet, "bia", call, nil).is(t, fmt.Sprint("note ", i, " of ", user), status, "")
			}
		}
	})
}

// A caller who must not be heard cannot tell it by how long his note takes.
func TestNobodyCanTellByTheTimeWhetherHisNoteIsDelivered(t *testing.T) {
	s := notesServer(t, signallingtest.Options{DSN: inMemory(t)})
	bia := newSigner(t, s, "bia", "phone")
	welcomes(bia.page, true)
	pair := []wire.UserID{"offl", "blck"}
	const rounds, pairs = 14, 5
	var teams [pairs]map[wire.UserID]wire.CallID
	for i := range teams {
		teams[i] = map[wire.UserID]wire.CallID{}
		for _, kind := range pair {
			user := wire.UserID(fmt.Sprint(kind, i))
			p := signIn(t, s, user, "phone")
			ask[wire.People](bia.page, "addContact", wire.AddContact{User: user})
			if kind == "blck" {
				ask[wire.People](bia.page, "block", wire.Block{User: user})
			}
			teams[i][kind] = ringInVain(p, "bia")
		}
	}
	leave := func(i int, kind wire.UserID, body []byte) time.Duration {
		start := time.Now()
		aboutNote(t, s, http.MethodPut, wire.UserID(fmt.Sprint(kind, i)), teams[i][kind], bytes.NewReader(body)).is(t, string(kind), 204, "")
		return time.Since(start)
	}
	var later []time.Duration
	for range rounds {
		for i := range teams {
			body, took := sealedNote(store.MaxNote), map[wire.UserID]time.Duration{}
			for _, n := range rand.Perm(len(pair)) {
				took[pair[n]] = leave(i, pair[n], body)
			}
			later = append(later, took["blck"]-took["offl"])
		}
	}
	p := shifted(later, tolerated)
	t.Logf("of who is blocked it takes %s ± %s longer in %d notes, p = %.4f", middle(later), blur(later), len(later), p)
	if p < alarming*alarming*alarming { // as after three alarms
		t.Errorf("of who is blocked it takes %s ± %s longer (p = %.2g)", middle(later), blur(later), p)
	}
}
