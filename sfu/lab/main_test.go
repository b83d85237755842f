package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheWeatherIsSetLineByLineAndNonsenseEndsIt(t *testing.T) {
	var out bytes.Buffer
	in := "{\"up\":{\"delayMs\":40},\"down\":{\"loss\":0.1}}\n{}\n"
	if err := run("127.0.0.1:0", "127.0.0.1:9", 1, strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if said := strings.Fields(out.String()); len(said) != 3 || !strings.HasPrefix(said[0], "127.0.0.1:") || said[2] != "set" {
		t.Errorf("it said %q", out.String())
	}
	for _, bad := range []string{"rain", `{"down":{"loss":7}}`} {
		if err := run("127.0.0.1:0", "127.0.0.1:9", 1, strings.NewReader(bad), &out); err == nil {
			t.Errorf("%s passes", bad)
		}
	}
	if err := run("127.0.0.1:0", "", 1, strings.NewReader(""), &out); err == nil {
		t.Error("it relays to nowhere")
	}
}
