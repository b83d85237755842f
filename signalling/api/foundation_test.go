package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// key makes an API key of a test server and returns its credentials.
func key(t testing.TB, s *signallingtest.Server, scopes ...string) string {
	t.Helper()
	id, secret := identity.NewKey()
	if _, err := s.Store.CreateKey(t.Context(), store.NewKey{ID: id, Name: "test", Secret: []byte(secret), Scopes: scopes}); err != nil {
		t.Fatal(err)
	}
	return id + "." + secret
}

// ask makes one request; headers are name, value, name, value.
func ask(t testing.TB, method, url, key, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(data)}
}

// decoded is what was answered, which must have the status.
func decoded[T any](t testing.TB, a answer, status int) (v T) {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %d %s, want %d", a.status, a.body, status)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return v
}

type problemBody struct {
	Type, Code, Title, Detail, RequestID string
	Status                               int
	Errors                               []struct{ Detail, Pointer, Parameter string }
}

// refused checks that an answer is a problem of a code.
func refused(t testing.TB, a answer, status int, code string) problemBody {
	t.Helper()
	p := decoded[problemBody](t, a, status)
	if p.Code != code || p.Type != "/errors/"+code || p.Status != status || p.Title == "" ||
		a.header.Get("Content-Type") != "application/problem+json" || p.RequestID == "" || p.RequestID != a.header.Get("Request-Id") {
		t.Errorf("got %+v %v, want %s", p, a.header, code)
	}
	return p
}

func TestOnlyGoodKeysOpenTheAPI(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	good := key(t, s, "*")
	id, secret, _ := strings.Cut(good, ".")
	if got := ask(t, "GET", s.URL+"/v1/keys", good, ""); got.status != http.StatusOK {
		t.Fatalf("a good key: %+v", got)
	}
	revoked := key(t, s, "*")
	if err := s.Store.RevokeKey(t.Context(), strings.Split(revoked, ".")[0]); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"none": "", "only the id": id, "only the secret": secret, "another secret": id + "." + secret + "x",
		"an empty secret": id + ".", "another key": "ck_none." + secret, "revoked": revoked,
		"a person's token": s.Token(t, "ana"), "the server's own": "test.x",
	} {
		got := ask(t, "GET", s.URL+"/v1/keys", bad, "")
		if p := refused(t, got, http.StatusUnauthorized, "unauthenticated"); got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestAKeyMayDoOnlyWhatItsScopesSay(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	reader, writer, other := key(t, s, "keys:read"), key(t, s, "keys:write", "links:read"), key(t, s, "links:write")
	body := func(scope string) string { return `{"name":"shop","scopes":["` + scope + `"]}` }
	for _, c := range []struct {
		what, key, method, body string
		status                  int
	}{
		{"who may read reads", reader, "GET", "", 200},
		{"who may write reads", writer, "GET", "", 200},
		{"who may do something else does not", other, "GET", "", 403},
		{"who may read does not write", reader, "POST", body("keys:read"), 403},
		{"who may write gives what he has", writer, "POST", body("links:read"), 201},
		{"who may write gives nothing else", writer, "POST", body("links:write"), 403},
		{"who may write does not give all", writer, "POST", body("*"), 403},
	} {
		if got := ask(t, c.method, s.URL+"/v1/keys", c.key, c.body); got.status != c.status {
			t.Errorf("%s: %d %s", c.what, got.status, got.body)
		}
	}
	strong, _, _ := strings.Cut(key(t, s, "*"), ".")
	refused(t, ask(t, "POST", s.URL+"/v1/keys/"+strong+"/rotate", writer, `{}`), 403, "scopeMissing")
	refused(t, ask(t, "DELETE", s.URL+"/v1/keys/"+strong, writer, ""), 403, "scopeMissing")
}

func TestTokensAreTheKeysBusinessOnlyIfItMaySign(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	signer := key(t, s, "tokens:write")
	got := decoded[struct{ Token, User string }](t, ask(t, "POST", s.URL+"/v1/tokens", signer, `{"user":"zoe","name":"Zoe"}`), 200)
	verifier := identity.Verifier{Keys: s.Keys()}
	if who, err := verifier.Verify(t.Context(), got.Token, ""); err != nil || who.User != "zoe" || who.Name != "Zoe" || who.Guest() {
		t.Errorf("the token is for %+v (%v)", who, err)
	}
	guest := decoded[struct{ Token, User string }](t, ask(t, "POST", s.URL+"/v1/tokens", signer, `{"link":"abc","name":"Zoe"}`), 200)
	if who, err := verifier.Verify(t.Context(), guest.Token, ""); err != nil || !who.Guest() || who.Grants.Link != "abc" {
		t.Errorf("the token is for %+v (%v)", who, err)
	}
	if who, err := verifier.Verify(t.Context(), guest.Token, ""); err != nil || who.Automated {
		t.Errorf("the token is for %+v (%v)", who, err)
	}
	bot := decoded[struct{ Token, User string }](t, ask(t, "POST", s.URL+"/v1/tokens", signer, `{"link":"abc","name":"Zoe","automated":true}`), 200)
	if who, err := verifier.Verify(t.Context(), bot.Token, ""); err != nil || !who.Automated {
		t.Errorf("the token of a guest that is a program is for %+v (%v)", who, err)
	}
	refused(t, ask(t, "POST", s.URL+"/v1/tokens", signer, `{"user":"zoe","automated":true}`), 422, "invalid")
	refused(t, ask(t, "POST", s.URL+"/v1/tokens", signer, `{"link":"abc","user":"zoe"}`), 422, "invalid")
	refused(t, ask(t, "POST", s.URL+"/v1/tokens", signer, `{"link":"abc"}`), 422, "invalid")
	// A key without the scope cannot sign by itself either.
	id, secret, _ := strings.Cut(key(t, s, "links:write"), ".")
	forged := signed(t, id, secret, "zoe")
	if _, err := verifier.Verify(t.Context(), forged, ""); err == nil {
		t.Error("a key without tokens:write signs tokens")
	}
}

func TestBothKeysOfARotationAreGood(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	old := key(t, s, "*")
	id, _, _ := strings.Cut(old, ".")
	rotated := decoded[struct{ ID, Secret, Line string }](t, ask(t, "POST", s.URL+"/v1/keys/"+id+"/rotate", old, `{"keepSeconds":3600}`), 201)
	fresh := rotated.ID + "." + rotated.Secret
	for _, k := range []string{old, fresh} {
		if got := ask(t, "GET", s.URL+"/v1/keys/"+id, k, ""); got.status != 200 || !strings.Contains(got.body, "expiresAt") || strings.Contains(got.body, "cs_") {
			t.Errorf("got %+v", got)
		}
	}
	refused(t, ask(t, "POST", s.URL+"/v1/keys/"+id+"/rotate", fresh, `{}`), 409, "limitReached")
	if got := ask(t, "DELETE", s.URL+"/v1/keys/"+id, fresh, ""); got.status != 204 {
		t.Errorf("got %+v", got)
	}
	refused(t, ask(t, "GET", s.URL+"/v1/keys", old, ""), 401, "unauthenticated")
	k := decoded[struct{ UsedAt, RevokedAt string }](t, ask(t, "GET", s.URL+"/v1/keys/"+id, fresh, ""), 200)
	if k.UsedAt == "" || k.RevokedAt == "" {
		t.Errorf("the old key is %+v", k)
	}
}

func TestARepeatedRequestIsAnsweredAlike(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k, url := key(t, s, "*"), s.URL+"/v1/keys"
	body := `{"name":"shop","scopes":["links:read"]}`
	first := ask(t, "POST", url, k, body, "Idempotency-Key", "one")
	again := ask(t, "POST", url, k, body, "Idempotency-Key", "one")
	if first.status != 201 || again.status != 201 || first.body != again.body || !strings.Contains(first.body, "cs_") {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" ||
		again.header.Get("Cache-Control") != "no-store" || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
		t.Errorf("first %v, again %v", first.header, again.header)
	}
	if other := ask(t, "POST", url, k, body, "Idempotency-Key", "two"); other.status != 201 || other.body == first.body {
		t.Errorf("another name: %+v", other)
	}
	refused(t, ask(t, "POST", url, k, `{"name":"shop","scopes":["links:write"]}`, "Idempotency-Key", "one"), 422, "nameReused")
	if other := ask(t, "POST", url, key(t, s, "*"), body, "Idempotency-Key", "one"); other.status != 201 || other.body == first.body {
		t.Errorf("another key's: %+v", other)
	}
	// What the client got wrong stays wrong; it was answered.
	bad := `{"name":"","scopes":["links:read"]}`
	refused(t, ask(t, "POST", url, k, bad, "Idempotency-Key", "three"), 422, "invalid")
	if got := ask(t, "POST", url, k, bad, "Idempotency-Key", "three"); got.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %+v", got)
	}
}

func TestOneOfManyEqualRequestsIsCarriedOut(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	var running sync.WaitGroup
	var mu sync.Mutex
	made, inFlight := map[string]int{}, 0
	for range 16 {
		running.Go(func() {
			got := ask(t, "POST", s.URL+"/v1/keys", k, `{"name":"shop","scopes":["links:read"]}`, "Idempotency-Key", "one")
			mu.Lock()
			defer mu.Unlock()
			switch got.status {
			case 201:
				made[got.body]++
			case 409:
				refused(t, got, 409, "inFlight")
				inFlight++
			default:
				t.Errorf("got %+v", got)
			}
		})
	}
	running.Wait()
	if len(made) != 1 {
		t.Errorf("%d keys were made, %d asked meanwhile", len(made), inFlight)
	}
	// One that is stuck is in flight for whoever asks.
	id, _, _ := strings.Cut(k, ".")
	r := store.Request{Key: id, Name: identity.HashSecret("stuck"), Hash: "x"}
	if _, _, err := s.Store.BeginRequest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	refused(t, ask(t, "POST", s.URL+"/v1/keys", k, `{}`, "Idempotency-Key", "stuck"), 422, "nameReused")
	body := `{"name":"shop","scopes":["links:read"]}`
	same := store.Request{Key: id, Name: identity.HashSecret("slow"), Hash: requestHash("POST", "/v1/keys", "", body)}
	if _, began, err := s.Store.BeginRequest(t.Context(), same); err != nil || !began {
		t.Fatal(began, err)
	}
	got := ask(t, "POST", s.URL+"/v1/keys", k, body, "Idempotency-Key", "slow")
	refused(t, got, 409, "inFlight")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("in flight: %v", got.header)
	}
}

// requestHash is what the server keeps of a request: method, address, If-Match, body.
func requestHash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func TestListsComeInPages(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	for range 6 {
		key(t, s, "links:read")
	}
	type keys struct {
		Items      []struct{ ID string }
		NextCursor string
	}
	seen := map[string]bool{}
	url := s.URL + "/v1/keys?limit=3"
	for range 3 {
		got := ask(t, "GET", url, k, "")
		p := decoded[keys](t, got, 200)
		for _, k := range p.Items {
			seen[k.ID] = true
		}
		if p.NextCursor == "" {
			if got.header.Get("Link") != "" {
				t.Errorf("the last page links to %s", got.header.Get("Link"))
			}
			break
		}
		path, rest, _ := strings.Cut(strings.TrimPrefix(got.header.Get("Link"), "<"), ">")
		if rest != `; rel="next"` || len(p.Items) != 3 {
			t.Fatalf("got %+v", got)
		}
		url = s.URL + path
	}
	if len(seen) != 7 {
		t.Errorf("the pages had %d keys", len(seen))
	}
	for _, bad := range []string{"cursor=x!", "cursor=eA", "limit=0", "limit=201", "limit=many"} {
		refused(t, ask(t, "GET", s.URL+"/v1/keys?"+bad, k, ""), 422, "invalid")
	}
}

func TestAKeysRateIsToldAndKept(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{APIPerMinute: 3})
	k := key(t, s, "*")
	for i := range 3 {
		got := ask(t, "GET", s.URL+"/v1/keys", k, "")
		if got.status != 200 || got.header.Get("RateLimit-Policy") != `"key";q=3;w=60` ||
			!strings.HasPrefix(got.header.Get("RateLimit"), fmt.Sprintf(`"key";r=%d;t=`, 2-i)) {
			t.Fatalf("request %d: %+v", i, got)
		}
	}
	got := ask(t, "GET", s.URL+"/v1/keys", k, "")
	if refused(t, got, 429, "rateLimited"); got.header.Get("Retry-After") == "" || got.header.Get("Retry-After") == "0" {
		t.Errorf("got %+v", got)
	}
	if got := ask(t, "GET", s.URL+"/v1/keys", key(t, s, "*"), ""); got.status != 200 {
		t.Errorf("another key: %+v", got)
	}
}

func TestSecretsCannotBeGuessed(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	id, _, _ := strings.Cut(k, ".")
	for range 200 {
		if got := ask(t, "GET", s.URL+"/v1/keys", id+".cs_"+identity.NewSecret(), ""); got.status == http.StatusTooManyRequests {
			refused(t, got, 429, "rateLimited")
			return
		}
	}
	t.Error("200 guesses in a row were answered")
}

func TestEachRequestHasAnID(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	if got := ask(t, "GET", s.URL+"/v1/keys", k, "", "Request-Id", "mine-1"); got.header.Get("Request-Id") != "mine-1" {
		t.Errorf("got %v", got.header)
	}
	for _, bad := range []string{"", "a b", "<script>", strings.Repeat("a", 65)} {
		if got := ask(t, "GET", s.URL+"/v1/keys", k, "", "Request-Id", bad); !strings.HasPrefix(got.header.Get("Request-Id"), "req_") {
			t.Errorf("%q: got %v", bad, got.header)
		}
	}
}

func TestWhatNoRouteAnswersIsAProblem(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	refused(t, ask(t, "GET", s.URL+"/v1/none", "", ""), 404, "notFound")
	if got := ask(t, "PUT", s.URL+"/v1/keys", key(t, s, "*"), ""); got.header.Get("Allow") == "" {
		t.Errorf("got %+v", got)
	} else {
		refused(t, got, 405, "methodNotAllowed")
	}
	k := key(t, s, "*")
	refused(t, ask(t, "POST", s.URL+"/v1/keys", k, `{`), 400, "badRequest")
	refused(t, ask(t, "POST", s.URL+"/v1/keys", k, `name=shop`, "Content-Type", "application/x-www-form-urlencoded"), 415, "mediaType")
	refused(t, ask(t, "POST", s.URL+"/v1/keys", k, `{"name":"`+strings.Repeat("a", 65<<10)+`"}`), 413, "tooLarge")
	p := refused(t, ask(t, "POST", s.URL+"/v1/keys", k, `{"name":"","scopes":["links:read"],"more":1}`), 422, "invalid")
	if len(p.Errors) != 2 || p.Errors[0].Pointer == "" || p.Errors[1].Pointer == "" {
		t.Errorf("got %+v", p)
	}
	if got := ask(t, "GET", s.URL+p.Type, "", ""); got.status != 200 || !strings.Contains(got.body, p.Title) {
		t.Errorf("the explanation is %+v", got)
	}
	if got := ask(t, "GET", s.URL+"/errors/none", "", ""); got.status != 404 {
		t.Errorf("got %+v", got)
	}
}

// Pages of other sites can neither ask by form nor open the WebSocket.
func TestPagesOfOtherSitesAreKeptOut(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	for _, h := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site", "Origin", "https://other.example"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
	} {
		refused(t, ask(t, "POST", s.URL+"/v1/keys", k, `{"name":"shop","scopes":["links:read"]}`, h...), 403, "crossSite")
		refused(t, ask(t, "POST", s.URL+"/v1/demo/sign-in", "", `{"user":"ana"}`, h...), 403, "crossSite")
		// What a form can send without asking first.
		refused(t, ask(t, "POST", s.URL+"/v1/demo/sign-in", "", `{"user":"ana"}`, append(h, "Content-Type", "text/plain")...), 403, "crossSite")
		header := http.Header{}
		for i := 0; i < len(h); i += 2 {
			header.Set(h[i], h[i+1])
		}
		if _, response, err := websocket.Dial(t.Context(), s.Socket(), &websocket.DialOptions{HTTPHeader: header}); err == nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("%v opens a WebSocket (%v)", h, err)
		}
	}
	if got := ask(t, "POST", s.URL+"/v1/demo/sign-in", "", `{"user":"ana"}`, "Sec-Fetch-Site", "same-origin", "Origin", s.URL); got.status != 200 {
		t.Errorf("the server's own page: %+v", got)
	}
	if list, err := s.Store.ListKeys(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("there are %d keys (%v)", len(list), err)
	}
}

// signed is a token for an account, signed offline.
func signed(t *testing.T, key, secret, user string) string {
	t.Helper()
	token, err := identity.Sign(key, []byte(secret), identity.Identity{User: wire.UserID(user), Name: user, Grants: identity.Grants{Account: true}}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
