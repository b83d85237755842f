package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

// knocker comes to doors of links, from another network each time.
type knocker struct {
	t    *testing.T
	page string
	n    int
}

func (k *knocker) ask(method, path, agent, body string) *http.Response {
	k.t.Helper()
	request, err := http.NewRequestWithContext(k.t.Context(), method, k.page+path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	k.n++
	request.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", k.n>>16, k.n>>8&255, k.n&255))
	request.Header.Set("User-Agent", agent)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		k.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response
}

// Programs that draw a preview of a link, and search engines, come to its page and
// to its door; nothing comes of it.
func TestRobotsThatLookAtALinkCountForNothing(t *testing.T) {
	p := linksServer(t, "PRONTO_PROXIES=127.0.0.1,::1")
	id := printed[createdLink](t, "link", "create", "--owner", "shop", "--owner-name", "The shop", "--max-uses", "1").ID
	k := &knocker{t: t, page: p.page}
	for _, agent := range []string{
		"WhatsApp/2.23.20.0", "TelegramBot (like TwitterBot)", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
		"facebookexternalhit/1.1", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for _, path := range []string{"/j/" + id, "/embed/" + id} {
				r := k.ask(method, path, agent, "")
				if r.StatusCode != http.StatusOK || r.Header.Get("X-Robots-Tag") == "" || r.Header.Get("Referrer-Policy") != "no-referrer" {
					t.Errorf("%s of the page by %q: %d, robots %q, referrer %q", method, agent, r.StatusCode, r.Header.Get("X-Robots-Tag"), r.Header.Get("Referrer-Policy"))
				}
				if len(r.Cookies()) > 0 {
					t.Errorf("%q gets a cookie", agent)
				}
			}
		}
		if r := k.ask(http.MethodGet, "/v1/links/"+id+"/door", agent, ""); r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the door answers %q with %d, %q", agent, r.StatusCode, r.Header.Get("Cache-Control"))
		}
	}
	var after serversLink
	if err := (remote{URL: p.page}).asks(t.Context(), http.MethodGet, "/v1/links/"+id, nil, &after); err != nil || after.Uses != 0 {
		t.Errorf("the link was used %d times (%v)", after.Uses, err)
	}
	var calls struct{ Items []any }
	if err := (remote{URL: p.page}).asks(t.Context(), http.MethodGet, "/v1/calls", nil, &calls); err != nil || len(calls.Items) != 0 {
		t.Errorf("%d calls have come of it (%v)", len(calls.Items), err)
	}
}

// The time that an answer takes does not tell an id that was good once from one that
// never was: they are asked in turn, so that what else the machine does falls on all.
func TestADoorTakesAsLongWhateverIsBehindIt(t *testing.T) {
	p := linksServer(t, "PRONTO_PROXIES=127.0.0.1,::1")
	k := &knocker{t: t, page: p.page}
	revoked := printed[createdLink](t, "link", "create", "--owner", "shop", "--owner-name", "The shop").ID
	if _, errs, code := command(t, "link", "revoke", "https://calls.example.com/j/"+revoked); code != 0 {
		t.Fatal(errs)
	}
	expired := printed[createdLink](t, "link", "create", "--owner", "shop", "--expires", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)).ID
	doors := []string{"AAAAAAAAAAAAAAAAAAAAAA", revoked, expired}

	alike := func(what string, rounds int, ask func(round int, id string)) {
		t.Helper()
		took := make([][]time.Duration, len(doors))
		for round := range rounds {
			for i := range doors {
				which := (i + round) % len(doors) // each is the first as often
				begun := time.Now()
				ask(round, doors[which])
				took[which] = append(took[which], time.Since(begun))
			}
		}
		var medians []time.Duration
		for _, list := range took {
			slices.Sort(list)
			medians = append(medians, list[len(list)/2])
		}
		if shortest, longest := slices.Min(medians), slices.Max(medians); longest-shortest > max(shortest/4, 300*time.Microsecond) {
			t.Errorf("%s: unknown, revoked and expired take %v", what, medians)
		}
		t.Logf("%s: unknown, revoked and expired take %v", what, medians)
	}
	leadsNowhere := func(r *http.Response) {
		t.Helper()
		if r.StatusCode != http.StatusNotFound {
			t.Fatalf("a link that leads nowhere answers %d", r.StatusCode)
		}
	}
	alike("the door", 300, func(_ int, id string) {
		leadsNowhere(k.ask(http.MethodGet, "/v1/links/"+id+"/door", "test", ""))
	})
	alike("a guest's pass", 300, func(_ int, id string) {
		leadsNowhere(k.ask(http.MethodPost, "/v1/links/"+id+"/guests", "test", `{"name":"Zoe"}`))
	})
	alike("the page in a frame", 300, func(_ int, id string) { k.ask(http.MethodGet, "/embed/"+id, "test", "") })

	// On the WebSocket each account may be wrong so often only: many take turns.
	const each = 5
	people := make([]*client.Client, 20)
	for i := range people {
		people[i] = account(t, p.page, fmt.Sprintf("caller%d", i))
	}
	alike("joining", len(people)*each, func(round int, id string) {
		_, err := client.Request[wire.CallState](t.Context(), people[round%len(people)], wire.JoinLink{Link: wire.LinkID(id)})
		if problem := wire.AsProblem(err); err == nil || problem.Code != wire.CodeNotFound {
			t.Fatalf("joining by a link that leads nowhere: %v", err)
		}
	})
}

// account connects an account that an integrator's key speaks for.
func account(t *testing.T, page, user string) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), client.Config{
		URL: "ws" + strings.TrimPrefix(page, "http") + "/v1/ws", Device: "test", DeviceName: "test", Logger: slog.New(slog.DiscardHandler),
		Encryption: wire.EncryptionVersion,
		Token: func(ctx context.Context) (string, error) {
			var made struct{ Token string }
			err := (remote{URL: page}).asks(ctx, http.MethodPost, "/v1/tokens", map[string]string{"user": user}, &made)
			return made.Token, err
		},
	})
	if err != nil {
		t.Fatalf("sign in as %s: %v", user, err)
	}
	t.Cleanup(c.Close)
	return c
}
