package wire

// Hello must be the first request on a socket, within 5 s. The reply is
// [Welcome], or [Problem] and the socket is closed.
type Hello struct {
	// Token is the JWT that says who this is. That of an API key which lists origins is
	// forbidden on pages of other sites.
	Token string `json:"token" limit:"1..8192"`
	// Device is this device, the same after every reload.
	Device DeviceID `json:"device" limit:"1..64"`
	// DeviceName is what the account's other devices call this one, for
	// "answered on …".
	DeviceName string `json:"deviceName,omitzero" limit:"0..64"`
	// Encryption is the version of end-to-end encryption that this client
	// speaks, [EncryptionVersion]; absent means none. A client without it gets
	// encryptionNeeded when it would ring, answer or join an encrypted call.
	Encryption uint32 `json:"encryption,omitzero"`
	// Capabilities are what this client can do; absent means not told.
	Capabilities *Capabilities `json:"capabilities,omitzero"`
	// Resume takes up a session whose socket was lost.
	Resume *Resume `json:"resume,omitzero"`
}

// Resume names the session to take up.
type Resume struct {
	// Session is [Welcome.Session].
	Session SessionID `json:"session" limit:"1..64"`
	// Secret is [Welcome.Secret]: it shows that the session was ours.
	Secret string `json:"secret" limit:"1..64"`
	// Serial is the last [Frame.Serial] seen.
	Serial uint32 `json:"serial"`
}

// Welcome is the reply to [Hello]: who we are and all that concerns us now.
type Welcome struct {
	// Session names this session.
	Session SessionID `json:"session"`
	// Secret is needed to resume it.
	Secret string `json:"secret"`
	// Resumed says that the session was taken up: the frames missed have come
	// before this one, in order. If false, this is the first frame, Calls and
	// Incoming are the whole state, and everything known before is void.
	Resumed bool `json:"resumed,omitzero"`
	// GraceMs is how long a session lives without a socket, in milliseconds.
	GraceMs uint32 `json:"graceMs"`
	// User is the account; absent for a guest.
	User UserID `json:"user,omitzero"`
	// Name is what others see.
	Name string `json:"name"`
	// Calls are the calls this device is in.
	Calls []CallState `json:"calls"`
	// Incoming are the calls that ring this account now.
	Incoming []Incoming `json:"incoming"`
	// Terms are those that our account has not accepted; absent if there are none,
	// and in a session that was taken up.
	Terms *Terms `json:"terms,omitzero"`
}

// Ping asks for a sign of life, and says what has been received so that the
// server may forget it. The reply is [Done].
type Ping struct {
	// Serial is the last [Frame.Serial] seen.
	Serial uint32 `json:"serial"`
	// RTTMs is how long the reply to the ping before took, in milliseconds, at least 1.
	RTTMs uint32 `json:"rttMs,omitzero" limit:"0..60000"`
}

// Done is the reply to a request that has nothing more to say.
type Done struct{}

// Restarting says that the server is going away: reconnect when the socket
// closes. Media between two people goes on meanwhile.
type Restarting struct{}
