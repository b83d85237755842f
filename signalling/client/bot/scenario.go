package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

// joinTogether is how many join at the same moment; who joins waits until he hears somebody.
const joinTogether = 8

// Scenario is who sends what to whom, in calls of one link each. A call takes at most [wire.MaxParticipants], so that
// the listeners of a large scenario are spread over some calls, in each of which as many speak.
type Scenario struct {
	// Name is what the scenario is called.
	Name string
	// Speakers send sound, and a picture if Films, in each call.
	Speakers int
	Films    bool
	// Listeners send nothing. There are so many in each call; 0 means that the speakers hear each other.
	Listeners int
	// Calls is how many calls there are, from 1.
	Calls int
}

// Scenarios are those by which servers are compared; make bench-sfu has the same without signalling.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "fan50", Speakers: 1, Films: true, Listeners: 50, Calls: 1},
		{Name: "mesh10", Speakers: 10, Films: true, Calls: 1},
		{Name: "audio100", Speakers: 5, Listeners: 50, Calls: 2},
		{Name: "fan150", Speakers: 1, Films: true, Listeners: 75, Calls: 2},
	}
}

// Phones is how many phones the scenario needs.
func (s Scenario) Phones() int { return s.Calls * (s.Speakers + s.Listeners) }

// ScenarioConfig is what [RunScenario] needs.
type ScenarioConfig struct {
	Scenario
	// Window is for how long packets are counted once everybody hears somebody.
	Window time.Duration
	// Phone returns the phone of one who takes part, from 0; it must have an Engine, and its Incoming is not used.
	Phone func(i int) PhoneConfig
}

// Validate reports what is missing or out of range.
func (c ScenarioConfig) Validate() error {
	switch {
	case c.Speakers < 1 || c.Listeners < 0 || c.Calls < 1 || c.Speakers+c.Listeners < 2:
		return errors.New("bot: ScenarioConfig has nobody who speaks or nobody who listens")
	case c.Speakers+c.Listeners > wire.MaxParticipants:
		return fmt.Errorf("bot: %d in a call, of which a call takes %d", c.Speakers+c.Listeners, wire.MaxParticipants)
	case c.Window <= 0:
		return errors.New("bot: ScenarioConfig.Window is not positive")
	case c.Phone == nil:
		return errors.New("bot: ScenarioConfig.Phone is missing")
	}
	return nil
}

// ScenarioReport is what a scenario has measured, at the clients.
type ScenarioReport struct {
	Scenario string `json:"scenario"`
	// Participants is how many took part, in so many calls.
	Participants int `json:"participants"`
	Calls        int `json:"calls"`
	// PacketsPerSecond counts the packets of media that all of them received.
	PacketsPerSecond float64 `json:"packetsPerSecond"`
	// Loss is the share of those that were sent to them and did not come.
	Loss float64 `json:"loss"`
	// JoinP50Ms and JoinP99Ms are the times from the request to join to the first sound.
	JoinP50Ms float64 `json:"joinP50Ms"`
	JoinP99Ms float64 `json:"joinP99Ms"`
}

// gathering is the calls of a scenario while it runs.
type gathering struct {
	cfg    ScenarioConfig
	phones []*Phone

	mu    sync.Mutex // guards joins
	joins []time.Duration
}

// RunScenario has everybody join and measures what flows. The error says who could not join.
func RunScenario(ctx context.Context, cfg ScenarioConfig) (ScenarioReport, error) {
	if err := cfg.Validate(); err != nil {
		return ScenarioReport{}, err
	}
	g := &gathering{cfg: cfg, phones: make([]*Phone, cfg.Phones())}
	defer closePhones(ctx, g.phones)
	if err := together(len(g.phones), func(i int) (err error) {
		g.phones[i], err = Open(ctx, cfg.Phone(i))
		return err
	}); err != nil {
		return ScenarioReport{}, fmt.Errorf("sign in: %w", err)
	}
	size := cfg.Speakers + cfg.Listeners
	for i := range cfg.Calls {
		if err := g.join(ctx, g.phones[i*size:(i+1)*size]); err != nil {
			return ScenarioReport{}, err
		}
	}
	before := g.totals()
	began := time.Now()
	wait(ctx, cfg.Window)
	after, took := g.totals(), time.Since(began)
	r := ScenarioReport{Scenario: cfg.Name, Participants: len(g.phones), Calls: cfg.Calls}
	received, lost := float64(after.packets-before.packets), max(0, float64(after.lost)-float64(before.lost))
	r.PacketsPerSecond = received / took.Seconds()
	if received > 0 {
		r.Loss = lost / (received + lost)
	}
	slices.Sort(g.joins)
	at := func(q float64) float64 {
		return float64(g.joins[int(q*float64(len(g.joins)-1))].Microseconds()) / 1000
	}
	r.JoinP50Ms, r.JoinP99Ms = at(0.5), at(0.99)
	return r, ctx.Err()
}

// join has those of one call join by a link that the first of them makes: the speakers, then the listeners.
func (g *gathering) join(ctx context.Context, phones []*Phone) error {
	kind := wire.KindVoice
	if g.cfg.Films {
		kind = wire.KindVideo
	}
	link, err := client.Request[wire.Link](ctx, phones[0].client, wire.CreateLink{Kind: kind, Terms: wire.LinkTerms{Title: g.cfg.Name}, Unencrypted: true})
	if err != nil {
		return fmt.Errorf("make a link: %w", err)
	}
	speaks := wire.Media{Microphone: true, Camera: g.cfg.Films}
	if _, err := phones[0].JoinLink(ctx, link.Link, "", speaks); err != nil { // nobody is there whom he could hear
		return err
	}
	speakers := phones[1:g.cfg.Speakers]
	if err := together(len(speakers), func(i int) error { return g.enter(ctx, speakers[i], link.Link, speaks) }); err != nil {
		return err
	}
	listeners := phones[g.cfg.Speakers:]
	return together(len(listeners), func(i int) error { return g.enter(ctx, listeners[i], link.Link, wire.Media{}) })
}

// enter has one join and waits until he hears somebody.
func (g *gathering) enter(ctx context.Context, p *Phone, link wire.LinkID, m wire.Media) error {
	began := time.Now()
	c, err := p.JoinLink(ctx, link, "", m)
	if err != nil {
		return err
	}
	if cause := heard(ctx, []*Call{c}); cause != "" {
		return errors.New("bot: " + cause)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.joins = append(g.joins, time.Since(began))
	return nil
}

// carried is what has come to everybody so far.
type carried struct{ packets, lost uint64 }

func (g *gathering) totals() (t carried) {
	for _, p := range g.phones {
		for _, c := range p.Calls() {
			stats := c.Stats()
			_, received := stats.Totals()
			t.packets += received.Packets
			t.lost += stats.Lost
		}
	}
	return t
}

// closePhones has everybody leave.
func closePhones(ctx context.Context, phones []*Phone) {
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = together(len(phones), func(i int) error {
		if p := phones[i]; p != nil {
			p.Close(leaving)
		}
		return nil
	})
}

// together does something for each of n, some at a time. It returns the first error; what has not begun by then
// is not done.
func together(n int, do func(i int) error) error {
	var work sync.WaitGroup
	errs := make(chan error, n)
	places := make(chan struct{}, joinTogether)
	for i := range n {
		places <- struct{}{}
		if len(errs) > 0 {
			break
		}
		work.Go(func() {
			defer func() { <-places }()
			if err := do(i); err != nil {
				errs <- err
			}
		})
	}
	work.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}
