package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
)

// visit gets a guest's token for a link.
func visit(t *testing.T, s *signallingtest.Server, id string) string {
	t.Helper()
	var body struct{ Token string }
	if err := json.Unmarshal([]byte(post(t, s.URL+"/v1/links/"+id+"/guests", `{"name":"Zoe"}`).body), &body); err != nil {
		t.Fatal(err)
	}
	return body.Token
}

func TestAVisitorAgreesAsksToBeCalledBackAndIsForgotten(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	id := link(t, s, func(n *store.NewLink) { n.Kind = store.Voice })
	token := visit(t, s, id)
	put := func(path, body string) int {
		return ask(t, http.MethodPut, s.URL+"/v1/visits/"+path, token, body).status
	}
	back := `{"contact":"zoe@example.com","note":"Bread"}`
	if got := put("callback", back); got != http.StatusNotFound {
		t.Errorf("before the notice was agreed to: %d", got)
	}
	if got := put("consent", `{"notice":"7"}`); got != http.StatusNoContent {
		t.Errorf("consent: %d", got)
	}
	if got := put("callback", back); got != http.StatusNotFound {
		t.Errorf("where nobody calls back: %d", got)
	}
	if err := s.Store.SetQueue(t.Context(), "ana", store.Queue{LinkID: id, Operators: []string{"ana"}}); err != nil {
		t.Fatal(err)
	}
	if got := put("callback", back); got != http.StatusNoContent {
		t.Errorf("callback: %d", got)
	}
	list, err := s.Store.Callbacks(t.Context(), id)
	if err != nil || len(list) != 1 || list[0].Name != "Zoe" || list[0].Contact != "zoe@example.com" || list[0].Note != "Bread" {
		t.Errorf("the operators read %+v, %v", list, err)
	}
	if got := ask(t, http.MethodDelete, s.URL+"/v1/visits", token, ""); got.status != http.StatusNoContent {
		t.Errorf("forget: %+v", got)
	}
	if list, err := s.Store.Callbacks(t.Context(), id); err != nil || len(list) != 0 {
		t.Errorf("afterwards the operators read %+v, %v", list, err)
	}
}

func TestOnlyAGuestHasAVisit(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	for name, token := range map[string]string{"nobody": "", "an account": s.Token(t, "ana"), "a forger": "e30.e30.e30"} {
		for method, path := range map[string]string{http.MethodPut: "/consent", http.MethodDelete: ""} {
			if got := ask(t, method, s.URL+"/v1/visits"+path, token, `{"notice":"1"}`); got.status != http.StatusUnauthorized {
				t.Errorf("%s, %s: %+v", name, method, got)
			}
		}
	}
}
