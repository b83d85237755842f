package signalling

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"pronto/signalling/avatar"
	"pronto/signalling/bus"
	"pronto/signalling/call"
	"pronto/signalling/contact"
	"pronto/signalling/enrol"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Config is what a [Server] needs.
type Config struct {
	// Origins are the web origins (RFC 6454), such as https://example.com,
	// whose pages may connect, besides the server's own host.
	Origins []string
	// Grace is how long a session lives without a socket. 1 s to 5 min; 30 s is
	// usual.
	Grace time.Duration
	// SocketsPerAddress is how many sockets one network address may have at a
	// time; many people may share one. 1024 is usual.
	SocketsPerAddress int
	// Proxies are the networks of the proxies before this server, who say in
	// X-Forwarded-For whom they speak for.
	Proxies []netip.Prefix
	// SessionsPerUser is how many sessions an account may have at a time; the
	// oldest without a socket makes room. 32 is usual.
	SessionsPerUser int

	// Identity verifies tokens.
	Identity identity.Verifier
	// Store keeps what must not be lost.
	Store *store.Store
	// Numbers makes the hashes of phone numbers.
	Numbers contact.Key
	// Codes hashes one-time codes; its zero value fits none, so that no number is
	// ever changed.
	Codes enrol.Hasher
	// Avatars makes the addresses of images; its zero value makes none.
	Avatars avatar.Sealer
	// PushKey is what browsers subscribe to pushes with (RFC 8292); empty sends
	// none.
	PushKey wire.Blob
	// Node is this server's id in the database.
	Node string
	// Unused is how long nobody may have used an account before it is deleted; 0
	// deletes none, 120 days are usual. At least [store.MinInactive].
	Unused time.Duration
	// UnusedCheck is how often they are looked for. 30 days are usual; at least
	// an hour.
	UnusedCheck time.Duration
	// Terms are what accounts are asked to accept; the zero value is nothing.
	Terms Terms
	// Calls are the calls of this node.
	Calls *call.Registry
	// Post is where sessions get their frames from.
	Post *Post
	// Events hears what metrics want to know; it must not block.
	Events func(Event)
	// Logger is required. Nothing at info or above names anybody.
	Logger *slog.Logger
}

// Validate says what is missing or out of range.
func (c Config) Validate() error {
	switch {
	case c.Grace < time.Second || c.Grace > 5*time.Minute:
		return errors.New("signalling: Config.Grace is not between 1 s and 5 min")
	case c.SocketsPerAddress < 1:
		return errors.New("signalling: Config.SocketsPerAddress is not positive")
	case c.SessionsPerUser < 1:
		return errors.New("signalling: Config.SessionsPerUser is not positive")
	case c.Unused != 0 && c.Unused < store.MinInactive:
		return errors.New("signalling: Config.Unused is less than a day")
	case c.Unused != 0 && (c.UnusedCheck < time.Hour || c.Node == ""):
		return errors.New("signalling: Config.UnusedCheck is less than an hour, or Config.Node is empty")
	case !c.Numbers.Valid():
		return errors.New("signalling: Config.Numbers has no secret")
	case c.Identity.Keys == nil || c.Store == nil || c.Calls == nil || c.Post == nil || c.Events == nil || c.Logger == nil:
		return errors.New("signalling: a part of Config is missing")
	}
	if err := c.Terms.validate(); err != nil {
		return err
	}
	for _, origin := range c.Origins {
		if err := checkOrigin(origin); err != nil {
			return err
		}
	}
	return nil
}

// NewPost makes the [call.Post] that carries frames over the bus.
func NewPost(b *bus.Bus, logger *slog.Logger) *Post { return &Post{bus: b, log: logger} }
