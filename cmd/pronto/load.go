package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/bot"
	"pronto/signalling/client/media"
	"pronto/signalling/identity"
	"pronto/signalling/wire"
)

// loadCmd makes calls at a server and measures them.
type loadCmd struct {
	URL      string        `default:"http://localhost:8080" help:"The server's page. Load is meant for servers of your own."`
	Key      string        `help:"API key, as printed by pronto keys create. Without one, the demo's people call, at most two pairs."`
	Secret   string        `help:"Its secret." env:"PRONTO_LOAD_SECRET"`
	Calls    int           `default:"4" help:"How many calls of two go on at a time, 1 to 500."`
	Duration time.Duration `default:"30s" help:"For how long."`
	Stay     time.Duration `default:"5s" help:"How long each call lasts."`
	Media    bool          `default:"true" negatable:"" help:"Send and receive sound and pictures; without, only signalling is measured."`
	Voice    bool          `help:"Voice calls instead of video calls."`
	Scenario string        `help:"Instead of calls of two, one of fan50, mesh10, audio100 and fan150: many in one call, or in two, who join by a link. Or keys: in an encrypted call somebody comes and goes all the time." placeholder:"NAME"`
	Members  int           `default:"8" help:"With --scenario keys, how many are in the call, 2 to 100, of whom six at most send."`
	Every    time.Duration `default:"1s" help:"With --scenario keys, how long after somebody has come he goes, and comes again after that. The server changes keys once a second at most."`
	Settle   time.Duration `default:"2s" help:"With --scenario keys, how long nothing happens once all have come."`
	Prefix   string        `default:"Guest" help:"With --link, what the guests are called, before their numbers."`
	Link     string        `help:"With --scenario keys, the link of the call, which all join as guests; #secret at its end is the link's secret." placeholder:"LINK"`
}

// Run implements the command.
func (l *loadCmd) Run(ctx context.Context, s *screen) error { return l.run(ctx, s) }

func (l *loadCmd) run(ctx context.Context, s *screen) error {
	switch l.Scenario {
	case "":
	case "keys":
		return l.runKeys(ctx, s)
	default:
		return l.runScenario(ctx, s)
	}
	phones, err := l.newPhones(ctx, l.accounts, 2*l.Calls)
	if err != nil {
		return err
	}
	defer phones.close()
	kind := wire.KindVideo
	if l.Voice {
		kind = wire.KindVoice
	}
	defer s.progress("load", l.Duration)()
	report, err := bot.Load(ctx, bot.LoadConfig{
		Calls: l.Calls, Duration: l.Duration, Stay: l.Stay, Kind: kind,
		Phone: func(call, side int) (bot.PhoneConfig, wire.UserID) {
			user := phones.users[2*call+side]
			return phones.config(user, call+side), user
		},
	})
	if err != nil {
		return err
	}
	if !s.json {
		if err := printReport(s.out, report); err != nil {
			return err
		}
	}
	return printLine(s.out, report)
}

// phones are what those who take part call with.
type phones struct {
	url    string
	users  []wire.UserID
	token  tokenFunc
	engine *media.Engine // nil without media
	clips  []*media.Clip
	logger *slog.Logger
}

// newPhones are those of so many accounts.
func (l *loadCmd) newPhones(ctx context.Context, accounts accountsFunc, n int) (*phones, error) {
	users, token, err := accounts(ctx, n)
	if err != nil {
		return nil, err
	}
	p := &phones{url: socketURL(strings.TrimSuffix(l.URL, "/")), users: users, token: token, logger: slog.New(slog.DiscardHandler)}
	if p.clips, err = media.Clips(); err != nil {
		return nil, err
	}
	if l.Media {
		p.engine, err = media.NewEngine(media.Config{Logger: p.logger, LoopbackOnly: isLocal(l.URL)})
	}
	return p, err
}

func (p *phones) close() {
	if p.engine != nil {
		p.engine.Close()
	}
}

// config is the phone of an account that sends the n-th clip.
func (p *phones) config(user wire.UserID, n int) bot.PhoneConfig {
	return bot.PhoneConfig{
		Client: client.Config{
			URL: p.url, Device: "load", DeviceName: "a load test", Logger: p.logger,
			Token: func(ctx context.Context) (string, error) { return p.token(ctx, user) },
		},
		Engine: p.engine, Clip: p.clips[n%len(p.clips)], Logger: p.logger,
	}
}

func isLocal(url string) bool {
	return strings.Contains(url, "//localhost") || strings.Contains(url, "//127.0.0.1")
}

type tokenFunc func(ctx context.Context, user wire.UserID) (string, error)

// accountsFunc returns so many accounts, and how to sign them in.
type accountsFunc func(ctx context.Context, n int) ([]wire.UserID, tokenFunc, error)

// accounts returns so many accounts, and how to sign them in.
func (l *loadCmd) accounts(ctx context.Context, n int) ([]wire.UserID, tokenFunc, error) {
	if l.Key == "" {
		return l.demoAccounts(ctx, n)
	}
	if l.Secret == "" {
		return nil, nil, configError{fmt.Errorf("--secret or PRONTO_LOAD_SECRET is missing beside --key")}
	}
	var users []wire.UserID
	for i := range n {
		users = append(users, wire.UserID(fmt.Sprintf("load-%d", i+1)))
	}
	return users, func(_ context.Context, user wire.UserID) (string, error) {
		id := identity.Identity{User: user, Name: "Bot " + string(user), Grants: identity.Grants{Account: true}}
		return identity.Sign(l.Key, []byte(l.Secret), id, time.Now(), time.Minute)
	}, nil
}

// demoAccounts are the people of a demo server.
func (l *loadCmd) demoAccounts(ctx context.Context, n int) ([]wire.UserID, tokenFunc, error) {
	var list struct {
		Identities []struct {
			User wire.UserID `json:"user"`
		} `json:"identities"`
	}
	if err := l.ask(ctx, http.MethodGet, "/v1/demo/identities", nil, &list); err != nil {
		return nil, nil, fmt.Errorf("the server is no demo; give --key and --secret: %w", err)
	}
	if n > len(list.Identities) {
		return nil, nil, configError{fmt.Errorf("the load needs %d people, but the demo has %d; give --key and --secret", n, len(list.Identities))}
	}
	var users []wire.UserID
	for _, i := range list.Identities {
		users = append(users, i.User)
	}
	return users, func(ctx context.Context, user wire.UserID) (string, error) {
		var signed struct {
			Token string `json:"token"`
		}
		err := l.ask(ctx, http.MethodPost, "/v1/demo/sign-in", map[string]wire.UserID{"user": user}, &signed)
		return signed.Token, err
	}, nil
}

// ask makes one request of the HTTP API.
func (l *loadCmd) ask(ctx context.Context, method, path string, body, reply any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(l.URL, "/")+path, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: the server says %s", method, path, response.Status)
	}
	const most = 64 << 10
	if err := json.NewDecoder(io.LimitReader(response.Body, most)).Decode(reply); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// printReport prints a table for people.
func printReport(out io.Writer, r bot.Report) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("calls", "%d in %.1f s", r.Calls, r.Seconds)
	row("set up", "%d", r.SetUp)
	for _, cause := range slices.Sorted(maps.Keys(r.Failures)) {
		row("failed, "+cause, "%d", r.Failures[cause])
	}
	row("ring to device", "p50 %.0f ms, p95 %.0f ms, max %.0f ms", r.Rung.P50, r.Rung.P95, r.Rung.Max)
	row("answer to media", "p50 %.0f ms, p95 %.0f ms, max %.0f ms", r.Heard.P50, r.Heard.P95, r.Heard.Max)
	row("sent", "%d packets, %.1f MB", r.Sent.Packets, float64(r.Sent.Bytes)/1e6)
	row("received", "%d packets, %.1f MB", r.Received.Packets, float64(r.Received.Bytes)/1e6)
	row("lost", "%d packets", r.Lost)
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

// printLine prints a report as one line of JSON.
func printLine(out io.Writer, report any) error {
	if err := json.NewEncoder(out).Encode(report); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}
