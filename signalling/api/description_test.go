package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"pronto/signalling/enrol"
	"pronto/signalling/signallingtest"
)

var (
	update        = flag.Bool("update", false, "write openapi.json anew, if it breaks no client")
	breakingToday = flag.Bool("breaking", false, "with -update: write it even so")
)

const descriptionFile = "openapi.json"

// carrier takes one-time codes nowhere.
type carrier struct{}

// Send implements [enrol.Sender].
func (carrier) Send(context.Context, enrol.Message) error { return nil }

// whole is a server with all of its routes.
func whole(t testing.TB, o signallingtest.Options) *signallingtest.Server {
	o.Codes = carrier{}
	return signallingtest.Start(t, o)
}

// description is what a server with all routes says of itself.
func description(t testing.TB) []byte {
	t.Helper()
	got := ask(t, "GET", whole(t, signallingtest.Options{}).URL+"/v1/openapi.json", "", "")
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(got.body), "", "\t"); err != nil {
		t.Fatal(err)
	}
	return append(bytes.TrimSpace(pretty.Bytes()), '\n')
}

func TestTheDescriptionIsFreshAndBreaksNobody(t *testing.T) {
	served := description(t)
	kept, err := os.ReadFile(descriptionFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if err == nil {
		for _, change := range breaking(parse(t, kept), parse(t, served)) {
			if !*breakingToday {
				t.Errorf("it breaks clients: %s", change)
			}
		}
	}
	if t.Failed() {
		t.Fatal("if that is meant: go test ./signalling/api -run Fresh -update -breaking")
	}
	if *update {
		if err := os.WriteFile(descriptionFile, served, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(kept, served) {
		t.Errorf("%s is old; run: make generate", descriptionFile)
	}
}
