package signalling_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/policy"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// web sends an HTTP request, with a token if there is one.
func web(t testing.TB, s *signallingtest.Server, method, path, token string, body []byte) (*http.Response, []byte) {
	t.Helper()
	return send(t, s, method, path, token, bytes.NewReader(body), http.Header{})
}

// send is web with a body that is read as it goes, and with more headers.
func send(t testing.TB, s *signallingtest.Server, method, path, token string, body io.Reader, more http.Header) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = more
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, data
}

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func profileOf(p *page, user wire.UserID) wire.Profile {
	p.t.Helper()
	return ask[wire.Profiles](p, "getProfiles", wire.GetProfiles{Users: []wire.UserID{user}}).Profiles[0]
}

func show(p *page, to wire.WhoMayCall) {
	p.t.Helper()
	now := ask[wire.Preferences](p, "getPreferences", nil)
	ask[wire.Preferences](p, "setPreferences", wire.SetPreferences{IfVersion: now.Version, ShowProfileTo: to})
}

func TestAnImageIsGivenOutToTheAudienceOnly(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, laptop := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "laptop")
	bia, mal := signIn(t, s, "bia", "phone"), signIn(t, s, "mal", "phone")
	token := s.Token(t, "ana")
	if r, _ := web(t, s, "PUT", "/v1/account/avatar", token, picture(t)); r.StatusCode != http.StatusNoContent {
		t.Fatalf("the image is answered with %d", r.StatusCode)
	}
	own := event[wire.Profile](laptop, "profile")
	ask[wire.Profile](ana, "setProfile", wire.SetProfile{Name: "Ana Maria", About: "At the sea"})
	ask[wire.People](ana, "addContact", wire.AddContact{User: "bia"})
	seen := profileOf(bia, "ana")
	if seen.Name != "Ana Maria" || seen.About != "At the sea" || seen.Avatar == "" || seen.Avatar == own.Avatar {
		t.Errorf("bia sees %+v", seen)
	}
	if got := profileOf(mal, "ana"); got != (wire.Profile{User: "ana", Name: "ana"}) {
		t.Errorf("mal sees %+v", got)
	}
	r, data := web(t, s, "GET", seen.Avatar, "", nil)
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "image/png" || r.Header.Get("X-Content-Type-Options") != "nosniff" || !bytes.Equal(data, picture(t)) {
		t.Errorf("the image comes as %d %v", r.StatusCode, r.Header)
	}
	if r, _ := web(t, s, "GET", seen.Avatar[:len(seen.Avatar)-2]+"AA", "", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("a guessed address: %d", r.StatusCode)
	}
	show(ana, wire.MayCallNobody)
	if got := profileOf(bia, "ana"); got != (wire.Profile{User: "ana", Name: "ana"}) {
		t.Errorf("shown to nobody, bia sees %+v", got)
	}
	if r, _ := web(t, s, "GET", seen.Avatar, "", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("the address outlives the audience: %d", r.StatusCode)
	}
	show(ana, wire.MayCallContacts)
	if got := profileOf(bia, "ana"); got != seen {
		t.Errorf("shown to contacts, bia sees %+v", got)
	}
	if r, _ := web(t, s, "DELETE", "/v1/account/avatar", token, nil); r.StatusCode != http.StatusNoContent {
		t.Errorf("taking the image away: %d", r.StatusCode)
	}
	if r, _ := web(t, s, "GET", seen.Avatar, "", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("the image outlives its end: %d", r.StatusCode)
	}
}

func TestOnlyAnAccountsOwnTokenSetsItsImageAndOnlyToAnImage(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana := signIn(t, s, "ana", "phone")
	token := s.Token(t, "ana")
	for name, c := range map[string]struct {
		token string
		body  []byte
		want  int
	}{
		"no token":     {"", picture(t), http.StatusUnprocessableEntity},
		"another text": {"x", picture(t), http.StatusUnauthorized},
		"nobody's":     {s.Token(t, "nobody"), picture(t), http.StatusUnauthorized},
		"a page":       {token, []byte("<script>alert(1)</script>"), http.StatusUnprocessableEntity},
		"too much":     {token, make([]byte, 65<<10), http.StatusRequestEntityTooLarge},
	} {
		if r, _ := web(t, s, "PUT", "/v1/account/avatar", c.token, c.body); r.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, r.StatusCode, c.want)
		}
	}
	ask[wire.Welcome](connect(t, s), "hello", wire.Hello{Token: token, Device: "laptop"})
	ask[wire.Devices](ana, "revokeDevice", wire.RevokeDevice{Device: "laptop"})
	if r, _ := web(t, s, "PUT", "/v1/account/avatar", token, picture(t)); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token that a revoked device has used is answered with %d", r.StatusCode)
	}
}

func TestPreferencesAreOneRecordThatNobodyOverwritesUnseen(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, laptop := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "laptop")
	seen := ask[wire.Preferences](phone, "getPreferences", nil)
	want := wire.Preferences{
		ShowProfileTo: wire.MayCallEveryone, Privacy: wire.Privacy{WhoMayCall: wire.MayCallEveryone, WhoMayAdd: wire.MayCallEveryone},
		Presence: wire.PresenceSetting{Audience: wire.PresenceContacts, Except: []wire.UserID{}}, Blocked: []wire.UserID{},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	ask[wire.People](laptop, "block", wire.Block{User: "mal"})
	change := wire.SetPreferences{IfVersion: seen.Version, Blocked: &wire.BlockList{Users: []wire.UserID{"ugo"}}}
	if p := refused(phone, "setPreferences", change); p.Code != wire.CodeConflict {
		t.Errorf("an old version: %+v", p)
	}
	seen = ask[wire.Preferences](phone, "getPreferences", nil)
	if len(seen.Blocked) != 1 || seen.Blocked[0] != "mal" {
		t.Errorf("blocked are %v", seen.Blocked)
	}
	got := ask[wire.Preferences](phone, "setPreferences", wire.SetPreferences{
		IfVersion: seen.Version, AcceptTerms: "2026-01", Blocked: &wire.BlockList{Users: []wire.UserID{"mal", "ugo"}},
		Privacy: &wire.SetPrivacy{WhoMayCall: wire.MayCallContacts}, Presence: &wire.SetPresenceSetting{Audience: wire.PresenceNobody},
	})
	if got.Terms != "2026-01" || got.TermsMs == 0 || got.Privacy.WhoMayCall != wire.MayCallContacts || got.Presence.Audience != wire.PresenceNobody || len(got.Blocked) != 2 {
		t.Errorf("the record is %+v", got)
	}
	if told := event[wire.Preferences](laptop, "preferences"); !cmp.Equal(told, got) {
		t.Errorf("the other device is told %+v", told)
	}
	zone := &wire.DoNotDisturb{Zone: "Nowhere/Land", Ranges: []wire.DayRange{{From: 1, To: 2}}}
	if p := refused(phone, "setPreferences", wire.SetPreferences{IfVersion: got.Version, Privacy: &wire.SetPrivacy{WhoMayCall: wire.MayCallNobody, DoNotDisturb: zone}}); p.Code != wire.CodeInvalid {
		t.Errorf("hours of nowhere: %+v", p)
	}
}

func TestWhoeverAddsAnIdLearnsNothingByIt(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	mal := signIn(t, s, "mal", "phone")
	signIn(t, s, "bia", "phone")
	for _, user := range []wire.UserID{"bia", "nobody"} {
		ask[wire.People](mal, "addContact", wire.AddContact{User: user})
		ask[wire.People](mal, "block", wire.Block{User: user})
		ask[wire.People](mal, "unblock", wire.Unblock{User: user})
	}
	people := ask[wire.People](mal, "getPeople", nil)
	want := []wire.Person{{User: "bia", Name: "bia"}, {User: "nobody", Name: "nobody"}}
	if diff := cmp.Diff(want, people.Contacts); diff != "" {
		t.Error(diff)
	}
	for _, user := range []wire.UserID{"bia", "nobody"} {
		if got := profileOf(mal, user); got != (wire.Profile{User: user, Name: string(user)}) {
			t.Errorf("the profile is %+v", got)
		}
		state := ask[wire.CallState](mal, "ring", wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice})
		if got := state.Participants[1].Name; got != string(user) {
			t.Errorf("a ring tells the name %s", got)
		}
		ask[wire.Done](mal, "end", wire.End{Call: state.Call})
	}
	var limited bool
	for range 40 {
		if f := mal.request("addContact", wire.AddContact{User: "carlo"}); f.Type == "problem" {
			limited = decode[wire.Problem](t, f).Code == wire.CodeRateLimited
			break
		}
	}
	if !limited {
		t.Error("one may try as many as one likes")
	}
}

func TestAnAdminLiftsABan(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia, ugo := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "phone"), signIn(t, s, "ugo", "phone")
	g := newGroup(ana, "Choir", false, "bia", "ugo")
	ask[wire.Group](ana, "removeFromGroup", wire.RemoveFromGroup{Group: g.Group, User: "ugo", Ban: true})
	gone(ugo, g.Group, wire.GroupRemoved)
	if p := refused(bia, "liftBan", wire.LiftBan{Group: g.Group, User: "ugo"}); p.Code != wire.CodeForbidden {
		t.Errorf("a member: %+v", p)
	}
	if p := refused(ugo, "liftBan", wire.LiftBan{Group: g.Group, User: "ugo"}); p.Code != wire.CodeNotFound {
		t.Errorf("he himself: %+v", p)
	}
	ask[wire.Group](ana, "liftBan", wire.LiftBan{Group: g.Group, User: "ugo"})
	if p := refused(ana, "liftBan", wire.LiftBan{Group: g.Group, User: "ugo"}); p.Code != wire.CodeNotFound {
		t.Errorf("twice: %+v", p)
	}
	if got := ask[wire.Group](bia, "addToGroup", wire.AddToGroup{Group: g.Group, Users: []wire.UserID{"ugo"}}); entryOf(got, "ugo") == "" {
		t.Errorf("he cannot be added: %+v", got)
	}
}

func TestNobodyOutsideTheAudienceGetsANameInAnyMessage(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia, mal := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "phone"), signIn(t, s, "mal", "phone")
	setNumber(t, s, "ana", "+393331234567")
	for _, p := range []*page{bia, mal} {
		ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
	}
	ask[wire.People](ana, "addContact", wire.AddContact{User: "bia"})
	show(ana, wire.MayCallContacts)
	book := wire.UploadContacts{Add: []string{"+393331234567"}}
	g := newGroup(ana, "Choir", false, "bia", "mal")
	for viewer, name := range map[*page]string{bia: "Ana", mal: "ana"} {
		said := func(what, got string) {
			t.Helper()
			if got != name {
				t.Errorf("%s: %s reads %s, want %s", what, viewer.welcome.Name, got, name)
			}
		}
		said("an upload", ask[wire.Matches](viewer, "uploadContacts", book).People[0].Name)
		said("the contacts", ask[wire.People](viewer, "getPeople", nil).Contacts[0].Name)
		said("a search", ask[wire.Found](viewer, "findNumber", wire.FindNumber{Number: "+393331234567"}).Person.Name)
		said("a profile", profileOf(viewer, "ana").Name)
		whole := ask[wire.Group](viewer, "getGroup", wire.GetGroup{Group: g.Group})
		said("a group", whole.Members[slices.IndexFunc(whole.Members, func(m wire.GroupEntry) bool { return m.User == "ana" })].Name)
		told := groupEvent(viewer, "the group", g.Group, func(g wire.Group) bool { return len(g.Members) > 0 })
		said("a group's event", told.Members[slices.IndexFunc(told.Members, func(m wire.GroupEntry) bool { return m.User == "ana" })].Name)
		state := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{viewer.welcome.User}, Kind: wire.KindVoice})
		said("a ring", event[wire.Incoming](viewer, "incoming").Name)
		accepted := ask[wire.CallState](viewer, "accept", wire.Accept{Call: state.Call})
		said("a call", accepted.Participants[0].Name)
		ask[wire.Done](ana, "leave", wire.Leave{Call: state.Call})
		viewer.wait("the log", 0, func(f wire.Frame) bool { return f.Type == "logged" })
		said("the log", ask[wire.CallLog](viewer, "getCallLog", nil).Entries[0].With[0].Name)
		said("the attempts", ask[wire.Decisions](viewer, "getDecisions", nil).Entries[0].Name)
		ask[wire.People](viewer, "block", wire.Block{User: "ana"})
		said("the blocks", ask[wire.People](viewer, "getPeople", nil).Blocked[0].Name)
	}
}

// Whether a call is taken is told before anybody calls: to whom the profile is
// shown, and by the rule that refuses a ring. A block or a setting is not told.
func TestAProfileTellsWhoTakesNoCalls(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana := signIn(t, s, "ana", "phone")
	now := time.Now().UTC()
	later := (now.Hour()*60 + now.Minute() + 2*60) % (24 * 60)
	hours := policy.Hours{Zone: "UTC", Ranges: []policy.Range{{From: later, To: (later + 60) % (24 * 60)}}}
	rules := func(r store.Rules) func(*page) error {
		return func(p *page) error { return s.Store.SetRules(t.Context(), string(p.welcome.User), r) }
	}
	for _, row := range []struct {
		user    wire.UserID
		arrange func(*page) error
		closed  bool
		text    string
	}{
		{"library", func(*page) error { return s.Store.SetNoCalls(t.Context(), "library", true, "Write to us.") }, true, "Write to us."},
		{"desk", rules(store.Rules{CallHours: hours.Text()}), true, ""},
		{"doctor", rules(store.Rules{ByPermission: true}), true, ""},
		{"nurse", func(p *page) error {
			if err := s.Store.Permit(t.Context(), "nurse", "ana", time.Hour); err != nil {
				return err
			}
			return rules(store.Rules{ByPermission: true})(p)
		}, false, ""},
		{"ugo", func(p *page) error { ask[wire.People](p, "block", wire.Block{User: "ana"}); return nil }, false, ""},
		{"caio", func(p *page) error {
			ask[wire.Privacy](p, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallNobody})
			return nil
		}, false, ""},
		{"bia", func(*page) error { return nil }, false, ""},
	} {
		other := signIn(t, s, row.user, "phone")
		ask[wire.People](other, "addContact", wire.AddContact{User: "ana"})
		if err := row.arrange(other); err != nil {
			t.Fatal(err)
		}
		if seen := profileOf(ana, row.user); seen.NoCalls != row.closed || seen.NoCallsText != row.text {
			t.Errorf("of %s: %+v, want %v %q", row.user, seen, row.closed, row.text)
		}
		ring := wire.Ring{Users: []wire.UserID{row.user}, Kind: wire.KindVoice}
		if !row.closed {
			ask[wire.Done](ana, "leave", wire.Leave{Call: ask[wire.CallState](ana, "ring", ring).Call})
		} else if p := refused(ana, "ring", ring); p.Code != wire.CodeCallsNotAccepted || p.Text != row.text {
			t.Errorf("a ring of %s is answered with %+v", row.user, p)
		}
		if own := profileOf(other, row.user); own.NoCalls {
			t.Errorf("%s sees %+v of himself", row.user, own)
		}
	}
	show(signIn(t, s, "library", "desk"), wire.MayCallNobody)
	if seen := profileOf(ana, "library"); seen != (wire.Profile{User: "library", Name: "library"}) {
		t.Errorf("shown to nobody, it shows %+v", seen)
	}
	mal := signIn(t, s, "mal", "phone")
	if seen := profileOf(mal, "doctor"); seen != (wire.Profile{User: "doctor", Name: "doctor"}) {
		t.Errorf("who has only the id sees %+v", seen)
	}
}
