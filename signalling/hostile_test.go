package signalling_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pronto/signalling"
	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// couple is a call that goes on while others misbehave.
func couple(t *testing.T, s *signallingtest.Server) (a, b *page, call wire.CallID) {
	t.Helper()
	a, b = signIn(t, s, "ana", "laptop"), signIn(t, s, "bia", "phone")
	call = ask[wire.CallState](a, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	event[wire.Incoming](b, "incoming")
	ask[wire.CallState](b, "accept", wire.Accept{Call: call})
	return a, b, call
}

// unharmed fails unless the couple's call works as before.
func unharmed(t *testing.T, a, b *page, call wire.CallID) {
	t.Helper()
	start := time.Now()
	media := wire.Media{Microphone: true, Camera: start.UnixNano()%2 == 0, Screen: true}
	from := b.count()
	ask[wire.Done](a, "setMedia", wire.SetMedia{Call: call, Media: media})
	b.wait("mediaChanged", from, func(f wire.Frame) bool { return f.Type == "mediaChanged" })
	ask[wire.Done](a, "setMedia", wire.SetMedia{Call: call, Media: wire.Media{}})
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("an event took %s", took)
	}
}

// cpu is the processor time of this process.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// idle fails unless the process comes back to idle. It has long to do so, for other tests run beside.
func idle(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		before, start := cpu(t), time.Now()
		<-time.After(100 * time.Millisecond) // the span over which idleness is measured
		if share := float64(cpu(t)-before) / float64(time.Since(start)); share < 0.25 {
			return
		} else if time.Now().After(deadline) {
			t.Errorf("the process still uses %.0f %% of a core", 100*share)
			return
		}
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	hostile := signIn(t, s, "eve", "x")
	deep := strings.Repeat(`[`, 10_000) + strings.Repeat(`]`, 10_000)
	for name, c := range map[string]struct {
		frame string
		code  wire.Code
	}{
		"broken JSON":       {`{"type":"ring","id":"1"`, wire.CodeBadFrame},
		"not an object":     {`[1,2,3]`, wire.CodeBadFrame},
		"two objects":       {`{"type":"ping","id":"1","body":{}}{}`, wire.CodeBadFrame},
		"deep":              {`{"type":"ping","id":"1","body":` + deep + `}`, wire.CodeBadFrame},
		"a name twice":      {`{"type":"ping","id":"1","type":"leave","body":{}}`, wire.CodeBadFrame},
		"not UTF-8":         {"{\"type\":\"ping\",\"id\":\"\xff\",\"body\":{}}", wire.CodeBadFrame},
		"unknown type":      {`{"type":"drop tables","id":"1","body":{}}`, wire.CodeUnknownType},
		"users is a number": {`{"type":"ring","id":"2","body":{"users":7,"kind":"voice"}}`, wire.CodeInvalid},
		"users is empty":    {`{"type":"ring","id":"3","body":{"users":[],"kind":"voice"}}`, wire.CodeInvalid},
		"no users":          {`{"type":"ring","id":"4","body":{"kind":"voice"}}`, wire.CodeInvalid},
		"too many users":    {`{"type":"ring","id":"5","body":{"users":[` + strings.Repeat(`"a",`, 31) + `"a"],"kind":"voice"}}`, wire.CodeInvalid},
		"a kind of its own": {`{"type":"ring","id":"6","body":{"users":["bia"],"kind":"hologram"}}`, wire.CodeInvalid},
		"an id with a dot":  {`{"type":"ring","id":"7","body":{"users":["a.b"],"kind":"voice"}}`, wire.CodeInvalid},
		"a wildcard":        {`{"type":"ring","id":"8","body":{"users":[">"],"kind":"voice"}}`, wire.CodeInvalid},
		"itself":            {`{"type":"ring","id":"9","body":{"users":["eve"],"kind":"voice"}}`, wire.CodeInvalid},
		"another's call":    {`{"type":"leave","id":"10","body":{"call":"` + string(call) + `"}}`, wire.CodeNotFound},
		"a call of no one":  {`{"type":"accept","id":"11","body":{"call":"x","media":{}}}`, wire.CodeNotFound},
		"hello again":       {`{"type":"hello","id":"12","body":{"token":"x","device":"y"}}`, wire.CodeForbidden},
		"40 candidates":     {`{"type":"trickle","id":"13","body":{"call":"x","generation":1,"candidates":[` + strings.Repeat(`{"candidate":"","sdpMid":""},`, 39) + `{"candidate":"","sdpMid":""}]}}`, wire.CodeInvalid},
		"a negative number": {`{"type":"ping","id":"14","body":{"serial":-1}}`, wire.CodeInvalid},
		"a fraction":        {`{"type":"ping","id":"15","body":{"serial":1.5}}`, wire.CodeInvalid},
		"1e400":             {`{"type":"ping","id":"16","body":{"serial":1e400}}`, wire.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			from := hostile.count()
			hostile.raw([]byte(c.frame))
			p := decode[wire.Problem](t, hostile.wait("a problem", from, func(f wire.Frame) bool { return f.Type == "problem" }).frame)
			if p.Code != c.code || p.Detail == "" {
				t.Errorf("got %+v, want %s", p, c.code)
			}
		})
	}
	if got := ask[wire.Done](hostile, "ping", wire.Ping{}); got != (wire.Done{}) {
		t.Error("the socket is of no use after that")
	}
	unharmed(t, a, b, call)
	idle(t)
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	p := signIn(t, s, "ana", "laptop")
	p.raw([]byte(`{"type":"ping","id":"x","colour":"red","body":{"serial":1,"mood":{"good":true}}}`))
	p.wait("done", 0, func(f wire.Frame) bool { return f.ID == "x" && f.Type == "done" })
}

func TestAHugeFrameClosesOnlyItsSocket(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	for _, size := range []int{wire.MaxFrameBytes + 1, 20 << 20} {
		hostile := signIn(t, s, "eve", "x")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		hostile.raw([]byte(`{"type":"ping","id":"1","body":{"x":"` + strings.Repeat("a", size) + `"}}`))
		if code := hostile.closed(); code != wire.CloseTooLarge && code != -1 { // -1: reset while we wrote
			t.Errorf("%d bytes: closed with %d", size, code)
		}
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
			t.Errorf("%d bytes: the heap grew by %d MiB", size, grown>>20)
		}
		unharmed(t, a, b, call)
	}
	counted := 0
	for _, e := range s.Events() {
		if h, ok := e.(signalling.Handled); ok && h.Code == wire.CodeTooLarge {
			counted++
		}
	}
	if counted != 2 {
		t.Errorf("%d frames were counted", counted)
	}
	idle(t)
}

func TestMalformedFramesWithoutEndCloseTheSocket(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	hostile := signIn(t, s, "eve", "x")
	for range 40 {
		hostile.raw([]byte("{"))
	}
	if code := hostile.closed(); code != wire.CloseProtocol && code != -1 { // -1: reset while we wrote
		t.Errorf("closed with %d", code)
	}
	unharmed(t, a, b, call)
}

func TestAFloodIsSlowedAndThenCut(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	hostile := signIn(t, s, "eve", "x")
	slowed := func(f wire.Frame) bool {
		return f.Type == "problem" && decode[wire.Problem](t, f).Code == wire.CodeRateLimited
	}
	for i := range 400 {
		hostile.send("ping", fmt.Sprint("f", i), wire.Ping{})
	}
	hostile.wait("that it is too much", 0, slowed)
	for i := 0; i < 10_000 && hostile.open(); i++ {
		hostile.send("ping", fmt.Sprint("g", i), wire.Ping{})
	}
	if code := hostile.closed(); code != wire.CloseTooMany && code != -1 { // -1: reset while we wrote
		t.Errorf("closed with %d", code)
	}
	unharmed(t, a, b, call)
}

func TestSessionDescriptionsThatAreTooMuch(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	hostile := signIn(t, s, "eve", "x")
	own := ask[wire.Link](hostile, "createLink", wire.CreateLink{Kind: wire.KindVideo})
	room := ask[wire.CallState](hostile, "joinLink", wire.JoinLink{Link: own.Link})
	head := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
	line := func(n int, f func(int) string) string {
		var text strings.Builder
		text.WriteString(head)
		for i := range n {
			text.WriteString(f(i))
		}
		return text.String()
	}
	bomb := line(40_000, func(int) string { return "a=rtpmap:111 opus/48000/2\r\n" })[:48<<10]
	for name, c := range map[string]struct {
		sdp  string
		code wire.Code
	}{
		"359 kB":                       {strings.Repeat("a", 359<<10), ""}, // over the frame's limit: the socket closes
		"the same codec over and over": {bomb, wire.CodeBadDescription},
		"candidates over and over": {line(500, func(i int) string {
			return fmt.Sprintf("a=candidate:%d 1 udp 1 10.0.0.1 %d typ host\r\n", i, i+1024)
		}), wire.CodeBadDescription},
		"not a description": {"hello", wire.CodeBadDescription},
	} {
		t.Run(name, func(t *testing.T) {
			request := wire.Negotiate{Call: room.Call, Generation: room.Generation, SDP: c.sdp, Sends: []wire.Send{}}
			if c.code == "" {
				other := signIn(t, s, "mallory", "x")
				other.send("negotiate", "1", request)
				if code := other.closed(); code != wire.CloseTooLarge && code != -1 {
					t.Errorf("closed with %d", code)
				}
				return
			}
			before := cpu(t)
			p := refused(hostile, "negotiate", request)
			if p.Code != c.code {
				t.Errorf("got %+v", p)
			}
			if used := cpu(t) - before; used > time.Second {
				t.Errorf("it cost %s", used)
			}
		})
	}
	unharmed(t, a, b, call)
	idle(t)
}

// 20,000 candidates come as many messages; the rate stops them.
func TestTwentyThousandCandidates(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	m, w := signIn(t, s, "mallory", "x"), signIn(t, s, "walter", "y")
	theirs := ask[wire.CallState](m, "ring", wire.Ring{Users: []wire.UserID{"walter"}, Kind: wire.KindVoice})
	event[wire.Incoming](w, "incoming")
	ask[wire.CallState](w, "accept", wire.Accept{Call: theirs.Call})
	candidates := make([]wire.Candidate, wire.MaxCandidates)
	for i := range candidates {
		candidates[i] = wire.Candidate{Candidate: fmt.Sprintf("candidate:%d 1 udp 1 10.0.0.1 %d typ host", i, i), SDPMid: "0"}
	}
	// Written once, so that they are sent faster than the rate on a slow machine too.
	body, err := json.Marshal(wire.Trickle{Call: theirs.Call, Generation: 1, Candidates: candidates})
	if err != nil {
		t.Fatal(err)
	}
	sent, start := 0, time.Now()
	for ; sent < 20_000/wire.MaxCandidates || m.open() && time.Since(start) < 30*time.Second; sent++ {
		m.raw(fmt.Appendf(nil, `{"type":"trickle","id":"c%d","body":%s}`, sent, body))
	}
	if code := m.closed(); code != wire.CloseTooMany && code != -1 { // -1: reset while we wrote
		t.Errorf("closed with %d after %d messages", code, sent)
	}
	unharmed(t, a, b, call)
	idle(t)
}

func TestTokensThatAreRefused(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	good := s.Token(t, "ana")
	sign := func(secret string, at time.Time) string {
		token, err := identity.Sign(signallingtest.Key, []byte(secret), identity.Identity{User: "ana", Name: "Ana",
			Grants: identity.Grants{Account: true}}, at, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"of another key": sign("another secret", time.Now()),
		"expired":        sign(string(s.Secret), time.Now().Add(-time.Hour)),
		"alg none":       "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + ".",
		"cut":            good[:len(good)-3],
		"nonsense":       "nonsense",
	} {
		t.Run(name, func(t *testing.T) {
			p := connect(t, s)
			problem := refused(p, "hello", wire.Hello{Token: token, Device: "x"})
			if problem.Code != wire.CodeUnauthenticated || strings.Contains(problem.Detail, token) {
				t.Errorf("got %+v", problem)
			}
			if code := p.closed(); code != wire.CloseUnauthenticated {
				t.Errorf("closed with %d", code)
			}
		})
	}
	t.Run("none at all", func(t *testing.T) {
		p := connect(t, s)
		if problem := refused(p, "ping", wire.Ping{}); problem.Code != wire.CodeHelloFirst {
			t.Errorf("got %+v", problem)
		}
		p.closed()
	})
	t.Run("silence", func(t *testing.T) {
		start := time.Now()
		if code := connect(t, s).closed(); code != wire.CloseUnauthenticated {
			t.Errorf("closed with %d", code)
		}
		if took := time.Since(start); took < 4*time.Second || took > 8*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{Origins: []string{"https://example.com"}})
	own := strings.TrimPrefix(s.URL, "http://")
	for origin, want := range map[string]int{
		"https://example.com": http.StatusSwitchingProtocols, "http://" + own: http.StatusSwitchingProtocols,
		"null": http.StatusForbidden, "https://example.com.evil.test": http.StatusForbidden,
		"https://evilexample.com": http.StatusForbidden, "https://example.com:444": http.StatusForbidden,
		"http://example.com": http.StatusForbidden, "https://EXAMPLE.com": http.StatusForbidden,
		"https://example.com.": http.StatusForbidden, "https://a@example.com": http.StatusForbidden,
		"https://sub.example.com": http.StatusForbidden,
	} {
		if got := dialRaw(t, s, http.Header{"Origin": {origin}}); got != want {
			t.Errorf("%s: %d, want %d", origin, got, want)
		}
	}
	if got := dialRaw(t, s, http.Header{"Sec-Fetch-Mode": {"websocket"}}); got != http.StatusForbidden {
		t.Errorf("a browser that names no origin: %d", got)
	}
	if got := dialRaw(t, s, http.Header{}); got != http.StatusSwitchingProtocols {
		t.Errorf("another program: %d", got)
	}
}

func FuzzFrames(f *testing.F) {
	for _, r := range wire.Requests {
		body, err := json.Marshal(r.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(fmt.Sprintf(`{"type":%q,"id":"1","body":%s}`, r.Type, body)))
	}
	s := signallingtest.Start(f, signallingtest.Options{})
	var run atomic.Uint64
	f.Fuzz(func(t *testing.T, data []byte) {
		// An account of its own: one of the frames may end it.
		p := signIn(t, s, wire.UserID("ana"+strconv.FormatUint(run.Add(1), 10)), "x")
		p.raw(data)
		if f, _, err := wire.Decode(data); err == nil && (f.Type == "hello" || f.Type == "disableAccount" || f.Type == "deleteAccount") {
			return
		}
		ask[wire.Done](p, "ping", wire.Ping{})
		p.close()
	})
}

// An event is the server's to tell. Said by somebody in the call, about another one and
// with the call's own numbers, none of them is taken for anything, and nobody hears it.
func TestNoEventIsTakenFromAClient(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	ask[wire.CallState](a, "sync", wire.Sync{Call: call})
	from := b.count()
	for i, e := range wire.Events {
		body, err := json.Marshal(e.Body)
		if err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprint("forged", i)
		a.raw([]byte(`{"type":"` + e.Type + `","id":"` + id + `","call":"` + string(call) + `","epoch":1,"seq":1000,"participant":"p2","body":` + string(body) + `}`))
		f := a.wait("the refusal of "+e.Type, 0, func(f wire.Frame) bool { return f.ID == id }).frame
		if p := decode[wire.Problem](t, f); f.Type != "problem" || p.Code != wire.CodeUnknownType {
			t.Errorf("%s is answered with %s %s", e.Type, f.Type, f.Body)
		}
	}
	unharmed(t, a, b, call)
	for _, h := range b.heardAfter(from) {
		if h.frame.Type != "mediaChanged" { // by which unharmed sees that the call works
			t.Errorf("the other one hears %s", h.frame.Type)
		}
	}
}
