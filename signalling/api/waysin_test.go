package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"pronto/signalling/api"
	"pronto/signalling/signallingtest"
)

func TestAServerSaysHowPeopleSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		options     signallingtest.Options
		demo, codes bool
	}{
		"a demo":         {signallingtest.Options{}, true, false},
		"no demo":        {signallingtest.Options{NoDemo: true}, false, false},
		"with a contact": {signallingtest.Options{Operator: api.Operator{Contact: "mailto:help@calls.example", Privacy: "https://calls.example/privacy"}}, true, false},
		"with mail":      {signallingtest.Options{NoDemo: true, Codes: &letters{}}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := signallingtest.Start(t, c.options)
			response, err := http.Get(s.URL + "/v1/sign-in")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var got struct {
				Demo, Codes bool
				Operator    api.Operator
			}
			if err := json.NewDecoder(response.Body).Decode(&got); err != nil || got.Demo != c.demo || got.Codes != c.codes || got.Operator != c.options.Operator {
				t.Errorf("got %+v (%v)", got, err)
			}
		})
	}
}
