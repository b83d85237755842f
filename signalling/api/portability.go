package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// An account may have three copies of its data at once, and another every twenty
// minutes.
const (
	exportRefill = 20 * time.Minute
	exportBurst  = 3
)

// maxExporting is how many copies are made at a time: each is in memory until it is
// whole, so that a failure on the way is an error and not half a file.
const maxExporting = 2

// exports bounds how many copies are made.
type exports struct {
	asked *budget // by account
	slots chan struct{}
}

func newExports() exports {
	return exports{newBudget(exportRefill, exportBurst), make(chan struct{}, maxExporting)}
}

// registerExport adds the routes by which an account's data is copied.
func (s *server) registerExport(api huma.API) {
	const about = "One JSON document with all that the server's tables hold of the account, a list for each section, and what is left out, " +
		"with the reason. At most three at once, and then one every twenty minutes, from one node. It is made anew each time and kept nowhere."
	resource(s, api, identity.UsersRead, huma.Operation{
		OperationID: "export-user", Method: http.MethodGet, Path: "/v1/users/{user}/export", Tags: []string{"users"},
		Summary: "Get a copy of the data of an account", Description: about,
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity}, Responses: exportResponse(),
	}, func(ctx context.Context, in *struct{ UserField }) (*exportOutput, error) {
		return s.export(ctx, in.User)
	})
	public(s, api, huma.Operation{
		OperationID: "export-account", Method: http.MethodGet, Path: "/v1/account/export",
		Summary: "Get a copy of one's own data", Description: about + " Needs the account's token.",
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}, Responses: exportResponse(),
	}, s.exportOwn)
}

type exportOwnInput struct{ BearerField }

type exportOutput struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Disposition  string `header:"Content-Disposition"`
	Sniff        string `header:"X-Content-Type-Options"`
	Body         []byte
}

func (s *server) exportOwn(ctx context.Context, in *exportOwnInput) (*exportOutput, error) {
	user, err := s.account(ctx, in.BearerField)
	if err != nil {
		return nil, err
	}
	return s.export(ctx, user)
}

func (s *server) export(ctx context.Context, user string) (*exportOutput, error) {
	if _, err := s.cfg.Store.User(ctx, user); err != nil {
		return nil, s.noUser(err)
	}
	now := time.Now()
	if wait := s.exports.asked.takeFor(user, now); wait > 0 {
		return nil, tooMany("the account has had its copies; it may have the next one later", wait)
	}
	select {
	case s.exports.slots <- struct{}{}:
		defer func() { <-s.exports.slots }()
	case <-ctx.Done():
		return nil, s.failed(ctx.Err())
	}
	var b bytes.Buffer
	if err := s.writeExport(ctx, &b, user, now.UTC()); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return nil, s.noUser(store.ErrNotFound)
		}
		return nil, s.failed(err)
	}
	return &exportOutput{
		ContentType: "application/json", CacheControl: "no-store", Sniff: "nosniff", Body: b.Bytes(),
		Disposition: fmt.Sprintf(`attachment; filename="pronto-data-%s.json"`, now.UTC().Format(time.DateOnly)),
	}, nil
}

// writeExport writes the sections in their order; one without rows is an empty list.
func (s *server) writeExport(ctx context.Context, b *bytes.Buffer, user string, now time.Time) error {
	fmt.Fprintf(b, "{\n\"exportedAt\": %q", now.Format(time.RFC3339))
	at, rows := -1, 0
	next := func() {
		if at >= 0 {
			b.WriteString("]")
		}
		at, rows = at+1, 0
		if at < len(store.Sections) {
			fmt.Fprintf(b, ",\n%q: [", store.Sections[at].Name)
		}
	}
	next()
	err := s.cfg.Store.CopyAccount(ctx, user, func(section string, row []byte) error {
		for store.Sections[at].Name != section {
			next()
		}
		if rows++; rows > 1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
		b.Write(row)
		return nil
	})
	if err != nil {
		return err
	}
	for at < len(store.Sections) {
		next()
	}
	omitted, err := json.Marshal(leftOut())
	if err != nil {
		return err
	}
	fmt.Fprintf(b, ",\n\"leftOut\": %s\n}\n", omitted)
	return nil
}

// Omission is what a copy of an account's data has nothing of.
type Omission struct {
	What string `json:"what" doc:"A table of the server, or a column of a section."`
	Why  string `json:"why" doc:"The reason."`
}

func leftOut() []Omission {
	var all []Omission
	for _, table := range slices.Sorted(maps.Keys(store.Withheld)) {
		all = append(all, Omission{table, store.Withheld[table]})
	}
	for _, section := range store.Sections {
		withheld := section.Withheld()
		for _, column := range slices.Sorted(maps.Keys(withheld)) {
			all = append(all, Omission{section.Name + "." + column, withheld[column]})
		}
	}
	return all
}

// exportResponse describes the document.
func exportResponse() map[string]*huma.Response {
	list := func(about string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeArray, Description: about, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}
	}
	properties := map[string]*huma.Schema{
		"exportedAt": {Type: huma.TypeString, Format: "date-time", Description: "When the copy was made."},
		"leftOut":    list("What is left out (what), with the reason (why)."),
	}
	for _, section := range store.Sections {
		properties[section.Name] = list(section.Doc)
	}
	document := &huma.Schema{Type: huma.TypeObject, Properties: properties, Required: slices.Sorted(maps.Keys(properties)), AdditionalProperties: true}
	return map[string]*huma.Response{"200": {Description: "The file.", Content: map[string]*huma.MediaType{"application/json": {Schema: document}}}}
}
