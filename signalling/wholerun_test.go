package signalling_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"testing"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// run is one server with ten people whom everything happens to.
type run struct {
	*canaries
	t       *testing.T
	server  *signallingtest.Server
	codes   *postman
	pages   []*page         // the first ten are the people's first devices
	answers [][]byte        // of the REST API, where it refuses
	support string          // code of a call that is over
	key     string          // of an integrator
	done    map[string]bool // what was carried out of the REST API, by method and path
	laptop  int             // the page of the fourth one's second device
	hooks   *hooks
	webhook string // its id
	visitor string // token of the guest who came last
}

// post posts to the API and returns what it answers.
func (r *run) post(path, body string) map[string]any {
	r.t.Helper()
	return r.rest(http.MethodPost, path, "", body)
}

// rest asks something of the API, as who has the token or key, and returns what it answers.
func (r *run) rest(method, path, token, body string, headers ...string) map[string]any {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		r.answers = append(r.answers, data)
	} else {
		r.done[method+" "+path] = true
	}
	var fields map[string]any
	_ = json.Unmarshal(data, &fields) // a refusal, or a picture, may be no JSON
	for _, secret := range []string{"token", "refresh", "secret"} {
		if text, ok := fields[secret].(string); ok && text != "" {
			r.secret(nobody, text)
		}
	}
	return fields
}

// came takes in the page of a device that says hello.
func (r *run) came(token string, device wire.DeviceID) *page {
	r.t.Helper()
	p := connect(r.t, r.server)
	p.welcome = ask[wire.Welcome](p, "hello", wire.Hello{
		Token: token, Device: device, DeviceName: string(device), Encryption: wire.EncryptionVersion,
	})
	r.secret(len(r.pages), p.welcome.Secret)
	r.pages = append(r.pages, p)
	return p
}

// token is an integrator's for one of those who did not come by a code.
func (r *run) token(i int) string {
	r.t.Helper()
	token, err := identity.Sign(signallingtest.Key, r.server.Secret,
		identity.Identity{User: wire.UserID(fmt.Sprint("u", i)), Name: r.names[i], Grants: identity.Grants{Account: true}}, time.Now(), time.Hour)
	if err != nil {
		r.t.Fatal(err)
	}
	r.secret(nobody, token)
	return token
}

// code is what is sent to a number.
func (r *run) code(number string) string {
	r.t.Helper()
	r.post("/v1/accounts/code", `{"phone":"`+number+`"}`)
	r.codes.mu.Lock()
	defer r.codes.mu.Unlock()
	return r.codes.codes[number]
}

// enrol makes ten accounts: three by a code to their number, the others by tokens of
// an integrator.
func (r *run) enrol() {
	for i, name := range r.names {
		device := fmt.Sprint("canarys-cage-", i)
		if i >= 3 {
			p := r.came(r.token(i), wire.DeviceID(device))
			if err := r.server.Sockets.SetNumber(r.t.Context(), p.welcome.User, r.numbers[i]); err != nil {
				r.t.Fatal(err)
			}
			continue
		}
		code := r.code(r.numbers[i])
		r.post("/v1/accounts/verify", `{"phone":"`+r.numbers[i]+`","code":"wrong"}`)
		got := r.post("/v1/accounts/verify", `{"phone":"`+r.numbers[i]+`","code":"`+code+`","name":"`+name+`","deviceName":"`+device+`"}`)
		r.came(got["token"].(string), wire.DeviceID(got["device"].(string)))
		r.post("/v1/accounts/refresh", `{"refresh":"`+got["refresh"].(string)+`"}`)
	}
}

func (r *run) user(i int) wire.UserID { return r.pages[i].welcome.User }

// befriend has people find each other by their numbers and by their ids.
func (r *run) befriend() {
	for _, p := range r.pages {
		ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
		ask[wire.Matches](p, "uploadContacts", wire.UploadContacts{Add: r.numbers, Start: true, Complete: true})
	}
	for i, p := range r.pages {
		ask[wire.People](p, "addContact", wire.AddContact{User: r.user((i + 1) % len(r.pages))})
	}
	p := r.pages
	ask[wire.Discovery](p[0], "blockNumber", wire.BlockNumber{Number: r.numbers[8]})
	ask[wire.Discovery](p[0], "unblockNumber", wire.UnblockNumber{Number: r.numbers[8]})
	ask[wire.People](p[4], "block", wire.Block{User: r.user(5)})
	ask[wire.People](p[4], "block", wire.Block{User: r.user(9)})
	ask[wire.People](p[4], "unblock", wire.Unblock{User: r.user(9)})
	ask[wire.People](p[1], "setFavourite", wire.SetFavourite{User: r.user(2), Favourite: true})
	ask[wire.People](p[1], "removeContact", wire.RemoveContact{User: r.user(2)})
	ask[wire.People](p[1], "getPeople", nil)
	ask[wire.Discovery](p[1], "setDiscoverable", wire.SetDiscoverable{On: true})
	ask[wire.Found](p[1], "findNumber", wire.FindNumber{Number: r.numbers[3]})
	ask[wire.Discovery](p[1], "getDiscovery", nil)
	// The last number is nobody's yet: all others have it in their books.
	ask[wire.Discovery](p[2], "changeNumber", wire.ChangeNumber{Number: r.numbers[10], Code: r.code(r.numbers[10])})
}

// settle has people say who they are, where they are reached, and what they want.
func (r *run) settle() {
	p := r.pages[r.laptop]
	ask[wire.Profile](p, "setProfile", wire.SetProfile{Name: r.names[3], About: r.word("about")})
	ask[wire.Profiles](r.pages[0], "getProfiles", wire.GetProfiles{Users: []wire.UserID{r.user(3)}})
	now := ask[wire.Privacy](p, "getPrivacy", nil)
	ask[wire.Privacy](p, "setPrivacy", wire.SetPrivacy{WhoMayCall: now.WhoMayCall, TakeNotes: now.TakeNotes, IfVersion: now.Version})
	for _, i := range []int{7, 9} { // they are asked before they are in a group
		now := ask[wire.Privacy](r.pages[i], "getPrivacy", nil)
		ask[wire.Privacy](r.pages[i], "setPrivacy", wire.SetPrivacy{WhoMayCall: now.WhoMayCall, WhoMayAdd: wire.MayCallNobody, IfVersion: now.Version})
	}
	chosen := ask[wire.Preferences](p, "getPreferences", nil)
	ask[wire.Preferences](p, "setPreferences", wire.SetPreferences{IfVersion: chosen.Version, AcceptTerms: "7"})
	seen := ask[wire.PresenceSetting](p, "getPresenceSetting", nil)
	ask[wire.PresenceSetting](p, "setPresenceSetting", wire.SetPresenceSetting{
		Audience: wire.PresenceContactsExcept, Except: []wire.UserID{r.user(2)}, IfVersion: seen.Version,
	})
	ask[wire.WatchedPresence](p, "watchPresence", wire.WatchPresence{Users: []wire.UserID{r.user(0), r.user(2)}})
	ask[wire.Push](p, "getPush", nil)
	for i, p := range r.pages[:2] {
		push := aPush(r.t)
		push.Endpoint = "https://push.example/" + r.word("endpoint")
		push.Auth = wire.ToBlob([]byte(fmt.Sprintf("auth%012d", r.stem)))
		for _, text := range []string{push.Endpoint, string(push.P256DH), string(push.Auth)} {
			r.secret(nobody, text)
		}
		ask[wire.Push](p, "setPush", push)
		if i == 0 {
			ask[wire.Push](p, "clearPush", nil)
		}
	}
}

// own has somebody get more devices, and keys on them.
func (r *run) own() {
	p := r.pages[3]
	code := ask[wire.DeviceCode](p, "linkDevice", wire.LinkDevice{}).Code
	r.secret(3, code)
	got := r.post("/v1/devices/link", `{"code":"`+code+`","deviceName":"tablet"}`)
	r.post("/v1/devices/link", `{"code":"`+code+`","deviceName":"tablet"}`) // used already
	ask[wire.Devices](p, "confirmDevice", wire.ConfirmDevice{Device: wire.DeviceID(got["device"].(string)), Accept: true})
	ask[wire.Devices](p, "getDevices", nil)
	ask[wire.Devices](p, "revokeDevice", wire.RevokeDevice{Device: wire.DeviceID(got["device"].(string))})

	phone := &signer{page: p, id: "canarys-cage-3", key: newKey(r.t)}
	r.laptop = len(r.pages)
	laptop := &signer{page: r.came(r.token(3), "laptop"), id: "laptop", key: newKey(r.t)}
	for _, d := range []*signer{phone, laptop} {
		ask[wire.Devices](d.page, "setDeviceKey", wire.SetDeviceKey{Key: d.public()})
	}
	list := ask[wire.Devices](p, "signDevice", phone.sign(string(r.user(3)), laptop))
	takeNotes(p, true)
	event[wire.NoteKeyWanted](laptop.page, "noteKeyWanted")
	for _, d := range []*signer{phone, laptop} {
		ask[wire.Done](d.page, "setNoteKey", d.noteKey(r.t, string(r.user(3)), list))
	}
}

// leave has some of them go for good.
func (r *run) leave() {
	ask[wire.Done](r.pages[9], "disableAccount", nil)
	ask[wire.Done](r.pages[2], "deleteAccount", wire.DeleteAccount{User: r.user(2)})
}

// blunder says everything in the wrong place.
func (r *run) blunder() {
	token, name, number := r.secrets[0].text, r.names[7], r.numbers[7]
	for _, canary := range []string{token, name, number} {
		quoted := `"` + canary + `"`
		p := connect(r.t, r.server) // what it is told is not looked at: refusals may quote to somebody his own words
		ask[wire.Welcome](p, "hello", wire.Hello{Token: r.token(6), Device: "clumsy", Encryption: wire.EncryptionVersion})
		for _, body := range r.wrongly(quoted) {
			p.raw([]byte(body))
		}
		ask[wire.Done](p, "ping", wire.Ping{})
		wrong := connect(r.t, r.server)
		if p := refused(wrong, "hello", wire.Hello{Token: canary + "x", Device: "page"}); strings.Contains(fmt.Sprint(p), canary) {
			r.t.Errorf("a token that is refused is said back: %+v", p)
		}
		for _, path := range []string{
			"/v1/accounts/code", "/v1/accounts/verify", "/v1/accounts/refresh", "/v1/devices/link", "/v1/demo/sign-in", "/v1/links/nowhere/guests",
		} {
			r.post(path, `{"phone":`+quoted+quoted+`}`)
			r.post(path, `{"phone":`+quoted+`,"code":`+quoted+`,"refresh":`+quoted+`,"user":`+quoted+`,`+quoted+`:1}`)
		}
		dialRaw(r.t, r.server, http.Header{"Origin": {"https://" + canary}, "Authorization": {"Bearer " + canary}})
		response, err := http.Get(r.server.URL + "/v1/ws?token=" + canary)
		if err != nil {
			r.t.Fatal(err)
		}
		response.Body.Close()
	}
	if err := r.server.Sockets.SetNumber(r.t.Context(), "nobody", number); err == nil || strings.Contains(err.Error(), number[1:]) {
		r.t.Errorf("the error is %v", err)
	}
	gone, cancel := context.WithCancel(r.t.Context())
	cancel()
	if err := r.server.Sockets.SetNumber(gone, r.user(0), number); err == nil || strings.Contains(err.Error(), number[1:]) {
		r.t.Errorf("the error is %v", err)
	}
}

// wrongly is every request there is with a canary in each of its fields, and some
// that are broken.
func (r *run) wrongly(quoted string) (frames []string) {
	for _, request := range wire.Requests {
		switch request.Type {
		case "hello", "disableAccount", "deleteAccount": // they would end the session that speaks
			continue
		}
		var fields map[string]any
		plain, err := json.Marshal(request.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		if err := json.Unmarshal(plain, &fields); err != nil {
			r.t.Fatal(err)
		}
		var body bytes.Buffer
		for name := range fields {
			fmt.Fprintf(&body, `,%q:%s`, name, quoted)
		}
		frames = append(frames, `{"type":"`+request.Type+`","id":"x","body":{`+quoted+`:`+quoted+body.String()+`}}`)
	}
	return append(frames,
		`{"type":"ring","id":"x","body":{"users":[`+quoted+`],"kind":`+quoted+`}}`,
		`{"type":"uploadContacts","id":"x","body":{"add":[`+quoted+`,7]}}`,
		`{"type":"blockNumber","id":"x","body":{"number":`+quoted+quoted+`}}`,
		`{"type":"setMedia","id":"x","body":{"call":`+quoted+`,`+quoted+`:`+quoted+`}}`,
		`{"type":`+quoted+`,"id":"x","body":{}}`,
		`{"type":"ping","id":`+quoted+`,"body":`+quoted,
	)
}
