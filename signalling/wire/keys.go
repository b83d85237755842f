package wire

import (
	"encoding/base64"
	"errors"
)

// EncryptionVersion is the version of the end-to-end encryption that this
// package describes: MLS 1.0 (RFC 9420) with the cipher suite
// MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, SFrame (RFC 9605) with
// AES_128_GCM_SHA256_128. See [Hello.Encryption].
const EncryptionVersion = 1

// Limits of encryption, in characters of a [Blob] where nothing else is said.
const (
	// MaxCommitBytes is the longest commit: 24 KiB.
	MaxCommitBytes = 32 << 10
	// MaxWelcomeBytes is the longest Welcome or GroupInfo: 36 KiB each, what a
	// hundred members need with their ratchet tree.
	MaxWelcomeBytes = 48 << 10
	// MaxKeyPackageBytes is the longest key package: 3 KiB.
	MaxKeyPackageBytes = 4 << 10
	// MaxKeyMessageBytes is the longest message from device to device.
	MaxKeyMessageBytes = 8 << 10
	// MaxKeyPackages is how many key packages of a device are kept, besides the
	// last resort.
	MaxKeyPackages = 20
	// FewKeyPackages is when a device is asked for more: when fewer are left.
	FewKeyPackages = 5
	// MaxAdded is how many one commit may add.
	MaxAdded = 32
	// MaxLeaf is the highest leaf index that a group may use: it has eight bits
	// of a frame's KID.
	MaxLeaf = 255
)

// Blob is bytes as base64url without padding (RFC 4648, section 5).
type Blob string

// Check says what is wrong with the blob, or nil.
func (b Blob) Check() error {
	if _, err := b.Bytes(); err != nil {
		return errors.New("is not base64url without padding")
	}
	return nil
}

// Bytes decodes the blob.
func (b Blob) Bytes() ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(string(b)) }

// ToBlob encodes bytes.
func ToBlob(data []byte) Blob { return Blob(base64.RawURLEncoding.EncodeToString(data)) }

// EnterKeys asks for a call's keys: a device says it once it is in an encrypted
// call (by its own ring, accept or join), and again after its page was loaded
// anew, after a move to this device, or when it has lost the thread. The reply
// is [Keys].
//
// If the call has no group of keys yet, the device founds one ([FoundKeys]).
// Else a member is told to add it, and [KeysWelcomed] follows; a device that has
// not got it after 2 s may add itself with an external commit made from
// [Keys.GroupInfo]. What it had in the group before is removed with the same
// commit.
type EnterKeys struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// KeyPackage is an MLSMessage with a key package made for this call (RFC
	// 9420, section 10). Absent means to take one of those that the device has
	// left with the server ([PutKeyPackages]); a guest has none.
	KeyPackage Blob `json:"keyPackage,omitzero" limit:"0..4096"`
}

// Keys is where a call's group of keys stands. MLS's group id is the call's id,
// a slash, and Group in decimal.
type Keys struct {
	// Group numbers the groups that the call has had, from 1; 0 means none yet.
	Group uint32 `json:"group"`
	// First is added to MLS's epoch to make the epoch that frames name: it never
	// falls in one call, also when a new group begins at MLS's epoch 0.
	First uint32 `json:"first"`
	// Epoch is MLS's epoch in this group.
	Epoch uint32 `json:"epoch"`
	// GroupInfo is an MLSMessage with the GroupInfo of this epoch, with the
	// ratchet tree and the external public key; empty without a group.
	GroupInfo Blob `json:"groupInfo"`
	// Holders are who has a leaf in the group, as far as the viewer may know of
	// them.
	Holders []KeyHolder `json:"holders"`
}

// KeyHolder is a leaf of the group. Names on tiles come from the credential in
// the leaf; this only joins it to the call's participant, and must agree with it.
type KeyHolder struct {
	// Participant is who holds it.
	Participant ParticipantID `json:"participant"`
	// Leaf is the index of the leaf.
	Leaf uint32 `json:"leaf"`
}

// FoundKeys founds the call's group of keys, with ourselves as its only member
// on leaf 0, in MLS's epoch 0. The reply is [KeysAccepted]; or stale if somebody
// was first: then enter again. A group is replaced only when it helps nobody any
// more: when at most half of those in the call hold its present epoch, we do
// not, and it is older than 3 s.
type FoundKeys struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Group is the new group's number: one more than [Keys.Group].
	Group uint32 `json:"group" limit:"1..1000000"`
	// GroupInfo is an MLSMessage with the GroupInfo of epoch 0.
	GroupInfo Blob `json:"groupInfo" limit:"1..49152"`
}

// KeysAccepted says that a group was founded or a commit taken: it is the one
// that leads to this epoch, for everybody.
type KeysAccepted struct {
	// Group is the group.
	Group uint32 `json:"group"`
	// First is as in [Keys.First].
	First uint32 `json:"first"`
	// Epoch is MLS's epoch now.
	Epoch uint32 `json:"epoch"`
	// Holders are as in [Keys.Holders].
	Holders []KeyHolder `json:"holders"`
}

// KeysRestarted says that a new group was founded in place of the one we are
// in: enter it. Frames may be opened with the old group's keys for 10 s.
type KeysRestarted struct {
	// Group is the new group.
	Group uint32 `json:"group"`
}

// KeysWanted tells one member, the connected one with the lowest leaf, what is
// to be committed; if he has not done so within a second the next is told. A
// commit may carry a part of it, and must not carry adds or removals that
// nobody was told of.
type KeysWanted struct {
	// Group is the group.
	Group uint32 `json:"group"`
	// Epoch is the epoch to commit in.
	Epoch uint32 `json:"epoch"`
	// Add are who waits to be added.
	Add []KeyApplicant `json:"add"`
	// Remove are the leaves to remove.
	Remove []uint32 `json:"remove"`
}

// KeyApplicant is a participant who waits for the call's keys.
type KeyApplicant struct {
	// Participant is who.
	Participant ParticipantID `json:"participant"`
	// KeyPackage is an MLSMessage with his key package.
	KeyPackage Blob `json:"keyPackage"`
}

// CommitKeys leads the group to its next epoch. The first commit of an epoch is
// taken, whoever sends it; the reply is [KeysAccepted]. Any other is stale:
// drop it, process the one that was taken, and see what is still to be done.
// Repeating the one that was taken is accepted again.
//
// Proposals are in the commit by value; allowed are add, remove, preSharedKey
// and, in an external commit, externalInit. Whom [KeysWanted] did not name is
// neither added nor removed, but by an external commit the device's own old
// leaf. A commit without proposals renews the sender's keys.
type CommitKeys struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Group is the group.
	Group uint32 `json:"group" limit:"1..1000000"`
	// Epoch is the epoch that the commit was made in.
	Epoch uint32 `json:"epoch"`
	// Commit is an MLSMessage with a PublicMessage that is a commit.
	Commit Blob `json:"commit" limit:"1..32768"`
	// Welcome is an MLSMessage with the Welcome for all who are added; empty if
	// nobody is. The ratchet tree may be left out of it: GroupInfo has it.
	Welcome Blob `json:"welcome,omitzero" limit:"0..49152"`
	// GroupInfo is an MLSMessage with the GroupInfo of the next epoch, with the
	// ratchet tree and the external public key.
	GroupInfo Blob `json:"groupInfo" limit:"1..49152"`
}

// KeysCommitted is a commit that was taken. It goes to all members but its
// sender, in the order of the epochs; one may come twice. Install the receiving
// keys, then say [KeysReady].
type KeysCommitted struct {
	// Group is the group.
	Group uint32 `json:"group"`
	// Epoch is the epoch that it leads to.
	Epoch uint32 `json:"epoch"`
	// Commit is the commit, as it was sent.
	Commit Blob `json:"commit"`
	// Holders are as in [Keys.Holders], with the commit carried out.
	Holders []KeyHolder `json:"holders"`
}

// KeysWelcomed lets a device into the group: the answer to [EnterKeys].
type KeysWelcomed struct {
	// Group is the group.
	Group uint32 `json:"group"`
	// First is as in [Keys.First].
	First uint32 `json:"first"`
	// Epoch is MLS's epoch.
	Epoch uint32 `json:"epoch"`
	// Welcome is an MLSMessage with the Welcome; it names the key package.
	Welcome Blob `json:"welcome"`
	// GroupInfo is as in [Keys.GroupInfo].
	GroupInfo Blob `json:"groupInfo"`
	// Holders are as in [Keys.Holders].
	Holders []KeyHolder `json:"holders"`
}

// KeysReady says that we can open what is sealed in this epoch. The SFU forwards
// nothing to a newcomer before. The reply is [Done].
type KeysReady struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Group is the group.
	Group uint32 `json:"group" limit:"1..1000000"`
	// Epoch is the epoch.
	Epoch uint32 `json:"epoch"`
}

// KeysSwitch says to seal with the keys of this epoch from now on: all members
// who are connected are ready, or 300 ms have passed. It is a hint; senders
// switch by themselves 1 s after the commit.
type KeysSwitch struct {
	// Group is the group.
	Group uint32 `json:"group"`
	// Epoch is the epoch.
	Epoch uint32 `json:"epoch"`
}

// SyncKeys asks for the commits since an epoch, after a gap. The reply is
// [KeysLog].
type SyncKeys struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Group is the group.
	Group uint32 `json:"group" limit:"1..1000000"`
	// Epoch is the epoch that we are in.
	Epoch uint32 `json:"epoch"`
}

// KeysLog is the commits since an epoch. If they are not all there any more, or
// the group is another one, it has none and the epoch is not ours: enter again.
type KeysLog struct {
	// Group is the group now.
	Group uint32 `json:"group"`
	// Epoch is the epoch now.
	Epoch uint32 `json:"epoch"`
	// Commits are the commits, in order, the first one made in our epoch.
	Commits []KeysCommitted `json:"commits"`
}

// SendKeyMessage hands a message to the device of another participant who holds
// the call's keys: a commitment to a short code, a proof. The server does not
// read it. The reply is [Done].
type SendKeyMessage struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// To is whom it is for.
	To ParticipantID `json:"to" limit:"1..64"`
	// Body is the message, signed and sealed as the devices agree.
	Body Blob `json:"body" limit:"1..8192"`
}

// KeyMessage is a message from another participant's device.
type KeyMessage struct {
	// From is who sent it.
	From ParticipantID `json:"from"`
	// Body is the message.
	Body Blob `json:"body"`
}

// FirstOpened says that we have opened the first frame of another participant,
// for the metrics: once a call and device. The reply is [Done].
type FirstOpened struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// AfterMs is the time from our accept or join, in milliseconds.
	AfterMs uint32 `json:"afterMs" limit:"0..600000"`
}

// KeyFailure is what went wrong with keys or frames at a device.
type KeyFailure string

// The failures.
const (
	KeyFailureNoKey       KeyFailure = "noKey"       // frames of an epoch or leaf that we have no key for
	KeyFailureBadTag      KeyFailure = "badTag"      // frames that do not open
	KeyFailureReplay      KeyFailure = "replay"      // frames that came before
	KeyFailureWelcome     KeyFailure = "welcome"     // a Welcome or GroupInfo that is not good
	KeyFailureCommit      KeyFailure = "commit"      // a commit that is not good
	KeyFailureGhost       KeyFailure = "ghost"       // the group and the call's participants differ for over 2 s
	KeyFailureFingerprint KeyFailure = "fingerprint" // the DTLS fingerprints are not the ones that were signed
	KeyFailureClear       KeyFailure = "clear"       // more was sent than was sealed: sending was stopped
	KeyFailureIdentity    KeyFailure = "identity"    // a credential that is not good, or keys that have changed
)

// Values lists all failures.
func (KeyFailure) Values() []string {
	return []string{
		string(KeyFailureNoKey), string(KeyFailureBadTag), string(KeyFailureReplay), string(KeyFailureWelcome),
		string(KeyFailureCommit), string(KeyFailureGhost), string(KeyFailureFingerprint), string(KeyFailureClear),
		string(KeyFailureIdentity),
	}
}

// ReportKeys says that keys or frames have failed here, for the metrics: at most
// once a second for each cause. The reply is [Done].
type ReportKeys struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Failure is what went wrong.
	Failure KeyFailure `json:"failure"`
}

// SetDeviceKey registers this device's identity key. The account's first is its
// root; any other waits for a device that has a credential to sign it with
// [SignDevice]. Another key than before voids the device's credential and its
// key packages. The reply is [Devices].
type SetDeviceKey struct {
	// Key is the device's Ed25519 public key (RFC 8032): 32 bytes.
	Key Blob `json:"key" limit:"43..43"`
}

// SignDevice signs another device of the account with this device's key, after
// a person has said that it is his. This device needs a credential with at most
// three signatures itself. The reply is [Devices].
type SignDevice struct {
	// Device is the device.
	Device DeviceID `json:"device" limit:"1..64"`
	// Key is the key that is signed; conflict if the device has another now.
	Key Blob `json:"key" limit:"43..43"`
	// Signature is this device's Ed25519 signature, 64 bytes, over: the text
	// "pronto device 1"; the account and the device's id, each with its length
	// in one byte before it; the key.
	Signature Blob `json:"signature" limit:"86..86"`
}

// PutKeyPackages leaves key packages of this device with the server. Each is
// given out once, the last resort as often as there is no other. The reply is
// [KeyPackages].
type PutKeyPackages struct {
	// Packages are MLSMessages with a key package each. Of more than 20 the
	// oldest are dropped.
	Packages []Blob `json:"packages" limit:"0..20"`
	// LastResort replaces the last resort.
	LastResort Blob `json:"lastResort,omitzero" limit:"0..4096"`
}

// KeyPackages says how many key packages of this device the server has; also an
// event to the device when fewer than five are left.
type KeyPackages struct {
	// Left is how many, without the last resort.
	Left uint32 `json:"left"`
	// LastResort says that there is one.
	LastResort bool `json:"lastResort"`
}
