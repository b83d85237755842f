package signalling_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// A token is of use on the pages that its key lists, on the server's own, and to
// programs: another site that may connect can do nothing with it, by the socket or by
// the API.
func TestATokenIsUsedOnPagesOfItsOwnKeyOnly(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{Origins: []string{"https://house.example"}})
	makeKey := func(id string, origins ...string) {
		t.Helper()
		if _, err := s.Store.CreateKey(t.Context(), store.NewKey{ID: id, Secret: []byte(id), Origins: origins}); err != nil {
			t.Fatal(err)
		}
	}
	makeKey("ck_shop", "https://shop.example", "https://desk.example:8443")
	makeKey("ck_mall", "https://mall.example")
	makeKey("ck_free")
	if _, err := s.Store.RotateKey(t.Context(), "ck_mall", "ck_next", []byte("ck_next"), time.Hour, time.Time{}); err != nil {
		t.Fatal(err)
	}
	try := func(key, page string, want bool) {
		t.Helper()
		for _, grants := range []identity.Grants{{Account: true}, {Link: "front-door"}} {
			token := tokenOf(t, key, grants)
			if opened, problem := opensSocket(t, s, page, token); opened != want {
				t.Errorf("%s on %q with %+v opens a socket: %t (%+v)", key, page, grants, opened, problem)
			} else if !want && (problem.Code != wire.CodeForbidden || !strings.Contains(problem.Detail, "pronto keys origins") || strings.Contains(problem.Detail, ".example")) {
				t.Errorf("%s on %q with %+v is told %+v", key, page, grants, problem)
			}
		}
		switch got := takesAvatarAway(t, s, page, tokenOf(t, key, identity.Grants{Account: true})); {
		case want && got != http.StatusNoContent, !want && got != http.StatusForbidden:
			t.Errorf("%s on %q takes the image away: %d", key, page, got)
		}
	}
	for _, c := range []struct {
		key, page string
		want      bool
	}{
		{"ck_shop", "https://shop.example", true},
		{"ck_shop", "https://desk.example:8443", true},
		{"ck_shop", "https://mall.example", false},  // may connect, by another key
		{"ck_shop", "https://house.example", false}, // may connect, by the server's own list
		{"ck_shop", "", true},                       // no page at all
		{"ck_shop", s.URL, true},                    // the server's own pages
		{"ck_mall", "https://mall.example", true},
		{"ck_mall", "https://shop.example", false},
		{"ck_next", "https://mall.example", true}, // the successor has its predecessor's list
		{"ck_next", "https://shop.example", false},
		{"ck_free", "https://shop.example", true}, // without a list it is left to the server
		{"ck_free", "https://house.example", true},
		{signallingtest.Key, "https://house.example", true}, // the server's own tokens
		{signallingtest.Key, "https://shop.example", true},
	} {
		if c.key == signallingtest.Key {
			if opened, problem := opensSocket(t, s, c.page, s.Token(t, "ana")); !opened {
				t.Errorf("the server's own token on %q: %+v", c.page, problem)
			}
			continue
		}
		try(c.key, c.page, c.want)
	}
	// No page can hide where it is from: a frame without an origin is no page of anybody's.
	for _, page := range []string{"null", "https://evil.example", "https://shop.example.evil.example", "https://SHOP.example"} {
		if status := dialRaw(t, s, http.Header{"Origin": {page}}); status != http.StatusForbidden {
			t.Errorf("a socket on %q: %d", page, status)
		}
		if got := takesAvatarAway(t, s, page, tokenOf(t, "ck_shop", identity.Grants{Account: true})); got != http.StatusForbidden {
			t.Errorf("%q takes the image away: %d", page, got)
		}
	}
	// Another list counts from the next connection on; those that are open stay.
	open := connectVia(t, s, http.Header{"Origin": {"https://shop.example"}})
	token := tokenOf(t, "ck_shop", identity.Grants{Account: true})
	was := ask[wire.Welcome](open, "hello", wire.Hello{Token: token, Device: "till"})
	if _, err := s.Store.ChangeKey(t.Context(), "ck_shop", "shop", []string{"https://mall.example"}); err != nil {
		t.Fatal(err)
	}
	try("ck_shop", "https://mall.example", true)
	try("ck_mall", "https://mall.example", true)
	makeKey("ck_also", "https://shop.example") // so that shop.example may connect at all
	try("ck_shop", "https://shop.example", false)
	if ask[wire.Done](open, "ping", wire.Ping{}); !open.open() {
		t.Error("a session that was open has ended")
	}
	again := connectVia(t, s, http.Header{"Origin": {"https://shop.example"}})
	resume := &wire.Resume{Session: was.Session, Secret: was.Secret, Serial: 1}
	if p := refused(again, "hello", wire.Hello{Token: token, Device: "till", Resume: resume}); p.Code != wire.CodeForbidden {
		t.Errorf("a session is taken up by %+v", p)
	}
	if code := again.closed(); code != websocket.StatusCode(wire.CloseUnauthenticated) {
		t.Errorf("the socket is closed with %d", code)
	}
}

// tokenOf signs by a key whose secret is its id.
func tokenOf(t *testing.T, key string, grants identity.Grants) string {
	t.Helper()
	token, err := identity.Sign(key, []byte(key), identity.Identity{User: "dora", Name: "Dora", Grants: grants}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// opensSocket says hello on a page; empty is none.
func opensSocket(t *testing.T, s *signallingtest.Server, page, token string) (bool, wire.Problem) {
	t.Helper()
	header := http.Header{}
	if page != "" {
		header.Set("Origin", page)
	}
	p := connectVia(t, s, header)
	defer p.close()
	f := p.request("hello", wire.Hello{Token: token, Device: "phone"})
	if f.Type != "problem" {
		return true, wire.Problem{}
	}
	return false, decode[wire.Problem](t, f)
}

// takesAvatarAway asks the API what the SDK of a page asks; empty is no page.
func takesAvatarAway(t *testing.T, s *signallingtest.Server, page, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.URL+"/v1/account/avatar", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if page != "" {
		request.Header.Set("Origin", page)
		if page != s.URL {
			request.Header.Set("Sec-Fetch-Site", "cross-site")
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}
