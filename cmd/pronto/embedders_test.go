package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// ancestors is who may show the page of a link in a frame.
func ancestors(t *testing.T, page, link string) string {
	t.Helper()
	response, err := http.Get(page + "/embed/" + link)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, after, _ := strings.Cut(response.Header.Get("Content-Security-Policy"), "frame-ancestors ")
	list, _, _ := strings.Cut(after, ";")
	return list
}

func TestASiteOfAnAPIKeyShowsFramesUntilTheKeyIsRevoked(t *testing.T) {
	dir := t.TempDir()
	p := startProcess(t, dir, "127.0.0.1:0", "PRONTO_ORIGINS=https://ours.example")
	t.Setenv("PRONTO_URL", p.page)
	t.Setenv("PRONTO_API_KEY", newKey(t, dir))
	t.Setenv("PRONTO_DATA", dir)
	t.Setenv("PRONTO_LOG_LEVEL", "error")
	live := printed[createdLink](t, "link", "create", "--owner", "shop", "--owner-name", "The shop").ID
	key := printed[struct{ Key string }](t, "keys", "create", "shop", "--origin", "https://shop.example", "--origin", "https://ours.example").Key
	for _, link := range []string{live, "AAAAAAAAAAAAAAAAAAAAAA"} {
		if got := ancestors(t, p.page, link); got != "https://ours.example https://shop.example" {
			t.Errorf("the frame may be shown by %q", got)
		}
	}
	if _, errs, code := command(t, "keys", "revoke", key); code != 0 {
		t.Fatal(errs)
	}
	if got := ancestors(t, p.page, live); got != "https://ours.example" {
		t.Errorf("without the key the frame may be shown by %q", got)
	}
}

func TestALinkWithOriginsOfItsOwnIsShownByThemOnly(t *testing.T) {
	dir := t.TempDir()
	p := startProcess(t, dir, "127.0.0.1:0", "PRONTO_ORIGINS=https://ours.example")
	key := newKey(t, dir)
	t.Setenv("PRONTO_URL", p.page)
	t.Setenv("PRONTO_API_KEY", key)
	link := printed[createdLink](t, "link", "create", "--owner", "shop", "--owner-name", "The shop").ID
	change := func(body string) { rest[any](t, "PATCH", p.page+"/v1/links/"+link, key, json.RawMessage(body)) }
	const ours = "https://ours.example"
	shown := func(link, want string) {
		t.Helper()
		if got := ancestors(t, p.page, link); got != want {
			t.Errorf("the frame may be shown by %q, want %q", got, want)
		}
	}
	shown(link, ours)
	change(`{"origins":["https://shop.example","https://shop.example:8443"]}`)
	shown(link, "https://shop.example https://shop.example:8443")
	change(`{"title":"Tea"}`)
	shown(link, "https://shop.example https://shop.example:8443")
	shown("AAAAAAAAAAAAAAAAAAAAAA", ours)
	change(`{"origins":null}`)
	shown(link, ours)
	change(`{"origins":["https://shop.example"]}`)
	shown(link, "https://shop.example")

	// Who guesses learns nothing any more, as at the link's door.
	for range 30 {
		shown("BBBBBBBBBBBBBBBBBBBBBB", ours)
	}
	shown(link, ours)
	rest[any](t, "POST", p.page+"/v1/links/"+link+"/revoke", key, struct{}{})
	shown(link, ours)
}
