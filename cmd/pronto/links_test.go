package main

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"pronto/signalling/client"
	"pronto/signalling/link"
	"pronto/signalling/wire"
)

// command runs a command as in a shell and returns what it printed.
func command(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e strings.Builder
	code = runOn(t.Context(), args, &o, &e)
	return o.String(), e.String(), code
}

// printed runs a command that must not fail, with --json, and reads what it prints.
func printed[T any](t *testing.T, args ...string) (v T) {
	t.Helper()
	out, errs, code := command(t, append(args, "--json")...)
	if code != 0 {
		t.Fatalf("%v ends with %d: %s", args[:2], code, errs)
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("%v prints no JSON: %v", args[:2], err)
	}
	return v
}

// linksServer starts a server and has commands come to it by a key.
func linksServer(t *testing.T, more ...string) *process {
	t.Helper()
	dir := t.TempDir()
	p := startProcess(t, dir, "127.0.0.1:0", more...)
	t.Setenv("PRONTO_URL", p.page)
	t.Setenv("PRONTO_API_KEY", newKey(t, dir))
	return p
}

type createdLink struct{ ID, Address, HostAddress string }

func TestALinkIsMadeListedAndRevokedByCommands(t *testing.T) {
	p := linksServer(t)
	made := printed[createdLink](t, "link", "create", "--owner", "shop", "--owner-name", "The shop", "--title", "Your appointment", "--host-link", "--lobby", "guests", "--kind", "voice")
	server, id, secret, err := link.ReadAddress(made.Address)
	if err != nil || server != p.page || id != made.ID || secret == "" {
		t.Errorf("the address is of %s (%v)", server, err)
	}
	if _, host, hostSecret, err := link.ReadAddress(made.HostAddress); err != nil || host == id || hostSecret != secret {
		t.Errorf("the host link is none of its own (%v)", err)
	}

	ana := person(t, p.page, "ana")
	door := must[wire.LinkDoor](t, ana, wire.LookAtLink{Link: wire.LinkID(id)})
	if d, err := link.OpenDetails(secret, door.Sealed); err != nil || d.Title != "Your appointment" {
		t.Errorf("who has the address reads %+v (%v)", d, err)
	}
	if door.Title != "" || strings.Contains(p.log(), secret) {
		t.Error("the server has learned what it should not")
	}

	printed[createdLink](t, "link", "create", "--owner", "shop")
	type listed struct{ ID, Owner, Kind, Lobby, RevokedAt string }
	list := printed[[]listed](t, "link", "list", "--owner", "shop")
	if len(list) != 2 || list[1].ID != id || list[1].Kind != "voice" || list[1].Lobby != "guests" || list[1].RevokedAt != "" {
		t.Errorf("the list is %+v", list)
	}
	if short := printed[[]listed](t, "link", "list", "--limit", "1"); len(short) != 1 || short[0] != list[0] {
		t.Errorf("the newest is %+v", short)
	}
	if out, _, code := command(t, "link", "list"); code != 0 || strings.Count(out, "\n") != 2 || !strings.Contains(out, "(encrypted)") {
		t.Errorf("people read %d %q", code, out)
	}
	if out, _, code := command(t, "link", "revoke", made.Address); code != 0 || out != "revoked\n" {
		t.Errorf("revoke: %d %q", code, out)
	}
	if list = printed[[]listed](t, "link", "list"); list[1].RevokedAt == "" {
		t.Error("the link is not revoked")
	}
	if _, err := client.Request[wire.LinkDoor](t.Context(), ana, wire.LookAtLink{Link: wire.LinkID(id)}); err == nil {
		t.Error("the revoked link still opens")
	}
}

func TestManyLinksAreListedPageByPage(t *testing.T) {
	linksServer(t)
	made := map[string]bool{}
	for range 7 {
		made[printed[createdLink](t, "link", "create", "--owner", "shop", "--owner-name", "The shop").ID] = true
	}
	pageSize = 3
	t.Cleanup(func() { pageSize = 100 })
	for _, one := range printed[[]struct{ ID string }](t, "link", "list") {
		delete(made, one.ID)
	}
	if len(made) != 0 {
		t.Errorf("%d are not in the list", len(made))
	}
}

func TestCommandsSayWhyTheyCannotReachOrAreRefused(t *testing.T) {
	linksServer(t)
	valid := os.Getenv("PRONTO_API_KEY")
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(valid+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what, key string
		args      []string
		code      int
		says      string
	}{
		{"no such account", valid, []string{"create", "--owner", "nobody"}, exitRefused, "make the account first"},
		{"no such link", valid, []string{"revoke", "nothing"}, exitRefused, "no such"},
		{"a wrong key", "ck_a.cs_b", []string{"list"}, exitRefused, "pronto keys create"},
		{"an id like a flag", valid, []string{"revoke", "-uUUhjbUzcd2Z4F0iJ8Y0A", "--keep-call"}, exitRefused, "no such"},
		{"no key", "", []string{"list"}, exitConfig, "PRONTO_API_KEY"},
		{"two words", "ck_a cs_b", []string{"list"}, exitConfig, "one word"},
		{"a key file", "", []string{"list", "--key-file", file}, 0, ""},
		{"no key file", "", []string{"list", "--key-file", file + "x"}, exitConfig, "--key-file"},
		{"nobody there", valid, []string{"list", "--url", "http://" + freePort(t)}, exitUnreachable, "is it running"},
		{"no address", valid, []string{"list", "--url", "calls"}, exitConfig, "--url"},
		{"an unknown flag", valid, []string{"list", "--colour"}, exitConfig, "--colour"},
		{"a wrong kind", valid, []string{"create", "--owner", "ana", "--kind", "fax"}, exitConfig, "--kind"},
		{"a title that is too long", valid, []string{"create", "--owner", "ana", "--title", strings.Repeat("a", 81)}, exitConfig, "80 characters"},
		{"a description for all", valid, []string{"create", "--owner", "ana", "--unencrypted", "--description", "a"}, exitConfig, "--description"},
		{"no link", valid, []string{"revoke", "https://example.com/"}, exitConfig, "no address such as"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Setenv("PRONTO_API_KEY", test.key)
			out, errs, code := command(t, append([]string{"link"}, test.args...)...)
			if code != test.code || !strings.Contains(errs, test.says) || code != 0 && out != "" {
				t.Errorf("it ends with %d, not %d, and says %q", code, test.code, errs)
			}
			var e struct {
				Error string
				Exit  int
			}
			_, errs, _ = command(t, append([]string{"link", "--json"}, test.args...)...)
			if code != 0 && (json.Unmarshal([]byte(errs), &e) != nil || e.Exit != code || !strings.Contains(e.Error, test.says)) {
				t.Errorf("as JSON it says %q", errs)
			}
		})
	}
}

// The QR code has what the server does not know, so it is drawn without it.
func TestAQRCodeIsDrawnWithoutAServer(t *testing.T) {
	t.Setenv("PRONTO_URL", "http://"+freePort(t))
	t.Setenv("PRONTO_API_KEY", "")
	address := link.Address("https://calls.example.com", "AAECAwQFBgcICQoLDA0ODw", link.NewSecret())
	name := filepath.Join(t.TempDir(), "code")
	if _, errs, code := command(t, "link", "qr", address, "--png", name+".png", "--svg", name+".svg"); code != 0 {
		t.Fatal(errs)
	}
	f, err := os.Open(name + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().DecodeWithoutHints(bits)
	if err != nil || read.GetText() != address {
		t.Errorf("a phone does not read the address (%v)", err)
	}
	svg, err := os.ReadFile(name + ".svg")
	shown := printed[struct{ Address, SVG string }](t, "link", "qr", address)
	if err != nil || string(svg) != shown.SVG || shown.Address != address {
		t.Errorf("the SVGs differ (%v)", err)
	}
	light, _, _ := command(t, "link", "qr", address)
	dark, _, _ := command(t, "link", "qr", address, "--dark")
	if light == dark || !strings.Contains(light, "█") || strings.Contains(light+dark, "\x1b") {
		t.Error("what is no terminal gets colours, or nothing")
	}
	if _, errs, code := command(t, "link", "qr", "calls"); code != exitConfig || !strings.Contains(errs, "no address such as") {
		t.Errorf("what is no link: %d %q", code, errs)
	}
}
