// Command drive uses the client that oapi-codegen makes of the description, as an
// integrator does. The test of the package above makes that client beside it.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	if err := drive(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("all is well")
}

func drive(ctx context.Context, server, key string) error {
	sign := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+key)
		return nil
	}
	c, err := NewClientWithResponses(server, WithRequestEditorFn(sign))
	if err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context, *ClientWithResponses) error
	}{
		{"users", users}, {"tokens", tokens}, {"links", links}, {"groups", groups}, {"webhooks", webhooks}, {"calls", calls}, {"keys", keys}, {"problems", problems},
	} {
		if err := step.do(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// response is what every answer of the client has.
type response interface{ StatusCode() int }

// expect is an error unless the status is the one that it should be.
func expect(r response, err error, status int) error {
	if err == nil && r.StatusCode() != status {
		err = fmt.Errorf("%T has the status %d, not %d", r, r.StatusCode(), status)
	}
	return err
}

func pointer[T any](v T) *T { return &v }

func users(ctx context.Context, c *ClientWithResponses) error {
	for _, user := range []string{"ana", "bia"} {
		r, err := c.PutUserWithResponse(ctx, user, PutUserJSONRequestBody{Name: strings.ToUpper(user)})
		if err := expect(r, err, http.StatusOK); err != nil {
			return err
		}
	}
	changed, err := c.ChangeUserWithResponse(ctx, "ana", &ChangeUserParams{}, ChangeUserJSONRequestBody{About: pointer("Sings.")})
	if err := expect(changed, err, http.StatusOK); err != nil {
		return err
	}
	added, err := c.AddToContactsWithResponse(ctx, "ana", "bia")
	if err := expect(added, err, http.StatusNoContent); err != nil {
		return err
	}
	contacts, err := c.ListContactsWithResponse(ctx, "ana")
	if err := expect(contacts, err, http.StatusOK); err != nil {
		return err
	}
	list, err := c.ListUsersWithResponse(ctx, &ListUsersParams{Limit: pointer(int64(1))})
	if err := expect(list, err, http.StatusOK); err != nil {
		return err
	}
	if list.JSON200 == nil || list.JSON200.Items == nil || len(*list.JSON200.Items) != 1 || list.JSON200.NextCursor == nil {
		return fmt.Errorf("the first page is %s", list.Body)
	}
	more, err := c.ListUsersWithResponse(ctx, &ListUsersParams{Cursor: list.JSON200.NextCursor})
	if err := expect(more, err, http.StatusOK); err != nil {
		return err
	}
	if len(*more.JSON200.Items) != 1 || (*more.JSON200.Items)[0].Id == (*list.JSON200.Items)[0].Id {
		return fmt.Errorf("the second page is %s", more.Body)
	}
	return nil
}

func tokens(ctx context.Context, c *ClientWithResponses) error {
	r, err := c.CreateTokenWithResponse(ctx, &CreateTokenParams{}, CreateTokenJSONRequestBody{User: pointer("ana")})
	if err := expect(r, err, http.StatusOK); err != nil {
		return err
	}
	if strings.Count(r.JSON200.Token, ".") != 2 {
		return fmt.Errorf("it is %s", r.Body)
	}
	return nil
}

func links(ctx context.Context, c *ClientWithResponses) error {
	opens := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	once := &CreateLinkParams{IdempotencyKey: pointer("appointment-17")}
	wish := CreateLinkJSONRequestBody{Owner: "ana", Kind: CreateLinkInputBodyKindVideo, OpensAt: &opens, MaxUses: pointer(int64(2)), HostLink: pointer(true)}
	made, err := c.CreateLinkWithResponse(ctx, once, wish)
	if err := expect(made, err, http.StatusCreated); err != nil {
		return err
	}
	again, err := c.CreateLinkWithResponse(ctx, once, wish)
	if err := expect(again, err, http.StatusCreated); err != nil {
		return err
	}
	link := made.JSON201
	if again.JSON201.Id != link.Id || link.HostUrl == nil || !link.OpensAt.Equal(opens) || link.Kind != LinkKindVideo {
		return fmt.Errorf("it is %s, and again %s", made.Body, again.Body)
	}
	changed, err := c.ChangeLinkWithResponse(ctx, link.Id, &ChangeLinkParams{IfMatch: pointer(made.HTTPResponse.Header.Get("ETag"))}, ChangeLinkJSONRequestBody{MaxUses: pointer(int64(3))})
	if err := expect(changed, err, http.StatusOK); err != nil {
		return err
	}
	for _, file := range []func() (response, error){
		func() (response, error) { return c.GetLinkQrSvgWithResponse(ctx, link.Id, &GetLinkQrSvgParams{}) },
		func() (response, error) { return c.GetLinkQrPngWithResponse(ctx, link.Id, &GetLinkQrPngParams{}) },
		func() (response, error) { return c.GetLinkEventWithResponse(ctx, link.Id) },
		func() (response, error) { return c.LookAtLinkWithResponse(ctx, link.Id) },
		func() (response, error) { return c.GetLinkWithResponse(ctx, link.Id) },
	} {
		r, err := file()
		if err := expect(r, err, http.StatusOK); err != nil {
			return err
		}
	}
	revoked, err := c.RevokeLinkWithResponse(ctx, link.Id, &RevokeLinkParams{}, RevokeLinkJSONRequestBody{})
	if err := expect(revoked, err, http.StatusOK); err != nil {
		return err
	}
	if revoked.JSON200.RevokedAt == nil {
		return fmt.Errorf("revoked it is %s", revoked.Body)
	}
	list, err := c.ListLinksWithResponse(ctx, &ListLinksParams{Owner: pointer("ana")})
	if err := expect(list, err, http.StatusOK); err != nil {
		return err
	}
	if len(*list.JSON200.Items) != 1 {
		return fmt.Errorf("the list is %s", list.Body)
	}
	return nil
}

func groups(ctx context.Context, c *ClientWithResponses) error {
	made, err := c.CreateGroupWithResponse(ctx, &CreateGroupParams{}, CreateGroupJSONRequestBody{Creator: "ana", Name: "Choir"})
	if err := expect(made, err, http.StatusCreated); err != nil {
		return err
	}
	got, err := c.GetGroupWithResponse(ctx, made.JSON201.Id)
	return expect(got, err, http.StatusOK)
}

func webhooks(ctx context.Context, c *ClientWithResponses) error {
	made, err := c.CreateWebhookWithResponse(ctx, &CreateWebhookParams{}, CreateWebhookJSONRequestBody{Url: "https://shop.example/hook", Types: &[]string{"call.ended"}})
	if err := expect(made, err, http.StatusCreated); err != nil {
		return err
	}
	if !strings.HasPrefix(made.JSON201.Secret, "whsec_") {
		return fmt.Errorf("it is %s", made.Body)
	}
	log, err := c.ListDeliveriesWithResponse(ctx, made.JSON201.Id, &ListDeliveriesParams{})
	if err := expect(log, err, http.StatusOK); err != nil {
		return err
	}
	gone, err := c.DeleteWebhookWithResponse(ctx, made.JSON201.Id)
	return expect(gone, err, http.StatusNoContent)
}

func calls(ctx context.Context, c *ClientWithResponses) error {
	list, err := c.ListCallsWithResponse(ctx, &ListCallsParams{})
	if err := expect(list, err, http.StatusOK); err != nil {
		return err
	}
	stats, err := c.GetStatsWithResponse(ctx, &GetStatsParams{})
	return expect(stats, err, http.StatusOK)
}

func keys(ctx context.Context, c *ClientWithResponses) error {
	made, err := c.CreateKeyWithResponse(ctx, &CreateKeyParams{}, CreateKeyJSONRequestBody{Name: "shop", Scopes: &[]string{"links:read"}})
	if err := expect(made, err, http.StatusCreated); err != nil {
		return err
	}
	gone, err := c.RevokeKeyWithResponse(ctx, made.JSON201.Id)
	return expect(gone, err, http.StatusNoContent)
}

// problems are typed, whatever goes wrong.
func problems(ctx context.Context, c *ClientWithResponses) error {
	missing, err := c.GetLinkWithResponse(ctx, "nothing")
	if err := expect(missing, err, http.StatusNotFound); err != nil {
		return err
	}
	if p := missing.ApplicationproblemJSON404; p == nil || p.Code != "notFound" || p.Detail == nil {
		return fmt.Errorf("what is missing is %s", missing.Body)
	}
	wrong, err := c.CreateLinkWithResponse(ctx, &CreateLinkParams{}, CreateLinkJSONRequestBody{Owner: "ana", Kind: "fax"})
	if err := expect(wrong, err, http.StatusUnprocessableEntity); err != nil {
		return err
	}
	if p := wrong.ApplicationproblemJSON422; p == nil || p.Errors == nil || len(*p.Errors) == 0 {
		return fmt.Errorf("what is wrong is %s", wrong.Body)
	}
	refused, err := c.ListKeysWithResponse(ctx, &ListKeysParams{}, func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer ck_a.cs_b")
		return nil
	})
	if err := expect(refused, err, http.StatusUnauthorized); err != nil {
		return err
	}
	if p := refused.ApplicationproblemJSON401; p == nil || p.Code != "unauthenticated" {
		return fmt.Errorf("who is refused is told %s", refused.Body)
	}
	return nil
}
