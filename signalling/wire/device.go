package wire

// LinkDevice asks for a code that lets one more device into our account: to be
// shown as text or as a QR code. The reply is [DeviceCode]. An earlier code is
// void.
type LinkDevice struct{}

// DeviceCode is a code for one new device, which shows it at POST
// /v1/devices/link and then waits for [ConfirmDevice].
type DeviceCode struct {
	// Code is 128 random bits as 22 characters of base64url, good once.
	Code string `json:"code"`
	// ExpiresMs is how long it is good, in milliseconds from now.
	ExpiresMs uint32 `json:"expiresMs"`
}

// GetDevices asks for our account's devices. The reply is [Devices].
type GetDevices struct{}

// Devices are our account's devices, the most recently used first; also an
// event to all of them when a device comes, is confirmed or is revoked.
type Devices struct {
	// Devices are the devices.
	Devices []Device `json:"devices"`
	// This is the device that asked; absent in the event, which goes to all.
	This DeviceID `json:"this,omitzero"`
}

// Device is one device of our account.
type Device struct {
	// Device is its id.
	Device DeviceID `json:"device"`
	// Name is what it is called; may be empty.
	Name string `json:"name"`
	// CreatedMs is when it came to the account.
	CreatedMs UnixMs `json:"createdMs"`
	// SeenMs is when it last signed in.
	SeenMs UnixMs `json:"seenMs"`
	// Pending says that it was linked by a code and waits for
	// [ConfirmDevice]; until then it can do nothing.
	Pending bool `json:"pending,omitzero"`
	// Key is its identity key ([SetDeviceKey]); absent if it has none.
	Key Blob `json:"key,omitzero"`
	// Credential is the identity for its leaf's basic credential: it names the
	// account's root key and has the signatures that lead from there to Key.
	// Absent until another device has signed the key ([SignDevice]). Its bytes:
	// the version 1; the account and the device's id, each with its length in
	// one byte before it; the root key; in one byte how many signatures follow,
	// and of each the device's id with its length, its key and the signature. To
	// be verified by whoever uses it.
	Credential Blob `json:"credential,omitzero"`
}

// ConfirmDevice lets a device in that waits, or sends it away. The reply is
// [Devices].
type ConfirmDevice struct {
	// Device is the device.
	Device DeviceID `json:"device" limit:"1..64"`
	// Accept lets it in.
	Accept bool `json:"accept"`
}

// RevokeDevice puts a device out of our account: its sessions end at once, it
// leaves its calls, and neither its token nor its refresh secret works any more.
// The reply is [Devices], unless it was this very device.
type RevokeDevice struct {
	// Device is the device.
	Device DeviceID `json:"device" limit:"1..64"`
}
