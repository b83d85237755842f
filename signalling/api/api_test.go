package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

type answer struct {
	status int
	header http.Header
	body   string
}

func post(t *testing.T, url, body string) answer {
	t.Helper()
	return ask(t, http.MethodPost, url, "", body, "Request-Id", "test") // always the same, so that answers can be compared
}

// link makes a link of ana's.
func link(t *testing.T, s *signallingtest.Server, change func(*store.NewLink)) string {
	t.Helper()
	if err := s.Store.UpsertUser(t.Context(), "ana", "Ana"); err != nil {
		t.Fatal(err)
	}
	n := store.NewLink{ID: identity.NewSecret(), OwnerID: "ana", Kind: store.Video, LinkTerms: store.LinkTerms{Title: "Tea"}}
	change(&n)
	l, err := s.Store.CreateLink(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return l.ID
}

func TestAGuestGetsATokenForOneLink(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	id := link(t, s, func(*store.NewLink) {})
	got := post(t, s.URL+"/v1/links/"+id+"/guests", `{"name":"Zoe"}`)
	if got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %+v", got)
	}
	var body struct{ Token, Name, Kind, Title string }
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Name != "Zoe" || body.Kind != "video" || body.Title != "Tea" || strings.Count(body.Token, ".") != 2 {
		t.Errorf("got %+v", body)
	}
	if l, err := s.Store.Link(t.Context(), id); err != nil || l.Uses != 0 {
		t.Errorf("a token alone counts %d uses (%v)", l.Uses, err)
	}
}

// Unknown, revoked, expired and used up links cannot be told apart.
func TestLinksThatLeadNowhereAreAlike(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	revoked := link(t, s, func(*store.NewLink) {})
	if err := s.Store.RevokeLink(t.Context(), "ana", revoked); err != nil {
		t.Fatal(err)
	}
	spent := link(t, s, func(n *store.NewLink) { n.MaxUses = 1 })
	if err := storetest.UseLink(t.Context(), s.Store, spent); err != nil {
		t.Fatal(err)
	}
	want := post(t, s.URL+"/v1/links/"+identity.NewSecret()+"/guests", `{"name":"Zoe"}`)
	if want.status != http.StatusNotFound || want.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("an unknown link: %+v", want)
	}
	for name, id := range map[string]string{
		"revoked": revoked, "spent": spent,
		"expired": link(t, s, func(n *store.NewLink) { n.Expires = time.Now().Add(-time.Second) }),
	} {
		if got := post(t, s.URL+"/v1/links/"+id+"/guests", `{"name":"Zoe"}`); got.status != want.status || got.body != want.body {
			t.Errorf("%s: %d %s, unknown: %d %s", name, got.status, got.body, want.status, want.body)
		}
	}
}

func TestBadRequestsAreProblems(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	id := link(t, s, func(*store.NewLink) {})
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"no name":       {`{}`, http.StatusUnprocessableEntity},
		"empty name":    {`{"name":""}`, http.StatusUnprocessableEntity},
		"long name":     {`{"name":"` + strings.Repeat("a", 65) + `"}`, http.StatusUnprocessableEntity},
		"hidden turn":   {`{"name":"a\u202eb"}`, http.StatusUnprocessableEntity},
		"not JSON":      {`{`, http.StatusBadRequest},
		"another field": {`{"name":"Zoe","phone":"1"}`, http.StatusUnprocessableEntity},
		"a large body":  {`{"name":"` + strings.Repeat("a", 8<<10) + `"}`, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			got := post(t, s.URL+"/v1/links/"+id+"/guests", c.body)
			if got.status != c.status || got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("got %+v, want %d", got, c.status)
			}
		})
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	for range 200 {
		got := post(t, s.URL+"/v1/links/"+identity.NewSecret()+"/guests", `{"name":"Zoe"}`)
		if got.status == http.StatusTooManyRequests {
			if got.header.Get("Retry-After") == "" {
				t.Error("it does not say for how long")
			}
			return
		}
	}
	t.Error("200 guesses in a row were answered")
}

func TestADemoServerLetsAnybodyBeItsPeople(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	response, err := http.Get(s.URL + "/v1/demo/identities")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var list struct{ Identities []struct{ User, Name string } }
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil || len(list.Identities) != len(identity.Demo) {
		t.Fatalf("the identities are %+v (%v)", list, err)
	}
	if got := post(t, s.URL+"/v1/demo/sign-in", `{"user":"ana"}`); got.status != http.StatusOK || !bytes.Contains([]byte(got.body), []byte(`"token"`)) {
		t.Errorf("got %+v", got)
	}
	if got := post(t, s.URL+"/v1/demo/sign-in", `{"user":"eve"}`); got.status != http.StatusNotFound {
		t.Errorf("somebody else: %+v", got)
	}
	if got := post(t, s.URL+"/v1/demo/sign-in", `{"user":""}`); got.status != http.StatusUnprocessableEntity {
		t.Errorf("nobody: %+v", got)
	}
}

func TestADemoDoesNotExistElsewhere(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{NoDemo: true})
	if got := post(t, s.URL+"/v1/demo/sign-in", `{"user":"ana"}`); got.status != http.StatusNotFound {
		t.Errorf("got %+v", got)
	}
}

func TestTheDescriptionIsServed(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	response, err := http.Get(s.URL + "/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var d struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.NewDecoder(response.Body).Decode(&d); err != nil || !strings.HasPrefix(d.OpenAPI, "3.1") || d.Paths["/v1/links/{link}/guests"]["post"] == nil {
		t.Errorf("got %+v (%v)", d, err)
	}
}
