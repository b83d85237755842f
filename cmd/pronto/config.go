package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"pronto/signalling/call"
	"pronto/signalling/store"
)

// config is everything that a server is told, each from the variable in its
// tag. The README's table is made of the tags.
type config struct {
	Listen      string        `env:"PRONTO_LISTEN" envDefault:":8080" help:"Address of the page, the API and the WebSocket, host:port. Put a TLS proxy before it, or use it on localhost: browsers give cameras to secure pages only."`
	PublicURL   string        `env:"PRONTO_PUBLIC_URL" help:"What people type to get here, such as https://calls.example.com. Empty on a machine of your own."`
	TLS         string        `env:"PRONTO_TLS" envDefault:"off" help:"How PRONTO_LISTEN speaks TLS: off (a proxy in front does), file (PRONTO_TLS_CERT), or acme (asks a certificate authority for the name in PRONTO_PUBLIC_URL, which must lead here at port 443 or, for PRONTO_HTTP_LISTEN, 80)."`
	TLSCert     string        `env:"PRONTO_TLS_CERT" help:"File with the certificate and those above it, as PEM. Read again when it changes."`
	TLSKey      string        `env:"PRONTO_TLS_KEY" help:"File with the certificate's private key, as PEM."`
	HTTP        string        `env:"PRONTO_HTTP_LISTEN" envDefault:"off" help:"Address that leads who comes without TLS to the right one, host:port such as :80, or off. With PRONTO_TLS only."`
	ACME        string        `env:"PRONTO_ACME_DIRECTORY" envDefault:"https://acme-v02.api.letsencrypt.org/directory" help:"The certificate authority that PRONTO_TLS=acme asks (RFC 8555). Nobody else is contacted, and none without that setting. To ask is to accept its terms."`
	ACMEMail    string        `env:"PRONTO_ACME_MAIL" help:"E-mail address that the authority writes to before a certificate expires."`
	ACMERoots   string        `env:"PRONTO_ACME_ROOTS" help:"File with the certificates that the authority's own address is checked by, as PEM. Empty takes this machine's."`
	Origins     []string      `env:"PRONTO_ORIGINS" help:"Further web origins whose pages may connect, separated by commas, besides those of API keys."`
	Notice      string        `env:"PRONTO_PRIVACY_NOTICE" help:"Address of the privacy notice that visitors of embedded calls are shown before anything is asked of them. Empty shows a short one of this server's own."`
	NoticeIs    string        `env:"PRONTO_PRIVACY_VERSION" envDefault:"1" help:"Version of that notice, at most 64 characters: it is stored with each visitor's consent. Change it when the text changes."`
	Contact     string        `env:"PRONTO_CONTACT" help:"How people reach whoever runs this server: an e-mail address, or one such as https://example.com/help. Settings, embedded calls and suspended accounts show it."`
	Complaints  string        `env:"PRONTO_COMPLAINTS" help:"Where people may complain, such as the page of the data protection authority: an address with https://, or an e-mail address. It is shown beside PRONTO_CONTACT."`
	Terms       string        `env:"PRONTO_TERMS_VERSION" help:"Version of the terms that accounts are asked to accept, such as 2026-01: their pages show where to read them until they have. At most 64 bytes; change it when the text changes. Empty asks for nothing."`
	TermsURL    string        `env:"PRONTO_TERMS_URL" help:"Where these terms are to be read: an address such as https://example.com/terms, or a path of this server such as /terms."`
	TermsNeeded bool          `env:"PRONTO_TERMS_REQUIRED" envDefault:"false" help:"Keeps accounts that have not accepted them from ringing anybody and from entering calls. Calls ring all the same, those that go on are not cut, and guests who come by links are not asked."`
	Data        string        `env:"PRONTO_DATA" envDefault:"data" help:"Directory of the embedded database and the master key; made if it is not there."`
	DB          string        `env:"PRONTO_DB" help:"Database: postgres://… , or empty for SQLite in PRONTO_DATA."`
	MasterKey   string        `env:"PRONTO_MASTER_KEY" secret:"true" help:"32 bytes as base64, from which all secrets are derived. Empty makes one in PRONTO_DATA at the first start. Losing it makes API keys unreadable."`
	PublicIPs   []netip.Addr  `env:"PRONTO_PUBLIC_IPS" help:"Addresses at which clients reach media and TURN: at most one IPv4 and one IPv6, separated by a comma. Empty takes this machine's own."`
	Media       string        `env:"PRONTO_MEDIA_LISTEN" envDefault:":3479" help:"UDP address of the SFU, host:port."`
	Workers     int           `env:"PRONTO_MEDIA_WORKERS" envDefault:"0" help:"How many processors forward media, up to 64; a call is on one of them. 0 takes half of the machine's, at most 8. More than one on Linux only."`
	Turn        string        `env:"PRONTO_TURN_LISTEN" envDefault:":3478" help:"UDP and TCP address of TURN, host:port, or off."`
	TurnHost    string        `env:"PRONTO_TURN_HOST" help:"Host name of TURN for clients. Empty takes the host of PRONTO_PUBLIC_URL, or the first public address."`
	TurnPorts   portRange     `env:"PRONTO_TURN_PORTS" envDefault:"49152-65535" help:"UDP ports at which TURN relays, the first and the last. A container publishes as many: each relayed call takes one or two."`
	TurnPrivate bool          `env:"PRONTO_TURN_ALLOW_PRIVATE" envDefault:"false" help:"Lets TURN relay into private networks. Only on a LAN: it opens the inner network to every caller."`
	Metrics     string        `env:"PRONTO_METRICS_LISTEN" envDefault:"127.0.0.1:9464" help:"Address of /metrics for Prometheus and of the viewer at /ops/, host:port, or off. On loopback by default: counts of a small server tell about its people."`
	Prometheus  string        `env:"PRONTO_OPS_PROMETHEUS" help:"Address of a Prometheus that the viewer at /ops/ asks, such as http://127.0.0.1:9090. Empty draws the last 15 minutes of this process."`
	MetricsKey  string        `env:"PRONTO_METRICS_TOKEN" secret:"true" help:"What Prometheus, and who opens the viewer, must send along: as a bearer token, or as the password of any user. Empty asks for nothing."`
	Native      bool          `env:"PRONTO_METRICS_NATIVE" envDefault:"false" help:"Adds native histograms to /metrics, for Prometheus 3."`
	Exemplars   bool          `env:"PRONTO_METRICS_EXEMPLARS" envDefault:"false" help:"Gives samples at /metrics the random trace id of their call, which the log has too."`
	Telemetry   string        `env:"PRONTO_TELEMETRY" envDefault:"on" help:"Whether clients report how their calls are: on, or off, and then nobody sees it."`
	MaxRooms    int           `env:"PRONTO_MAX_ROOMS" envDefault:"10000" help:"How many calls may go through the SFU at once."`
	Egress      float64       `env:"PRONTO_EGRESS_MBPS" envDefault:"0" help:"How many Mbit/s this machine can send; 0 for unknown. Only for the metric of its load."`
	RatingShare float64       `env:"PRONTO_RATING_SHARE" envDefault:"0.1" help:"Share of the calls whose people are asked afterwards how it was, 0 to 1."`
	Experiment  string        `env:"PRONTO_EXPERIMENT" envDefault:"off" help:"What calls try out, each in an arm that it draws by chance, for the panels under Quality: off; start-bitrate (the SFU begins with 2 Mbit/s at least in arm a, 4 in b); or routed-first (two people begin on the way through the SFU in arm a)."`
	RingTimeout time.Duration `env:"PRONTO_RING_TIMEOUT" envDefault:"45s" help:"How long somebody is rung before it is a missed call, 1s to 2m."`
	Remind      time.Duration `env:"PRONTO_REMIND_BEFORE" envDefault:"10m" help:"How long before a booked talk begins its people are told, in their open pages and (PRONTO_PUSH) on their other devices; 0 tells nobody. At most 168h."`
	Grace       time.Duration `env:"PRONTO_GRACE" envDefault:"30s" help:"How long somebody who lost the network stays in a call, 1s to 5m."`
	Encryption  string        `env:"PRONTO_ENCRYPTION" envDefault:"required" help:"End-to-end encryption: required for all calls, optional (on, unless a call or link asks for none), or off. A call never falls back, and says which it is."`
	Rings       int           `env:"PRONTO_RINGS_PER_MINUTE" envDefault:"10" help:"How many times a minute an account may ring or invite."`
	PrefixRings int           `env:"PRONTO_RINGS_PER_NETWORK" envDefault:"300" help:"How many times a minute all accounts of one network, an IPv4 /24 or an IPv6 /64, may ring or invite. Not counted on this machine itself; behind a proxy set PRONTO_PROXIES."`
	PairRings   int           `env:"PRONTO_RINGS_PER_PAIR" envDefault:"3" help:"How many times a minute an account may ring the same other one."`
	Strangers   int           `env:"PRONTO_UNANSWERED_STRANGERS" envDefault:"20" help:"How many calls a day to people who do not know the caller may stay unanswered before the caller must wait, 1 to 1000."`
	CoolDown    time.Duration `env:"PRONTO_COOL_DOWN" envDefault:"1h" help:"How long such a caller must wait after the last of them, 1s to 24h."`
	Sockets     int           `env:"PRONTO_SOCKETS_PER_ADDRESS" envDefault:"1024" help:"WebSockets that one network address may have."`
	Demo        bool          `env:"PRONTO_DEMO" envDefault:"false" help:"Lets anybody sign in as Ana, Bia, Carlo, Dora or Ezio. Refused together with PRONTO_PUBLIC_URL unless forced."`
	DemoForce   bool          `env:"PRONTO_DEMO_FORCE" envDefault:"false" help:"Allows PRONTO_DEMO on a public server, where anybody can be anybody."`
	CodeSender  string        `env:"PRONTO_CODE_SENDER" envDefault:"off" help:"Who carries one-time codes, by which people make accounts of their own: off, log (only with PRONTO_DEMO), smtp or webhook."`
	SMTP        string        `env:"PRONTO_SMTP" help:"Mail server that takes codes over, host:port; it must offer STARTTLS."`
	SMTPFrom    string        `env:"PRONTO_SMTP_FROM" help:"E-mail address that codes come from."`
	SMTPUser    string        `env:"PRONTO_SMTP_USER" help:"User at the mail server. Empty does not sign in."`
	SMTPSecret  string        `env:"PRONTO_SMTP_PASSWORD" secret:"true" help:"Password at the mail server."`
	Webhook     string        `env:"PRONTO_CODE_WEBHOOK" help:"Address that codes are posted to, such as https://example.com/codes."`
	WebhookKey  string        `env:"PRONTO_CODE_WEBHOOK_SECRET" secret:"true" help:"Signs what is posted, as Standard Webhooks say; at least 16 bytes."`
	WebhookHere bool          `env:"PRONTO_CODE_WEBHOOK_PRIVATE" envDefault:"false" help:"Lets PRONTO_CODE_WEBHOOK lead to this machine or into a private network."`
	Push        bool          `env:"PRONTO_PUSH" envDefault:"false" help:"Tells devices whose page is closed of calls, through the push service of each one's browser (Web Push), if its owner asks for that. The services, such as Mozilla's and Google's, learn when this server pushes to a device, and neither who calls nor what for."`
	PushContact string        `env:"PRONTO_PUSH_CONTACT" help:"Who runs this server, for push services: an e-mail address, or one with https://. Empty says PRONTO_PUBLIC_URL."`
	PushHere    bool          `env:"PRONTO_PUSH_PRIVATE" envDefault:"false" help:"Lets push services be on this machine or in a private network. It is for tests: on a public server it opens the inner network to every account."`
	HooksHere   bool          `env:"PRONTO_WEBHOOKS_PRIVATE" envDefault:"false" help:"Lets webhooks lead to this machine or into private networks, and use http. For a machine of your own: on a public server it opens the inner network to whoever has an API key."`
	APIRate     int           `env:"PRONTO_API_PER_MINUTE" envDefault:"30000" help:"How many requests of the HTTP API an API key may make in a minute."`
	Proxies     []string      `env:"PRONTO_PROXIES" help:"Networks of the proxies before this server, such as 10.0.0.0/8, separated by commas: only they are believed in X-Forwarded-For. Without it all who come through a proxy share one limit of tries and codes."`
	Unused      time.Duration `env:"PRONTO_UNUSED_AFTER" envDefault:"2880h" help:"How long nobody may have used an account before it is deleted with all that belongs to it; 0 keeps all. 120 days by default, at least 24h. Demo servers keep all."`
	UnusedCheck time.Duration `env:"PRONTO_UNUSED_CHECK" envDefault:"720h" help:"How often such accounts are looked for: every 30 days by default, at least 1h."`
	AuditKeep   time.Duration `env:"PRONTO_AUDIT_KEEP" envDefault:"8760h" help:"How long it is kept who did what with API keys and commands: 365 days by default, at least 24h; 0 keeps it for good."`
	LogFormat   string        `env:"PRONTO_LOG" envDefault:"text" help:"Log format: text or json."`
	LogLevel    slog.Level    `env:"PRONTO_LOG_LEVEL" envDefault:"info" help:"Least level that is logged: debug, info, warn or error."`
	Node        string        `env:"PRONTO_NODE" envDefault:"pronto" help:"Name of this server in the database."`
}

// configError is a fault in the configuration; its text names the variable.
type configError struct{ error }

func (e configError) Unwrap() error { return e.error }

func badVariable(name, format string, args ...any) error {
	return configError{fmt.Errorf("%s %s", name, fmt.Sprintf(format, args...))}
}

// ofCommands are the variables of commands that talk to a server; a server in the
// same shell passes over them.
var ofCommands = []string{"PRONTO_URL", "PRONTO_API_KEY", "PRONTO_LOAD_SECRET"}

// loadConfig reads and checks the environment.
func loadConfig(environ []string) (config, error) {
	var c config
	options := env.Options{Environment: env.ToMap(environ)}
	if err := env.ParseWithOptions(&c, options); err != nil {
		return config{}, configError{describe(err)}
	}
	for name := range options.Environment {
		if strings.HasPrefix(name, "PRONTO_") && !known(name) && !slices.Contains(ofCommands, name) {
			return config{}, badVariable(name, "is not a variable of pronto; pronto env lists them")
		}
	}
	return c, c.validate()
}

// describe names the variables that could not be read, which the library's own
// error calls by their fields.
func describe(err error) error {
	text := err.Error()
	for _, v := range variables() {
		text = strings.ReplaceAll(text, fmt.Sprintf("field %q", v.field), v.Name)
	}
	return errors.New(strings.TrimPrefix(text, "env: "))
}

func (c config) validate() error {
	for _, a := range []struct {
		name, value string
		off         bool
	}{
		{"PRONTO_LISTEN", c.Listen, false}, {"PRONTO_MEDIA_LISTEN", c.Media, false},
		{"PRONTO_TURN_LISTEN", c.Turn, true}, {"PRONTO_METRICS_LISTEN", c.Metrics, true},
	} {
		if a.off && a.value == "off" {
			continue
		}
		if _, _, err := net.SplitHostPort(a.value); err != nil {
			return badVariable(a.name, "is %q, not host:port: %v", a.value, err)
		}
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" && u.Path != "/" {
			return badVariable("PRONTO_PUBLIC_URL", "is %q, not an address such as https://calls.example.com", c.PublicURL)
		}
	}
	if err := c.checkTLS(); err != nil {
		return err
	}
	if e := call.Encryption(c.Encryption); e != call.EncryptionRequired && e != call.EncryptionOptional && e != call.EncryptionOff {
		return badVariable("PRONTO_ENCRYPTION", "is %q, none of required, optional and off", c.Encryption)
	}
	if c.Notice != "" {
		if u, err := url.Parse(c.Notice); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return badVariable("PRONTO_PRIVACY_NOTICE", "is %q, not an address such as https://example.com/privacy", c.Notice)
		}
	}
	if err := c.checkContacts(); err != nil {
		return err
	}
	if err := c.checkTerms(); err != nil {
		return err
	}
	switch {
	case c.NoticeIs == "" || len(c.NoticeIs) > 64:
		return badVariable("PRONTO_PRIVACY_VERSION", "has %d characters, not 1 to 64", len(c.NoticeIs))
	case c.Demo && c.PublicURL != "" && !c.DemoForce:
		return badVariable("PRONTO_DEMO", "is set together with PRONTO_PUBLIC_URL: anybody could be anybody; unset one, or set PRONTO_DEMO_FORCE")
	case c.Remind < 0 || c.Remind > 7*24*time.Hour:
		return badVariable("PRONTO_REMIND_BEFORE", "is %v, not between 0 and 168h", c.Remind)
	case !(c.RatingShare >= 0 && c.RatingShare <= 1): // also if it is no number
		return badVariable("PRONTO_RATING_SHARE", "is %v, not between 0 and 1", c.RatingShare)
	case c.Workers < 0 || c.Workers > 64:
		return badVariable("PRONTO_MEDIA_WORKERS", "is %d, not between 0 and 64", c.Workers)
	case !slices.Contains(call.Experiments(), call.Experiment(c.Experiment)):
		return badVariable("PRONTO_EXPERIMENT", "is %q, none of %v", c.Experiment, call.Experiments())
	case c.Telemetry != "on" && c.Telemetry != "off":
		return badVariable("PRONTO_TELEMETRY", "is %q, not on or off", c.Telemetry)
	case c.MaxRooms < 1:
		return badVariable("PRONTO_MAX_ROOMS", "is %d, not positive", c.MaxRooms)
	case !(c.Egress >= 0):
		return badVariable("PRONTO_EGRESS_MBPS", "is %v, less than 0", c.Egress)
	case c.MetricsKey != "" && len(c.MetricsKey) < 16:
		return badVariable("PRONTO_METRICS_TOKEN", "has fewer than 16 characters")
	case c.RingTimeout < time.Second || c.RingTimeout > 2*time.Minute:
		return badVariable("PRONTO_RING_TIMEOUT", "is %s, not between 1s and 2m", c.RingTimeout)
	case c.Grace < time.Second || c.Grace > 5*time.Minute:
		return badVariable("PRONTO_GRACE", "is %s, not between 1s and 5m", c.Grace)
	case c.APIRate < 1:
		return badVariable("PRONTO_API_PER_MINUTE", "is %d, not positive", c.APIRate)
	case c.Rings < 1:
		return badVariable("PRONTO_RINGS_PER_MINUTE", "is %d, not positive", c.Rings)
	case c.PrefixRings < 1:
		return badVariable("PRONTO_RINGS_PER_NETWORK", "is %d, not positive", c.PrefixRings)
	case c.PairRings < 1:
		return badVariable("PRONTO_RINGS_PER_PAIR", "is %d, not positive", c.PairRings)
	case c.Strangers < 1 || c.Strangers > 1000:
		return badVariable("PRONTO_UNANSWERED_STRANGERS", "is %d, not between 1 and 1000", c.Strangers)
	case c.CoolDown < time.Second || c.CoolDown > 24*time.Hour:
		return badVariable("PRONTO_COOL_DOWN", "is %s, not between 1s and 24h", c.CoolDown)
	case c.Unused != 0 && c.Unused < store.MinInactive:
		return badVariable("PRONTO_UNUSED_AFTER", "is %s, neither 0 nor at least 24h", c.Unused)
	case c.UnusedCheck < time.Hour:
		return badVariable("PRONTO_UNUSED_CHECK", "is %s, less than 1h", c.UnusedCheck)
	case c.AuditKeep != 0 && c.AuditKeep < 24*time.Hour:
		return badVariable("PRONTO_AUDIT_KEEP", "is %s, neither 0 nor at least 24h", c.AuditKeep)
	case c.Sockets < 1:
		return badVariable("PRONTO_SOCKETS_PER_ADDRESS", "is %d, not positive", c.Sockets)
	case c.LogFormat != "text" && c.LogFormat != "json":
		return badVariable("PRONTO_LOG", "is %q, not text or json", c.LogFormat)
	case c.Node == "":
		return badVariable("PRONTO_NODE", "is empty")
	}
	if err := c.checkAccounts(); err != nil {
		return err
	}
	if c.MasterKey != "" {
		if key, err := base64.StdEncoding.DecodeString(c.MasterKey); err != nil || len(key) != masterKeyBytes {
			return badVariable("PRONTO_MASTER_KEY", "is not %d bytes as base64", masterKeyBytes)
		}
	}
	return nil
}

// dsn is the database's address.
func (c config) dsn() string {
	if c.DB != "" {
		return c.DB
	}
	return c.Data + "/pronto.db"
}

func (c config) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel, ReplaceAttr: redact}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// publicIPs are the addresses at which clients reach this machine.
func (c config) publicIPs() []netip.Addr {
	if len(c.PublicIPs) > 0 {
		return c.PublicIPs
	}
	addrs, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
				return []netip.Addr{p.Addr()}
			}
		}
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
}

// turnHost is what clients call TURN by.
func (c config) turnHost() string {
	if c.TurnHost != "" {
		return c.TurnHost
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return c.publicIPs()[0].String()
}
