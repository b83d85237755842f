package call

import "pronto/signalling/wire"

// Who is the session that asks for something. It comes from the connection,
// never from a message.
type Who struct {
	// User is the account; for a guest an id made for this one visit.
	User wire.UserID
	// Name is what others see.
	Name string
	// Automated is whether it is a program, and people are told so.
	Automated bool
	// Link is the only link a guest may join by; empty for an account.
	Link wire.LinkID
	// Network marks the network that a guest comes from, at the link he may join by;
	// empty for an account, or if it is not known.
	Network string
	// Key is the API key that the session's token was signed with: it tells whose
	// people these are, for what is counted. Empty if it is not known.
	Key string
	// Prefix is the network that the connection came from, as [source.Prefix] names it;
	// empty if it is not known.
	Prefix string
	// Device is the device, the same after a reload.
	Device wire.DeviceID
	// DeviceName is what the account's other devices call it.
	DeviceName string
	// Encryption is the version of end-to-end encryption that the client
	// speaks; 0 is none.
	Encryption uint32
	// Can is what the client can do; nil if it has not told.
	Can *wire.Capabilities
	// Client is the kind of client.
	Client Client
	// Integrator tells that the holder of an API key acts for the account: the words
	// that are reserved for whoever runs the service are his.
	Integrator bool
	// Class is the kind of device; empty counts as other.
	Class wire.DeviceClass
	// Session is the session.
	Session wire.SessionID
	// Reply sends the reply to the request. The call sends it from within its
	// actor, so that it reaches the session before any later event.
	Reply func(body any)
}

// Client is the kind of client, as it calls itself. The set is fixed, fit for a
// label.
type Client string

// The kinds of client.
const (
	ClientChromium Client = "chromium"
	ClientFirefox  Client = "firefox"
	ClientSafari   Client = "safari"
	ClientBot      Client = "bot"
	ClientNative   Client = "native" // a program that is no browser
	ClientOther    Client = "other"
)

// Clients lists them.
func Clients() []Client {
	return []Client{ClientChromium, ClientFirefox, ClientSafari, ClientBot, ClientNative, ClientOther}
}

// Guest tells whether the session has no account.
func (w Who) Guest() bool { return w.Link != "" }
