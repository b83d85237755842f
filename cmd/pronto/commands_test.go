package main

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/wire"
)

// silent are the commands that print nothing, or what is for a shell to read.
var silent = []string{
	"serve", "keys origins", "keys revoke", "user suspend", "user resume", "user no-calls", "user minor", "user delete", "group suspend", "group resume", "group lift-ban", "completion",
}

func TestEveryCommandThatPrintsPrintsJSON(t *testing.T) {
	dir := t.TempDir()
	p := startProcess(t, dir, "127.0.0.1:0", "PRONTO_WEBHOOKS_PRIVATE=true")
	t.Setenv("PRONTO_DATA", dir)
	t.Setenv("PRONTO_LOG_LEVEL", "error")
	for _, where := range []string{"PRONTO_LISTEN", "PRONTO_MEDIA_LISTEN", "PRONTO_TURN_LISTEN", "PRONTO_METRICS_LISTEN"} {
		t.Setenv(where, "127.0.0.1:0")
	}
	t.Setenv("PRONTO_PUBLIC_IPS", "127.0.0.1")
	t.Setenv("PRONTO_URL", p.page)
	ana := person(t, p.page, "ana")
	key := printed[struct{ Key, Credentials string }](t, "keys", "create", "test")
	t.Setenv("PRONTO_API_KEY", key.Credentials)
	made := printed[createdLink](t, "link", "create", "--owner", "ana")
	group := string(must[wire.Group](t, ana, wire.CreateGroup{Name: "Choir"}).Group)
	fields := map[string][]string{ // of each command, what it must be given, and then a field of what it prints
		"demo":           {"--bots=0", "--groups=0", "--bad=0", "--for=1s", "page"},
		"load":           {"--url", p.page, "--calls=1", "--duration=1s", "--stay=100ms", "--no-media", "setUp"},
		"token":          {"--key", key.Key, "ana", "token"},
		"keys create":    {"credentials"},
		"keys rotate":    {key.Key, "credentials"},
		"keys list":      {"state"},
		"link create":    {"--owner=ana", "address"},
		"link list":      {"owner"},
		"link qr":        {made.Address, "svg"},
		"link revoke":    {made.ID, "revokedAt"},
		"webhook listen": {"--count=1", "--type=link.created,call.created,webhook.test", "type"},
		"audit list":     {"operation"},
		"user show":      {"ana", "noCalls"},
		"group show":     {group, "members"},
		"vapid":          {"publicKey"},
		"doctor":         {"--timeout=10s", "state"},
		"env":            {"meaning"},
	}
	parser, err := newParser(t.Context(), &cli{}, &screen{out: io.Discard, errs: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, leaf := range parser.Model.Leaves(false) {
		all = append(all, leaf.Path())
	}
	known := slices.Sorted(maps.Keys(fields))
	if got, want := slices.Sorted(slices.Values(all)), slices.Sorted(slices.Values(append(slices.Clone(known), silent...))); !slices.Equal(got, want) {
		t.Errorf("the commands are\n%q; this test knows\n%q", got, want)
	}
	for _, name := range known {
		t.Run(name, func(t *testing.T) {
			args := append(strings.Fields(name), "--json")
			given := fields[name]
			args = append(args, given[:len(given)-1]...)
			if name == "webhook listen" {
				go posts(t.Context(), p.page, key.Credentials)
			}
			out, errs, code := command(t, args...)
			if code != 0 && name != "doctor" { // who is examined may be ill
				t.Errorf("it ends with %d: %s", code, errs)
			}
			hasField(t, out, given[len(given)-1])
		})
	}
}

// hasField looks at the first line of an output.
func hasField(t *testing.T, out, field string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if !json.Valid([]byte(line)) {
			t.Errorf("it prints %.100q", line)
		}
	}
	first, _, _ := strings.Cut(out, "\n")
	if list := ([]json.RawMessage)(nil); json.Unmarshal([]byte(first), &list) == nil && len(list) > 0 {
		first = string(list[0])
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(first), &v); err != nil || v[field] == nil {
		t.Errorf("what it prints has no %s (%v): %.300s", field, err, first)
	}
}

// posts has the server post an event to whoever listens, over and over.
func posts(ctx context.Context, page, key string) {
	r := remote{URL: page}
	for ctx.Err() == nil {
		var list struct{ Items []shownWebhook }
		if r.asks(ctx, "GET", "/v1/webhooks", nil, &list) == nil && len(list.Items) > 0 {
			_ = r.asks(ctx, "POST", "/v1/webhooks/"+list.Items[0].ID+"/test", nil, nil) // it may just be gone
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestAShellCompletesCommandsAndFlags(t *testing.T) {
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string][]string{
		"pronto li":                        {"link"},
		"pronto link ":                     {"create", "list", "revoke", "qr"},
		"pronto link create --kind ":       {"voice", "video"},
		"pronto webhook listen --key-":     {"--key-file"},
		"pronto link create --owner ana -": {"--host-link", "--json"},
	} {
		cmd := exec.Command(binary)
		cmd.Env = append(cmd.Environ(), "COMP_LINE="+line)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Fields(string(out))
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("after %q comes %q, without %s", line, got, w)
			}
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		out, err := exec.Command(binary, "completion", shell, "--code").Output()
		if err != nil || !strings.Contains(string(out), binary) {
			t.Errorf("%s is told %q (%v)", shell, out, err)
		}
		if shell != "bash" {
			continue // it is there wherever this runs
		}
		said, err := exec.Command("bash", "-c", string(out)+"\ncomplete -p pronto").CombinedOutput()
		if err != nil || !strings.Contains(string(said), binary) {
			t.Errorf("bash says %q (%v)", said, err)
		}
	}
}

func TestProgressAndColoursAreForTerminalsOnly(t *testing.T) {
	var out, errs strings.Builder
	s := &screen{out: &out, errs: &errs}
	synctest.Test(t, func(*testing.T) {
		stop := s.progress("load", time.Minute)
		time.Sleep(10 * time.Second)
		stop()
	})
	if errs.Len() > 0 || s.coloured() {
		t.Errorf("no terminal, and it gets %q", errs.String())
	}
}

// A server in a shell that has the variables of other commands starts all the same.
func TestVariablesOfCommandsDoNotStopAServer(t *testing.T) {
	parser, err := newParser(t.Context(), &cli{}, &screen{out: io.Discard, errs: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{"PRONTO_API_KEY=a.b"} // read where it is used, so that it is no argument
	for _, leaf := range parser.Model.Leaves(false) {
		for _, flag := range leaf.Flags {
			for _, name := range flag.Envs {
				environ = append(environ, name+"=a")
			}
		}
	}
	if len(environ) < 4 {
		t.Fatalf("the commands have %d variables", len(environ))
	}
	if _, err := loadConfig(environ); err != nil {
		t.Error(err)
	}
}
