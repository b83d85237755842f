package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// PageFields choose a page of a list. The type is exported because the library
// looks into embedded structs only if they are.
type PageFields struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many to return at most."`
	Cursor string `query:"cursor" maxLength:"512" doc:"The nextCursor of the page before; empty for the first."`
}

// position is where a page begins: after what was made at a time and has an id.
// Lists are in the order of both.
type position struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

// after reads the cursor. A cursor only says where; it opens nothing.
func (f PageFields) after() (p position, err error) {
	if f.Cursor == "" {
		return p, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		return p, problem(CodeInvalid, "the cursor is not one of this server").at("query.cursor", "use a nextCursor as it is")
	}
	return p, nil
}

// pageOutput is a page of a list.
type pageOutput[T any] struct {
	Link string `header:"Link" doc:"The next page, as rel=next (RFC 8288); missing on the last one."`
	Body struct {
		Items      []T    `json:"items" doc:"What is on this page."`
		NextCursor string `json:"nextCursor,omitempty" doc:"For the next page; missing on the last one."`
	}
}

// page makes a page of rows, of which there is one more than the limit if more
// follow.
func page[R, T any](ctx context.Context, f PageFields, rows []R, at func(R) position, show func(R) T) *pageOutput[T] {
	out := &pageOutput[T]{}
	out.Body.Items = []T{}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		data, err := json.Marshal(at(rows[len(rows)-1]))
		if err == nil {
			out.Body.NextCursor = base64.RawURLEncoding.EncodeToString(data)
			out.Link = next(ctx, f.Limit, out.Body.NextCursor)
		}
	}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, show(r))
	}
	return out
}

type addressKey struct{}

// noteAddress notes in the context what was asked for, for the link to the next page.
func noteAddress(ctx huma.Context, next func(huma.Context)) {
	next(huma.WithValue(ctx, addressKey{}, ctx.URL()))
}

func next(ctx context.Context, limit int, cursor string) string {
	u, _ := ctx.Value(addressKey{}).(url.URL)
	query := u.Query()
	query.Set("limit", strconv.Itoa(limit))
	query.Set("cursor", cursor)
	return "<" + u.Path + "?" + query.Encode() + `>; rel="next"`
}
