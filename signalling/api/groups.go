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

// Group is a group as the holder of an API key sees it.
type Group struct {
	ID        string     `json:"id" doc:"grp_…"`
	Name      string     `json:"name" doc:"What it is called."`
	Isolate   bool       `json:"isolate" doc:"Whether members who block each other are kept apart in its calls."`
	Suspended *time.Time `json:"suspendedAt,omitempty" doc:"Since when it has no calls; missing if it has."`
	Created   time.Time  `json:"createdAt" doc:"When it came to be."`
	Members   []Member   `json:"members" doc:"Its active members and those who are invited."`
}

// Member is somebody in a group.
type Member struct {
	User  string `json:"user" doc:"The account."`
	State string `json:"state" doc:"active or invited."`
	Role  string `json:"role" doc:"admin or member."`
}

func showGroup(g store.GroupRow) Group {
	shown := Group{ID: g.ID, Name: g.Name, Isolate: g.Isolate, Suspended: optional(g.Suspended), Created: g.Created, Members: []Member{}}
	for _, m := range g.Members {
		if m.State == store.MemberActive || m.State == store.MemberInvited && !m.Silent {
			shown.Members = append(shown.Members, Member{m.UserID, string(m.State), string(m.Role)})
		}
	}
	return shown
}

// GroupField names a group in the path. The type is exported because the
// library looks into embedded structs only if they are.
type GroupField struct {
	Group string `path:"group" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"The group: grp_…"`
}

type groupOutput struct {
	ETag string `header:"ETag" doc:"For If-Match."`
	Body Group
}

func (o *groupOutput) about() store.AuditTarget {
	return store.AuditTarget{Kind: "group", ID: o.Body.ID}
}

func (s *server) registerGroups(api huma.API) {
	const path = "/v1/groups"
	one, tags := path+"/{group}", []string{"groups"}
	none := []int{http.StatusNotFound, http.StatusUnprocessableEntity}
	resource(s, api, identity.GroupsWrite, huma.Operation{
		OperationID: "create-group", Method: http.MethodPost, Path: path, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary:     "Make a group, as an account, which becomes its admin",
		Description: "Whom the account may add is added or invited, as their settings say; of others nothing is told.", Errors: []int{http.StatusNotFound},
	}, s.createGroup)
	resource(s, api, identity.GroupsRead, huma.Operation{
		OperationID: "get-group", Method: http.MethodGet, Path: one, Tags: tags, Summary: "Get a group", Errors: none,
	}, func(ctx context.Context, in *struct{ GroupField }) (*groupOutput, error) {
		return s.group(ctx, in.Group)
	})
	resource(s, api, identity.GroupsWrite, huma.Operation{
		OperationID: "change-group", Method: http.MethodPatch, Path: one, Tags: tags,
		Summary: "Rename a group, or stop its calls", Errors: append(none, http.StatusPreconditionFailed),
	}, s.changeGroup)
	resource(s, api, identity.GroupsWrite, huma.Operation{
		OperationID: "remove-from-group", Method: http.MethodDelete, Path: one + "/members/{user}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Take somebody out of a group", Errors: none,
	}, s.removeFromGroup)
	resource(s, api, identity.GroupsRead, huma.Operation{
		OperationID: "list-groups-of-user", Method: http.MethodGet, Path: "/v1/users/{user}/groups", Tags: tags,
		Summary: "List the groups that an account is in or invited to, the newest first, without their other members", Errors: none,
	}, s.listGroups)
}

func (s *server) noGroup(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return problem(CodeNotFound, "there is no such group")
	}
	return s.refusedBy(err)
}

func (s *server) group(ctx context.Context, id string) (*groupOutput, error) {
	g, err := s.cfg.Store.Group(ctx, id)
	if err != nil {
		return nil, s.noGroup(err)
	}
	shown := showGroup(g)
	return &groupOutput{etagOf(shown), shown}, nil
}

type createGroupInput struct {
	Body struct {
		Creator string   `json:"creator" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"The account that makes it."`
		Name    string   `json:"name" minLength:"1" maxLength:"64" doc:"What it is called."`
		Isolate bool     `json:"isolate,omitempty" doc:"Keeps members who block each other apart in its calls."`
		Members []string `json:"members,omitempty" maxItems:"64" doc:"Whom it adds."`
	}
}

func (s *server) createGroup(ctx context.Context, in *createGroupInput) (*groupOutput, error) {
	m := &wire.CreateGroup{Name: in.Body.Name, Isolate: in.Body.Isolate, Users: []wire.UserID{}}
	for _, user := range in.Body.Members {
		id := wire.UserID(user)
		if user == "" || id.Check() != nil || user == in.Body.Creator {
			return nil, problem(CodeInvalid, "a member cannot be added").at("body.members", "is no id of an account, or the creator")
		}
		m.Users = append(m.Users, id)
	}
	g, err := as[wire.Group](ctx, s, in.Body.Creator, m)
	if err != nil {
		return nil, err
	}
	return s.group(ctx, string(g.Group))
}

type changeGroupInput struct {
	GroupField
	MatchField
	Body struct {
		Name      *string `json:"name,omitempty" minLength:"1" maxLength:"64" doc:"What it is called."`
		Suspended *bool   `json:"suspended,omitempty" doc:"Whether it has no calls: one that goes on ends."`
	}
}

func (s *server) changeGroup(ctx context.Context, in *changeGroupInput) (*groupOutput, error) {
	now, err := s.group(ctx, in.Group)
	if err != nil {
		return nil, err
	}
	if err := in.matches(now.ETag); err != nil {
		return nil, err
	}
	if name := in.Body.Name; name != nil {
		if err := identity.CheckTitle(*name); err != nil {
			return nil, problem(CodeInvalid, "the name cannot be shown").at("body.name", err.Error())
		}
		err := s.asAdmin(ctx, in.Group, func(wire.UserID) any { return &wire.RenameGroup{Group: wire.GroupID(in.Group), Name: *name} })
		if err != nil {
			return nil, err
		}
	}
	if on := in.Body.Suspended; on != nil {
		if err := s.cfg.SuspendGroup(ctx, wire.GroupID(in.Group), *on); err != nil {
			return nil, s.noGroup(err)
		}
	}
	return s.group(ctx, in.Group)
}

func (s *server) removeFromGroup(ctx context.Context, in *struct {
	GroupField
	UserField
}) (*struct{}, error) {
	return nil, s.asAdmin(ctx, in.Group, func(admin wire.UserID) any {
		if string(admin) == in.User {
			return &wire.LeaveGroup{Group: wire.GroupID(in.Group)}
		}
		return &wire.RemoveFromGroup{Group: wire.GroupID(in.Group), User: wire.UserID(in.User)}
	})
}

// asAdmin asks for something as one of a group's admins, so that its members and its
// call are told of it.
func (s *server) asAdmin(ctx context.Context, group string, request func(admin wire.UserID) any) error {
	g, err := s.cfg.Store.Group(ctx, group)
	if err != nil {
		return s.noGroup(err)
	}
	for _, m := range g.Members {
		if m.State != store.MemberActive || m.Role != store.RoleAdmin {
			continue
		}
		admin := wire.UserID(m.UserID)
		if _, err := s.cfg.Act(ctx, admin, request(admin)); err != nil {
			return s.noGroup(err)
		}
		return nil
	}
	return problem(CodeNotFound, "there is no such group")
}

type groupsOutput struct {
	Body struct {
		Items []Group `json:"items" doc:"All of them."`
	}
}

func (s *server) listGroups(ctx context.Context, in *struct{ UserField }) (*groupsOutput, error) {
	items, err := ofUser(ctx, s, in.User, s.cfg.Store.GroupsOf, showGroup)
	if err != nil {
		return nil, err
	}
	out := &groupsOutput{}
	out.Body.Items = items
	return out, nil
}
