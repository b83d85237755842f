package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
)

// FuzzBodies sends bodies to every operation that takes one: whatever they are,
// the answer is documented, and no fault of ours.
func FuzzBodies(f *testing.F) {
	data, err := os.ReadFile(descriptionFile)
	if err != nil {
		f.Fatal(err)
	}
	var with []operation
	for _, o := range operations(parse(f, data)) {
		if o.node["requestBody"] != nil && o.id != "send-code" && o.id != "put-avatar" {
			with = append(with, o)
		}
	}
	s := whole(f, signallingtest.Options{APIPerMinute: 1 << 30})
	credentials := key(f, s, "*")
	for _, user := range []string{"ana", "bia"} {
		if err := s.Store.UpsertUser(f.Context(), user, user); err != nil {
			f.Fatal(err)
		}
	}
	things := map[string]string{"user": "ana", "key": "ck_none", "webhook": identity.NewID("whk"), "group": identity.NewID("grp")}
	if _, err := s.Store.CreateWebhook(f.Context(), store.Webhook{ID: things["webhook"], URL: "https://shop.example", Secret: []byte("x")}); err != nil {
		f.Fatal(err)
	}
	if _, err := s.Store.CreateGroup(f.Context(), store.NewGroup{ID: things["group"], Name: "Tea", Creator: "ana"}); err != nil {
		f.Fatal(err)
	}
	l, err := s.Store.CreateLink(f.Context(), store.NewLink{ID: identity.NewSecret(), OwnerID: "ana", Kind: store.Voice})
	if err != nil {
		f.Fatal(err)
	}
	things["link"] = l.ID
	texts := []string{
		`{"origins":["https://a.example","*"]}`, `{"origins":null,"opensAt":"2030-01-01T00:00:00Z","expiresAt":"2029-01-01T00:00:00Z"}`,
		`{"opensAt":"9999-12-31T23:59:59Z","idleSeconds":31536000,"maxUses":10000}`, `{"expiresAt":"0001-01-01T00:00:00Z"}`,
		`{"slots":[{"from":"2030-01-01T00:00:00Z","to":"2029-01-01T00:00:00Z"}]}`, `{"slots":[{"from":"0000-01-01T00:00:00Z","to":"9999-12-31T23:59:59Z"}]}`,
		`{}`, `null`, `[]`, `""`, `0`, `{"name":"a"}`, `{"name":"a\u0000"}`, `{"name":"a\u202e"}`, `{"name":"\ud800"}`, `{"scopes":["*"],"name":"x"}`,
		`{"url":"https://[::1"}`, `{"url":"https://x/#"}`, `{"url":"http://169.254.169.254/"}`, `{"types":[""]}`, `{"since":"9999-12-31T23:59:59Z"}`,
		`{"since":"-0001-01-01T00:00:00Z"}`, `{"until":"0000-01-01T00:00:00Z"}`, `{"keepSeconds":2592000}`, `{"user":"ana","forSeconds":10}`, `{"creator":"ana","name":"x","members":["bia",""]}`,
		`{"whoMayCall":"everyone","whoMayAdd":"everyone","silenceUnknown":false,"hideAddress":false,"doNotDisturb":{"zone":"../x","ranges":[{"from":0,"to":0}]}}`,
		`{"noCallsText":"\u0000"}`, `{"about":"` + strings.Repeat("\\u00e9", 300) + `"}`, `{"a":` + strings.Repeat("[", 2000), `{"name":"` + strings.Repeat("é", 40) + `","scopes":["links:read"]}`,
	}
	for which := range with { // every body at every operation
		for _, text := range texts {
			f.Add(uint8(which), []byte(text))
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		o := with[int(which)%len(with)]
		request := httptest.NewRequest(o.method, o.url(s.URL, things), strings.NewReader(string(body)))
		request.RequestURI = ""
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+credentials)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		documented := sub(o.node, "responses")[strconv.Itoa(response.StatusCode)] != nil
		if response.StatusCode >= 500 || !documented || len(answer) > 0 && !json.Valid(answer) {
			t.Errorf("%s %q: %d %s", o.id, body, response.StatusCode, answer)
		}
	})
}
