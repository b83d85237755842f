package api_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// rings has somebody ring another one and give up, and returns the code of the
// refusal, and its text.
func rings(t *testing.T, who *client.Client, whom ...wire.UserID) (wire.Code, string) {
	t.Helper()
	state, err := client.Request[wire.CallState](t.Context(), who, wire.Ring{Users: whom, Kind: wire.KindVoice})
	if p, ok := errors.AsType[*wire.Problem](err); ok {
		return p.Code, p.Text
	}
	if err != nil {
		t.Fatal(err)
	}
	request[wire.Done](t, who, wire.Leave{Call: state.Call})
	return "", ""
}

func TestAnAccountThatTakesNoCallsSaysSo(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	ana := person(t, s, "ana")
	user := s.URL + "/v1/users/town"
	ask(t, "PUT", user, k, `{"name":"Town"}`)
	change := func(body string) {
		t.Helper()
		if got := ask(t, "PATCH", user, k, body); got.status != 200 {
			t.Fatalf("got %+v", got)
		}
	}
	now := time.Now().UTC()
	minute := now.Hour()*60 + now.Minute()
	open := func(from, to int) string {
		return `{"callHours":{"zone":"UTC","ranges":[{"from":` + strconv.Itoa((from+1440)%1440) + `,"to":` + strconv.Itoa((to+1440)%1440) + `}]}}`
	}
	for _, c := range []struct {
		what, change string
		code         wire.Code
	}{
		{"at first it takes calls", `{}`, ""},
		{"it takes none", `{"noCalls":true,"noCallsText":"Write to us."}`, wire.CodeCallsNotAccepted},
		{"it takes them again", `{"noCalls":false}`, ""},
		{"it is closed now", open(minute+60, minute+120), wire.CodeCallsNotAccepted},
		{"it is open now", open(minute-60, minute+60), ""},
		{"it is always open", `{"callHours":{"zone":"UTC","ranges":[]}}`, ""},
		{"it takes calls by permission", `{"byPermission":true}`, wire.CodeCallsNotAccepted},
	} {
		change(c.change)
		code, text := rings(t, ana, "town")
		if code != c.code || (code == "") != (text == "") || text != "" && text != "Write to us." {
			t.Errorf("%s: the ring is %q, with the text %q", c.what, code, text)
		}
	}
	if got := ask(t, "PUT", user+"/permissions/ana", k, `{}`); got.status != 204 {
		t.Fatalf("got %+v", got)
	}
	if code, _ := rings(t, ana, "town"); code != "" {
		t.Errorf("with a permission the ring is %q", code)
	}
	refused(t, ask(t, "PATCH", user, k, `{"callHours":{"zone":"Nowhere","ranges":[{"from":1,"to":2}]}}`), 422, "invalid")
}

func TestWhoMustAskFirstCallsOnePersonAtATimeByHisPermission(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	town, ana := person(t, s, "town"), person(t, s, "ana")
	person(t, s, "bia")
	if got := ask(t, "PATCH", s.URL+"/v1/users/town", k, `{"asksFirst":true}`); got.status != 200 {
		t.Fatalf("got %+v", got)
	}
	refusedRing := func(what string, whom ...wire.UserID) {
		t.Helper()
		if code, _ := rings(t, town, whom...); code != wire.CodeForbidden {
			t.Errorf("%s: the ring is %q", what, code)
		}
	}
	refusedRing("nobody has permitted it", "ana")
	refusedRing("nobody has permitted it, not even who is not there", "nothing")
	// Yes and no are one request each, by the account's own token.
	own := s.URL + "/v1/account/permissions/town"
	say := func(method string) {
		t.Helper()
		if got := ask(t, method, own, s.Token(t, "ana"), `{}`); got.status != 204 {
			t.Fatalf("%s: %+v", method, got)
		}
	}
	say("PUT")
	if code, _ := rings(t, town, "ana"); code != "" {
		t.Errorf("permitted: the ring is %q", code)
	}
	say("DELETE")
	refusedRing("she has said stop", "ana")
	say("PUT")
	if got := ask(t, "PUT", s.URL+"/v1/users/bia/permissions/town", k, `{"forSeconds":3600}`); got.status != 204 {
		t.Fatalf("got %+v", got)
	}
	refusedRing("two at a time would see each other", "ana", "bia")
	// Four calls that stay unanswered take the permission back; one that is
	// answered before makes them be counted anew.
	for range 3 {
		if code, _ := rings(t, town, "ana"); code != "" {
			t.Fatalf("the ring is %q", code)
		}
	}
	call := request[wire.CallState](t, town, wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice}).Call
	request[wire.CallState](t, ana, wire.Accept{Call: call})
	request[wire.Done](t, town, wire.Leave{Call: call})
	for i := range 4 {
		if code, _ := rings(t, town, "ana"); code != "" {
			t.Fatalf("ring %d after an answer is %q", i+1, code)
		}
	}
	refusedRing("four were not answered", "ana")
	list := decoded[struct{ Items []struct{ Caller string } }](t, ask(t, "GET", s.URL+"/v1/users/ana/permissions", k, ""), 200)
	if len(list.Items) != 0 {
		t.Errorf("the permissions are %+v", list)
	}
}

func TestAQuotaOfCallsIsOverriddenOnTheRecord(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	town := person(t, s, "town")
	person(t, s, "ana")
	if got := ask(t, "PATCH", s.URL+"/v1/users/town", k, `{"callsPerWeek":2}`); got.status != 200 {
		t.Fatalf("got %+v", got)
	}
	want := func(what string, codes ...wire.Code) {
		t.Helper()
		for i, code := range codes {
			if got, _ := rings(t, town, "ana"); got != code {
				t.Errorf("%s: ring %d is %q, want %q", what, i+1, got, code)
			}
		}
	}
	want("two are allowed", "", "", wire.CodeRateLimited)
	overrides := s.URL + "/v1/users/town/quota-overrides"
	if got := ask(t, "POST", overrides, k, `{"calls":1,"forSeconds":3600,"reason":"flood"}`); got.status != 204 {
		t.Fatalf("got %+v", got)
	}
	want("one more", "", wire.CodeRateLimited)
	list := decoded[struct {
		Items []struct{ Key, Reason string }
	}](t, ask(t, "GET", overrides, k, ""), 200)
	if len(list.Items) != 1 || list.Items[0].Reason != "flood" || !strings.HasPrefix(k, list.Items[0].Key+".") {
		t.Errorf("the record is %+v", list)
	}
}

func TestAKeySaysOfAnAccountThatItIsAProgram(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	k := key(t, s, "*")
	type account struct {
		ID        string
		Automated bool
	}
	user := s.URL + "/v1/users/town"
	for _, c := range []struct {
		method, body string
		want         bool
	}{
		{"PUT", `{"name":"Town"}`, false},
		{"PATCH", `{"automated":true}`, true},
		{"PATCH", `{"about":"Hello"}`, true},
		{"PUT", `{"name":"The town"}`, true},
		{"PUT", `{"name":"The town","automated":false}`, false},
		{"PUT", `{"name":"The town","automated":true}`, true},
	} {
		got := decoded[account](t, ask(t, c.method, user, k, c.body), 200)
		list := decoded[struct{ Items []account }](t, ask(t, "GET", s.URL+"/v1/users?limit=1", k, ""), 200).Items
		if got.Automated != c.want || len(list) != 1 || list[0] != got {
			t.Errorf("after %s %s it is %+v, and in the list %+v", c.method, c.body, got, list)
		}
	}
	refused(t, ask(t, "PATCH", user, key(t, s, "users:read"), `{"automated":false}`), 403, "scopeMissing")
	refused(t, ask(t, "PATCH", user, s.Token(t, "town"), `{"automated":false}`), 401, "unauthenticated")
	town := person(t, s, "town") // a session that is there before the change
	ask(t, "PATCH", user, k, `{"automated":true}`)
	request[wire.CallState](t, town, wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
	ask(t, "PATCH", user, k, `{"automated":false}`)
	if got := request[wire.CallState](t, town, wire.Ring{Users: []wire.UserID{"carlo"}, Kind: wire.KindVoice}); got.Participants[0].Automated {
		t.Errorf("its next call begins with %+v", got.Participants)
	}
}
