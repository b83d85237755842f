package signalling_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pronto/signalling"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// noteAnswer is what the REST API answers about a note.
type noteAnswer struct {
	status int
	header http.Header
	body   string
}

// asked counts what was asked, so that each comes from an address of its own: of one there
// are only so many tries.
var asked atomic.Uint32

// notesServer is a server that believes where requests say that they come from.
func notesServer(t testing.TB, o signallingtest.Options) *signallingtest.Server {
	t.Helper()
	o.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	return signallingtest.Start(t, o)
}

// aboutNote asks something about the note to a call, as who has the token.
func aboutNote(t testing.TB, s *signallingtest.Server, method string, user wire.UserID, call wire.CallID, body io.Reader) noteAnswer {
	t.Helper()
	n := asked.Add(1)
	response, data := send(t, s, method, "/v1/notes/"+string(call), s.Token(t, user), body, http.Header{
		"Request-Id":      {"one"}, // so that answers can be compared
		"X-Forwarded-For": {fmt.Sprintf("198.18.%d.%d", byte(n>>8), byte(n))},
	})
	return noteAnswer{response.StatusCode, response.Header, string(data)}
}

// is reports an answer that has not the status, or not the code.
func (a noteAnswer) is(t testing.TB, what string, status int, code string) {
	t.Helper()
	if a.status != status || code != "" && !strings.Contains(a.body, `"code":"`+code+`"`) {
		t.Errorf("%s: %d %s", what, a.status, a.body)
	}
}

// noted waits for the news that a note to a call waits, from a frame on.
func (p *page) noted(from int, call wire.CallID) (e wire.CallLogEntry) {
	p.t.Helper()
	p.wait("the news of a note", from, func(f wire.Frame) bool {
		if f.Type == "logged" {
			e = decode[wire.CallLogEntry](p.t, f)
		}
		return e.Call == call && e.Note
	})
	return e
}

// sealedNote is what nobody but a device can read, sealed for one key.
func sealedNote(size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	data[0], data[1] = 1, 1
	return data
}

func TestANoteReachesAllDevicesOfWhoWasCalledAndIsGoneOnceItWasOpened(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := notesServer(t, signallingtest.Options{DSN: dsn})
		ana, caio := signIn(t, s, "ana", "phone"), signIn(t, s, "caio", "phone")
		phone, laptop := signIn(t, s, "bia", "phone"), signIn(t, s, "bia", "laptop")
		call := ringInVain(ana, "bia")
		aboutNote(t, s, "PUT", "ana", call, bytes.NewReader(sealedNote(100))).is(t, "to who takes none", 409, "noNotes")
		takeNotes(phone, true)
		for what, other := range notForNotes(t, ana, caio, phone) {
			aboutNote(t, s, "PUT", "ana", other, bytes.NewReader(sealedNote(100))).is(t, what, 404, "notFound")
		}
		aboutNote(t, s, "PUT", "bia", call, bytes.NewReader(sealedNote(100))).is(t, "from who was called", 404, "notFound")
		aboutNote(t, s, "PUT", "ana", call, bytes.NewReader(sealedNote(1<<20+1))).is(t, "too large", 413, "tooLarge")

		from := [2]int{phone.count(), laptop.count()}
		sealed := sealedNote(1 << 20)
		aboutNote(t, s, "PUT", "ana", call, bytes.NewReader(sealed)).is(t, "the note", 204, "")
		for i, p := range []*page{phone, laptop} {
			if e := p.noted(from[i], call); e.Outcome != wire.OutcomeMissed || e.With[0].User != "ana" {
				t.Errorf("a device is told %+v", e)
			}
		}
		read := ask[wire.CallLog](laptop, "getCallLog", nil)
		for _, e := range read.Entries {
			if e.Note != (e.Call == call) {
				t.Errorf("the log has %+v", e)
			}
		}
		for _, other := range []wire.UserID{"ana", "caio"} {
			aboutNote(t, s, "GET", other, call, nil).is(t, "fetched by somebody else", 404, "notFound")
			aboutNote(t, s, "DELETE", other, call, nil).is(t, "deleted by somebody else", 204, "")
		}
		otherDevices := aboutNote(t, s, "GET", "bia", call+"?key=AQAAAAAAAAA", nil)
		otherDevices.is(t, "for a device that it was not sealed for", 409, "otherDevice")
		for _, key := range []string{"", "?key=" + string(wire.ToBlob(sealed[2:10]))} { // the first may be lost on the way
			got := aboutNote(t, s, "GET", "bia", call+wire.CallID(key), nil)
			if got.status != 200 || got.body != string(sealed) {
				t.Fatalf("the note is fetched with %d, of %d bytes", got.status, len(got.body))
			}
			for name, want := range map[string]string{
				"Content-Type": "application/octet-stream", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "default-src 'none'; sandbox",
			} {
				if got.header.Get(name) != want {
					t.Errorf("%s is %q", name, got.header.Get(name))
				}
			}
		}
		from = [2]int{phone.count(), laptop.count()}
		aboutNote(t, s, "DELETE", "bia", call, nil).is(t, "deleted", 204, "")
		for i, p := range []*page{phone, laptop} {
			if e := p.logged(from[i], call); e.Note {
				t.Errorf("a device is told %+v", e)
			}
		}
		aboutNote(t, s, "GET", "bia", call, nil).is(t, "fetched later", 404, "notFound")
		aboutNote(t, s, "DELETE", "bia", call, nil).is(t, "deleted twice", 204, "")
		for _, id := range []wire.CallID{"a%00b", "%ff", "a%20b", "..%2fusers", "%F0%9F%93%9E"} { // no ids
			aboutNote(t, s, "PUT", "ana", id, bytes.NewReader(sealed[:9])).is(t, "left to "+string(id), 404, "notFound")
			aboutNote(t, s, "GET", "bia", id, nil).is(t, "fetched of "+string(id), 404, "notFound")
			aboutNote(t, s, "DELETE", "bia", id, nil).is(t, "deleted of "+string(id), 204, "")
		}
		steps := map[signalling.NoteStep]int{}
		for _, e := range s.Events() {
			if e, ok := e.(signalling.NoteCame); ok {
				steps[e.Step]++
			}
		}
		if steps[signalling.NoteLeft] != 1 || steps[signalling.NoteFetched] != 2 || steps[signalling.NoteDropped] != 1 || steps[signalling.NoteRefused] < 8 {
			t.Errorf("counted are %v", steps)
		}
		storetest.Exec(t, dsn, `UPDATE call_log SET ended_ms = ended_ms - $1`, (11 * time.Minute).Milliseconds())
		aboutNote(t, s, "PUT", "ana", call, bytes.NewReader(sealed)).is(t, "to a call that is long over", 404, "notFound")
	})
}

// A note may come slowly: not every uplink takes a picture in five seconds, which is what
// other requests have.
func TestANoteMayTakeLongToCome(t *testing.T) {
	t.Parallel()
	s := notesServer(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "phone")
	takeNotes(bia, true)
	call := ringInVain(ana, "bia")
	sealed, body, end := sealedNote(100), bytes.NewReader(nil), time.Now().Add(5500*time.Millisecond)
	body.Reset(sealed)
	slow := readerFunc(func(p []byte) (int, error) {
		if body.Len() == 50 {
			time.Sleep(time.Until(end))
		}
		return body.Read(p[:min(len(p), 50)])
	})
	aboutNote(t, s, "PUT", "ana", call, slow).is(t, "the note", 204, "")
	if got := aboutNote(t, s, "GET", "bia", call, nil); got.body != string(sealed) {
		t.Errorf("the note has %d bytes", len(got.body))
	}
}

// readerFunc is a reader that is one function.
type readerFunc func([]byte) (int, error)

// Read implements [io.Reader].
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestANoteThatHasGoneByItselfIsToldToo(t *testing.T) {
	t.Parallel()
	dsn := storetest.SQLiteDSN(t)
	s := notesServer(t, signallingtest.Options{DSN: dsn})
	ana, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "phone")
	takeNotes(bia, true)
	leave := func() wire.CallID {
		call := ringInVain(ana, "bia")
		from := bia.count()
		aboutNote(t, s, "PUT", "ana", call, bytes.NewReader(sealedNote(100))).is(t, "the note", 204, "")
		bia.noted(from, call)
		return call
	}
	sweep := func() {
		if err := s.Sockets.SweepNotes(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	late := leave()
	sweep()
	aboutNote(t, s, "GET", "bia", late, nil).is(t, "before it expires", 200, "")
	storetest.Exec(t, dsn, `UPDATE notes SET expires_ms = expires_ms - $1`, (11 * time.Minute).Milliseconds())
	from := bia.count()
	sweep()
	if e := bia.logged(from, late); e.Note {
		t.Errorf("told is %+v", e)
	}
	forgotten, left := leave(), leave()
	ask[wire.Done](bia, "forgetCalls", wire.ForgetCalls{Calls: []wire.CallID{forgotten}})
	aboutNote(t, s, "GET", "bia", forgotten, nil).is(t, "of a call that is forgotten", 404, "notFound")
	from = bia.count()
	ask[wire.Done](ana, "deleteAccount", wire.DeleteAccount{User: "ana"})
	if e := bia.logged(from, left); e.Note {
		t.Errorf("told is %+v", e)
	}
	aboutNote(t, s, "GET", "bia", left, nil).is(t, "of an account that is deleted", 404, "notFound")
}

func TestSomebodyLeavesSoManyNotesAnHourAndSoManyWait(t *testing.T) {
	t.Parallel()
	s := notesServer(t, signallingtest.Options{})
	ana, caio, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "caio", "phone"), signIn(t, s, "bia", "phone")
	takeNotes(bia, true)
	var calls []wire.CallID
	for range 6 {
		calls = append(calls, ringInVain(ana, "bia"))
	}
	for _, call := range calls[:5] {
		aboutNote(t, s, "PUT", "ana", call, bytes.NewReader(sealedNote(10))).is(t, "one of five", 204, "")
	}
	aboutNote(t, s, "PUT", "ana", calls[5], bytes.NewReader(sealedNote(10))).is(t, "the sixth", 409, "notesFull")
	aboutNote(t, s, "PUT", "caio", ringInVain(caio, "bia"), bytes.NewReader(sealedNote(10))).is(t, "another's first", 204, "")
	aboutNote(t, s, "DELETE", "bia", calls[0], nil).is(t, "one is deleted", 204, "")
	aboutNote(t, s, "PUT", "ana", calls[5], bytes.NewReader(sealedNote(10))).is(t, "the sixth then", 204, "")
	for range 23 {
		aboutNote(t, s, "PUT", "ana", calls[5], bytes.NewReader(sealedNote(10))).is(t, "again", 204, "")
	}
	tired := aboutNote(t, s, "PUT", "ana", calls[5], bytes.NewReader(sealedNote(10)))
	tired.is(t, "the thirty-first", 429, "rateLimited")
	var wait int
	if _, err := fmt.Sscan(tired.header.Get("Retry-After"), &wait); err != nil || wait < 1 || wait > 3600 {
		t.Errorf("Retry-After is %q", tired.header.Get("Retry-After"))
	}
	aboutNote(t, s, "PUT", "caio", ringInVain(caio, "bia"), bytes.NewReader(sealedNote(10))).is(t, "another's second", 204, "")
}
