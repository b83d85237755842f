package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pronto/signalling/client/bot"
)

// demo starts a demo on loopback and returns the page's address once it is told. stop ends
// it and returns what it has printed since, and its error.
func demo(t *testing.T, d *demoCmd, more ...string) (page string, stop func() (string, error)) {
	t.Helper()
	environ := []string{
		"PRONTO_LISTEN=127.0.0.1:0", "PRONTO_MEDIA_LISTEN=127.0.0.1:0", "PRONTO_TURN_LISTEN=127.0.0.1:0",
		"PRONTO_METRICS_LISTEN=off", "PRONTO_PUBLIC_IPS=127.0.0.1",
	}
	cfg, err := loadConfig(demoEnviron(append(environ, more...), t.TempDir()))
	if err != nil {
		t.Fatalf("load the configuration: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := d.run(ctx, cfg, &screen{out: in, errs: io.Discard})
		_ = in.Close()
		ended <- err
	}()
	lines := bufio.NewScanner(out)
	for page == "" && lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "http://"); ok {
			page, _, _ = strings.Cut("http://"+url, "/?as=")
		}
	}
	rest := make(chan string, 1)
	go func() {
		var all strings.Builder
		for lines.Scan() {
			all.WriteString(lines.Text() + "\n")
		}
		rest <- all.String()
	}()
	if page == "" {
		cancel()
		t.Fatalf("the demo did not start: %v", <-ended)
	}
	return page, func() (string, error) {
		cancel()
		err := <-ended
		return <-rest, err
	}
}

func TestTheDemosPeopleCanLoadItWhileItsBotsCallEachOther(t *testing.T) {
	page, stop := demo(t, &demoCmd{Bots: 4, Groups: 1})
	var out bytes.Buffer
	l := &loadCmd{URL: page, Calls: 1, Duration: 5 * time.Second, Stay: 500 * time.Millisecond, Media: true}
	if err := l.run(t.Context(), &screen{out: &out, errs: io.Discard}); err != nil {
		t.Errorf("load: %v", err)
	}
	printed, err := stop()
	if err != nil {
		t.Errorf("the demo ended by: %v", err)
	}
	if !strings.Contains(printed, "Bot Echo") {
		t.Errorf("the demo does not say whom to call:\n%s", printed)
	}
	table := strings.TrimSpace(out.String())
	var r bot.Report
	if err := json.Unmarshal([]byte(table[strings.LastIndex(table, "\n")+1:]), &r); err != nil {
		t.Fatalf("the last line is no report: %v\n%s", err, table)
	}
	if r.SetUp == 0 || len(r.Failures) != 0 || r.Received.Packets == 0 || r.Heard.P50 <= 0 {
		t.Errorf("the load measured:\n%s", table)
	}
}

func TestTheCastOfADemoHasGroupsPairsAndTheEcho(t *testing.T) {
	c := &cast{url: "ws://localhost/v1/ws", log: slog.New(slog.DiscardHandler)}
	if err := c.hire(9, 1); err != nil {
		t.Fatal(err)
	}
	var rings []string
	for _, r := range c.roles {
		if !strings.HasPrefix(r.name, "Bot ") {
			t.Errorf("%s does not say that it is a bot", r.name)
		}
		for _, users := range r.script.Rings {
			var names []string
			for _, u := range users {
				names = append(names, string(u))
			}
			rings = append(rings, string(r.user)+": "+strings.Join(names, " "))
		}
	}
	want := "bot-1: bot-2 bot-3 bot-4\nbot-5: bot-6\nbot-7: bot-8"
	if got := strings.Join(rings, "\n"); got != want {
		t.Errorf("the bots ring\n%s\nwant\n%s", got, want)
	}
	if last := c.roles[len(c.roles)-1]; !last.echo || last.user != echoUser || len(c.bots) != 10 {
		t.Errorf("the last of %d bots is %s", len(c.bots), last.name)
	}
}

func TestADemoRefusesMoreGroupsThanItsBotsMake(t *testing.T) {
	for _, row := range []struct {
		bots, groups int
		ok           bool
	}{{8, 1, true}, {8, 2, true}, {8, 3, false}, {0, 0, true}, {-1, 0, false}, {201, 0, false}} {
		if err := (&demoCmd{Bots: row.bots, Groups: row.groups}).Validate(); (err == nil) != row.ok {
			t.Errorf("%d bots in %d groups: %v", row.bots, row.groups, err)
		}
	}
}
