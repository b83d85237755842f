package signalling_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/contact"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

func setNumber(t testing.TB, s *signallingtest.Server, user wire.UserID, number string) {
	t.Helper()
	if err := s.Sockets.SetNumber(t.Context(), user, number); err != nil {
		t.Fatal(err)
	}
}

// people waits, from frame number from on, until an account's contacts are
// those.
func (p *page) people(from int, contacts ...wire.UserID) heard {
	p.t.Helper()
	return p.wait(fmt.Sprintf("people with %v", contacts), from, func(f wire.Frame) bool {
		if f.Type != "people" {
			return false
		}
		var ids []wire.UserID
		for _, c := range decode[wire.People](p.t, f).Contacts {
			ids = append(ids, c.User)
		}
		return cmp.Equal(ids, contacts)
	})
}

func TestAnAddressBookIsRefusedUntilDiscoveryIsTurnedOn(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana := signIn(t, s, "ana", "phone")
	book := wire.UploadContacts{Add: []string{"+393331234567"}}
	if p := refused(ana, "uploadContacts", book); p.Code != wire.CodeForbidden {
		t.Errorf("the first upload: %+v", p)
	}
	if got := ask[wire.Discovery](ana, "getDiscovery", nil); got != (wire.Discovery{}) {
		t.Errorf("discovery at first is %+v", got)
	}
	ask[wire.Discovery](ana, "setDiscovery", wire.SetDiscovery{On: true})
	ask[wire.Matches](ana, "uploadContacts", book)
	if got, want := ask[wire.Discovery](ana, "getDiscovery", nil), (wire.Discovery{On: true, Uploaded: 1}); got != want {
		t.Errorf("discovery is %+v, want %+v", got, want)
	}
	if got := ask[wire.Discovery](ana, "setDiscovery", wire.SetDiscovery{}); got != (wire.Discovery{}) {
		t.Errorf("turned off, discovery is %+v", got)
	}
	if p := refused(ana, "uploadContacts", book); p.Code != wire.CodeForbidden {
		t.Errorf("an upload after it was turned off: %+v", p)
	}
	if p := refused(ana, "setDiscoverable", wire.SetDiscoverable{On: true}); p.Code != wire.CodeNotFound {
		t.Errorf("to be found without a number: %+v", p)
	}
}

func TestWhoIsInTheAddressBookBecomesAContactOnAllDevices(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, laptop := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "laptop")
	bia := signIn(t, s, "bia", "phone")
	signIn(t, s, "caio", "phone").close()
	setNumber(t, s, "bia", "+393331234567")
	setNumber(t, s, "caio", "+393337654321")
	before := bia.count()
	if d := event[wire.Discovery](bia, "discovery"); d.NumberEnding != "67" || !d.Discoverable {
		t.Errorf("bia's number is told to her as %+v", d)
	}
	ask[wire.Discovery](phone, "setDiscovery", wire.SetDiscovery{On: true})
	got := ask[wire.Matches](phone, "uploadContacts", wire.UploadContacts{
		Add: []string{"+39 333 123 4567", "+39-333-7654321", "+393330000000", "112", "Ana"},
	})
	if got.NextSyncMs < 86_400_000 || got.NextSyncMs > 90_000_000 {
		t.Errorf("the next sync is in %d ms", got.NextSyncMs)
	}
	got.NextSyncMs = 0
	want := wire.Matches{People: []wire.Person{{User: "bia", Name: "Bia"}, {User: "caio", Name: "Caio"}}, Skipped: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	phone.people(0, "bia", "caio")
	laptop.people(0, "bia", "caio")

	from := laptop.count()
	ask[wire.Matches](phone, "uploadContacts", wire.UploadContacts{Remove: []string{"+393337654321"}})
	laptop.people(from, "bia")
	from = laptop.count()
	ask[wire.Discovery](phone, "setDiscovery", wire.SetDiscovery{})
	laptop.people(from)
	ask[wire.Done](bia, "ping", wire.Ping{})
	for _, h := range bia.heardAfter(before) {
		if h.frame.Type != "done" && h.frame.Type != "discovery" {
			t.Errorf("who was looked for heard %s", h.frame.Type)
		}
	}
}

// A match is a contact as any other: the rule of who may call goes by it.
func TestWhoIsInTheAddressBookMayCallWhereContactsMay(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "phone")
	setNumber(t, s, "bia", "+393331234567")
	ask[wire.Privacy](ana, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallContacts})
	ask[wire.Discovery](ana, "setDiscovery", wire.SetDiscovery{On: true})
	why := func(book wire.UploadContacts) (wire.Verdict, wire.Reason) {
		t.Helper()
		ask[wire.Matches](ana, "uploadContacts", book)
		call := ask[wire.CallState](bia, "ring", wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice}).Call
		ask[wire.Done](bia, "leave", wire.Leave{Call: call})
		d := ask[wire.Decisions](ana, "getDecisions", wire.GetDecisions{Limit: 1}).Entries[0]
		return d.Verdict, d.Reason
	}
	other, hers := "+393337654321", "+393331234567"
	if v, r := why(wire.UploadContacts{Add: []string{other}}); v != wire.VerdictSilent || r != wire.ReasonPrivacy {
		t.Errorf("who is not in the book: %s, %s", v, r)
	}
	if v, r := why(wire.UploadContacts{Add: []string{hers}}); v != wire.VerdictAllowed {
		t.Errorf("who is in it: %s, %s", v, r)
	}
	event[wire.Incoming](ana, "incoming")
	if v, r := why(wire.UploadContacts{Remove: []string{hers}}); v != wire.VerdictSilent || r != wire.ReasonPrivacy {
		t.Errorf("who is in it no more: %s, %s", v, r)
	}
}

func TestUploadersAreToldWithinTwoSecondsOfARegistration(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := signallingtest.Start(t, signallingtest.Options{DSN: dsn})
		const uploaders = 20
		var pages []*page
		for i := range uploaders {
			p := signIn(t, s, wire.UserID(fmt.Sprintf("u%02d", i)), "phone")
			ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
			ask[wire.Matches](p, "uploadContacts", wire.UploadContacts{Add: []string{"+393331234567"}})
			pages = append(pages, p)
		}
		other := signIn(t, s, "other", "phone")
		signIn(t, s, "zoe", "phone").close()
		start := time.Now()
		setNumber(t, s, "zoe", "+393331234567")
		var last time.Duration
		for _, p := range pages {
			last = max(last, p.people(0, "zoe").at.Sub(start))
		}
		if last > 2*time.Second {
			t.Errorf("the last of %d was told after %v", uploaders, last)
		}
		ask[wire.Done](other, "ping", wire.Ping{})
		for _, h := range other.heardAfter(0) {
			if h.frame.Type == "people" {
				t.Error("somebody without the number was told")
			}
		}
		from := pages[0].count()
		if err := s.Sockets.RemoveNumber(t.Context(), "zoe"); err != nil {
			t.Fatal(err)
		}
		pages[0].people(from)
		from = pages[0].count()
		setNumber(t, s, "zoe", "+393331234567")
		pages[0].people(from, "zoe")
	})
}

func TestAnUploadWithMoreThanNumbersIsRefusedWhole(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana := signIn(t, s, "ana", "phone")
	ask[wire.Discovery](ana, "setDiscovery", wire.SetDiscovery{On: true})
	for _, body := range []string{
		`{"add":["+393331234567"],"names":["Bia"]}`,
		`{"add":["+393331234567"],"emails":[]}`,
		`{"add":[{"number":"+393331234567","name":"Bia"}]}`,
	} {
		if p := refused(ana, "uploadContacts", json.RawMessage(body)); p.Code != wire.CodeInvalid {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if d := ask[wire.Discovery](ana, "getDiscovery", nil); d.Uploaded != 0 {
		t.Errorf("%d numbers are stored", d.Uploaded)
	}
}

func TestALargeAddressBookPassesAndEnumerationDoesNot(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	r := rand.New(rand.NewPCG(7, 8))
	shop, mal := signIn(t, s, "shop", "phone"), signIn(t, s, "mal", "phone")
	for _, p := range []*page{shop, mal} {
		ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
	}
	for part := range 4 {
		book := wire.UploadContacts{Start: part == 0, Complete: part == 3}
		for range 500 {
			book.Add = append(book.Add, fmt.Sprintf("+39333%07d", r.IntN(1e7)))
		}
		ask[wire.Matches](shop, "uploadContacts", book)
	}
	next, cut := 0, false
	for range 15 {
		var scan wire.UploadContacts
		for range 50 {
			scan.Add = append(scan.Add, fmt.Sprintf("+39347%07d", next))
			next++
		}
		f := mal.request("uploadContacts", scan)
		if f.Type == "matches" {
			continue
		}
		if p := decode[wire.Problem](t, f); p.Code != wire.CodeRateLimited || p.RetryAfterMs < 60_000 {
			t.Errorf("the scan ended with %+v", p)
		}
		cut = true
	}
	if got := ask[wire.Discovery](mal, "getDiscovery", nil).Uploaded; !cut || got > 500 {
		t.Errorf("the scan got %d answers of %d", got, next)
	}
	if got := ask[wire.Discovery](shop, "getDiscovery", nil).Uploaded; got < 1950 {
		t.Errorf("the address book has %d of 2,000 numbers", got)
	}
}

func TestUploadsAreFewAMinute(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "phone")
	for _, p := range []*page{ana, bia} {
		ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
	}
	var limited *wire.Problem
	for range 50 { // a minute may end in between
		if f := ana.request("uploadContacts", wire.UploadContacts{}); f.Type == "problem" {
			p := decode[wire.Problem](t, f)
			limited = &p
			break
		}
	}
	if limited == nil || limited.Code != wire.CodeRateLimited || limited.RetryAfterMs < 1000 || limited.RetryAfterMs > 60_000 {
		t.Errorf("upload after upload: %+v", limited)
	}
	ask[wire.Matches](bia, "uploadContacts", wire.UploadContacts{})
}

// The number is blocked before there is an account, and the account is blocked
// from the first moment it has the number: its caller sees what he sees of
// somebody offline, and the callee gets no byte.
func TestABlockedNumberNeverRings(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{RingTimeout: time.Second})
	ana, tablet := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "tablet")
	signIn(t, s, "bia", "phone").close()
	if d := ask[wire.Discovery](ana, "blockNumber", wire.BlockNumber{Number: "+39 333 123 4567"}); d.NumbersBlocked != 1 {
		t.Errorf("discovery is %+v", d)
	}
	if d := event[wire.Discovery](tablet, "discovery"); d.NumbersBlocked != 1 {
		t.Errorf("the other device was told %+v", d)
	}
	mal := signIn(t, s, "mal", "phone")
	setNumber(t, s, "mal", "+393331234567")
	event[wire.Discovery](mal, "discovery")

	before := ana.count()
	blocked, offline := tryRing(mal, "ana"), tryRing(mal, "bia")
	if diff := cmp.Diff(offline.types, blocked.types); diff != "" {
		t.Errorf("the caller sees a difference: %s", diff)
	}
	if heard := ana.heardAfter(before); len(heard) != 0 {
		t.Errorf("who blocked heard %s", heard[0].frame.Type)
	}
	ask[wire.Discovery](ana, "unblockNumber", wire.UnblockNumber{Number: "+393331234567"})
	mal.request("ring", wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice})
	if in := event[wire.Incoming](ana, "incoming"); in.From != "mal" {
		t.Errorf("unblocked, the call is %+v", in)
	}
	if p := refused(ana, "blockNumber", wire.BlockNumber{Number: "3331234567"}); p.Code != wire.CodeInvalid {
		t.Errorf("a number without its country: %+v", p)
	}
}

// To ring somebody whose number one has blocked says nothing about the number.
func TestBlockingANumberDoesNotTellWhoseItIs(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	mal, ana := signIn(t, s, "mal", "phone"), signIn(t, s, "ana", "phone")
	setNumber(t, s, "ana", "+393331234567")
	ask[wire.Discovery](mal, "blockNumber", wire.BlockNumber{Number: "+393331234567"})
	ask[wire.CallState](mal, "ring", wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice})
	event[wire.Incoming](ana, "incoming")
	for range contact.BlocksAtOnce - 1 {
		ask[wire.Discovery](mal, "blockNumber", wire.BlockNumber{Number: fmt.Sprintf("+39347%07d", rand.IntN(1e7))})
	}
	p := refused(mal, "blockNumber", wire.BlockNumber{Number: "+393330000000"})
	if p.Code != wire.CodeRateLimited || p.RetryAfterMs == 0 {
		t.Errorf("number after number: %+v", p)
	}
}
