package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/api"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

func TestALinkIsMadeChangedAndRevokedByREST(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	if err := s.Store.UpsertUser(t.Context(), "ana", "Ana"); err != nil {
		t.Fatal(err)
	}
	k := key(t, s, "links:write")
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	made := ask(t, "POST", s.URL+"/v1/links", k, `{"owner":"ana","kind":"video","title":"Tea","lobby":"guests","opensAt":"`+at.Format(time.RFC3339)+`","maxUses":3,"hostLink":true}`)
	l := decoded[api.Link](t, made, http.StatusCreated)
	if len(l.ID) != 22 || l.URL != s.URL+"/j/"+l.ID || !strings.HasPrefix(l.HostURL, s.URL+"/j/") || l.HostURL == l.URL || l.Lobby != "guests" || l.MaxUses != 3 {
		t.Fatalf("made is %+v", l)
	}
	refused(t, ask(t, "POST", s.URL+"/v1/links", k, `{"owner":"nobody","kind":"video"}`), http.StatusUnprocessableEntity, "invalid")
	refused(t, ask(t, "GET", s.URL+"/v1/links/none", k, ""), http.StatusNotFound, "notFound")
	refused(t, ask(t, "GET", s.URL+"/v1/links/"+l.ID, key(t, s, "calls:read"), ""), http.StatusForbidden, "scopeMissing")
	for _, origin := range []string{"shop.example", "https://shop.example/", "https://a b", "https://a; script-src *", "*", "javascript:x", "https://shop.example 'self'"} {
		refused(t, ask(t, "POST", s.URL+"/v1/links", k, `{"owner":"ana","kind":"video","origins":["`+origin+`"]}`), http.StatusUnprocessableEntity, "invalid")
	}
	tag := made.header.Get("ETag")
	patched := ask(t, "PATCH", s.URL+"/v1/links/"+l.ID, k, `{"maxUses":null,"title":"Coffee"}`, "If-Match", tag)
	if c := decoded[api.Link](t, patched, http.StatusOK); c.Title != "Coffee" || c.MaxUses != 0 || c.Lobby != "guests" || c.Sequence != 1 {
		t.Errorf("changed it is %+v", c)
	}
	refused(t, ask(t, "PATCH", s.URL+"/v1/links/"+l.ID, k, `{"title":"Milk"}`, "If-Match", tag), http.StatusPreconditionFailed, "changed")
	for form, begins := range map[string]string{"qr.svg": "<svg", "qr.png": "\x89PNG", "event.ics": "BEGIN:VCALENDAR\r\n"} {
		got := ask(t, "GET", s.URL+"/v1/links/"+l.ID+"/"+form, k, "")
		if got.status != http.StatusOK || !strings.HasPrefix(got.body, begins) {
			t.Errorf("%s is %d %.80q of %s", form, got.status, got.body, got.header.Get("Content-Type"))
		}
	}
	slots := ask(t, "PUT", s.URL+"/v1/links/"+l.ID+"/slots", k, `{"slots":[{"from":"`+at.Format(time.RFC3339)+`","to":"`+at.Add(time.Hour).Format(time.RFC3339)+`"}]}`)
	if slots.status != http.StatusOK || !strings.Contains(slots.body, at.Format(time.RFC3339)) {
		t.Errorf("the slots are %+v", slots)
	}
	list := ask(t, "GET", s.URL+"/v1/links?owner=ana&limit=1", k, "")
	if list.status != http.StatusOK || !strings.Contains(list.body, l.ID) {
		t.Errorf("the list is %+v", list)
	}
	if got := ask(t, "POST", s.URL+"/v1/links/"+l.ID+"/host", k, ""); got.status != http.StatusOK || !strings.Contains(got.body, "hostUrl") {
		t.Errorf("another host link: %+v", got)
	}
	revoked := decoded[api.Link](t, ask(t, "POST", s.URL+"/v1/links/"+l.ID+"/revoke", k, `{"keepCall":true}`), http.StatusOK)
	if revoked.Revoked == nil {
		t.Errorf("revoked it is %+v", revoked)
	}
	if got := ask(t, "GET", s.URL+"/v1/links/"+l.ID+"/event.ics", k, ""); !strings.Contains(got.body, "METHOD:CANCEL") {
		t.Errorf("its calendar entry is %s", got.body)
	}
	if got := ask(t, "GET", s.URL+"/v1/links/"+l.ID+"/door", "", ""); got.status != http.StatusNotFound {
		t.Errorf("its door is %+v", got)
	}
}

// The owner's page knows nothing of them, and gives a link's terms anew as a whole.
func TestOriginsOfALinkOutliveAChangeByItsOwner(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "links:write", "links:read")
	ana := person(t, s, "ana")
	l := decoded[api.Link](t, ask(t, "POST", s.URL+"/v1/links", k, `{"owner":"ana","kind":"video","title":"Tea","origins":["https://shop.example"]}`), http.StatusCreated)
	request[wire.Link](t, ana, wire.ChangeLink{Link: wire.LinkID(l.ID), Terms: wire.LinkTerms{Title: "Coffee"}})
	got := decoded[api.Link](t, ask(t, "GET", s.URL+"/v1/links/"+l.ID, k, ""), http.StatusOK)
	if got.Title != "Coffee" || !slices.Equal(got.Origins, []string{"https://shop.example"}) {
		t.Errorf("it is %+v", got)
	}
}
