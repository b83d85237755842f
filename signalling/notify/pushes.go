package notify

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"pronto/signalling/again"
	"pronto/signalling/store"
)

// PushConfig is what [Pushes] need.
type PushConfig struct {
	// Store has the outbox and the subscriptions.
	Store PushStore
	// Client posts to push services, whose addresses come from browsers: it
	// must look at each address before it dials.
	Client *http.Client
	// VAPID signs what is posted.
	VAPID VAPID
	// Subject says who this server is, to the push services: an https address
	// or an e-mail address (RFC 8292, section 2.1).
	Subject string
	// Ring, Missed and Reminder are the topics of the outbox.
	Ring, Missed, Reminder string
	// Here tells whether a device has a socket: then it knows already. Nil means
	// that none has.
	Here func(user, device string) bool
	// Every is how often the outbox is asked; 250 ms if 0.
	Every time.Duration
	// Events hears of each push; it must not block.
	Events func(Pushed)
	// Logger is required.
	Logger *slog.Logger
}

// PushStore is the part of [store.Store] that pushes need.
type PushStore interface {
	Due(ctx context.Context, topic string, limit int) ([]store.OutboxRow, error)
	Done(ctx context.Context, id string) error
	Retry(ctx context.Context, id string, after time.Duration) error
	PushRang(ctx context.Context, ring store.OutboxRow) error
	PushRingsOver(ctx context.Context, limit int) ([]store.PushRingOver, error)
	PushSubscriptions(ctx context.Context, user string) ([]store.PushSubscription, error)
	DeletePushSubscription(ctx context.Context, user, device, endpoint string) error
}

// Pushed says how a push went; it names nobody.
type Pushed struct {
	Result PushResult
	Took   time.Duration
}

// PushResult is what a push service made of a push.
type PushResult string

// The results.
const (
	PushOK        PushResult = "ok"
	PushGone      PushResult = "gone"      // the subscription has ended, and is forgotten
	PushThrottled PushResult = "throttled" // tried again
	PushTooBig    PushResult = "too_big"
	PushError     PushResult = "error" // tried again
)

// What a push says of a call.
const (
	pushIncoming = "incoming"
	pushCancel   = "cancel"
	pushMissed   = "missed"
	pushReminder = "reminder" // of a booked talk, which is named by its link
)

// message is what the page's service worker gets. It names nobody: a name
// would be on the lock screen of whoever holds the device.
type message struct {
	Version int    `json:"v"`
	Type    string `json:"type"`
	Call    string `json:"call"`
	Kind    string `json:"kind"`
	// ExpiresMs is until when it means anything, in Unix milliseconds.
	ExpiresMs int64 `json:"exp"`
	// AtMs is when a booked talk begins, and Host says that it is by a link of the
	// device's own account.
	AtMs int64 `json:"at,omitzero"`
	Host bool  `json:"host,omitzero"`
}

// Pushes tells devices whose page is closed of calls, and of talks that begin soon.
type Pushes struct{ cfg PushConfig }

// NewPushes makes them; Run sends.
func NewPushes(cfg PushConfig) (*Pushes, error) {
	if cfg.Store == nil || cfg.Client == nil || cfg.VAPID.Private == "" || cfg.Subject == "" || cfg.Ring == "" || cfg.Missed == "" ||
		cfg.Reminder == "" || cfg.Events == nil || cfg.Logger == nil {
		return nil, errors.New("notify: a part of PushConfig is missing")
	}
	if cfg.Here == nil {
		cfg.Here = func(string, string) bool { return false }
	}
	if cfg.Every == 0 {
		cfg.Every = 250 * time.Millisecond
	}
	return &Pushes{cfg}, nil
}

// pushBatch is how many accounts are told at a time.
const pushBatch = 32

// Run sends until ctx is done.
func (p *Pushes) Run(ctx context.Context) {
	again.Every(ctx, p.cfg.Every, p.cfg.Logger, "the outbox cannot be asked for pushes; it is tried again", p.round)
}

// round sends what is due.
func (p *Pushes) round(ctx context.Context) error {
	rings, err := p.cfg.Store.Due(ctx, p.cfg.Ring, pushBatch)
	if err != nil {
		return err
	}
	missed, err := p.cfg.Store.Due(ctx, p.cfg.Missed, pushBatch)
	if err != nil {
		return err
	}
	reminders, err := p.cfg.Store.Due(ctx, p.cfg.Reminder, pushBatch)
	if err != nil {
		return err
	}
	over, err := p.cfg.Store.PushRingsOver(ctx, pushBatch)
	if err != nil {
		return err
	}
	var sending sync.WaitGroup
	for _, row := range rings {
		sending.Go(func() { p.serve(ctx, row, pushIncoming) })
	}
	for _, row := range missed {
		sending.Go(func() { p.serve(ctx, row, pushMissed) })
	}
	for _, row := range reminders {
		sending.Go(func() { p.serve(ctx, row, pushReminder) })
	}
	for _, ring := range over {
		m := read(ring.Payload, pushCancel, time.Now().Add(cancelFor))
		if missedIn(missed, ring.UserID, m.Call) {
			continue // that it was missed takes the ring's place, and must not be taken back
		}
		sending.Go(func() {
			if _, err := p.tell(ctx, ring.UserID, m); err != nil && ctx.Err() == nil {
				p.cfg.Logger.Warn("a ring that is over could not be taken back from a device", "err", err)
			}
		})
	}
	sending.Wait()
	return nil
}

// missedIn tells whether an account is about to be told that it missed a call.
func missedIn(rows []store.OutboxRow, user, call string) bool {
	return slices.ContainsFunc(rows, func(row store.OutboxRow) bool {
		return row.UserID == user && read(row.Payload, pushMissed, row.Expires).Call == call
	})
}

// cancelFor is how long a device may be away for its ring to be taken back.
const cancelFor = time.Minute

// read makes a message of what a row of the outbox says.
func read(payload []byte, kind string, expires time.Time) message {
	m := message{Version: 1, ExpiresMs: expires.UnixMilli()}
	_ = json.Unmarshal(payload, &m) // written by packages call and store: the call and its kind
	m.Type = kind
	return m
}

// serve tells the devices of one account, and notes in the outbox that it did.
func (p *Pushes) serve(ctx context.Context, row store.OutboxRow, kind string) {
	again, err := p.tell(ctx, row.UserID, read(row.Payload, kind, row.Expires))
	switch {
	case ctx.Err() != nil:
		return // due again after the lease
	case err == nil && again:
		err = p.cfg.Store.Retry(ctx, row.ID, backOff(row.Tries))
	case err == nil && kind == pushIncoming:
		err = p.cfg.Store.PushRang(ctx, row)
	case err == nil:
		err = p.cfg.Store.Done(ctx, row.ID)
	}
	if err != nil {
		p.cfg.Logger.Warn("a push could not be noted; it is sent again", "err", err)
	}
}

// backOff is how long to wait after a number of tries: 1 s, 2 s, 4 s, up to a
// quarter of an hour. The message's time to live ends them.
func backOff(tries int64) time.Duration {
	const most = 15 * time.Minute
	return min(time.Second<<min(max(tries-1, 0), 16), most)
}

// tell pushes to each device of an account that has no socket. again says that
// a push service wants to be asked again; devices that were told are then told
// once more, and show it once, because it has the same tag.
func (p *Pushes) tell(ctx context.Context, user string, m message) (again bool, err error) {
	devices, err := p.cfg.Store.PushSubscriptions(ctx, user)
	if err != nil {
		return false, err
	}
	for _, d := range devices {
		if m.Type != pushMissed && p.cfg.Here(user, d.Device) {
			continue // its page rings, stops and reminds
		}
		result := p.push(ctx, d, m)
		switch result {
		case PushGone:
			if err := p.cfg.Store.DeletePushSubscription(ctx, user, d.Device, d.Endpoint); err != nil {
				return false, err
			}
		case PushThrottled, PushError:
			again = true
		}
	}
	return again, nil
}

// pushWithin is how long a push service may take.
const pushWithin = 10 * time.Second

// push sends one message (RFC 8030), encrypted for the device (RFC 8291).
func (p *Pushes) push(ctx context.Context, to store.PushSubscription, m message) (result PushResult) {
	start := time.Now()
	defer func() { p.cfg.Events(Pushed{result, time.Since(start)}) }()
	data, err := json.Marshal(m)
	if err != nil {
		return PushError
	}
	ctx, cancel := context.WithTimeout(ctx, pushWithin)
	defer cancel()
	urgency := webpush.UrgencyHigh
	if m.Type == pushMissed {
		urgency = webpush.UrgencyNormal
	}
	response, err := webpush.SendNotificationWithContext(ctx, data,
		&webpush.Subscription{Endpoint: to.Endpoint, Keys: webpush.Keys{Auth: to.Auth, P256dh: to.P256DH}},
		&webpush.Options{
			HTTPClient: p.cfg.Client, Subscriber: p.cfg.Subject, Topic: topic(m.Call), Urgency: urgency, RecordSize: pushRecord,
			TTL:            int(max(time.Until(time.UnixMilli(m.ExpiresMs)), time.Second) / time.Second),
			VAPIDPublicKey: p.cfg.VAPID.Public, VAPIDPrivateKey: p.cfg.VAPID.Private,
		})
	if err != nil {
		return PushError
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 4<<10)) // so that the connection can be used again
	return judgePush(response.StatusCode)
}

// pushRecord is how long each push is, so that its length says nothing.
const pushRecord = 1024

// topic makes a later push about a call take the place of one that has not been
// delivered (RFC 8030, section 5.4). A hash, because the service reads it.
func topic(call string) string {
	sum := sha256.Sum256([]byte("pronto push " + call))
	return base64.RawURLEncoding.EncodeToString(sum[:24]) // 32 characters, the most there may be
}

func judgePush(status int) PushResult {
	switch {
	case status >= 200 && status <= 299:
		return PushOK
	case status == http.StatusNotFound || status == http.StatusGone || status == http.StatusForbidden || status == http.StatusUnauthorized:
		return PushGone // also one that was made for another key
	case status == http.StatusRequestEntityTooLarge:
		return PushTooBig
	case status == http.StatusTooManyRequests:
		return PushThrottled
	default:
		return PushError
	}
}
