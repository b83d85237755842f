package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Links is the part of the calls that has to do with links.
type Links interface {
	// Visit looks at a link for somebody who comes from a network. mark is for his
	// pass. A link that leads nowhere is a [wire.Problem] of notFound, whatever the
	// reason, and too many of them one of rateLimited.
	Visit(ctx context.Context, link wire.LinkID, network string) (door wire.LinkDoor, mark string, err error)
	// AllowsUnencrypted tells whether a link may ask for no encryption.
	AllowsUnencrypted() bool
	// TellOwner shows a link that was made or changed to the owner's devices.
	TellOwner(l store.Link)
	// LinkChanged and LinkRevoked tell the call of the link, which a revocation ends
	// unless it is kept.
	LinkChanged(ctx context.Context, l store.Link)
	LinkRevoked(ctx context.Context, link wire.LinkID, keepCall bool)
	// BansForgotten lets those come again to its call who were put out.
	BansForgotten(ctx context.Context, link wire.LinkID)
}

const deadLink = "An unknown, expired, revoked or used up link is 404, whichever it is."

// registerGuests adds the routes of those who come by a link without an account.
func (s *server) registerGuests(api huma.API) {
	errors := []int{http.StatusNotFound, http.StatusServiceUnavailable}
	public(s, api, huma.Operation{
		OperationID: "look-at-link", Method: http.MethodGet, Path: "/v1/links/{link}/door",
		Summary:     "See what is behind a link before joining",
		Description: "Counts no use of the link, and nobody is told. " + deadLink,
		Middlewares: huma.Middlewares{s.source}, Errors: errors,
	}, s.lookAtLink)
	public(s, api, huma.Operation{
		OperationID: "create-guest", Method: http.MethodPost, Path: "/v1/links/{link}/guests", MaxBodyBytes: 4 << 10,
		Summary:     "Get a token to join the call of a link as a guest",
		Description: "Counts no use of the link. A host link makes a guest who is a host. " + deadLink,
		Middlewares: huma.Middlewares{s.source}, Errors: errors,
	}, s.createGuest)
}

// LinkInPath names a link.
type LinkInPath struct {
	Link string `path:"link" maxLength:"64" doc:"The link's id: the part after /j/ and before #."`
}

// Door is what somebody may know of a link before he joins. The type is exported
// because the library looks into embedded structs only if they are.
type Door struct {
	Kind      string     `json:"kind" enum:"voice,video" doc:"What the call is for."`
	Title     string     `json:"title" doc:"The title that the server knows; may be empty."`
	Sealed    string     `json:"sealed,omitempty" doc:"Title and description, encrypted with a key made of the part of the address after #."`
	Host      bool       `json:"host,omitempty" doc:"Whether it is a host link."`
	Waits     bool       `json:"waits,omitempty" doc:"Whether a host has to let one in: knock on the WebSocket."`
	OpensAt   *time.Time `json:"opensAt,omitempty" doc:"When it may first be joined by, if that is still to come."`
	EndsAt    *time.Time `json:"endsAt,omitempty" doc:"When it ends by itself, if it does."`
	JoinMuted bool       `json:"joinMuted,omitempty" doc:"Whether the microphone is off at first."`
	Encrypted bool       `json:"encrypted,omitempty" doc:"Whether its calls are end-to-end encrypted."`
	Books     bool       `json:"books,omitempty" doc:"Whether times are booked by it: getSlots and bookSlot on the WebSocket."`
}

type doorOutput struct {
	CacheControl string `header:"Cache-Control"`
	Robots       string `header:"X-Robots-Tag"`
	Body         Door
}

type guestInput struct {
	LinkInPath
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"64" doc:"What the others see. A nickname is enough."`
	}
}

type guestOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Token string `json:"token" doc:"To say hello with on the WebSocket; good for this link only, for four hours."`
		Name  string `json:"name" doc:"The name it was given."`
		Door
	}
}

// visit looks at a link for whoever asks.
func (s *server) visit(ctx context.Context, link string) (Door, string, error) {
	d, mark, err := s.cfg.Links.Visit(ctx, wire.LinkID(link), sourceOf(ctx))
	if err != nil {
		return Door{}, "", s.shut(err)
	}
	door := Door{
		Kind: string(d.Kind), Title: d.Title, Sealed: d.Sealed, Host: d.Host, Waits: d.Waits, JoinMuted: d.JoinMuted,
		Encrypted: d.Encrypted, Books: d.Books,
	}
	if d.OpensInMs > 0 {
		at := time.Now().Add(time.Duration(d.OpensInMs) * time.Millisecond).UTC().Truncate(time.Second)
		door.OpensAt = &at
	}
	if d.EndsMs > 0 {
		at := time.UnixMilli(int64(d.EndsMs)).UTC()
		door.EndsAt = &at
	}
	return door, mark, nil
}

// shut is what somebody is told to whom a link does not open.
func (s *server) shut(err error) error {
	switch p := wire.AsProblem(err); p.Code {
	case wire.CodeNotFound:
		return huma.Error404NotFound("the link leads nowhere; ask for a new one")
	case wire.CodeRateLimited:
		return tooMany("too many links that lead nowhere from this address; wait", waitOf(p))
	case wire.CodeUnavailable:
		return huma.Error503ServiceUnavailable("the server cannot do it now; try again")
	}
	return s.failed(err)
}

func (s *server) lookAtLink(ctx context.Context, in *LinkInPath) (*doorOutput, error) {
	door, _, err := s.visit(ctx, in.Link)
	if err != nil {
		return nil, err
	}
	return &doorOutput{CacheControl: "no-store", Robots: "noindex", Body: door}, nil
}

func (s *server) createGuest(ctx context.Context, in *guestInput) (*guestOutput, error) {
	if err := identity.CheckName(in.Body.Name); err != nil {
		return nil, huma.Error422UnprocessableEntity("the name cannot be shown", &huma.ErrorDetail{Location: "body.name", Message: err.Error()})
	}
	if err := checkOwn("name", in.Body.Name); err != nil {
		return nil, err
	}
	door, mark, err := s.visit(ctx, in.Link)
	if err != nil {
		return nil, err
	}
	guest := identity.Identity{
		User: wire.UserID("g_" + identity.NewSecret()), Name: in.Body.Name,
		Grants: identity.Grants{Link: wire.LinkID(in.Link), Network: mark},
	}
	token, err := identity.Sign(s.cfg.Key, s.cfg.Secret, guest, time.Now(), guestTokenFor)
	if err != nil {
		return nil, s.failed(err)
	}
	out := &guestOutput{CacheControl: "no-store"}
	out.Body.Token, out.Body.Name, out.Body.Door = token, in.Body.Name, door
	return out, nil
}
