package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/link"
	"pronto/signalling/store"
)

type fileOutput struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Disposition  string `header:"Content-Disposition"`
	Body         []byte
}

type qrInput struct {
	LinkInPath
	Scale int `query:"scale" minimum:"1" maximum:"32" default:"8" doc:"How many pixels wide a module of the PNG is."`
}

// registerLinkForms adds what a link looks like on paper and in calendars.
func (s *server) registerLinkForms(api huma.API) {
	const whole = "It has the url without a part after #, which the server does not know: for a link that has one, make it where the whole address is."
	for _, form := range []struct {
		name, kind, what string
		draw             func(link.QR, int) []byte
	}{
		{"qr.svg", "image/svg+xml", "an SVG image", func(q link.QR, _ int) []byte { return q.SVG("QR code of a call link") }},
		{"qr.png", "image/png", "a PNG image", func(q link.QR, scale int) []byte { return q.PNG(scale) }},
	} {
		resource(s, api, identity.LinksRead, huma.Operation{
			OperationID: "get-link-" + form.name, Method: http.MethodGet, Path: "/v1/links/{link}/" + form.name, Tags: []string{"links"},
			Summary: "Get the QR code of a call link as " + form.what, Description: whole,
			Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity}, Responses: fileResponse(form.kind),
		}, func(ctx context.Context, in *qrInput) (*fileOutput, error) {
			l, err := s.cfg.Store.Link(ctx, in.Link)
			if err != nil {
				return nil, s.noLink(err)
			}
			code, err := link.NewQR(link.Address(s.base(ctx), l.ID, ""))
			if err != nil {
				return nil, s.failed(err)
			}
			return &fileOutput{ContentType: form.kind, CacheControl: "no-store", Body: form.draw(code, in.Scale)}, nil
		})
	}
	resource(s, api, identity.LinksRead, huma.Operation{
		OperationID: "get-link-event", Method: http.MethodGet, Path: "/v1/links/{link}/event.ics", Tags: []string{"links"},
		Summary: "Get the calendar entry of a call link that opens at a time (RFC 5545)",
		Description: "After a change it is the same entry with a higher SEQUENCE, and for a link that was revoked it takes the entry away (METHOD:CANCEL). " +
			"409 if the link has no opensAt. " + whole,
		Errors: []int{http.StatusNotFound, http.StatusConflict}, Responses: fileResponse("text/calendar"),
	}, s.linkEvent)
}

// fileResponse describes a file of one of these kinds.
func fileResponse(kinds ...string) map[string]*huma.Response {
	content := map[string]*huma.MediaType{}
	for _, kind := range kinds {
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return map[string]*huma.Response{"200": {Description: "The file.", Content: content}}
}

func (s *server) linkEvent(ctx context.Context, in *LinkInPath) (*fileOutput, error) {
	l, err := s.cfg.Store.Link(ctx, in.Link)
	if err != nil {
		return nil, s.noLink(err)
	}
	if l.Opens.IsZero() {
		return nil, problem(CodeConflict, "the link opens at no time; set opensAt first")
	}
	owner, err := s.cfg.Store.User(ctx, l.OwnerID)
	if err != nil {
		return nil, s.noLink(err)
	}
	base := s.base(ctx)
	event := link.Event{
		ID: l.ID, Server: base, Address: link.Address(base, l.ID, ""), Sequence: l.Sequence, Title: l.Title, Organizer: owner.Name,
		Video: l.Kind == store.Video, Begins: l.Opens, Ends: l.Expires, Changed: time.Now(), Cancelled: !l.Revoked.IsZero(),
	}
	return &fileOutput{
		ContentType: "text/calendar; charset=utf-8; method=" + event.Method(), CacheControl: "no-store",
		Disposition: `attachment; filename="call.ics"`, Body: event.ICS(),
	}, nil
}

// Slot is a time of a booking link.
type Slot struct {
	From   time.Time `json:"from" doc:"When it begins."`
	To     time.Time `json:"to" doc:"When it ends."`
	Booked bool      `json:"booked,omitempty" readOnly:"true" doc:"Whether somebody has it."`
}

type slotsOutput struct {
	Body struct {
		Slots []Slot `json:"slots" doc:"The times that are not over, the earliest first."`
	}
}

type setSlotsInput struct {
	LinkInPath
	Body struct {
		Slots []Slot `json:"slots" maxItems:"64" doc:"The times; they do not overlap."`
	}
}

// registerSlots adds the times that are booked by a link.
func (s *server) registerSlots(api huma.API) {
	resource(s, api, identity.LinksRead, huma.Operation{
		OperationID: "get-link-slots", Method: http.MethodGet, Path: "/v1/links/{link}/slots", Tags: []string{"links"},
		Summary: "Get the times of a booking link", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *LinkInPath) (*slotsOutput, error) {
		if _, err := s.cfg.Store.Link(ctx, in.Link); err != nil {
			return nil, s.noLink(err)
		}
		return s.slots(ctx, in.Link)
	})
	resource(s, api, identity.LinksWrite, huma.Operation{
		OperationID: "set-link-slots", Method: http.MethodPut, Path: "/v1/links/{link}/slots", Tags: []string{"links"},
		Summary: "Make a call link one by which visitors book a talk of two",
		Description: "The times replace those that nobody has booked. Each booking makes a link of its own for two, open from five minutes before " +
			"to the end of the time, which rings the owner.",
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *setSlotsInput) (*slotsOutput, error) {
		l, err := s.cfg.Store.Link(ctx, in.Link)
		if err != nil {
			return nil, s.noLink(err)
		}
		slots := make([]store.Slot, 0, len(in.Body.Slots))
		for _, slot := range in.Body.Slots {
			slots = append(slots, store.Slot{From: slot.From, To: slot.To})
		}
		err = s.cfg.Store.SetSlots(ctx, l.OwnerID, l.ID, slots)
		switch {
		case errors.Is(err, store.ErrInvalid):
			return nil, problem(CodeInvalid, "the times cannot be so").at("body.slots", "each ends after it begins, and no two overlap")
		case err != nil:
			return nil, s.noLink(err)
		}
		return s.slots(ctx, in.Link)
	})
}

func (s *server) slots(ctx context.Context, link string) (*slotsOutput, error) {
	slots, err := s.cfg.Store.Slots(ctx, link)
	if err != nil {
		return nil, s.failed(err)
	}
	out := &slotsOutput{}
	out.Body.Slots = []Slot{}
	for _, slot := range slots {
		out.Body.Slots = append(out.Body.Slots, Slot{slot.From, slot.To, slot.Booked})
	}
	return out, nil
}

// base is the address of the pages.
func (s *server) base(ctx context.Context) string {
	if s.cfg.PublicURL != "" {
		return s.cfg.PublicURL
	}
	if host, ok := ctx.Value(hostKey{}).(string); ok {
		return "http://" + host
	}
	return "http://localhost"
}

type hostKey struct{}

// noteHost notes in the context by which name the API was asked.
func noteHost(ctx huma.Context, next func(huma.Context)) {
	next(huma.WithValue(ctx, hostKey{}, ctx.Host()))
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
