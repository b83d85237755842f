package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// User is an account as the holder of an API key sees it.
type User struct {
	ID        string     `json:"id" doc:"The account, as tokens name it."`
	Name      string     `json:"name" doc:"What others see."`
	Automated bool       `json:"automated" doc:"Whether it is a program, such as a bot or an assistant: people see a label beside its name."`
	About     string     `json:"about" doc:"What it says about itself; may be empty."`
	NoCalls   bool       `json:"noCalls" doc:"Whether the account takes no calls, and says so to who calls."`
	Text      string     `json:"noCallsText" doc:"What it says then, such as how else to reach it."`
	Hours     *DayOff    `json:"callHours,omitempty" doc:"The hours at which it takes calls; missing for always. At others it says the text."`
	Permitted bool       `json:"byPermission" doc:"Whether it takes calls only from whom it has permitted to; others are told the text."`
	AsksFirst bool       `json:"asksFirst" doc:"Whether it may call only who has permitted it, one at a time, as an account that is no person should."`
	Quota     int64      `json:"callsPerWeek" doc:"How many calls it may make in seven days; 0 is any number."`
	Minor     bool       `json:"minor" doc:"Whether it has the stricter defaults for minors."`
	Suspended *time.Time `json:"suspendedUntil,omitempty" doc:"Until when it may do nothing; missing if it is not suspended."`
	Disabled  *time.Time `json:"disabledAt,omitempty" doc:"Since when its owner has switched it off; missing if he has not."`
	Created   time.Time  `json:"createdAt" doc:"When it came to be."`
}

// UserField names an account in the path. The type is exported because the
// library looks into embedded structs only if they are.
type UserField struct {
	User string `path:"user" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"The account."`
}

// OtherField names a second account in the path.
type OtherField struct {
	Other string `path:"other" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"The other account."`
}

type userOutput struct {
	ETag string `header:"ETag" doc:"For If-Match."`
	Body User
}

// Entry is an account in a list.
type Entry struct {
	ID   string `json:"id" doc:"The account."`
	Name string `json:"name" doc:"What its owner is called by."`
}

type userEntry struct {
	Entry
	Automated bool      `json:"automated" doc:"Whether it is a program, such as a bot or an assistant."`
	Created   time.Time `json:"createdAt" doc:"When it came to be."`
}

type entriesOutput struct {
	Body struct {
		Items []Entry `json:"items" doc:"All of them, at most 2,000."`
	}
}

func (s *server) registerUsers(api huma.API) {
	const path = "/v1/users"
	one, tags := path+"/{user}", []string{"users"}
	none := []int{http.StatusNotFound, http.StatusUnprocessableEntity}
	resource(s, api, identity.UsersRead, huma.Operation{
		OperationID: "list-users", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "List accounts, the oldest first", Errors: []int{http.StatusUnprocessableEntity},
	}, s.listUsers)
	resource(s, api, identity.UsersRead, huma.Operation{
		OperationID: "get-user", Method: http.MethodGet, Path: one, Tags: tags, Summary: "Get an account", Errors: none,
	}, func(ctx context.Context, in *struct{ UserField }) (*userOutput, error) { return s.user(ctx, in.User) })
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "put-user", Method: http.MethodPut, Path: one, Tags: tags,
		Summary: "Make an account, or give it another name", Description: "Accounts come to be by their first token, too. The id of a deleted one does not come back: 409.",
		Errors: []int{http.StatusConflict},
	}, s.putUser)
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "change-user", Method: http.MethodPatch, Path: one, Tags: tags,
		Summary: "Change a profile, or whether an account takes calls", Errors: append(none, http.StatusPreconditionFailed),
	}, s.changeUser)
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "delete-user", Method: http.MethodDelete, Path: one, Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Delete an account and all that belongs to it, for good", Errors: none,
	}, func(ctx context.Context, in *struct{ UserField }) (*struct{}, error) {
		if _, err := s.cfg.Store.DeleteUser(ctx, in.User); err != nil {
			return nil, s.noUser(err)
		}
		return nil, nil
	})
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "suspend-user", Method: http.MethodPost, Path: one + "/suspend", Tags: tags,
		Summary: "Keep an account from doing anything, and others from reaching it", Description: "Its calls and sessions end within two seconds.", Errors: none,
	}, s.suspendUser)
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "resume-user", Method: http.MethodPost, Path: one + "/resume", Tags: tags,
		Summary: "End a suspension", Description: "It is no error if there is none.", Errors: none,
	}, func(ctx context.Context, in *struct{ UserField }) (*userOutput, error) {
		if err := s.cfg.Store.Resume(ctx, in.User); err != nil {
			return nil, s.noUser(err)
		}
		return s.user(ctx, in.User)
	})
	s.registerPeople(api, "blocks", "Who cannot reach the account", func(other string, on bool) any {
		if on {
			return &wire.Block{User: wire.UserID(other)}
		}
		return &wire.Unblock{User: wire.UserID(other)}
	}, func(p wire.People) []wire.Person { return p.Blocked })
	s.registerPeople(api, "contacts", "Whom the account knows", func(other string, on bool) any {
		if on {
			return &wire.AddContact{User: wire.UserID(other)}
		}
		return &wire.RemoveContact{User: wire.UserID(other)}
	}, func(p wire.People) []wire.Person { return p.Contacts })
	s.registerPrivacy(api)
	s.registerPermissions(api)
}

// ofUser lists what an account has, as it is shown.
func ofUser[Row, Shown any](ctx context.Context, s *server, user string, list func(context.Context, string) ([]Row, error), show func(Row) Shown) ([]Shown, error) {
	if _, err := s.cfg.Store.User(ctx, user); err != nil {
		return nil, s.noUser(err)
	}
	rows, err := list(ctx, user)
	if err != nil {
		return nil, s.failed(err)
	}
	items := make([]Shown, len(rows)) // an empty list is [] in JSON
	for i, row := range rows {
		items[i] = show(row)
	}
	return items, nil
}

// registerPeople adds the routes of a list of people that an account keeps.
func (s *server) registerPeople(api huma.API, list, about string, message func(other string, on bool) any, choose func(wire.People) []wire.Person) {
	path, tags := "/v1/users/{user}/"+list, []string{"users"}
	none := []int{http.StatusNotFound, http.StatusUnprocessableEntity}
	resource(s, api, identity.UsersRead, huma.Operation{
		OperationID: "list-" + list, Method: http.MethodGet, Path: path, Tags: tags, Summary: about, Errors: none,
	}, func(ctx context.Context, in *struct{ UserField }) (*entriesOutput, error) {
		p, err := as[wire.People](ctx, s, in.User, &wire.GetPeople{})
		if err != nil {
			return nil, err
		}
		out := &entriesOutput{}
		out.Body.Items = []Entry{}
		for _, one := range choose(p) {
			out.Body.Items = append(out.Body.Items, Entry{string(one.User), one.Name})
		}
		return out, nil
	})
	for _, on := range []bool{true, false} {
		method, verb := http.MethodPut, "add-to-"
		if !on {
			method, verb = http.MethodDelete, "remove-from-"
		}
		errs := none
		if on {
			errs = append(none, http.StatusForbidden)
		}
		resource(s, api, identity.UsersWrite, huma.Operation{
			OperationID: verb + list, Method: method, Path: path + "/{other}", Tags: tags, DefaultStatus: http.StatusNoContent,
			Summary: "Change " + list, Description: "In effect at once, also in calls that go on. To do so twice is no error.", Errors: errs,
		}, func(ctx context.Context, in *struct {
			UserField
			OtherField
		}) (*struct{}, error) {
			_, err := as[wire.People](ctx, s, in.User, message(in.Other, on))
			return nil, err
		})
	}
}

func (s *server) noUser(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrInvalid):
		return problem(CodeNotFound, "there is no such account; accounts come to be by PUT or by their first token")
	}
	return s.failed(err)
}

func (s *server) listUsers(ctx context.Context, in *PageFields) (*pageOutput[userEntry], error) {
	p, err := in.after()
	if err != nil {
		return nil, err
	}
	rows, err := s.cfg.Store.PageUsers(ctx, p.At, p.ID, in.Limit+1)
	if err != nil {
		return nil, s.failed(err)
	}
	return page(ctx, *in, rows, func(u store.User) position { return position{u.Created, u.ID} },
		func(u store.User) userEntry { return userEntry{Entry{u.ID, u.Name}, u.Automated, u.Created} }), nil
}

func (s *server) user(ctx context.Context, id string) (*userOutput, error) {
	u, err := s.cfg.Store.User(ctx, id)
	if err != nil {
		return nil, s.noUser(err)
	}
	standing, err := s.cfg.Store.Standing(ctx, id)
	if err != nil {
		return nil, s.failed(err)
	}
	profiles, err := s.cfg.Store.Profiles(ctx, id, []string{id}, func(string) bool { return true })
	if err != nil {
		return nil, s.failed(err)
	}
	rules, err := s.cfg.Store.Rules(ctx, id)
	if err != nil {
		return nil, s.failed(err)
	}
	shown := User{
		Hours: showHours(rules.CallHours), Permitted: rules.ByPermission, AsksFirst: rules.AsksFirst, Quota: rules.Quota,
		ID: u.ID, Name: u.Name, Automated: u.Automated, About: profiles[0].About, NoCalls: standing.NoCalls, Text: standing.NoCallsText, Minor: standing.Minor,
		Suspended: optional(standing.SuspendedUntil), Disabled: optional(standing.Disabled), Created: u.Created,
	}
	return &userOutput{etagOf(shown), shown}, nil
}

type putUserInput struct {
	UserField
	Body struct {
		Name      string `json:"name" minLength:"1" maxLength:"64" doc:"What others see."`
		Automated *bool  `json:"automated,omitempty" doc:"Whether it is a program; stays as it is if missing."`
	}
}

func (s *server) putUser(ctx context.Context, in *putUserInput) (*userOutput, error) {
	if err := identity.CheckName(in.Body.Name); err != nil {
		return nil, problem(CodeInvalid, "the name cannot be shown").at("body.name", err.Error())
	}
	switch err := s.cfg.Store.UpsertUser(ctx, in.User, in.Body.Name); {
	case errors.Is(err, store.ErrDeleted):
		return nil, problem(CodeConflict, "the account was deleted, and does not come back under its id")
	case err != nil:
		return nil, s.failed(err)
	}
	if on := in.Body.Automated; on != nil {
		if err := s.cfg.Store.SetAutomated(ctx, in.User, *on); err != nil {
			return nil, s.noUser(err)
		}
	}
	s.profileChanged(ctx, in.User)
	return s.user(ctx, in.User)
}

// profileChanged tells an account's devices and sessions.
func (s *server) profileChanged(ctx context.Context, user string) {
	if changed := s.cfg.Profiles.Changed; changed != nil {
		changed(ctx, wire.UserID(user))
	}
}

type changeUserInput struct {
	UserField
	MatchField
	Body struct {
		Name      *string `json:"name,omitempty" minLength:"1" maxLength:"64" doc:"What others see."`
		Automated *bool   `json:"automated,omitempty" doc:"Whether it is a program, such as a bot or an assistant: people see a label beside its name, in calls that begin or that it enters from now on."`
		About     *string `json:"about,omitempty" maxLength:"512" doc:"What it says about itself."`
		NoCalls   *bool   `json:"noCalls,omitempty" doc:"Whether it takes no calls, and says so to who calls."`
		Text      *string `json:"noCallsText,omitempty" maxLength:"256" doc:"What it says then."`
		Minor     *bool   `json:"minor,omitempty" doc:"Whether it has the stricter defaults for minors."`

		Hours     *DayOff `json:"callHours,omitempty" doc:"The hours at which it takes calls; no ranges for always."`
		Permitted *bool   `json:"byPermission,omitempty" doc:"Whether it takes calls only from whom it has permitted to."`
		AsksFirst *bool   `json:"asksFirst,omitempty" doc:"Whether it may call only who has permitted it, one at a time."`
		Quota     *int64  `json:"callsPerWeek,omitempty" minimum:"0" maximum:"100000" doc:"How many calls it may make in seven days; 0 is any number."`
	}
}

func (s *server) changeUser(ctx context.Context, in *changeUserInput) (*userOutput, error) {
	now, err := s.user(ctx, in.User)
	if err != nil {
		return nil, err
	}
	if err := in.matches(now.ETag); err != nil {
		return nil, err
	}
	want, b := now.Body, in.Body
	set(&want.Name, b.Name)
	set(&want.Automated, b.Automated)
	set(&want.About, b.About)
	set(&want.NoCalls, b.NoCalls)
	set(&want.Text, b.Text)
	set(&want.Minor, b.Minor)
	if err := identity.CheckTitle(want.Text); err != nil {
		return nil, problem(CodeInvalid, "the text cannot be shown").at("body.noCallsText", err.Error())
	}
	set(&want.Permitted, b.Permitted)
	set(&want.AsksFirst, b.AsksFirst)
	set(&want.Quota, b.Quota)
	hours, err := chosenHours(want.Hours, b.Hours)
	if err != nil {
		return nil, err
	}
	if want.Name != now.Body.Name || want.About != now.Body.About {
		if _, err := as[wire.Profile](ctx, s, in.User, &wire.SetProfile{Name: want.Name, About: want.About}); err != nil {
			return nil, err
		}
	}
	if want.Automated != now.Body.Automated {
		if err := s.cfg.Store.SetAutomated(ctx, in.User, want.Automated); err != nil {
			return nil, s.noUser(err)
		}
		s.profileChanged(ctx, in.User)
	}
	if want.NoCalls != now.Body.NoCalls || want.Text != now.Body.Text {
		if err := s.cfg.Store.SetNoCalls(ctx, in.User, want.NoCalls, want.Text); err != nil {
			return nil, s.noUser(err)
		}
	}
	rules := store.Rules{CallHours: hours, ByPermission: want.Permitted, AsksFirst: want.AsksFirst, Quota: want.Quota}
	if err := s.cfg.Store.SetRules(ctx, in.User, rules); err != nil {
		return nil, s.noUser(err)
	}
	if want.Minor != now.Body.Minor {
		if err := s.cfg.Store.SetMinor(ctx, in.User, want.Minor); err != nil {
			return nil, s.noUser(err)
		}
	}
	return s.user(ctx, in.User)
}

type suspendUserInput struct {
	UserField
	Body struct {
		Until  *time.Time `json:"until,omitempty" doc:"When it ends; for good if missing."`
		Reason string     `json:"reason,omitempty" maxLength:"256" doc:"A note for operators; nobody else sees it."`
	}
}

func (s *server) suspendUser(ctx context.Context, in *suspendUserInput) (*userOutput, error) {
	until := store.Forever
	set(&until, in.Body.Until)
	if err := s.cfg.Store.Suspend(ctx, in.User, until, in.Body.Reason, caller(ctx).ID); err != nil {
		return nil, s.noUser(err)
	}
	return s.user(ctx, in.User)
}
