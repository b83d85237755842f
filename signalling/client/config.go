package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"pronto/signalling/wire"
)

// Config is what a Client needs.
type Config struct {
	// URL is the server's WebSocket: ws or wss, with the path /v1/ws. Required.
	URL string
	// Token returns a token; it is asked anew for each new socket. Required.
	Token func(context.Context) (string, error)
	// Device is this device, the same after a restart. Required.
	Device wire.DeviceID
	// DeviceName is what the account's other devices call this one. At most 64
	// bytes; may be empty.
	DeviceName string
	// Encryption is the version of end-to-end encryption that whoever uses this speaks,
	// [wire.EncryptionVersion]; zero for none, which keeps it out of encrypted calls.
	Encryption uint32
	// Capabilities are what whoever uses this can do with media; nil leaves it untold.
	Capabilities *wire.Capabilities
	// Agent is what the client calls itself to the server; "pronto" if empty.
	Agent string
	// HTTPClient opens the sockets; nil means one with default settings.
	HTTPClient *http.Client
	// Logger is required. Nothing is logged above debug level.
	Logger *slog.Logger
	// On hears all events, one after another; nil means nobody does. It may call
	// [Request] but should not take long: when more than 1024 events wait,
	// the session is given up for a new one.
	On func(Event)

	// PingEvery is how often the server is asked for a sign of life, and
	// BusyPingEvery how often during a call. A socket is given up when two in a row
	// stay without answer. 10 s and 2 s by default.
	PingEvery, BusyPingEvery time.Duration
	// MinBackOff and MaxBackOff bound the wait before a socket is opened again.
	// 200 ms and 5 s by default.
	MinBackOff, MaxBackOff time.Duration
}

// Validate reports what is missing or out of range.
func (c Config) Validate() error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		return errors.New("client: Config.URL is not a URL")
	case u.Scheme != "ws" && u.Scheme != "wss" && u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("client: Config.URL has the scheme %q, not ws or wss", u.Scheme)
	case c.Token == nil:
		return errors.New("client: Config.Token is missing")
	case c.Logger == nil:
		return errors.New("client: Config.Logger is missing")
	case c.Device == "" || c.Device.Check() != nil:
		return errors.New("client: Config.Device is not an id")
	case len(c.DeviceName) > 64:
		return errors.New("client: Config.DeviceName has more than 64 bytes")
	}
	for _, d := range []time.Duration{c.PingEvery, c.BusyPingEvery, c.MinBackOff, c.MaxBackOff} {
		if d < 0 {
			return errors.New("client: a duration is negative")
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	fill := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	fill(&c.PingEvery, 10*time.Second)
	fill(&c.BusyPingEvery, 2*time.Second)
	fill(&c.MinBackOff, 200*time.Millisecond)
	fill(&c.MaxBackOff, 5*time.Second)
	if c.HTTPClient == nil {
		c.HTTPClient = http.DefaultClient
	}
	return c
}
