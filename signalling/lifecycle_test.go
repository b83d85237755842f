package signalling_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	letter "pronto/signalling/enrol"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// postbox takes codes over.
type postbox struct {
	mu    sync.Mutex
	codes map[string]string // by address
}

// Send implements enrol.Sender.
func (b *postbox) Send(_ context.Context, m letter.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.codes == nil {
		b.codes = map[string]string{}
	}
	b.codes[m.To.Text] = m.Code
	return nil
}

// send has a code sent to a phone, and returns it.
func (b *postbox) send(t testing.TB, s *signallingtest.Server, phone string) string {
	t.Helper()
	if status := postJSON(t, s, "/v1/accounts/code", map[string]string{"phone": phone}, nil); status != http.StatusAccepted {
		t.Fatalf("no code is sent: %d", status)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.codes[phone]
}

// verify signs in by a phone number.
func (b *postbox) verify(t testing.TB, s *signallingtest.Server, phone, name string) (signedIn, int) {
	t.Helper()
	var d signedIn
	status := postJSON(t, s, "/v1/accounts/verify", map[string]string{"phone": phone, "code": b.send(t, s, phone), "name": name}, &d)
	return d, status
}

// arrive is verify and hello.
func (b *postbox) arrive(t testing.TB, s *signallingtest.Server, phone, name string) (*page, signedIn) {
	t.Helper()
	d, status := b.verify(t, s, phone, name)
	if status != http.StatusOK {
		t.Fatalf("%s is not let in: %d", name, status)
	}
	p := connect(t, s)
	p.welcome = ask[wire.Welcome](p, "hello", hello(d))
	return p, d
}

// beside opens the database of a test server beside it.
func beside(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(dsn, "sqlite://")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// naming are the rows of all tables that hold one of the texts.
func naming(t testing.TB, db *sql.DB, texts ...string) (found []string) {
	t.Helper()
	scan := func(query string, each func(columns []string, values []any)) {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			each(columns, values)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	var tables []string
	scan(`SELECT name FROM sqlite_master WHERE type = 'table'`, func(_ []string, values []any) {
		tables = append(tables, fmt.Sprint(*values[0].(*any)))
	})
	for _, table := range tables {
		scan(`SELECT * FROM `+table, func(columns []string, values []any) {
			row := table
			for i, v := range values {
				if b, ok := (*v.(*any)).([]byte); ok {
					row += fmt.Sprintf(" %s=%s", columns[i], b)
				} else {
					row += fmt.Sprintf(" %s=%v", columns[i], *v.(*any))
				}
			}
			if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(row, text) }) {
				found = append(found, row)
			}
		})
	}
	return found
}

// until waits for a condition.
func until(t testing.TB, what string, fits func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); !fits(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func TestADeletedAccountIsOutOfEverythingAndSoonNothingNamesIt(t *testing.T) {
	t.Parallel()
	dsn, box := storetest.SQLiteDSN(t), &postbox{}
	s := signallingtest.Start(t, signallingtest.Options{DSN: dsn, Codes: box, RingTimeout: time.Minute})
	db := beside(t, dsn)
	const number = "+393331234567"
	ana, d := box.arrive(t, s, number, "Annamaria")
	user := wire.UserID(d.User)
	bia, caio := signIn(t, s, "bia", "phone"), signIn(t, s, "caio", "phone")
	tablet, _ := box.arrive(t, s, number, "")
	for _, p := range []*page{bia, caio} {
		ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
		ask[wire.Matches](p, "uploadContacts", wire.UploadContacts{Add: []string{number}})
		ask[wire.People](p, "addContact", wire.AddContact{User: user})
	}
	ask[wire.People](ana, "addContact", wire.AddContact{User: "bia"})
	choir := newGroup(ana, "Choir", false, "bia")
	link := ask[wire.Link](ana, "createLink", wire.CreateLink{Kind: wire.KindVoice})
	dora := signIn(t, s, "dora", "phone")
	ask[wire.CallState](dora, "joinLink", wire.JoinLink{Link: link.Link})
	ask[wire.People](dora, "block", wire.Block{User: user})
	// A call of three that goes on without her, one in which she is rung, and one
	// that is over.
	state := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"bia", "caio"}, Kind: wire.KindVoice})
	for _, p := range []*page{bia, caio} {
		event[wire.Incoming](p, "incoming")
		ask[wire.CallState](p, "accept", wire.Accept{Call: state.Call})
	}
	ezio := signIn(t, s, "ezio", "phone")
	before := ezio.count()
	ask[wire.CallState](ezio, "ring", wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice})
	tablet.wait("the ring", 0, func(f wire.Frame) bool { return f.Type == "incoming" })
	if len(naming(t, db, string(user), "Annamaria")) < 10 {
		t.Error("the test puts too little of the account into the database")
	}
	if p := refused(ana, "deleteAccount", wire.DeleteAccount{User: "bia"}); p.Code != wire.CodeInvalid {
		t.Errorf("somebody else's account: %+v", p)
	}

	start := time.Now()
	ask[wire.Done](ana, "deleteAccount", wire.DeleteAccount{User: user})
	for name, p := range map[string]*page{"phone": ana, "tablet": tablet} {
		if code := p.closed(); code != wire.CloseUnauthenticated {
			t.Errorf("the %s is closed with %d", name, code)
		}
	}
	left := event[wire.ParticipantLeft](bia, "participantLeft")
	if left.Reason != wire.LeaveHangup {
		t.Errorf("she left because of %s", left.Reason)
	}
	if e := event[wire.CallEnded](dora, "callEnded"); e.Reason != wire.EndRevoked {
		t.Errorf("the link's call ended because of %s", e.Reason)
	}
	ezio.wait("the end of his ring", before, func(f wire.Frame) bool { return f.Type == "callEnded" })
	groupEvent(bia, "the group without her", choir.Group, func(g wire.Group) bool { return entryOf(g, user) == "" && g.Role == wire.GroupAdmin })
	bia.people(0)
	for name, status := range map[string]int{
		"refresh": postJSON(t, s, "/v1/accounts/refresh", map[string]string{"refresh": d.Refresh}, nil),
		"link":    postJSON(t, s, "/v1/links/"+string(link.Link)+"/guests", map[string]string{"name": "Zoe"}, nil),
	} {
		if status != http.StatusUnauthorized && status != http.StatusNotFound {
			t.Errorf("the %s is still good: %d", name, status)
		}
	}
	for name, m := range map[string]wire.Hello{
		"device": hello(d), "integrator's": {Token: s.Token(t, user), Device: "new"},
	} {
		if p := refused(connect(t, s), "hello", m); p.Code != wire.CodeUnauthenticated {
			t.Errorf("the %s token: %+v", name, p)
		}
	}
	var named []string
	until(t, "a database that does not name her", func() bool {
		named = naming(t, db, string(user), "Annamaria")
		return len(named) == 0 || time.Since(start) > 25*time.Second
	})
	if len(named) > 0 {
		t.Errorf("after %s there is still %s", time.Since(start), strings.Join(named, "\n"))
	}
	// The call that went on ends: what is written of it then does not name her
	// either.
	ask[wire.Done](bia, "leave", wire.Leave{Call: state.Call})
	caio.wait("the end of the call", 0, func(f wire.Frame) bool { return f.Type == "callEnded" && f.Call == state.Call })
	log := ask[wire.CallLog](caio, "getCallLog", nil)
	if with := log.Entries[0].With; !slices.Contains(with, wire.Person{}) || !slices.ContainsFunc(with, func(p wire.Person) bool { return p.User == "bia" }) {
		t.Errorf("caio's log has %+v", with)
	}
	if named := naming(t, db, string(user), "Annamaria"); len(named) > 0 {
		t.Errorf("the end of the call wrote %v", named)
	}
	_, again := box.arrive(t, s, number, "Annamaria")
	if again.User == d.User {
		t.Error("the deleted account came back")
	}
}

func TestAnAccountDeletedByAnotherProgramIsOutWithinSeconds(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "phone")
	state := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
	event[wire.Incoming](bia, "incoming")
	ask[wire.CallState](bia, "accept", wire.Accept{Call: state.Call})
	start := time.Now()
	if _, err := s.Store.DeleteUser(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	bia.wait("the end of the call", 0, func(f wire.Frame) bool { return f.Type == "callEnded" })
	if code := ana.closed(); code != wire.CloseUnauthenticated {
		t.Errorf("closed with %d", code)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAnotherNumberFindsTheSameAccountAndTheOldOneNobody(t *testing.T) {
	t.Parallel()
	box := &postbox{}
	s := signallingtest.Start(t, signallingtest.Options{Codes: box})
	const older, newer = "+393331234567", "+393337654321"
	ana, d := box.arrive(t, s, older, "Ana")
	user := wire.UserID(d.User)
	tablet, _ := box.arrive(t, s, older, "")
	bia, caio := signIn(t, s, "bia", "phone"), signIn(t, s, "caio", "phone")
	for p, number := range map[*page]string{bia: older, caio: newer} {
		ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
		ask[wire.Matches](p, "uploadContacts", wire.UploadContacts{Add: []string{number}})
	}
	ask[wire.People](ana, "block", wire.Block{User: "mal"})
	choir := newGroup(ana, "Choir", false)
	link := ask[wire.Link](ana, "createLink", wire.CreateLink{Kind: wire.KindVoice})
	if f := ask[wire.Found](bia, "findNumber", wire.FindNumber{Number: older}); f.Person != (wire.Person{User: user, Name: "Ana"}) {
		t.Errorf("found is %+v", f)
	}
	call := ask[wire.CallState](bia, "ring", wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice}).Call
	event[wire.Incoming](ana, "incoming")
	ask[wire.CallState](ana, "accept", wire.Accept{Call: call})
	ask[wire.Done](ana, "leave", wire.Leave{Call: call})
	bia.wait("the end of the call", 0, func(f wire.Frame) bool { return f.Type == "logged" })
	code := box.send(t, s, newer)
	for name, m := range map[string]wire.ChangeNumber{
		"no number": {Number: "112", Code: code}, "letters": {Number: newer, Code: "abcdef"},
	} {
		if p := refused(ana, "changeNumber", m); p.Code != wire.CodeInvalid {
			t.Errorf("%s: %+v", name, p)
		}
	}
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	if p := refused(ana, "changeNumber", wire.ChangeNumber{Number: newer, Code: wrong}); p.Code != wire.CodeNotFound {
		t.Errorf("a wrong code: %+v", p)
	}
	lost := bia.count()
	if got := ask[wire.Discovery](ana, "changeNumber", wire.ChangeNumber{Number: newer, Code: code}); got.NumberEnding != "21" {
		t.Errorf("the number is %+v", got)
	}
	if p := refused(bia, "findNumber", wire.FindNumber{Number: older}); p.Code != wire.CodeNotFound {
		t.Errorf("the old number: %+v", p)
	}
	if f := ask[wire.Found](bia, "findNumber", wire.FindNumber{Number: newer}); f.Person.User != user {
		t.Errorf("the new number is %+v's", f)
	}
	bia.people(lost)
	caio.people(0, user)
	tablet.wait("the news on the other device", 0, func(f wire.Frame) bool {
		return f.Type == "discovery" && decode[wire.Discovery](t, f).NumberEnding == "21"
	})
	if p := ask[wire.People](ana, "getPeople", nil); len(p.Blocked) != 1 {
		t.Errorf("her blocks are %+v", p)
	}
	if g := ask[wire.Groups](ana, "getGroups", nil); len(g.Groups) != 1 || g.Groups[0].Group != choir.Group {
		t.Errorf("her groups are %+v", g)
	}
	if l := ask[wire.Links](ana, "getLinks", nil); len(l.Links) != 1 || l.Links[0].Link != link.Link {
		t.Errorf("her links are %+v", l)
	}
	if l := ask[wire.CallLog](ana, "getCallLog", nil); len(l.Entries) != 1 || l.Entries[0].Call != call || l.Entries[0].Outcome != wire.OutcomeAnswered {
		t.Errorf("her log is %+v", l)
	}
	if again, status := box.verify(t, s, newer, ""); status != http.StatusOK || again.User != d.User {
		t.Errorf("by the new number one signs in as %s (%d)", again.User, status)
	}
}

func TestASuspendedNumberCannotComeInAgainAndARestoredOneCan(t *testing.T) {
	t.Parallel()
	box := &postbox{}
	s := signallingtest.Start(t, signallingtest.Options{Codes: box})
	const number = "+393331234567"
	_, d := box.arrive(t, s, number, "Mal")
	ctx := t.Context()
	if err := s.Store.Suspend(ctx, d.User, store.Forever, "spam", ""); err != nil {
		t.Fatal(err)
	}
	if _, status := box.verify(t, s, number, "Another"); status != http.StatusForbidden {
		t.Errorf("the suspended number is answered with %d", status)
	}
	zoe := signIn(t, s, "zoe", "phone")
	code := box.send(t, s, number)
	if p := refused(zoe, "changeNumber", wire.ChangeNumber{Number: number, Code: code}); p.Code != wire.CodeForbidden {
		t.Errorf("another account takes the suspended number: %+v", p)
	}
	if err := s.Store.Resume(ctx, d.User); err != nil {
		t.Fatal(err)
	}
	if again, status := box.verify(t, s, number, ""); status != http.StatusOK || again.User != d.User {
		t.Errorf("restored is %s (%d)", again.User, status)
	}
}

func TestASwitchedOffAccountIsGoneUntilItsOwnerSignsIn(t *testing.T) {
	t.Parallel()
	box := &postbox{}
	s := signallingtest.Start(t, signallingtest.Options{Codes: box})
	const number = "+393331234567"
	ana, d := box.arrive(t, s, number, "Ana")
	user := wire.UserID(d.User)
	bia := signIn(t, s, "bia", "phone")
	if f := ask[wire.Found](bia, "findNumber", wire.FindNumber{Number: number}); f.Person.User != user {
		t.Errorf("found is %+v", f)
	}
	ask[wire.Done](ana, "disableAccount", nil)
	if code := ana.closed(); code != wire.CloseUnauthenticated {
		t.Errorf("closed with %d", code)
	}
	if p := refused(connect(t, s), "hello", hello(d)); p.Code != wire.CodeUnauthenticated {
		t.Errorf("the old device: %+v", p)
	}
	if status := postJSON(t, s, "/v1/accounts/refresh", map[string]string{"refresh": d.Refresh}, nil); status != http.StatusUnauthorized {
		t.Errorf("the old secret: %d", status)
	}
	if p := refused(bia, "findNumber", wire.FindNumber{Number: number}); p.Code != wire.CodeNotFound {
		t.Errorf("found although switched off: %+v", p)
	}
	rel, err := s.Store.Relation(t.Context(), "bia", d.User)
	if err != nil || !rel.CalleeSuspended {
		t.Errorf("it is still reached: %+v (%v)", rel, err)
	}
	back, again := box.arrive(t, s, number, "")
	if again.User != d.User || again.Name != "Ana" {
		t.Errorf("restored is %+v", again)
	}
	ask[wire.CallState](bia, "ring", wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice})
	event[wire.Incoming](back, "incoming")
}

func TestUnusedAccountsAreDeletedAndThoseOnlineAreNot(t *testing.T) {
	t.Parallel()
	dsn := storetest.SQLiteDSN(t)
	const unused = 120 * 24 * time.Hour
	s := signallingtest.Start(t, signallingtest.Options{DSN: dsn, Unused: unused, UnusedCheck: 30 * 24 * time.Hour})
	db := beside(t, dsn)
	pass := func(days int) {
		t.Helper()
		for _, text := range []string{
			`UPDATE users SET created_ms = created_ms - ?`, `UPDATE devices SET seen_ms = seen_ms - ?`,
			`UPDATE last_seen SET seen_ms = seen_ms - ?`, `UPDATE duties SET done_ms = done_ms - ?`,
		} {
			if _, err := db.Exec(text, int64(days)*24*3600*1000); err != nil {
				t.Fatal(err)
			}
		}
	}
	exists := func(user string) bool {
		_, err := s.Store.User(t.Context(), user)
		return err == nil
	}
	sweep := func() {
		t.Helper()
		if err := s.Sockets.SweepUnused(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	enrol(t, s, "away")
	if err := s.Store.TouchDevice(t.Context(), "away", "phone", ""); err != nil {
		t.Fatal(err)
	}
	signIn(t, s, "bia", "phone")
	until(t, "the first sweep", func() bool {
		var done int64
		return db.QueryRow(`SELECT done_ms FROM duties WHERE until_ms = 0`).Scan(&done) == nil && done > 0
	})
	pass(119)
	sweep()
	if !exists("away") {
		t.Fatal("deleted on day 119")
	}
	pass(2)
	sweep()
	if !exists("away") {
		t.Fatal("looked for again on the third day")
	}
	pass(30)
	sweep()
	if exists("away") {
		t.Error("not deleted on day 151")
	}
	if !exists("bia") {
		t.Error("somebody who is online is deleted")
	}
}
