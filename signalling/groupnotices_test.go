package signalling_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// integrator is a key that may do everything.
func integrator(t testing.TB, s *signallingtest.Server) string {
	t.Helper()
	id, secret := identity.NewKey()
	if _, err := s.Store.CreateKey(t.Context(), store.NewKey{ID: id, Name: "shop", Secret: []byte(secret), Scopes: []string{"*"}}); err != nil {
		t.Fatal(err)
	}
	return id + "." + secret
}

// restful asks something of the API and returns the status.
func restful(t testing.TB, s *signallingtest.Server, method, path, key, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// While a group talks its members hear of what changes: who is in the call and who is
// not, of a new name by whomever, of roles and of who was removed.
func TestChangesOfAGroupAreToldDuringItsCall(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	key := integrator(t, s)
	ana, bia, carlo, dora := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b"), signIn(t, s, "carlo", "c"), signIn(t, s, "dora", "d")
	g := newGroup(ana, "Choir", false, "bia", "carlo", "dora")
	call := ask[wire.CallState](ana, "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVoice}).Call
	for _, p := range []*page{bia, carlo} {
		ask[wire.CallState](p, "joinGroupCall", wire.JoinGroupCall{Group: g.Group})
	}
	named := func(name string) {
		t.Helper()
		for _, p := range []*page{bia, carlo, dora} {
			groupEvent(p, "the name "+name, g.Group, func(g wire.Group) bool { return g.Name == name })
		}
		for _, p := range []*page{bia, carlo} {
			p.wait("the title "+name, 0, func(f wire.Frame) bool {
				return f.Type == "titleChanged" && f.Call == call && decode[wire.TitleChanged](t, f).Title == name
			})
		}
		if state := ask[wire.CallState](bia, "sync", wire.Sync{Call: call}); state.Title != name {
			t.Errorf("the call is called %q, want %q", state.Title, name)
		}
	}
	ask[wire.Group](ana, "renameGroup", wire.RenameGroup{Group: g.Group, Name: "Concert"})
	named("Concert")
	if status := restful(t, s, "PATCH", "/v1/groups/"+string(g.Group), key, `{"name":"Opera"}`); status != http.StatusOK {
		t.Fatalf("renamed by the API: %d", status)
	}
	named("Opera")

	ask[wire.Group](ana, "setRole", wire.SetRole{Group: g.Group, User: "bia", Role: wire.GroupAdmin})
	for _, p := range []*page{bia, carlo, dora} {
		groupEvent(p, "the new admin", g.Group, func(g wire.Group) bool { return entryOf(g, "bia") == "admin" })
	}
	ask[wire.Done](bia, "lock", wire.Lock{Call: call, On: true}) // she leads the call at once
	ask[wire.Group](bia, "removeFromGroup", wire.RemoveFromGroup{Group: g.Group, User: "carlo"})
	gone(carlo, g.Group, wire.GroupRemoved)
	ana.wait("carlo's removal", 0, func(f wire.Frame) bool {
		return f.Type == "participantLeft" && f.Call == call && decode[wire.ParticipantLeft](t, f).Reason == wire.LeaveRemoved
	})
	groupEvent(dora, "carlo's removal", g.Group, func(g wire.Group) bool { return entryOf(g, "carlo") != "active" })
}

// What a group or a link is called can be shown on one line, and is not longer than
// others have room for, by whichever way it comes.
func TestNamesOfGroupsAndLinks(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	key := integrator(t, s)
	ana := signIn(t, s, "ana", "a")
	g := newGroup(ana, "Choir", false)
	l := ask[wire.Link](ana, "createLink", wire.CreateLink{Kind: wire.KindVoice})
	for what, name := range map[string]string{
		"a long one": strings.Repeat("x", 81), "two lines": "Cho\nir", "a bell": "Choir\a", "text that is turned around": "Cho\u202eir",
		"a zero": "Cho\x00ir", "what has no width": "Choir\u200b",
	} {
		quoted, _ := json.Marshal(name)
		for request, body := range map[string]any{
			"createGroup": wire.CreateGroup{Name: name, Users: []wire.UserID{}}, "renameGroup": wire.RenameGroup{Group: g.Group, Name: name},
			"createLink": wire.CreateLink{Kind: wire.KindVoice, Terms: wire.LinkTerms{Title: name}},
			"changeLink": wire.ChangeLink{Link: l.Link, IfSequence: l.Sequence, Terms: wire.LinkTerms{Title: name}},
		} {
			if p := refused(ana, request, body); p.Code != wire.CodeInvalid {
				t.Errorf("%s, %s: %+v", what, request, p)
			}
		}
		for _, q := range [][3]string{
			{"POST", "/v1/groups", `{"creator":"ana","name":` + string(quoted) + `}`}, {"PATCH", "/v1/groups/" + string(g.Group), `{"name":` + string(quoted) + `}`},
			{"POST", "/v1/links", `{"owner":"ana","kind":"voice","title":` + string(quoted) + `}`}, {"PATCH", "/v1/links/" + string(l.Link), `{"title":` + string(quoted) + `}`},
		} {
			if status := restful(t, s, q[0], q[1], key, q[2]); status != http.StatusUnprocessableEntity {
				t.Errorf("%s, %s %s: %d", what, q[0], q[1], status)
			}
		}
	}
	if now := ask[wire.Group](ana, "getGroup", wire.GetGroup{Group: g.Group}); now.Name != "Choir" {
		t.Errorf("the group is called %q", now.Name)
	}
}

// An account calls neither itself nor what is its own by a name of the service's. An
// integrator may; what he has named so, its owner may change in all else.
func TestReservedNamesAreForIntegrators(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	key := integrator(t, s)
	ana := signIn(t, s, "ana", "a")
	g := newGroup(ana, "Choir", false)
	l := ask[wire.Link](ana, "createLink", wire.CreateLink{Kind: wire.KindVoice})
	for _, name := range []string{"Pronto", "Ｓｕｐｐｏｒｔ", "A d m i n", "assistenza clienti", "Suporte"} {
		for request, body := range map[string]any{
			"createGroup": wire.CreateGroup{Name: name, Users: []wire.UserID{}}, "renameGroup": wire.RenameGroup{Group: g.Group, Name: name},
			"createLink": wire.CreateLink{Kind: wire.KindVoice, Terms: wire.LinkTerms{Title: name}},
			"changeLink": wire.ChangeLink{Link: l.Link, IfSequence: l.Sequence, Terms: wire.LinkTerms{Title: name}},
			"setProfile": wire.SetProfile{Name: name},
		} {
			p := refused(ana, request, body)
			if p.Code != wire.CodeNameReserved || !strings.HasPrefix(p.Detail, request+" ") || !strings.Contains(p.Detail, "choose") || strings.Contains(p.Detail, name) {
				t.Errorf("%s, %s: %+v", name, request, p)
			}
		}
		body, _ := json.Marshal(map[string]string{"name": name})
		if status := restful(t, s, "POST", "/v1/links/"+string(l.Link)+"/guests", "", string(body)); status != http.StatusUnprocessableEntity {
			t.Errorf("a guest called %s: %d", name, status)
		}
	}
	for _, q := range [][3]string{
		{"PATCH", "/v1/groups/" + string(g.Group), `{"name":"Support"}`}, {"PATCH", "/v1/links/" + string(l.Link), `{"title":"Support"}`},
		{"PUT", "/v1/users/ana", `{"name":"Support"}`},
	} {
		if status := restful(t, s, q[0], q[1], key, q[2]); status != http.StatusOK {
			t.Errorf("%s %s: %d", q[0], q[1], status)
		}
	}
	ask[wire.Group](ana, "renameGroup", wire.RenameGroup{Group: g.Group, Name: "Support"})
	ask[wire.Profile](ana, "setProfile", wire.SetProfile{Name: "Support", About: "Mondays"})
	now := ask[wire.Links](ana, "getLinks", wire.GetLinks{}).Links[0]
	terms := now.Terms
	terms.JoinMuted = true
	if now = ask[wire.Link](ana, "changeLink", wire.ChangeLink{Link: l.Link, IfSequence: now.Sequence, Terms: terms}); now.Terms.Title != "Support" || !now.Terms.JoinMuted {
		t.Errorf("the link is %+v", now)
	}
}
