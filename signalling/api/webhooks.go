package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/hook"
	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// Webhook is a webhook as it is shown.
type Webhook struct {
	ID       string     `json:"id" doc:"whk_…"`
	Name     string     `json:"name" doc:"What it is for."`
	URL      string     `json:"url" doc:"Where events are posted to."`
	Types    []string   `json:"types" doc:"The types of events that it is told of; empty is every type."`
	Enabled  bool       `json:"enabled" doc:"Whether it is told anything."`
	Reason   string     `json:"disabledReason,omitempty" enum:"byHand,failing,gone" doc:"Why it is not: somebody has disabled it; an event could not be delivered in all its tries; it answered 410."`
	Disabled *time.Time `json:"disabledAt,omitempty" doc:"Since when it is not."`
	OldUntil *time.Time `json:"oldSecretUntil,omitempty" doc:"Until when the secret before signs too."`
	Created  time.Time  `json:"createdAt" doc:"When it was made."`
}

func showWebhook(w store.Webhook) Webhook {
	return Webhook{
		ID: w.ID, Name: w.Name, URL: w.URL, Types: list(w.Types), Enabled: w.Disabled.IsZero(), Reason: w.DisabledReason,
		Disabled: optional(w.Disabled), OldUntil: optional(w.OldUntil), Created: w.Created,
	}
}

// NewWebhook is a webhook with the secret that is told only once.
type NewWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"Signs what is posted, as Standard Webhooks say. It is told only once."`
}

// WebhookField names a webhook in the path. The type is exported because the
// library looks into embedded structs only if they are.
type WebhookField struct {
	Webhook string `path:"webhook" maxLength:"64" doc:"The webhook's id: whk_…"`
}

type webhookOutput struct {
	ETag string `header:"ETag" doc:"For If-Match."`
	Body Webhook
}

type newWebhookOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         NewWebhook
}

func (o *newWebhookOutput) about() store.AuditTarget {
	return store.AuditTarget{Kind: "webhook", ID: o.Body.ID}
}

func (s *server) registerWebhooks(api huma.API) {
	const path = "/v1/webhooks"
	tags := []string{"webhooks"}
	resource(s, api, identity.WebhooksRead, huma.Operation{
		OperationID: "list-webhooks", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "List webhooks, the oldest first", Errors: []int{http.StatusUnprocessableEntity},
	}, s.listWebhooks)
	resource(s, api, identity.WebhooksWrite, huma.Operation{
		OperationID: "create-webhook", Method: http.MethodPost, Path: path, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Have events posted to an address",
		Description: "Events are posted at least once, one at a time, signed as Standard Webhooks say; anything but 2xx within 15 seconds is " +
			"tried again after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h. After that, or by 410, the webhook is disabled and the others " +
			"are told by webhook.disabled. Events of a call are numbered without gaps; their order on the way is not promised.",
	}, s.createWebhook)
	resource(s, api, identity.WebhooksRead, huma.Operation{
		OperationID: "get-webhook", Method: http.MethodGet, Path: path + "/{webhook}", Tags: tags,
		Summary: "Get a webhook", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *struct{ WebhookField }) (*webhookOutput, error) {
		w, err := s.cfg.Store.Webhook(ctx, in.Webhook)
		if err != nil {
			return nil, s.noWebhook(err)
		}
		return s.oneWebhook(w), nil
	})
	resource(s, api, identity.WebhooksWrite, huma.Operation{
		OperationID: "change-webhook", Method: http.MethodPatch, Path: path + "/{webhook}", Tags: tags,
		Summary: "Change a webhook, disable it, or enable it again", Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.changeWebhook)
	resource(s, api, identity.WebhooksWrite, huma.Operation{
		OperationID: "delete-webhook", Method: http.MethodDelete, Path: path + "/{webhook}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Delete a webhook and its log", Description: "To do so twice is no error.",
	}, func(ctx context.Context, in *struct{ WebhookField }) (*struct{}, error) {
		if err := s.cfg.Store.DeleteWebhook(ctx, in.Webhook); err != nil {
			return nil, s.failed(err)
		}
		return nil, nil
	})
	resource(s, api, identity.WebhooksWrite, huma.Operation{
		OperationID: "rotate-webhook", Method: http.MethodPost, Path: path + "/{webhook}/rotate", Tags: tags,
		Summary: "Give a webhook another secret", Description: "For a while the one before signs too, in a second signature.",
		Errors: []int{http.StatusNotFound},
	}, s.rotateWebhook)
	resource(s, api, identity.WebhooksWrite, huma.Operation{
		OperationID: "test-webhook", Method: http.MethodPost, Path: path + "/{webhook}/test", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Post an event of the type webhook.test", Errors: []int{http.StatusNotFound},
	}, s.testWebhook)
	resource(s, api, identity.WebhooksWrite, huma.Operation{
		OperationID: "replay-webhook", Method: http.MethodPost, Path: path + "/{webhook}/replay", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Post events of the last seven days again", Errors: []int{http.StatusNotFound},
	}, s.replayWebhook)
	resource(s, api, identity.WebhooksRead, huma.Operation{
		OperationID: "list-deliveries", Method: http.MethodGet, Path: path + "/{webhook}/deliveries", Tags: tags,
		Summary: "List what was posted to a webhook, or waits for it, the newest first", Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}, s.listDeliveries)
}

func (s *server) oneWebhook(w store.Webhook) *webhookOutput {
	shown := showWebhook(w)
	return &webhookOutput{etagOf(struct {
		Webhook
		Version int64
	}{shown, w.Version}), shown}
}

func (s *server) noWebhook(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return problem(CodeNotFound, "there is no such webhook, or it is disabled")
	}
	return s.failed(err)
}

func (s *server) listWebhooks(ctx context.Context, in *PageFields) (*pageOutput[Webhook], error) {
	p, err := in.after()
	if err != nil {
		return nil, err
	}
	rows, err := s.cfg.Store.PageWebhooks(ctx, p.At, p.ID, in.Limit+1)
	if err != nil {
		return nil, s.failed(err)
	}
	return page(ctx, *in, rows, func(w store.Webhook) position { return position{w.Created, w.ID} }, showWebhook), nil
}

type createWebhookInput struct {
	Body struct {
		URL   string   `json:"url" minLength:"1" maxLength:"2048" doc:"An https address outside private networks."`
		Name  string   `json:"name,omitempty" maxLength:"64" doc:"What it is for."`
		Types []string `json:"types,omitempty" maxItems:"32" doc:"The types of events that it is told of, such as call.ended; empty is every type."`
	}
}

func (s *server) createWebhook(ctx context.Context, in *createWebhookInput) (*newWebhookOutput, error) {
	secret := newWebhookSecret()
	w := store.Webhook{ID: identity.NewID("whk"), Name: in.Body.Name, URL: in.Body.URL, Types: in.Body.Types, Secret: secret}
	if err := s.checkWebhook(w); err != nil {
		return nil, err
	}
	made, err := s.cfg.Store.CreateWebhook(ctx, w)
	switch {
	case errors.Is(err, store.ErrLimit):
		return nil, problem(CodeLimitReached, "there are %d webhooks", store.MaxWebhooks)
	case err != nil:
		return nil, s.failed(err)
	}
	return &newWebhookOutput{"no-store", NewWebhook{showWebhook(made), showSecret(secret)}}, nil
}

func newWebhookSecret() []byte {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	return secret
}

// showSecret is a secret as Standard Webhooks write it.
func showSecret(secret []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(secret) }

// checkWebhook says what is wrong with what the client gave. Where the name
// leads is looked at each time something is posted, too.
func (s *server) checkWebhook(w store.Webhook) error {
	if err := identity.CheckTitle(w.Name); err != nil {
		return problem(CodeInvalid, "the name cannot be shown").at("body.name", err.Error())
	}
	u, err := url.Parse(w.URL)
	wrong := ""
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "":
		wrong = "is not an address such as https://shop.example/hook"
	case u.Scheme != "https" && !(s.cfg.WebhooksInside && u.Scheme == "http"):
		wrong = "does not begin with https://"
	case !s.cfg.WebhooksInside && inside(u.Hostname()):
		wrong = "leads into a private network"
	}
	if wrong != "" {
		return problem(CodeInvalid, "nothing can be posted to the address").at("body.url", wrong)
	}
	for _, t := range w.Types {
		if !knownEvent(t) {
			return problem(CodeInvalid, "there is no such type of event").at("body.types", "not one of the types of the description")
		}
	}
	return nil
}

// inside tells whether a host that is written as an address is in a private
// network.
func inside(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && !hook.Outside(a)
}

type changeWebhookInput struct {
	WebhookField
	MatchField
	Body struct {
		URL     *string   `json:"url,omitempty" minLength:"1" maxLength:"2048" doc:"An https address outside private networks."`
		Name    *string   `json:"name,omitempty" maxLength:"64" doc:"What it is for."`
		Types   *[]string `json:"types,omitempty" maxItems:"32" doc:"The types of events that it is told of; empty is every type."`
		Enabled *bool     `json:"enabled,omitempty" doc:"Whether it is told anything. What failed meanwhile can be replayed."`
	}
}

func (s *server) changeWebhook(ctx context.Context, in *changeWebhookInput) (*webhookOutput, error) {
	w, err := s.cfg.Store.Webhook(ctx, in.Webhook)
	if err != nil {
		return nil, s.noWebhook(err)
	}
	if err := in.matches(s.oneWebhook(w).ETag); err != nil {
		return nil, err
	}
	set(&w.URL, in.Body.URL)
	set(&w.Name, in.Body.Name)
	set(&w.Types, in.Body.Types)
	if on := in.Body.Enabled; on != nil && *on != w.Disabled.IsZero() {
		w.Disabled, w.DisabledReason = time.Time{}, ""
		if !*on {
			w.Disabled, w.DisabledReason = time.Now(), store.DisabledByHand
		}
	}
	if err := s.checkWebhook(w); err != nil {
		return nil, err
	}
	w, err = s.cfg.Store.ChangeWebhook(ctx, w)
	switch {
	case errors.Is(err, store.ErrConflict):
		return nil, problem(CodeChanged, "it was changed at this very moment")
	case err != nil:
		return nil, s.failed(err)
	}
	return s.oneWebhook(w), nil
}

// set changes what was given.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

type rotateWebhookInput struct {
	WebhookField
	Body struct {
		KeepSeconds int `json:"keepSeconds,omitempty" minimum:"0" maximum:"2592000" default:"86400" doc:"How long the secret before signs too, in seconds; at most 30 days."`
	}
}

func (s *server) rotateWebhook(ctx context.Context, in *rotateWebhookInput) (*newWebhookOutput, error) {
	secret := newWebhookSecret()
	w, err := s.cfg.Store.RotateWebhook(ctx, in.Webhook, secret, time.Duration(in.Body.KeepSeconds)*time.Second)
	if err != nil {
		return nil, s.noWebhook(err)
	}
	return &newWebhookOutput{"no-store", NewWebhook{showWebhook(w), showSecret(secret)}}, nil
}

type testWebhookOutput struct {
	Body struct {
		Event string `json:"event" doc:"The id of the event, as in the header webhook-id."`
	}
}

func (s *server) testWebhook(ctx context.Context, in *struct{ WebhookField }) (*testWebhookOutput, error) {
	out := &testWebhookOutput{}
	out.Body.Event = identity.NewID("evt")
	if err := s.cfg.Store.TestWebhook(ctx, in.Webhook, out.Body.Event); err != nil {
		return nil, s.noWebhook(err)
	}
	return out, nil
}

type replayWebhookInput struct {
	WebhookField
	Body struct {
		Since  time.Time `json:"since,omitempty" doc:"Events that happened from then on."`
		Until  time.Time `json:"until,omitempty" doc:"And before then."`
		Call   string    `json:"call,omitempty" maxLength:"64" doc:"Only those of one call."`
		Event  string    `json:"event,omitempty" maxLength:"64" doc:"Only this one."`
		Failed bool      `json:"failed,omitempty" doc:"Only those that could not be delivered."`
	}
}

type replayWebhookOutput struct {
	Body struct {
		Events int64 `json:"events" doc:"How many are posted again."`
	}
}

func (s *server) replayWebhook(ctx context.Context, in *replayWebhookInput) (*replayWebhookOutput, error) {
	b := in.Body
	n, err := s.cfg.Store.ReplayEvents(ctx, in.Webhook, store.Replay{Since: b.Since, Until: b.Until, CallID: b.Call, EventID: b.Event, Failed: b.Failed})
	if err != nil {
		return nil, s.noWebhook(err)
	}
	out := &replayWebhookOutput{}
	out.Body.Events = n
	return out, nil
}

// Delivery is an event on its way to a webhook, as it is shown.
type Delivery struct {
	Event    string     `json:"event" doc:"The event's id, as in the header webhook-id."`
	Type     string     `json:"type" doc:"Its type."`
	Call     string     `json:"call,omitempty" doc:"The call that it is of, if any."`
	Sequence int64      `json:"sequence,omitempty" doc:"Its number among the call's."`
	State    string     `json:"state" enum:"pending,delivered,failed" doc:"How it stands."`
	Tries    int64      `json:"tries" doc:"How many times it was tried."`
	Status   int        `json:"status,omitempty" doc:"What was answered last."`
	Problem  string     `json:"problem,omitempty" doc:"Why there was no answer."`
	Next     *time.Time `json:"nextTryAt,omitempty" doc:"When it is tried next."`
	Tried    *time.Time `json:"triedAt,omitempty" doc:"When it was tried last."`
	Happened time.Time  `json:"happenedAt" doc:"When what it tells happened."`
}

func showDelivery(d store.Delivery) Delivery {
	shown := Delivery{
		Event: d.Event.ID, Type: d.Event.Type, Call: d.Event.CallID, Sequence: d.Event.Sequence, State: d.State, Tries: d.Tries,
		Status: d.Status, Problem: d.Problem, Tried: optional(d.Tried), Happened: d.Event.Created,
	}
	if d.State == store.DeliveryPending {
		shown.Next = optional(d.Next)
	}
	return shown
}

type listDeliveriesInput struct {
	WebhookField
	PageFields
}

func (s *server) listDeliveries(ctx context.Context, in *listDeliveriesInput) (*pageOutput[Delivery], error) {
	p, err := in.after()
	if err != nil {
		return nil, err
	}
	if _, err := s.cfg.Store.Webhook(ctx, in.Webhook); err != nil {
		return nil, s.noWebhook(err)
	}
	rows, err := s.cfg.Store.PageDeliveries(ctx, in.Webhook, p.At, p.ID, in.Limit+1)
	if err != nil {
		return nil, s.failed(err)
	}
	return page(ctx, in.PageFields, rows, func(d store.Delivery) position { return position{d.Queued, d.Event.ID} }, showDelivery), nil
}
