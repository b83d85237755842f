package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/wire"
)

// earOf runs webhook listen; lines are the events that it prints.
func earOf(t *testing.T, args ...string) (lines *bufio.Scanner, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		code := runOn(ctx, append([]string{"webhook", "listen"}, args...), in, io.Discard)
		_ = in.Close()
		ended <- code
	}()
	t.Cleanup(cancel)
	return bufio.NewScanner(out), func() int {
		cancel()
		go func() { _, _ = io.Copy(io.Discard, out) }()
		return <-ended
	}
}

type shownWebhook struct {
	ID, URL string
	Types   []string
}

// webhooks waits until the server has so many.
func webhooks(t *testing.T, p *process, key string, n int) (list []shownWebhook) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if list = rest[struct{ Items []shownWebhook }](t, "GET", p.page+"/v1/webhooks", key, nil).Items; len(list) == n {
			return list
		}
	}
	t.Fatalf("the server has %d webhooks, not %d", len(list), n)
	return nil
}

func TestEventsArePrintedAsTheyComeAndTheWebhookIsGoneAfterwards(t *testing.T) {
	dir := t.TempDir()
	p := startProcess(t, dir, "127.0.0.1:0", "PRONTO_WEBHOOKS_PRIVATE=true")
	key := newKey(t, dir)
	t.Setenv("PRONTO_URL", p.page)
	t.Setenv("PRONTO_API_KEY", key)
	lines, stop := earOf(t, "--json", "--type", "call.created,call.ended", "--type", "webhook.test")
	hook := webhooks(t, p, key, 1)[0]
	if !slices.Equal(hook.Types, []string{"call.created", "call.ended", "webhook.test"}) {
		t.Errorf("it is told of %q", hook.Types)
	}

	// What the server has not signed is refused and not printed.
	response, err := http.Post(hook.URL, "application/json", strings.NewReader(`{"type":"call.ended","data":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("a forged event is answered with %s", response.Status)
	}

	ana := person(t, p.page, "ana")
	person(t, p.page, "bia")
	call := must[wire.CallState](t, ana, wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	must[wire.Done](t, ana, wire.Leave{Call: call})
	var heard []string
	for len(heard) < 2 && lines.Scan() {
		var e heardEvent
		var about struct{ Call wire.CallID }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(e.Data, &about); err != nil || about.Call != call || e.ID == "" || e.Timestamp.IsZero() {
			t.Errorf("an event without what belongs to it: %s (%v)", lines.Text(), err)
		}
		heard = append(heard, e.Type)
	}
	if !slices.Equal(heard, []string{"call.created", "call.ended"}) {
		t.Errorf("it has heard %q", heard)
	}
	if code := stop(); code != 0 {
		t.Errorf("stopped, it ends with %d", code)
	}
	webhooks(t, p, key, 0)

	// What becomes of a link is told as well.
	lines, stop = earOf(t, "--json", "--count", "2", "--type", "link.created,link.revoked")
	webhooks(t, p, key, 1)
	link := printed[createdLink](t, "link", "create", "--owner", "ana").ID
	if _, errs, code := command(t, "link", "revoke", link); code != 0 {
		t.Fatal(errs)
	}
	for _, want := range []string{"link.created", "link.revoked"} {
		var e heardEvent
		var about struct{ Link, Owner string }
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &e) != nil || json.Unmarshal(e.Data, &about) != nil || e.Type != want || about.Link != link || about.Owner != "ana" {
			t.Errorf("%s is told as %s", want, lines.Text())
		}
	}
	webhooks(t, p, key, 0)
	if code := stop(); code != 0 {
		t.Errorf("having heard enough it ends with %d", code)
	}

	// With a count it ends by itself.
	lines, stop = earOf(t, "--count", "1")
	hook = webhooks(t, p, key, 1)[0]
	rest[struct{ Event string }](t, "POST", p.page+"/v1/webhooks/"+hook.ID+"/test", key, nil)
	if !lines.Scan() || !strings.Contains(lines.Text(), "webhook.test") {
		t.Errorf("the test event reads %q", lines.Text())
	}
	webhooks(t, p, key, 0)
	if code := stop(); code != 0 {
		t.Errorf("it ends with %d", code)
	}
}

func TestAServerThatPostsNothingInsideSaysSo(t *testing.T) {
	linksServer(t)
	if _, errs, code := command(t, "webhook", "listen"); code != exitRefused || !strings.Contains(errs, "PRONTO_WEBHOOKS_PRIVATE") {
		t.Errorf("it ends with %d: %s", code, errs)
	}
}
