package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// FuzzBodies sends bodies to every operation that takes one, each from a network of its
// own and with the credentials that the operation wants: whatever they are, the answer
// is documented, and no fault of ours.
func FuzzBodies(f *testing.F) {
	data, err := os.ReadFile(descriptionFile)
	if err != nil {
		f.Fatal(err)
	}
	var with []operation
	for _, o := range operations(parse(f, data)) {
		if o.node["requestBody"] != nil {
			with = append(with, o)
		}
	}
	s := whole(f, signallingtest.Options{APIPerMinute: 1 << 30, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	operator := key(f, s, "*")
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
	things["case"], err = caseOf(f, s, store.NewReport{By: store.Reporter{User: "ana"}, Subject: store.Subject{Kind: store.SubjectUser, User: "bia"}, Call: "cal_1", Reason: "spam"})
	if err != nil {
		f.Fatal(err)
	}
	visitor := identity.Identity{User: "g_zoe", Name: "Zoe", Grants: identity.Grants{Link: wire.LinkID(l.ID)}}
	guest, err := identity.Sign(signallingtest.Key, s.Secret, visitor, time.Now(), time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	account := s.Token(f, "ana")
	credentials := func(o operation) string {
		switch {
		case o.needsKey:
			return operator
		case strings.HasPrefix(o.path, "/v1/visits/"):
			return guest
		}
		return account
	}
	texts := []string{
		dot, dot[:len(dot)/2], dot[:16] + strings.Repeat("\xff", 8) + dot[24:], "RIFF\xff\xff\xff\xffWEBPVP8 ", "\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff",
		`{"email":"zoe@example.com"}`, `{"email":"zoe@example.com\r\nBcc: ana@example.com"}`, `{"email":"` + strings.Repeat("z", 250) + `@example.com"}`, `{"email":"zoe@[::1]"}`,
		`{"phone":"+390612345678"}`, `{"phone":"+39\u0000"}`, `{"phone":"` + strings.Repeat("9", 400) + `"}`, `{"email":"zoe@example.com","phone":"+390612345678"}`,
		`{"origins":["https://a.example","*"]}`, `{"origins":null,"opensAt":"2030-01-01T00:00:00Z","expiresAt":"2029-01-01T00:00:00Z"}`,
		`{"opensAt":"9999-12-31T23:59:59Z","idleSeconds":31536000,"maxUses":10000}`, `{"expiresAt":"0001-01-01T00:00:00Z"}`,
		`{"slots":[{"from":"2030-01-01T00:00:00Z","to":"2029-01-01T00:00:00Z"}]}`, `{"slots":[{"from":"0000-01-01T00:00:00Z","to":"9999-12-31T23:59:59Z"}]}`,
		`{}`, `null`, `[]`, `""`, `0`, `{"name":"a"}`, `{"name":"a\u0000"}`, `{"name":"a\u202e"}`, `{"name":"\ud800"}`, `{"scopes":["*"],"name":"x"}`,
		`{"url":"https://[::1"}`, `{"url":"https://x/#"}`, `{"url":"http://169.254.169.254/"}`, `{"types":[""]}`, `{"since":"9999-12-31T23:59:59Z"}`,
		`{"since":"-0001-01-01T00:00:00Z"}`, `{"until":"0000-01-01T00:00:00Z"}`, `{"keepSeconds":2592000}`, `{"user":"ana","forSeconds":10}`, `{"creator":"ana","name":"x","members":["bia",""]}`,
		`{"whoMayCall":"everyone","whoMayAdd":"everyone","silenceUnknown":false,"hideAddress":false,"doNotDisturb":{"zone":"../x","ranges":[{"from":0,"to":0}]}}`,
		`{"call":"cal_1","reason":"spam"}`, `{"call":"\u0000","reason":"other"}`, `{"call":"cal_1","user":"ana","participant":"p","reason":"harassment","text":"\u0000"}`,
		`{"call":"cal_1","reason":"SPAM"}`, `{"action":"suspend","until":"-0001-01-01T00:00:00Z"}`, `{"action":"dismiss","note":"\u0000"}`, `{"action":"suspend","reason":"` + strings.Repeat("\\u00e9", 64) + `"}`,
		`{"text":"It was not me."}`, `{"text":" \r\n "}`, `{"text":"\u0000"}`, `{"text":"\u202e"}`, `{"text":"` + strings.Repeat("\\u00e9", 1000) + `"}`, `{"action":"uphold"}`, `{"action":"lift","note":"\u0000"}`,
		`{"refresh":"` + strings.Repeat("x", 22) + `","toAppeal":true}`, `{"noCallsText":"\u0000"}`, `{"about":"` + strings.Repeat("\\u00e9", 300) + `"}`, `{"a":` + strings.Repeat("[", 2000), `{"name":"` + strings.Repeat("é", 40) + `","scopes":["links:read"]}`,
	}
	for which := range with { // every body at every operation
		for _, text := range texts {
			f.Add(uint8(which), []byte(text))
		}
	}
	var networks atomic.Uint32
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		o := with[int(which)%len(with)]
		request := httptest.NewRequest(o.method, o.url(s.URL, things), strings.NewReader(string(body)))
		request.RequestURI = ""
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+credentials(o))
		n := networks.Add(1)
		request.Header.Set("X-Forwarded-For", netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}).String())
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
