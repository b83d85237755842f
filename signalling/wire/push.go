package wire

// GetPush asks how this device can be reached while its page is closed. The
// reply is [Push].
type GetPush struct{}

// Push says how devices are reached while their pages are closed (Push API).
type Push struct {
	// Key is what a browser subscribes with, its applicationServerKey: an
	// uncompressed point of P-256 (RFC 8292). Absent if this server does not
	// reach devices by push.
	Key Blob `json:"key,omitzero" limit:"0..128"`
	// Subscribed says that the server knows where to reach this device.
	Subscribed bool `json:"subscribed,omitzero"`
}

// SetPush tells where this device is reached while its page is closed, as the
// browser's PushSubscription says, in place of what was told before. It is kept
// sealed and given to nobody; it ends with the device. What is sent there names
// nobody. The reply is [Push].
type SetPush struct {
	// Endpoint is the address of the browser's push service (RFC 8030).
	Endpoint string `json:"endpoint" limit:"1..1024"`
	// P256DH and Auth are the keys p256dh and auth (RFC 8291): an uncompressed
	// point of P-256, and 16 bytes.
	P256DH Blob `json:"p256dh" limit:"1..128"`
	// Auth is the second of them.
	Auth Blob `json:"auth" limit:"1..32"`
}

// ClearPush ends that. The reply is [Push].
type ClearPush struct{}
