package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"pronto/sfu/impair"
	"pronto/signalling/client"
	"pronto/signalling/client/bot"
	"pronto/signalling/client/media"
	"pronto/signalling/identity"
	"pronto/signalling/wire"
)

const (
	// echoUser is the account of the bot that answers everybody.
	echoUser wire.UserID = "echo"
	// echoLines is how many calls it takes at a time.
	echoLines = 32
	maxBots   = 200
	groupSize = 4
)

// demoCmd serves with bots that call each other.
type demoCmd struct {
	Bots   int           `default:"8" help:"How many bots call each other, 0 to 200; the one that answers you comes on top."`
	Groups int           `default:"1" help:"How many groups of four of them talk through the SFU; the others call in pairs."`
	Bad    int           `default:"1" help:"How many of them have a bad network, in turn from the end of each group and pair."`
	Loss   float64       `default:"5" help:"What a bad network loses on its way to the bot, in percent."`
	RTT    time.Duration `name:"rtt" default:"150ms" help:"By how much a bad network delays, there and back."`
	For    time.Duration `help:"Stop after this time; 0 means when told to." default:"0"`
}

// Validate is called by kong.
func (d *demoCmd) Validate() error {
	switch {
	case d.Bots < 0 || d.Bots > maxBots:
		return fmt.Errorf("--bots is %d, not 0 to %d", d.Bots, maxBots)
	case d.Bad < 0 || d.Bad > d.Bots && d.Bad > 1:
		return fmt.Errorf("--bad is %d, not 0 to %d", d.Bad, d.Bots)
	case !(d.Loss >= 0 && d.Loss <= 100):
		return fmt.Errorf("--loss is %v, not 0 to 100", d.Loss)
	case d.RTT < 0 || d.RTT > 10*time.Second:
		return fmt.Errorf("--rtt is %s, not 0 to 10s", d.RTT)
	case d.Groups < 0 || d.Groups*groupSize > d.Bots:
		return fmt.Errorf("--groups is %d, but %d bots make at most %d groups of %d", d.Groups, d.Bots, d.Bots/groupSize, groupSize)
	}
	return nil
}

// Run implements the command.
func (d *demoCmd) Run(ctx context.Context, s *screen) error {
	dir, err := os.MkdirTemp("", "pronto-demo-*")
	if err != nil {
		return fmt.Errorf("make a directory for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	cfg, err := loadConfig(demoEnviron(os.Environ(), dir))
	if err != nil {
		return err
	}
	return d.run(ctx, cfg, s)
}

// demoEnviron adds to the environment what a demo has unless it is told otherwise:
// a database that does not stay, and a quiet log.
func demoEnviron(environ []string, dir string) []string {
	set := func(name, value string) {
		for _, e := range environ {
			if strings.HasPrefix(e, name+"=") {
				return
			}
		}
		environ = append(environ, name+"="+value)
	}
	set("PRONTO_DATA", dir)
	set("PRONTO_DEMO", "true")
	set("PRONTO_LOG_LEVEL", "warn")
	set("PRONTO_RATING_SHARE", "1")
	set("PRONTO_RINGS_PER_MINUTE", "1000") // bots ring more often than people may
	set("PRONTO_RINGS_PER_PAIR", "1000")
	return environ
}

// run serves and has the bots call until ctx ends.
func (d *demoCmd) run(ctx context.Context, cfg config, on *screen) error {
	if d.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.For)
		defer cancel()
	}
	log := cfg.logger()
	s, err := newServer(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer s.Close()
	engine, err := media.NewEngine(media.Config{Logger: log})
	if err != nil {
		return err
	}
	defer engine.Close()
	half := float64(d.RTT.Milliseconds()) / 2
	bad, err := media.NewEngine(media.Config{
		Logger: log, Up: impair.Conditions{DelayMs: half}, Down: impair.Conditions{DelayMs: half, Loss: d.Loss / 100},
	})
	if err != nil {
		return err
	}
	defer bad.Close()
	c := &cast{url: socketURL(s.urls.Page), own: s.secrets.tokens, engine: engine, bad: bad, isBad: d.isBad, log: log}
	if err := c.hire(d.Bots, d.Groups); err != nil {
		return err
	}
	if err := c.introduce(ctx); err != nil {
		return errorUnlessDone(ctx, err)
	}
	if err := on.show(s.urls, func(out io.Writer) error { return d.greet(out, s.urls) }); err != nil {
		return err
	}
	log.Info("pronto is ready", "page", shown(s.urls.Page), "metrics", shown(s.urls.Metrics), "media", shown(s.urls.Media), "turn", shown(s.urls.Turn))

	live, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	failed := make(chan error, len(c.roles))
	for _, b := range c.bots {
		running.Go(func() {
			if err := b.Run(live); err != nil && live.Err() == nil {
				failed <- err
			}
		})
	}
	running.Go(func() { c.tally.show(live, on, c.bots) })
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	case err = <-failed:
	}
	stop()
	running.Wait()
	return err
}

func errorUnlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// isBad tells whether a bot has a bad network: the last of each four first.
func (d *demoCmd) isBad(i int) bool {
	turn, within := i%groupSize, i/groupSize // the last of all fours, then the last but one
	fours := (d.Bots + groupSize - 1) / groupSize
	return (groupSize-1-turn)*fours+within < d.Bad
}

func (d *demoCmd) greet(to io.Writer, urls addresses) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "Pronto is on. Open this page, in two windows for two people:\n\n")
	for _, p := range identity.Demo[:2] {
		fmt.Fprintf(&out, "  %-6s %s/?as=%s\n", p.Name, urls.Page, p.User)
	}
	fmt.Fprintf(&out, "\nNobody there? Call Bot Echo: it answers and sends your voice back, a second later.\n")
	fmt.Fprintf(&out, "%d bots call each other meanwhile. ", d.Bots)
	if urls.Metrics != "" {
		fmt.Fprintf(&out, "Metrics: %s. ", urls.Metrics)
	}
	fmt.Fprintf(&out, "Ctrl-C ends it.\n\n")
	_, err := out.WriteTo(to)
	return err
}

// socketURL is the WebSocket of a page.
func socketURL(page string) string { return strings.Replace(page, "http", "ws", 1) + "/v1/ws" }

// role is one bot's account and what it does.
type role struct {
	user   wire.UserID
	name   string
	clip   *media.Clip
	echo   bool
	bad    bool // has a bad network
	script bot.Script
}

// cast are the bots of a demo.
type cast struct {
	url    string
	own    []byte // signs their tokens
	engine *media.Engine
	bad    *media.Engine      // of those with a bad network
	isBad  func(bot int) bool // nil: nobody has one
	log    *slog.Logger
	roles  []role
	bots   []*bot.Bot
	tally  tally
}

// hire makes the bots: first the groups, then the pairs, then the echo.
func (c *cast) hire(bots, groups int) error {
	clips, err := media.Clips()
	if err != nil {
		return err
	}
	for i := range bots {
		clip := clips[i%len(clips)]
		c.roles = append(c.roles, role{
			user: botUser(i), name: bot.Name(clip.Name, i/len(clips)), clip: clip, bad: c.isBad != nil && c.isBad(i),
			script: bot.Script{
				Answers: true, Answer: seconds(1, 4), Lines: 3, Mute: seconds(6, 20), Everyone: true,
				Contacts: everybody(bots, i),
			},
		})
	}
	for i := range bots {
		script := &c.roles[i].script
		script.Rest, script.Stay, script.Kinds = seconds(2, 6), seconds(15, 40), []wire.Kind{wire.KindVideo, wire.KindVoice}
		switch {
		case i < groups*groupSize && i%groupSize == 0:
			script.Rings = [][]wire.UserID{{botUser(i + 1), botUser(i + 2), botUser(i + 3)}}
			script.Kinds = []wire.Kind{wire.KindVideo}
		case i >= groups*groupSize && (i-groups*groupSize)%2 == 0 && i+1 < bots:
			script.Rings = [][]wire.UserID{{botUser(i + 1)}}
		}
	}
	c.roles = append(c.roles, role{
		user: echoUser, name: "Bot Echo", clip: clips[0], echo: true,
		script: bot.Script{Answers: true, Answer: seconds(1, 2), Lines: echoLines, Everyone: true, Contacts: everybody(0, -1)},
	})
	for _, r := range c.roles {
		b, err := bot.New(bot.Config{Phone: c.phone(r), Script: r.script, On: c.tally.add})
		if err != nil {
			return err
		}
		c.bots = append(c.bots, b)
	}
	return nil
}

func botUser(i int) wire.UserID { return wire.UserID(fmt.Sprintf("bot-%d", i+1)) }

// everybody are the accounts that a bot knows: the other bots and the demo's people.
func everybody(bots, self int) []wire.UserID {
	var users []wire.UserID
	for i := range bots {
		if i != self {
			users = append(users, botUser(i))
		}
	}
	for _, p := range identity.DemoContacts() {
		users = append(users, p.User)
	}
	return users
}

func seconds(least, most int) bot.Between {
	return bot.Between{Least: time.Duration(least) * time.Second, Most: time.Duration(most) * time.Second}
}

func (c *cast) phone(r role) bot.PhoneConfig {
	engine := c.engine
	if r.bad {
		engine = c.bad
	}
	return bot.PhoneConfig{Client: c.client(r.user, r.name), Engine: engine, Clip: r.clip, Echo: r.echo, Logger: c.log}
}

func (c *cast) client(user wire.UserID, name string) client.Config {
	return client.Config{
		URL: c.url, Agent: "pronto-bot", Device: "demo", DeviceName: "the demo", Logger: c.log,
		Token: func(context.Context) (string, error) {
			id := identity.Identity{User: user, Name: name, Grants: identity.Grants{Account: true}}
			return identity.Sign(ownKey, c.own, id, time.Now(), time.Minute)
		},
	}
}

// introduce has every bot sign in once, so that there are accounts to know, and
// puts the echo and the first bots into the contacts of the demo's people.
func (c *cast) introduce(ctx context.Context) error {
	for _, r := range c.roles {
		s, err := client.Dial(ctx, c.client(r.user, r.name))
		if err != nil {
			return fmt.Errorf("introduce the bots: %w", err)
		}
		s.Close()
	}
	const shown = 3
	known := append([]role{c.roles[len(c.roles)-1]}, c.roles[:min(shown, len(c.roles)-1)]...)
	for _, p := range identity.DemoContacts() {
		s, err := client.Dial(ctx, c.client(p.User, p.Name))
		if err != nil {
			return fmt.Errorf("introduce the bots: %w", err)
		}
		for _, r := range known {
			if _, e := client.Request[wire.People](ctx, s, wire.AddContact{User: r.user}); e != nil {
				err = errors.Join(err, e)
			}
		}
		s.Close()
		if err != nil {
			return fmt.Errorf("introduce the bots: %w", err)
		}
	}
	return nil
}
