package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
)

// An account gets its data as a file, and nobody else's: the log has the call, the lists
// are there even if they are empty, and what is left out is said.
func TestAnAccountGetsACopyOfItsData(t *testing.T) {
	s := whole(t, signallingtest.Options{})
	for _, user := range []string{"carlo", "dora"} {
		if err := s.Store.UpsertUser(t.Context(), user, strings.ToUpper(user)); err != nil {
			t.Fatal(err)
		}
	}
	state := talk(t, s)
	a := ask(t, http.MethodGet, s.URL+"/v1/account/export", s.Token(t, "carlo"), "")
	got := decoded[map[string]json.RawMessage](t, a, http.StatusOK)
	for header, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store",
		"Content-Disposition": `attachment; filename="pronto-data-` + time.Now().UTC().Format(time.DateOnly) + `.json"`,
	} {
		if is := a.header.Get(header); is != want && header != "Content-Disposition" || !strings.HasPrefix(is, want[:min(len(want), 30)]) {
			t.Errorf("%s is %q, want %q", header, is, want)
		}
	}
	for _, section := range store.Sections {
		var rows []map[string]any
		if err := json.Unmarshal(got[section.Name], &rows); err != nil || rows == nil {
			t.Errorf("the section %s is %s (%v)", section.Name, got[section.Name], err)
		}
	}
	if !strings.Contains(string(got["calls"]), string(state.Call)) || !strings.Contains(string(got["account"]), `"id":"carlo"`) {
		t.Errorf("the call is not in the log %s, or the account is not %s", got["calls"], got["account"])
	}
	if !strings.Contains(string(got["leftOut"]), "device_tokens") {
		t.Errorf("what is left out is %s", got["leftOut"])
	}
	if strings.Contains(a.body, "127.0.0.1") || strings.Contains(a.body, "::1") {
		t.Errorf("an address is in the copy: %s", a.body)
	}
	other := decoded[map[string]json.RawMessage](t, ask(t, http.MethodGet, s.URL+"/v1/users/dora/export", key(t, s, "users:read"), ""), http.StatusOK)
	if !strings.Contains(string(other["account"]), `"id":"dora"`) {
		t.Errorf("the key gets %s", other["account"])
	}
}

func TestAnAccountGetsFewCopies(t *testing.T) {
	s := whole(t, signallingtest.Options{})
	for _, user := range []string{"ana", "bia"} {
		if err := s.Store.UpsertUser(t.Context(), user, user); err != nil {
			t.Fatal(err)
		}
	}
	url, token := s.URL+"/v1/account/export", s.Token(t, "ana")
	for range 3 {
		decoded[map[string]json.RawMessage](t, ask(t, http.MethodGet, url, token, ""), http.StatusOK)
	}
	a := ask(t, http.MethodGet, url, token, "")
	wait, err := time.ParseDuration(a.header.Get("Retry-After") + "s")
	if a.status != http.StatusTooManyRequests || err != nil || wait < 10*time.Minute || wait > 20*time.Minute {
		t.Errorf("the fourth copy is %d, to be asked for again after %v", a.status, wait)
	}
	decoded[map[string]json.RawMessage](t, ask(t, http.MethodGet, url, s.Token(t, "bia"), ""), http.StatusOK)
}
