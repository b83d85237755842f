package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/wire"
)

// Privacy is who may call an account, and when.
type Privacy struct {
	WhoMayCall     string  `json:"whoMayCall" enum:"everyone,contacts,nobody" doc:"Whose calls ring."`
	WhoMayAdd      string  `json:"whoMayAdd" enum:"everyone,contacts,nobody" doc:"Who, of those, may add it to a call of several."`
	SilenceUnknown bool    `json:"silenceUnknown" doc:"Keeps its devices quiet for who is not in its contacts."`
	RejectInCall   bool    `json:"rejectInCall" required:"false" doc:"Refuses rings while one of its devices is in a call: who rings is told that it is busy, and it is a missed call. False is call waiting."`
	TakeNotes      bool    `json:"takeNotes" required:"false" doc:"Lets who has rung it in vain leave a note, which only its devices can open. It shows to whoever rings it that it takes notes."`
	HideAddress    bool    `json:"hideAddress" doc:"Keeps its network addresses from those it talks to."`
	DoNotDisturb   *DayOff `json:"doNotDisturb,omitempty" doc:"At which hours no device rings; missing for never."`
}

// DayOff are hours of the day, on the clock of a place.
type DayOff struct {
	Zone   string     `json:"zone" maxLength:"64" doc:"A name of the IANA time zone database, such as Europe/Rome."`
	Ranges []DayRange `json:"ranges" maxItems:"4" doc:"At most four."`
}

// DayRange is a part of the day.
type DayRange struct {
	From uint32 `json:"from" maximum:"1439" doc:"Where it begins, in minutes since midnight."`
	To   uint32 `json:"to" maximum:"1439" doc:"Where it ends; if not after from, on the next day."`
}

func showPrivacy(p wire.Privacy) Privacy {
	shown := Privacy{WhoMayCall: string(p.WhoMayCall), WhoMayAdd: string(p.WhoMayAdd), SilenceUnknown: p.SilenceUnknown, RejectInCall: p.RejectInCall, TakeNotes: p.TakeNotes, HideAddress: p.HideAddress}
	if d := p.DoNotDisturb; d != nil {
		shown.DoNotDisturb = &DayOff{Zone: d.Zone, Ranges: []DayRange{}}
		for _, r := range d.Ranges {
			shown.DoNotDisturb.Ranges = append(shown.DoNotDisturb.Ranges, DayRange{r.From, r.To})
		}
	}
	return shown
}

type privacyOutput struct {
	ETag string `header:"ETag" doc:"For If-Match."`
	Body Privacy
}

// The entity tag is the version, so that it can be compared in the transaction
// that writes.
func onePrivacy(p wire.Privacy) *privacyOutput {
	return &privacyOutput{`"v` + strconv.Itoa(int(p.Version)) + `"`, showPrivacy(p)}
}

type putPrivacyInput struct {
	UserField
	MatchField
	Body Privacy
}

func (s *server) registerPrivacy(api huma.API) {
	const path = "/v1/users/{user}/privacy"
	none := []int{http.StatusNotFound, http.StatusUnprocessableEntity}
	resource(s, api, identity.UsersRead, huma.Operation{
		OperationID: "get-privacy", Method: http.MethodGet, Path: path, Tags: []string{"users"}, Summary: "Get who may call an account", Errors: none,
	}, func(ctx context.Context, in *struct{ UserField }) (*privacyOutput, error) {
		p, err := as[wire.Privacy](ctx, s, in.User, &wire.GetPrivacy{})
		if err != nil {
			return nil, err
		}
		return onePrivacy(p), nil
	})
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "put-privacy", Method: http.MethodPut, Path: path, Tags: []string{"users"},
		Summary: "Say who may call an account", Errors: append(none, http.StatusPreconditionFailed),
	}, s.putPrivacy)
}

func (s *server) putPrivacy(ctx context.Context, in *putPrivacyInput) (*privacyOutput, error) {
	now, err := as[wire.Privacy](ctx, s, in.User, &wire.GetPrivacy{})
	if err != nil {
		return nil, err
	}
	if err := in.matches(onePrivacy(now).ETag); err != nil {
		return nil, err
	}
	m := &wire.SetPrivacy{
		WhoMayCall: wire.WhoMayCall(in.Body.WhoMayCall), WhoMayAdd: wire.WhoMayCall(in.Body.WhoMayAdd), SilenceUnknown: in.Body.SilenceUnknown,
		RejectInCall: in.Body.RejectInCall, TakeNotes: in.Body.TakeNotes, HideAddress: in.Body.HideAddress, IfVersion: now.Version,
	}
	if d := in.Body.DoNotDisturb; d != nil {
		m.DoNotDisturb = &wire.DoNotDisturb{Zone: d.Zone}
		for _, r := range d.Ranges {
			m.DoNotDisturb.Ranges = append(m.DoNotDisturb.Ranges, wire.DayRange{From: r.From, To: r.To})
		}
	}
	p, err := as[wire.Privacy](ctx, s, in.User, m)
	if isConflict(err) && in.IfMatch != "" && strings.TrimSpace(in.IfMatch) != "*" {
		return nil, problem(CodeChanged, "it was changed at this very moment")
	}
	if err != nil {
		return nil, err
	}
	return onePrivacy(p), nil
}

func isConflict(err error) bool {
	p, ok := err.(*Problem)
	return ok && p.Code == CodeConflict
}
