package turn

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"time"

	"pronto/turn/credential"
)

// Config is what a TURN server needs. A zero Quotas or Timeouts means the defaults.
type Config struct {
	// ListenAddr is "host:port" for UDP and TCP alike; an empty host means every
	// address. Port 3478 is usual; 0 takes a free one (see [Server.Addr]). Give
	// the host on a machine with several addresses: an answer over UDP may
	// otherwise leave from another address than it was asked at.
	ListenAddr string

	// PublicIPs are the addresses announced as relayed addresses: at least one, at
	// most one IPv4 and one IPv6. An address that this machine does not have is
	// taken for the outside of a one-to-one NAT, and relays listen on every address.
	// A family that is missing is refused with 440 (RFC 8656, section 18.13).
	PublicIPs []netip.Addr

	// Realm is announced to clients; 1 to 128 bytes, the service's domain is usual.
	Realm string

	// Secret is shared with whoever issues credentials (package credential). At
	// least 16 bytes.
	Secret []byte

	// CredentialTTL is the longest life that credentials are issued with, at most 1 h,
	// which is the default. [Server.Revoke] refuses what expires within it: issue all
	// credentials with exactly this TTL, so that a later one outlives the revocation.
	CredentialTTL time.Duration

	// MinPort and MaxPort bound the relay ports, both included. 49152 to 65535 by
	// default (RFC 8656, section 7.2); at least 1024.
	MinPort, MaxPort uint16

	// Quotas bound what a client may cost.
	Quotas Quotas

	// Timeouts bound how long a TCP client may be slow.
	Timeouts Timeouts

	// DenyPeers are further networks that nobody may relay to, whatever else is
	// allowed, MediaAddrs and relays of the same call excepted.
	DenyPeers []netip.Prefix

	// MediaAddrs are the SFU's media sockets, which may be relayed to although they
	// are this machine's own. An unspecified address means each own address.
	MediaAddrs []netip.AddrPort

	// AllowPrivatePeers lets clients relay to private networks, to loopback and to
	// this machine's own addresses (ports from 1024). It is for a LAN, or for a test where the
	// browsers live there. On a server it hands every holder of a credential
	// the UDP services of the operator's inner network. Link-local
	// addresses and those of cloud metadata services stay refused.
	AllowPrivatePeers bool

	// Logger is required. No id and no address is logged, at any level.
	Logger *slog.Logger

	// Events hears what metrics want to know; nil means nobody does. It is called
	// from many goroutines at once and must not block.
	Events func(Event)
}

// Quotas bound what a client may cost. A zero field means its default.
type Quotas struct {
	// AllocationsPerUser is how many allocations one user may hold, over all
	// calls. 4 by default. The next is answered 486.
	AllocationsPerUser int
	// PermissionsPerAllocation is how many peer addresses one allocation may have
	// permission for at once. 32 by default. The next is answered 403.
	PermissionsPerAllocation int
	// ChannelsPerAllocation is how many channels one allocation may have bound at
	// once. 16 by default; every datagram searches them. The next is answered 508.
	ChannelsPerAllocation int
	// BitsPerSecondPerUser is the payload that is relayed for one user in each
	// direction; what is above is dropped. 8,000,000 by default, at least 100,000.
	BitsPerSecondPerUser int
	// ConnectionsPerAddress is how many TCP connections one source, an IPv4
	// address or an IPv6 /64, may hold. 64 by default.
	ConnectionsPerAddress int
	// Connections is how many TCP connections there may be in all. 10,000 by default.
	Connections int
	// AnswersPerSecond is how many answers over UDP one source, an IPv4 address or
	// an IPv6 /64, gets in a second before it has an allocation. 10 by
	// default; more lets a forged source be flooded, less slows offices behind one NAT.
	AnswersPerSecond int
}

// Timeouts bound how long a TCP client may be slow. A zero field means its default.
type Timeouts struct {
	// FirstFrame is how long a connection without an allocation may be silent. 10 s by default.
	FirstFrame time.Duration
	// WholeFrame is how long a frame may take from its first byte to its last, in
	// either direction. 5 s by default.
	WholeFrame time.Duration
	// Idle is how long a connection with an allocation may be silent. 11 min by
	// default: longer than a client waits to refresh.
	Idle time.Duration
}

// Validate reports what is missing or out of range.
func (c Config) Validate() error {
	host, port, err := net.SplitHostPort(c.ListenAddr)
	if err != nil {
		return fmt.Errorf("turn: Config.ListenAddr: %w", err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("turn: Config.ListenAddr has no port from 0 to 65535")
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil {
		return errors.New("turn: Config.ListenAddr has a host that is not an IP address")
	}
	switch {
	case c.Logger == nil:
		return errors.New("turn: Config.Logger is missing")
	case c.Realm == "" || len(c.Realm) > 128:
		return errors.New("turn: Config.Realm has not 1 to 128 bytes")
	case len(c.Secret) < credential.MinSecret:
		return fmt.Errorf("turn: Config.Secret has fewer than %d bytes", credential.MinSecret)
	case c.CredentialTTL < 0 || c.CredentialTTL > credential.MaxTTL:
		return fmt.Errorf("turn: Config.CredentialTTL is not within 0 and %v", credential.MaxTTL)
	}
	if err := c.validateRelays(); err != nil {
		return err
	}
	if err := c.Quotas.validate(); err != nil {
		return err
	}
	return c.Timeouts.validate()
}

func (c Config) validateRelays() error {
	families := make(map[bool]bool)
	for _, ip := range c.PublicIPs {
		if !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() || ip.Zone() != "" || ip.Is4In6() {
			return errors.New("turn: Config.PublicIPs has an address that nobody can reach")
		}
		if families[ip.Is4()] {
			return errors.New("turn: Config.PublicIPs has two addresses of one family")
		}
		families[ip.Is4()] = true
	}
	if len(families) == 0 {
		return errors.New("turn: Config.PublicIPs is empty")
	}
	if c.MinPort != 0 || c.MaxPort != 0 {
		if c.MinPort < 1024 || c.MaxPort < c.MinPort {
			return errors.New("turn: Config.MinPort and MaxPort are not a range above 1023")
		}
	}
	for _, p := range c.DenyPeers {
		if !p.IsValid() {
			return errors.New("turn: Config.DenyPeers has an invalid prefix")
		}
	}
	for _, m := range c.MediaAddrs {
		if !m.IsValid() || m.Port() == 0 {
			return errors.New("turn: Config.MediaAddrs has an invalid address")
		}
	}
	return nil
}

func (q Quotas) validate() error {
	for _, n := range []int{
		q.AllocationsPerUser, q.PermissionsPerAllocation, q.ChannelsPerAllocation,
		q.BitsPerSecondPerUser, q.ConnectionsPerAddress, q.Connections, q.AnswersPerSecond,
	} {
		if n < 0 {
			return errors.New("turn: a quota is negative")
		}
	}
	if q.BitsPerSecondPerUser > 0 && q.BitsPerSecondPerUser < 100_000 {
		return errors.New("turn: Quotas.BitsPerSecondPerUser is under 100,000")
	}
	if q.AnswersPerSecond > 1_000_000 {
		return errors.New("turn: Quotas.AnswersPerSecond is over 1,000,000")
	}
	return nil
}

func (t Timeouts) validate() error {
	for _, d := range []time.Duration{t.FirstFrame, t.WholeFrame, t.Idle} {
		if d < 0 {
			return errors.New("turn: a timeout is negative")
		}
	}
	return nil
}

// withDefaults fills the fields that are zero.
func (c Config) withDefaults() Config {
	fill := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	last := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	if c.MinPort == 0 {
		c.MinPort, c.MaxPort = 49152, 65535
	}
	if c.Events == nil {
		c.Events = func(Event) {}
	}
	last(&c.CredentialTTL, credential.MaxTTL)
	fill(&c.Quotas.AllocationsPerUser, 4)
	fill(&c.Quotas.PermissionsPerAllocation, 32)
	fill(&c.Quotas.ChannelsPerAllocation, 16)
	fill(&c.Quotas.BitsPerSecondPerUser, 8_000_000)
	fill(&c.Quotas.ConnectionsPerAddress, 64)
	fill(&c.Quotas.Connections, 10_000)
	fill(&c.Quotas.AnswersPerSecond, 10)
	last(&c.Timeouts.FirstFrame, 10*time.Second)
	last(&c.Timeouts.WholeFrame, 5*time.Second)
	last(&c.Timeouts.Idle, 11*time.Minute)
	return c
}
