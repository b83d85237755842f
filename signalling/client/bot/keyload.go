package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

const (
	// agreeWithin is how long all may take to have the same keys.
	agreeWithin = 20 * time.Second
	// settled is how long who has come last may be sent what he cannot open yet.
	settled = 2 * time.Second
	// agreeLook is how often it is looked whether they have.
	agreeLook = 2 * time.Millisecond
)

// KeysConfig is what [LoadKeys] needs.
type KeysConfig struct {
	// Members is how many are in the call, of whom one comes and goes. From 2 to [wire.MaxParticipants].
	Members int
	// Speakers is how many of those who stay send sound and a picture. From 1 to Members − 1.
	Speakers int
	// Link is the link of the call that they join, and Secret its secret. An empty one has the first of them make a link.
	Link   wire.LinkID
	Secret string
	// Every is the time between a coming and the going after it, and between that and the next coming.
	Every time.Duration
	// Settle is how long nothing happens after all have come. With 2 s and more the report is of what came after that,
	// and the server lets keys be changed a few times at once again.
	Settle time.Duration
	// Duration is for how long somebody comes and goes.
	Duration time.Duration
	// Phone returns the phone of one of them, from 0; those that send, and the last one, who comes and goes, need an
	// Engine. Its Incoming is not used.
	Phone func(i int) PhoneConfig
}

// Validate reports what is missing or out of range.
func (c KeysConfig) Validate() error {
	switch {
	case c.Members < 2 || c.Members > wire.MaxParticipants:
		return fmt.Errorf("bot: KeysConfig.Members is %d, not 2 to %d", c.Members, wire.MaxParticipants)
	case c.Speakers < 1 || c.Speakers >= c.Members:
		return fmt.Errorf("bot: KeysConfig.Speakers is %d, not 1 to %d", c.Speakers, c.Members-1)
	case c.Every <= 0 || c.Duration <= 0 || c.Settle < 0:
		return errors.New("bot: a duration of KeysConfig is not positive")
	case c.Phone == nil:
		return errors.New("bot: KeysConfig.Phone is missing")
	}
	return nil
}

// KeysReport is what changes of keys have cost those who were in the call.
type KeysReport struct {
	Members int `json:"members"`
	// Joins and Leaves are how often the keys were changed, by whom.
	Joins  int `json:"joins"`
	Leaves int `json:"leaves"`
	// Processed are the times from the first who has a commit's keys to the last one, joins only.
	Processed Quantiles `json:"commitToAllMs"`
	// Agreed are the times from a newcomer's request to join until everybody has the keys that he has.
	Agreed Quantiles `json:"joinToAllMs"`
	// Opened are the times from a newcomer's request to join to the first frame that he opens.
	Opened Quantiles `json:"joinToFirstOpenedMs"`
	// Left are the times from somebody's leaving until everybody else has keys that he has not.
	Left Quantiles `json:"leaveToAllMs"`
	// Unopened counts the frames that could not be opened by those who stayed, and Passed those that were.
	Unopened uint64 `json:"unopened"`
	Passed   uint64 `json:"opened"`
}

// keyLoad is a call in which somebody comes and goes.
type keyLoad struct {
	cfg    KeysConfig
	phones []*Phone
	calls  []*Call // of those who stay
	report KeysReport
	before media.Stats // of those who stay, when all were there

	processed, agreed, opened, left []time.Duration
}

// LoadKeys has one come to a call and leave it, over and over, and measures how long the others take to have the
// same keys. The error says who could not join, or that they did not agree in time; ctx's end only ends it early.
func LoadKeys(ctx context.Context, cfg KeysConfig) (KeysReport, error) {
	if err := cfg.Validate(); err != nil {
		return KeysReport{}, err
	}
	l := &keyLoad{cfg: cfg, phones: make([]*Phone, cfg.Members), report: KeysReport{Members: cfg.Members}}
	defer func() { closePhones(ctx, l.phones) }()
	if err := together(len(l.phones), func(i int) (err error) {
		l.phones[i], err = Open(ctx, cfg.Phone(i))
		return err
	}); err != nil {
		return l.report, fmt.Errorf("sign in: %w", err)
	}
	if err := l.gather(ctx); err != nil {
		return l.report, err
	}
	for until := time.Now().Add(cfg.Duration); ctx.Err() == nil && time.Now().Before(until); {
		if err := l.comeAndGo(ctx); err != nil && ctx.Err() == nil {
			return l.sum(), err
		}
	}
	return l.sum(), nil
}

func (l *keyLoad) sum() KeysReport {
	r := l.report
	r.Processed, r.Agreed, r.Opened, r.Left = quantiles(l.processed), quantiles(l.agreed), quantiles(l.opened), quantiles(l.left)
	now := l.carried()
	_, received := now.Totals()
	_, before := l.before.Totals()
	r.Unopened, r.Passed = now.Unopened-l.before.Unopened, received.Opened-before.Opened
	return r
}

// carried is what has come to those who stay.
func (l *keyLoad) carried() (s media.Stats) {
	for _, c := range l.calls {
		s.Add(c.Stats())
	}
	return s
}

// gather has those who stay join, and waits until they have the same keys.
func (l *keyLoad) gather(ctx context.Context) error {
	if l.cfg.Link == "" {
		link, err := client.Request[wire.Link](ctx, l.phones[0].client, wire.CreateLink{Kind: wire.KindVideo, Terms: wire.LinkTerms{Title: "keys"}})
		if err != nil {
			return fmt.Errorf("make a link: %w", err)
		}
		l.cfg.Link = link.Link
	}
	for i, p := range l.phones[:l.cfg.Members-1] {
		sends := i < l.cfg.Speakers
		c, err := p.JoinLink(ctx, l.cfg.Link, l.cfg.Secret, wire.Media{Microphone: sends, Camera: sends})
		if err != nil {
			return err
		}
		if c.Keys() == nil {
			return errors.New("bot: the call of the link is not encrypted")
		}
		l.calls = append(l.calls, c)
	}
	if _, err := l.agree(ctx, nil, "", 0); err != nil {
		return err
	}
	if l.cfg.Settle > settled {
		defer wait(ctx, l.cfg.Settle-settled)
	}
	wait(ctx, min(l.cfg.Settle, settled))
	l.before = l.carried()
	return nil
}

// comeAndGo has the last one join and leave again.
func (l *keyLoad) comeAndGo(ctx context.Context) error {
	before, _ := l.calls[0].Keys().Epoch()
	began := time.Now()
	c, err := l.phones[l.cfg.Members-1].JoinLink(ctx, l.cfg.Link, l.cfg.Secret, wire.Media{})
	if err != nil {
		return err
	}
	opened := make(chan time.Duration, 1)
	go func() { opened <- l.firstOpened(ctx, c, began) }()
	first, err := l.agree(ctx, c, "", before)
	if err == nil {
		l.agreed, l.processed = append(l.agreed, time.Since(began)), append(l.processed, time.Since(first))
		l.report.Joins++
	}
	after := <-opened
	switch {
	case err != nil:
		return err
	case after <= 0:
		return errors.New("bot: a newcomer has opened no frame")
	}
	l.opened = append(l.opened, after)
	wait(ctx, time.Until(began.Add(l.cfg.Every)))

	before, _ = l.calls[0].Keys().Epoch()
	gone := c.State().Self
	began = time.Now()
	if err := c.Leave(ctx); err != nil {
		return err
	}
	<-c.Done()
	if _, err := l.agree(ctx, nil, gone, before); err != nil {
		return err
	}
	l.left = append(l.left, time.Since(began))
	l.report.Leaves++
	wait(ctx, time.Until(began.Add(l.cfg.Every)))
	return nil
}

// firstOpened is how long after began a frame was opened in a call; 0 if none was in time.
func (l *keyLoad) firstOpened(ctx context.Context, c *Call, began time.Time) time.Duration {
	for time.Since(began) < agreeWithin && wait(ctx, agreeLook) {
		s := c.Stats()
		if _, received := s.Totals(); received.Opened > 0 {
			return time.Since(began)
		}
	}
	return 0
}

// agree waits until all have the same keys: those who stay, and the newcomer if there is one, and not him who is gone. It
// returns when the first of them had keys of after an epoch.
func (l *keyLoad) agree(ctx context.Context, newcomer *Call, gone wire.ParticipantID, before uint32) (first time.Time, err error) {
	all := l.calls[:len(l.calls):len(l.calls)]
	if newcomer != nil {
		all = append(all, newcomer)
	}
	for until := time.Now().Add(agreeWithin); time.Now().Before(until); {
		newest, same := newestOf(all)
		if first.IsZero() && newest > before {
			first = time.Now()
		}
		if same && haveKeys(all, gone) {
			return first, nil
		}
		if !wait(ctx, agreeLook) {
			return first, ctx.Err()
		}
	}
	return first, fmt.Errorf("bot: %d members have not agreed on keys in %s", len(all), agreeWithin)
}

// newestOf is the newest epoch that one of them has, and whether all have it.
func newestOf(all []*Call) (newest uint32, same bool) {
	same = true
	for i, c := range all {
		epoch, ok := c.Keys().Epoch()
		same = same && ok && (i == 0 || epoch == newest)
		newest = max(newest, epoch)
	}
	return newest, same
}

// haveKeys tells whether the first of them sees that all have keys, and that somebody has none.
func haveKeys(all []*Call, gone wire.ParticipantID) bool {
	holds := map[wire.ParticipantID]bool{}
	for _, h := range all[0].Keys().Holders() {
		holds[h.Participant] = true
	}
	for _, c := range all {
		if !holds[c.State().Self] {
			return false
		}
	}
	return gone == "" || !holds[gone]
}
