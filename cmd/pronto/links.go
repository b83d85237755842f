package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"pronto/signalling/link"
)

// linkCmd is about call links, at a server that runs.
type linkCmd struct {
	Create linkCreateCmd `cmd:"" help:"Make a call link, whose title and secret the server does not learn."`
	List   linkListCmd   `cmd:"" help:"List call links, the newest first."`
	Revoke linkRevokeCmd `cmd:"" help:"End a call link for good."`
	QR     linkQRCmd     `cmd:"" name:"qr" help:"Draw the QR code of a call link, without asking a server."`
}

type linkCreateCmd struct {
	remote
	Owner       string        `required:"" help:"The account whose link it is: it is a host wherever it comes from."`
	OwnerName   string        `help:"Makes that account if there is none, under this name." placeholder:"NAME"`
	Kind        string        `default:"video" enum:"voice,video" help:"What its calls are for: voice or video."`
	Title       string        `help:"What it is about; encrypted here."`
	Description string        `help:"More of that; encrypted here."`
	Lobby       string        `default:"off" enum:"off,guests,everyone" help:"Who waits until a host lets him in: off, guests or everyone."`
	Opens       time.Time     `format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME" help:"When it may first be joined by, such as 2030-01-31T18:00:00Z."`
	Expires     time.Time     `format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME" help:"Until when."`
	Idle        time.Duration `help:"Ends it when nobody came in by it for so long, such as 72h."`
	MaxUses     int           `help:"How many may come in by it in all."`
	MaxPeople   int           `help:"How many may be in its call at a time."`
	JoinMuted   bool          `help:"All but hosts come in with the microphone off."`
	RingHost    bool          `help:"The owner's devices ring when somebody waits."`
	HostLink    bool          `help:"Makes a host link with it."`
	Unencrypted bool          `help:"Its calls and title are not end-to-end encrypted; only where the server allows that."`
	Draw        bool          `name:"qr" help:"Draws its QR code too."`
}

// serversLink is a call link as the HTTP API shows it.
type serversLink struct {
	ID      string     `json:"id"`
	URL     string     `json:"url"`
	HostURL string     `json:"hostUrl,omitempty"`
	Owner   string     `json:"owner"`
	Kind    string     `json:"kind"`
	Title   string     `json:"title,omitempty"`
	Sealed  string     `json:"sealed,omitempty"`
	Lobby   string     `json:"lobby,omitempty"`
	Created time.Time  `json:"createdAt"`
	Ends    *time.Time `json:"endsAt,omitempty"`
	Revoked *time.Time `json:"revokedAt,omitempty"`
	Uses    int64      `json:"uses"`
}

// state is how a link stands.
func (l serversLink) state() string {
	switch {
	case l.Revoked != nil:
		return "revoked"
	case l.Ends != nil && time.Now().After(*l.Ends):
		return "ended"
	}
	return "open"
}

// Run implements the command.
func (l linkCreateCmd) Run(ctx context.Context, s *screen) error {
	wish, secret, err := l.wish()
	if err != nil {
		return err
	}
	if l.OwnerName != "" {
		if err := l.makeOwner(ctx); err != nil {
			return err
		}
	}
	var made serversLink
	if err := l.asks(ctx, http.MethodPost, "/v1/links", wish, &made); err != nil {
		return err
	}
	shown := struct {
		ID      string `json:"id"`
		Address string `json:"address"`
		Host    string `json:"hostAddress,omitempty"`
	}{made.ID, whole(made.URL, secret), whole(made.HostURL, secret)}
	return s.show(shown, func(out io.Writer) error {
		fmt.Fprintf(out, "id       %s\naddress  %s\n", shown.ID, shown.Address)
		if shown.Host != "" {
			fmt.Fprintf(out, "host     %s\n", shown.Host)
		}
		if !l.Draw {
			return nil
		}
		return s.draw(out, shown.Address, false)
	})
}

// wish is what the server is asked for, and the secret that it does not get.
func (l linkCreateCmd) wish() (wish map[string]any, secret string, err error) {
	wish = map[string]any{
		"owner": l.Owner, "kind": l.Kind, "lobby": l.Lobby, "idleSeconds": int(l.Idle.Seconds()), "maxUses": l.MaxUses, "maxParticipants": l.MaxPeople,
		"joinMuted": l.JoinMuted, "ringHost": l.RingHost, "hostLink": l.HostLink, "unencrypted": l.Unencrypted,
	}
	for name, at := range map[string]time.Time{"opensAt": l.Opens, "expiresAt": l.Expires} {
		if !at.IsZero() {
			wish[name] = at
		}
	}
	if l.Unencrypted {
		if l.Description != "" {
			return nil, "", configError{errors.New("--description cannot be used with --unencrypted: only encrypted links have one")}
		}
		wish["title"] = l.Title
		return wish, "", nil
	}
	secret = link.NewSecret()
	sealed, err := link.Details{Title: l.Title, Description: l.Description}.Seal(secret)
	if err != nil {
		return nil, "", configError{err}
	}
	wish["sealed"] = sealed
	return wish, secret, nil
}

// makeOwner makes the account of the link if there is none; one that is there keeps
// its name.
func (l linkCreateCmd) makeOwner(ctx context.Context) error {
	path := "/v1/users/" + url.PathEscape(l.Owner)
	err := l.asks(ctx, http.MethodGet, path, nil, nil)
	if refused, ok := errors.AsType[*refusedError](err); ok && refused.Code == "notFound" {
		return l.asks(ctx, http.MethodPut, path, map[string]string{"name": l.OwnerName}, nil)
	}
	return err
}

// whole is an address with the part that the server does not know.
func whole(address, secret string) string {
	if address == "" || secret == "" {
		return address
	}
	return address + "#k=" + secret
}

type linkListCmd struct {
	remote
	Owner string `help:"Only those of this account."`
	Limit int    `default:"100" help:"How many at most."`
}

// pageSize is how many are asked for at a time; tests ask for fewer.
var pageSize = 100

// Run implements the command.
func (l linkListCmd) Run(ctx context.Context, s *screen) error {
	if l.Limit < 1 {
		return configError{errors.New("--limit is less than 1")}
	}
	links := []serversLink{}
	for cursor := ""; len(links) < l.Limit; {
		query := url.Values{"limit": {fmt.Sprint(min(l.Limit-len(links), pageSize))}}
		if l.Owner != "" {
			query.Set("owner", l.Owner)
		}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page struct {
			Items []serversLink `json:"items"`
			Next  string        `json:"nextCursor"`
		}
		if err := l.asks(ctx, http.MethodGet, "/v1/links?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		links = append(links, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return s.show(links, func(out io.Writer) error {
		table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		for _, one := range links {
			title := one.Title
			if one.Sealed != "" {
				title = "(encrypted)"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d uses\t%s\n", one.ID, one.Created.UTC().Format(time.DateTime), one.state(), one.Kind, one.Owner, one.Uses, title)
		}
		return table.Flush()
	})
}

type linkRevokeCmd struct {
	remote
	Link     string `arg:"" help:"Its id or its address."`
	KeepCall bool   `help:"Its call goes on for those who are in it."`
}

// Run implements the command.
func (l linkRevokeCmd) Run(ctx context.Context, s *screen) error {
	id := l.Link
	if strings.Contains(id, "/") {
		var err error
		if _, id, _, err = link.ReadAddress(l.Link); err != nil {
			return configError{err}
		}
	}
	var revoked serversLink
	if err := l.asks(ctx, http.MethodPost, "/v1/links/"+url.PathEscape(id)+"/revoke", map[string]any{"keepCall": l.KeepCall}, &revoked); err != nil {
		return err
	}
	return s.show(revoked, func(out io.Writer) error {
		_, err := fmt.Fprintln(out, "revoked")
		return err
	})
}

// idOfDash is a link's id that a command line would take for a flag: base64url may
// begin so.
var idOfDash = regexp.MustCompile(`^-[A-Za-z0-9_-]{21}$`)

// idLast puts such an id where it can only be an argument.
func idLast(args []string) []string {
	words := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "-") })
	i := slices.IndexFunc(args, idOfDash.MatchString)
	if i < 0 || !slices.Equal(words[:min(2, len(words))], []string{"link", "revoke"}) || slices.Contains(args[:i], "--") {
		return args
	}
	return append(slices.Delete(slices.Clone(args), i, i+1), "--", args[i])
}

type linkQRCmd struct {
	Address string `arg:"" help:"The whole address, with what is after #."`
	SVG     string `name:"svg" placeholder:"FILE" help:"Writes it as SVG instead of drawing it."`
	PNG     string `name:"png" placeholder:"FILE" help:"Writes it as PNG instead of drawing it."`
	Scale   int    `default:"8" help:"How many pixels wide a module of the PNG is, 1 to 32."`
	Dark    bool   `help:"The terminal is light on dark; with NO_COLOR it cannot be told which it is."`
}

// Run implements the command.
func (l linkQRCmd) Run(s *screen) error {
	if _, _, _, err := link.ReadAddress(l.Address); err != nil {
		return configError{err}
	}
	if l.Scale < 1 || l.Scale > 32 {
		return configError{fmt.Errorf("--scale is %d, not 1 to 32", l.Scale)}
	}
	code, err := link.NewQR(l.Address)
	if err != nil {
		return configError{err}
	}
	svg := code.SVG("QR code of a call link")
	for _, file := range []struct {
		name string
		data []byte
	}{{l.SVG, svg}, {l.PNG, code.PNG(l.Scale)}} {
		if file.name == "" {
			continue
		}
		if err := os.WriteFile(file.name, file.data, 0o600); err != nil { // who has it may come
			return fmt.Errorf("write the QR code: %w", err)
		}
	}
	if l.SVG != "" || l.PNG != "" {
		return nil
	}
	shown := struct {
		Address string `json:"address"`
		SVG     string `json:"svg"`
	}{l.Address, string(svg)}
	return s.show(shown, func(out io.Writer) error { return s.draw(out, l.Address, l.Dark) })
}

// draw draws the QR code of an address: in black and white where there may be
// colours, else for a terminal that is dark on light, unless dark.
func (s *screen) draw(out io.Writer, address string, dark bool) error {
	code, err := link.NewQR(address)
	if err != nil {
		return err
	}
	text := code.Text(link.DarkOnLight)
	switch {
	case s.coloured():
		text = code.Text(link.Coloured)
	case dark:
		text = code.Text(link.LightOnDark)
	}
	_, err = io.WriteString(out, text)
	return err
}
