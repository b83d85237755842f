package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"pronto/signalling/signallingtest"
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
	for i, text := range []string{
		`{}`, `null`, `[]`, `""`, `0`, `{"name":"a"}`, `{"name":"a\u0000"}`, `{"name":"a\u202e"}`, `{"name":"\ud800"}`, `{"scopes":["*"],"name":"x"}`,
		`{"url":"https://[::1"}`, `{"url":"https://x/#"}`, `{"url":"http://169.254.169.254/"}`, `{"types":[""]}`, `{"since":"9999-12-31T23:59:59Z"}`,
		`{"since":"-0001-01-01T00:00:00Z"}`, `{"until":"0000-01-01T00:00:00Z"}`, `{"keepSeconds":2592000}`, `{"user":"ana","forSeconds":10}`, `{"creator":"ana","name":"x","members":["bia",""]}`,
		`{"whoMayCall":"everyone","whoMayAdd":"everyone","silenceUnknown":false,"hideAddress":false,"doNotDisturb":{"zone":"../x","ranges":[{"from":0,"to":0}]}}`,
		`{"noCallsText":"\u0000"}`, `{"about":"` + strings.Repeat("\\u00e9", 300) + `"}`, `{"a":` + strings.Repeat("[", 2000), `{"name":"` + strings.Repeat("é", 40) + `","scopes":["links:read"]}`,
	} {
		f.Add(uint8(i), []byte(text))
		f.Add(uint8(i*7), []byte(text))
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		o := with[int(which)%len(with)]
		request := httptest.NewRequest(o.method, o.url(s.URL, map[string]string{"user": "ana", "key": "ck_none"}), strings.NewReader(string(body)))
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
		if response.StatusCode >= 500 || len(answer) > 0 && !json.Valid(answer) {
			t.Errorf("%s %q: %d %s", o.id, body, response.StatusCode, answer)
		}
	})
}
