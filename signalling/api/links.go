package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/link"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// LinkTerms are what may be chosen of a link and changed. The type is exported
// because the library looks into embedded structs only if they are.
type LinkTerms struct {
	Title           string     `json:"title,omitempty" maxLength:"80" doc:"What those who join see, and the server too."`
	Sealed          string     `json:"sealed,omitempty" maxLength:"2048" pattern:"^[A-Za-z0-9_-]*$" doc:"Title and description that the server cannot read: base64url of what was encrypted with a key made of the part of the address after #."`
	Lobby           string     `json:"lobby,omitempty" enum:"off,guests,everyone" doc:"Who has to wait until a host lets him in; off if missing."`
	OpensAt         *time.Time `json:"opensAt,omitempty" doc:"When it may first be joined by; hosts may before. The time in calendars."`
	ExpiresAt       *time.Time `json:"expiresAt,omitempty" doc:"Until when it may be joined by."`
	IdleSeconds     int        `json:"idleSeconds,omitempty" minimum:"0" maximum:"31536000" doc:"Ends it when nobody was let in by it for so long, in seconds."`
	MaxUses         int        `json:"maxUses,omitempty" minimum:"0" maximum:"10000" doc:"How many may be let in by it in all, hosts not counted. Who only looks at it counts nothing."`
	MaxParticipants int        `json:"maxParticipants,omitempty" minimum:"0" maximum:"100" doc:"How many may be in its call at a time."`
	JoinMuted       bool       `json:"joinMuted,omitempty" doc:"Whether all but hosts come in with the microphone off."`
	RingHost        bool       `json:"ringHost,omitempty" doc:"Whether the owner's devices ring when somebody waits and no host is in the call."`
	Origins         []string   `json:"origins,omitempty" maxItems:"16" doc:"The web origins whose pages may show its page in a frame, such as https://shop.example, in the place of those of the server and of its API keys; empty leaves it to them."`
}

// terms are LinkTerms as the store has them.
func (t LinkTerms) terms() (store.LinkTerms, error) {
	ms := func(at *time.Time) wire.UnixMs {
		if at == nil {
			return 0
		}
		return wire.UnixMs(at.UnixMilli())
	}
	for _, origin := range t.Origins {
		if err := identity.CheckOrigin(origin); err != nil {
			return store.LinkTerms{}, problem(CodeInvalid, "an origin is none").at("body.origins", err.Error())
		}
	}
	terms, err := call.TermsOf(wire.LinkTerms{
		Title: t.Title, Sealed: t.Sealed, Lobby: wire.LobbyMode(t.Lobby), OpensMs: ms(t.OpensAt), ExpiresMs: ms(t.ExpiresAt),
		IdleSeconds: uint32(t.IdleSeconds), MaxUses: uint32(t.MaxUses), MaxParticipants: uint32(t.MaxParticipants),
		JoinMuted: t.JoinMuted, RingHost: t.RingHost,
	})
	if p := (*wire.Problem)(nil); errors.As(err, &p) {
		return terms, problem(CodeInvalid, "the terms of the link cannot be so").at("body", p.Detail)
	}
	terms.Origins = strings.Join(t.Origins, " ")
	return terms, err
}

func showTerms(t store.LinkTerms) LinkTerms {
	return LinkTerms{
		Title: t.Title, Sealed: t.Sealed, Lobby: string(t.Lobby), OpensAt: optional(t.Opens), ExpiresAt: optional(t.Expires),
		IdleSeconds: int(t.Idle / time.Second), MaxUses: int(t.MaxUses), MaxParticipants: int(t.MaxPeople), JoinMuted: t.JoinMuted, RingHost: t.RingHost,
		Origins: strings.Fields(t.Origins),
	}
}

// Link is a call link as it is shown.
type Link struct {
	ID      string `json:"id" doc:"The secret that opens it: 128 random bits."`
	URL     string `json:"url" doc:"Its page. If it has a part after #, whoever has made that adds it."`
	HostURL string `json:"hostUrl,omitempty" doc:"The page of its host link: whoever joins by that is a host. Told once, by what makes it."`
	HasHost bool   `json:"hasHostLink" doc:"Whether there is a host link."`
	Owner   string `json:"owner" doc:"The account whose link it is."`
	Kind    string `json:"kind" enum:"voice,video" doc:"What its calls are for."`
	LinkTerms
	Unencrypted bool       `json:"unencrypted,omitempty" doc:"Whether its calls are not end-to-end encrypted."`
	Created     time.Time  `json:"createdAt" doc:"When it was made."`
	Ends        *time.Time `json:"endsAt,omitempty" doc:"When it ends by itself, by expiresAt or idleSeconds."`
	Revoked     *time.Time `json:"revokedAt,omitempty" doc:"When it was revoked; missing if it was not."`
	Uses        int64      `json:"uses" doc:"How many were let in by it."`
	Used        *time.Time `json:"usedAt,omitempty" doc:"When the last one was."`
	Sequence    int64      `json:"sequence" doc:"Counts its changes, as calendars do."`
}

func (s *server) showLink(ctx context.Context, l store.Link) Link {
	return Link{
		ID: l.ID, URL: link.Address(s.base(ctx), l.ID, ""), HasHost: l.HasHost, Owner: l.OwnerID, Kind: string(l.Kind),
		LinkTerms: showTerms(l.LinkTerms), Unencrypted: l.Unencrypted, Created: l.Created, Ends: optional(l.Ends()),
		Revoked: optional(l.Revoked), Uses: l.Uses, Used: optional(l.Used), Sequence: l.Sequence,
	}
}

type linkOutput struct {
	CacheControl string `header:"Cache-Control"`
	ETag         string `header:"ETag" doc:"For If-Match."`
	Body         Link
}

func (o *linkOutput) about() store.AuditTarget { return store.AuditTarget{Kind: "link", ID: o.Body.ID} }

// linkOut shows a link. Its tag does not depend on how often it was used.
func (s *server) linkOut(ctx context.Context, l store.Link) *linkOutput {
	return &linkOutput{CacheControl: "no-store", ETag: linkTag(l), Body: s.showLink(ctx, l)}
}

func linkTag(l store.Link) string { return etagOf([]any{l.ID, l.Sequence, l.Revoked}) }

// registerLinks adds the routes of links for holders of API keys.
func (s *server) registerLinks(api huma.API) {
	tags := []string{"links"}
	missing := []int{http.StatusNotFound}
	resource(s, api, identity.LinksRead, huma.Operation{
		OperationID: "list-links", Method: http.MethodGet, Path: "/v1/links", Tags: tags,
		Summary:     "List call links, the newest first, those that have ended too",
		Description: "A link is kept for 30 days after it was revoked or has expired. Then its id answers like one that never was.", Errors: []int{http.StatusUnprocessableEntity},
	}, s.listLinks)
	resource(s, api, identity.LinksWrite, huma.Operation{
		OperationID: "create-link", Method: http.MethodPost, Path: "/v1/links", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make a call link",
		Description: "Whoever has it may come, without an account too; if there is a lobby, a host has to let him in. For calls whose title, sound and " +
			"picture only those can read who have the whole address, add # and k= and 128 random bits as base64url to the url, and seal the title with them.",
	}, s.createLink)
	resource(s, api, identity.LinksRead, huma.Operation{
		OperationID: "get-link", Method: http.MethodGet, Path: "/v1/links/{link}", Tags: tags, Summary: "Get a call link", Errors: missing,
	}, func(ctx context.Context, in *LinkInPath) (*linkOutput, error) {
		l, err := s.cfg.Store.Link(ctx, in.Link)
		if err != nil {
			return nil, s.noLink(err)
		}
		return s.linkOut(ctx, l), nil
	})
	resource(s, api, identity.LinksWrite, huma.Operation{
		OperationID: "change-link", Method: http.MethodPatch, Path: "/v1/links/{link}", Tags: tags,
		Summary: "Change the terms of a call link", Description: "The body is a merge patch (RFC 7396): null takes a bound away. Its call goes by it at once.",
		Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.changeLink)
	resource(s, api, identity.LinksWrite, huma.Operation{
		OperationID: "revoke-link", Method: http.MethodPost, Path: "/v1/links/{link}/revoke", Tags: tags,
		Summary: "End a call link for good", Description: "Nobody comes in by it any more and who waits is sent away. Its call ends too, unless it is to go on. To do so twice is no error.",
		Errors: missing,
	}, s.revokeLink)
	resource(s, api, identity.LinksWrite, huma.Operation{
		OperationID: "create-host-link", Method: http.MethodPost, Path: "/v1/links/{link}/host", Tags: tags,
		Summary: "Make a host link; the one before opens nothing any more", Errors: missing,
	}, s.newHostLink)
	resource(s, api, identity.LinksWrite, huma.Operation{
		OperationID: "lift-link-bans", Method: http.MethodDelete, Path: "/v1/links/{link}/bans", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Let those come again who were put out of the link's calls, or denied twice", Errors: missing,
	}, s.liftBans)
	s.registerLinkForms(api)
	s.registerSlots(api)
}

type listLinksInput struct {
	PageFields
	Owner string `query:"owner" maxLength:"64" doc:"Only those of this account."`
}

func (s *server) listLinks(ctx context.Context, in *listLinksInput) (*pageOutput[Link], error) {
	p, err := in.after()
	if err != nil {
		return nil, err
	}
	links, err := s.cfg.Store.LinksPage(ctx, in.Owner, store.LinkPage{Created: p.At, ID: p.ID}, in.Limit+1)
	if err != nil {
		return nil, s.failed(err)
	}
	at := func(l store.Link) position { return position{l.Created, l.ID} }
	return page(ctx, in.PageFields, links, at, func(l store.Link) Link { return s.showLink(ctx, l) }), nil
}

type createLinkInput struct {
	Body struct {
		Owner string `json:"owner" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"The account whose link it is: it is a host wherever it comes from."`
		Kind  string `json:"kind" enum:"voice,video" doc:"What its calls are for."`
		LinkTerms
		Unencrypted bool `json:"unencrypted,omitempty" doc:"Whether its calls are not end-to-end encrypted; only where the server allows that."`
		HostLink    bool `json:"hostLink,omitempty" doc:"Whether to make a host link with it."`
	}
}

func (s *server) createLink(ctx context.Context, in *createLinkInput) (*linkOutput, error) {
	b := in.Body
	terms, err := b.terms()
	if err != nil {
		return nil, s.failed(err)
	}
	if b.Unencrypted && !s.cfg.Links.AllowsUnencrypted() {
		return nil, problem(CodeInvalid, "all calls of this server are end-to-end encrypted").at("body.unencrypted", "leave it out")
	}
	n := store.NewLink{ID: identity.NewSecret(), OwnerID: b.Owner, Kind: store.Kind(b.Kind), LinkTerms: terms, Unencrypted: b.Unencrypted, KeyID: caller(ctx).ID}
	host := ""
	if b.HostLink {
		host = identity.NewSecret()
		n.HostHash = identity.HashSecret(host)
	}
	l, err := s.cfg.Store.CreateLink(ctx, n)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, problem(CodeInvalid, "there is no such account").at("body.owner", "make the account first")
	case errors.Is(err, store.ErrLimit):
		return nil, problem(CodeLimitReached, "the account has %d links that are neither revoked nor expired", store.MaxLinks)
	case err != nil:
		return nil, s.failed(err)
	}
	s.cfg.Links.TellOwner(l)
	out := s.linkOut(ctx, l)
	out.Body.HostURL = s.hostURL(ctx, host)
	return out, nil
}

func (s *server) hostURL(ctx context.Context, host string) string {
	if host == "" {
		return ""
	}
	return link.Address(s.base(ctx), host, "")
}

// Change is a field of a merge patch: it may be missing, null, or have a value. The
// type is exported because the library looks into it.
type Change[T any] struct {
	Sent  bool
	Value T // zero if it is null
}

// UnmarshalJSON implements json.Unmarshaler; it is not called for what is missing.
func (c *Change[T]) UnmarshalJSON(data []byte) error {
	c.Sent = true
	return json.Unmarshal(data, &c.Value) // null leaves the zero value
}

// Schema describes the value, or null.
func (c Change[T]) Schema(r huma.Registry) *huma.Schema {
	schema := *huma.SchemaFromType(r, typeOf[T]())
	schema.Nullable = true
	return &schema
}

// to changes a field if there is anything to change.
func (c Change[T]) to(field *T) {
	if c.Sent {
		*field = c.Value
	}
}

type changeLinkInput struct {
	LinkInPath
	MatchField
	Body struct {
		Title           Change[string]     `json:"title,omitempty" maxLength:"80" doc:"See the link."`
		Sealed          Change[string]     `json:"sealed,omitempty" maxLength:"2048" pattern:"^[A-Za-z0-9_-]*$" doc:"See the link."`
		Lobby           Change[string]     `json:"lobby,omitempty" enum:"off,guests,everyone" doc:"See the link."`
		OpensAt         Change[*time.Time] `json:"opensAt,omitempty" doc:"See the link."`
		ExpiresAt       Change[*time.Time] `json:"expiresAt,omitempty" doc:"See the link."`
		IdleSeconds     Change[int]        `json:"idleSeconds,omitempty" minimum:"0" maximum:"31536000" doc:"See the link."`
		MaxUses         Change[int]        `json:"maxUses,omitempty" minimum:"0" maximum:"10000" doc:"See the link."`
		MaxParticipants Change[int]        `json:"maxParticipants,omitempty" minimum:"0" maximum:"100" doc:"See the link."`
		JoinMuted       Change[bool]       `json:"joinMuted,omitempty" doc:"See the link."`
		RingHost        Change[bool]       `json:"ringHost,omitempty" doc:"See the link."`
		Origins         Change[[]string]   `json:"origins,omitempty" maxItems:"16" doc:"See the link."`
	}
}

func (s *server) changeLink(ctx context.Context, in *changeLinkInput) (*linkOutput, error) {
	now, err := s.cfg.Store.Link(ctx, in.Link)
	if err != nil {
		return nil, s.noLink(err)
	}
	if err := in.matches(linkTag(now)); err != nil {
		return nil, err
	}
	l, err := s.cfg.Store.ChangeLink(ctx, "", in.Link, now.Sequence, func(terms *store.LinkTerms) (err error) {
		t, b := showTerms(*terms), in.Body
		b.Title.to(&t.Title)
		b.Sealed.to(&t.Sealed)
		b.Lobby.to(&t.Lobby)
		b.OpensAt.to(&t.OpensAt)
		b.ExpiresAt.to(&t.ExpiresAt)
		b.IdleSeconds.to(&t.IdleSeconds)
		b.MaxUses.to(&t.MaxUses)
		b.MaxParticipants.to(&t.MaxParticipants)
		b.JoinMuted.to(&t.JoinMuted)
		b.RingHost.to(&t.RingHost)
		b.Origins.to(&t.Origins)
		*terms, err = t.terms()
		return err
	})
	if err != nil {
		return nil, s.noLink(err)
	}
	s.cfg.Links.LinkChanged(ctx, l)
	s.cfg.Links.TellOwner(l)
	return s.linkOut(ctx, l), nil
}

type revokeLinkInput struct {
	LinkInPath
	Body struct {
		KeepCall bool `json:"keepCall,omitempty" doc:"Whether its call goes on for those who are in it."`
	} `required:"false"`
}

func (s *server) revokeLink(ctx context.Context, in *revokeLinkInput) (*linkOutput, error) {
	l, err := s.cfg.Store.Link(ctx, in.Link)
	if err == nil {
		err = s.cfg.Store.RevokeLink(ctx, l.OwnerID, l.ID)
	}
	if err == nil {
		s.cfg.Links.LinkRevoked(ctx, wire.LinkID(l.ID), in.Body.KeepCall)
		l, err = s.cfg.Store.Link(ctx, in.Link)
	}
	if err != nil {
		return nil, s.noLink(err)
	}
	s.cfg.Links.TellOwner(l)
	return s.linkOut(ctx, l), nil
}

func (s *server) newHostLink(ctx context.Context, in *LinkInPath) (*linkOutput, error) {
	host := identity.NewSecret()
	l, err := s.cfg.Store.Link(ctx, in.Link)
	if err == nil {
		err = s.cfg.Store.NewHostLink(ctx, l.OwnerID, l.ID, identity.HashSecret(host))
	}
	if err != nil {
		return nil, s.noLink(err)
	}
	l.HasHost = true
	s.cfg.Links.TellOwner(l)
	out := s.linkOut(ctx, l)
	out.Body.HostURL = s.hostURL(ctx, host)
	return out, nil
}

func (s *server) liftBans(ctx context.Context, in *LinkInPath) (*struct{}, error) {
	l, err := s.cfg.Store.Link(ctx, in.Link)
	if err == nil {
		err = s.cfg.Store.ForgetLinkMarks(ctx, l.OwnerID, l.ID)
	}
	if err != nil {
		return nil, s.noLink(err)
	}
	s.cfg.Links.BansForgotten(ctx, wire.LinkID(l.ID))
	return nil, nil
}

// noLink is what became of a link that an API key asked for.
func (s *server) noLink(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrInvalid):
		return problem(CodeNotFound, "there is no such link")
	case errors.Is(err, store.ErrConflict):
		return problem(CodeChanged, "it was changed meanwhile; read it again")
	}
	return s.failed(err)
}
