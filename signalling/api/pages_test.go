package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
)

// Pages of listed sites may ask what the SDK asks, by a token, and nothing else; no
// page is ever let in by a cookie, and those of other sites are told nothing.
func TestPagesOfListedSitesMayAskWhatTheSDKAsks(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{Origins: []string{"https://shop.example"}})
	k := key(t, s, "*")
	made, err := s.Store.CreateKey(t.Context(), store.NewKey{ID: "ck_mall", Secret: []byte("x"), Origins: []string{"https://mall.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.UpsertUser(t.Context(), "ana", "Ana"); err != nil {
		t.Fatal(err)
	}
	avatar, code := s.URL+"/v1/account/avatar", s.URL+"/v1/accounts/code"
	shared := func(origin, method, url, token, body string) answer {
		t.Helper()
		a := ask(t, method, url, token, body, "Origin", origin, "Sec-Fetch-Site", "cross-site", "Access-Control-Request-Method", "PUT")
		for name := range a.header {
			if strings.HasPrefix(name, "Access-Control-") && (name == "Access-Control-Allow-Credentials" || slices.Contains(a.header[name], "*")) {
				t.Errorf("%s is told %s: %v", origin, name, a.header[name])
			}
		}
		return a
	}
	for _, origin := range []string{"https://shop.example", "https://mall.example"} {
		for _, url := range []string{avatar, code, s.URL + "/v1/avatars/x", s.URL + "/v1/notes/x"} {
			before := shared(origin, http.MethodOptions, url, "", "")
			if h := before.header; before.status != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != origin || h.Get("Vary") != "Origin" ||
				h.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type" || h.Get("Access-Control-Max-Age") == "" {
				t.Errorf("%s asks for %s before: %d %v", origin, url, before.status, h)
			}
		}
		gone := shared(origin, http.MethodDelete, avatar, s.Token(t, "ana"), "")
		if gone.status != http.StatusNoContent || gone.header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s takes the image away: %+v", origin, gone)
		}
		if wrong := shared(origin, http.MethodDelete, avatar, "none", ""); wrong.status != http.StatusUnauthorized || wrong.header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s with a wrong token: %+v", origin, wrong) // it can read why
		}
		if note := shared(origin, http.MethodDelete, s.URL+"/v1/notes/x", s.Token(t, "ana"), ""); note.status != http.StatusNoContent || note.header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s deletes a note: %+v", origin, note)
		}
		// What takes an API key is for no page.
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			a := shared(origin, method, s.URL+"/v1/links", k, `{"owner":"ana","kind":"voice"}`)
			if a.status < 400 || a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s makes a link with %s: %+v", origin, method, a)
			}
		}
	}
	for _, origin := range []string{
		"https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example", "https://shop.example:8443", "https://SHOP.example", "*", "https://*",
	} {
		for _, method := range []string{http.MethodOptions, http.MethodDelete} {
			a := shared(origin, method, avatar, s.Token(t, "ana"), "")
			if a.status < 400 || a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Access-Control-Allow-Methods") != "" {
				t.Errorf("%s by %s: %+v", origin, method, a)
			}
			if a.header.Get("Vary") != "Origin" { // else a cache gives one site's answer to another
				t.Errorf("%s by %s varies by %q", origin, method, a.header.Get("Vary"))
			}
		}
	}
	// The socket goes by the same list, and with the key its sites go.
	opens := func(origin string) bool {
		conn, _, err := websocket.Dial(t.Context(), s.Socket(), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if err == nil {
			_ = conn.CloseNow()
		}
		return err == nil
	}
	if !opens("https://mall.example") || !opens("https://shop.example") || opens("https://evil.example") {
		t.Error("the socket goes by another list")
	}
	if err := s.Store.RevokeKey(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	if a := shared("https://mall.example", http.MethodOptions, avatar, "", ""); a.header.Get("Access-Control-Allow-Origin") != "" || opens("https://mall.example") {
		t.Errorf("the site of a revoked key: %+v", a)
	}
}
