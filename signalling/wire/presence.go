package wire

// PresenceAudience is a setting: who sees whether we are online, when we last
// were, and whether we are in a call.
type PresenceAudience string

// The audiences.
const (
	PresenceEveryone       PresenceAudience = "everyone"
	PresenceContacts       PresenceAudience = "contacts"
	PresenceContactsExcept PresenceAudience = "contactsExcept"
	PresenceNobody         PresenceAudience = "nobody"
)

// Values lists all audiences.
func (PresenceAudience) Values() []string {
	return []string{string(PresenceEveryone), string(PresenceContacts), string(PresenceContactsExcept), string(PresenceNobody)}
}

// GetPresenceSetting asks for our setting. The reply is [PresenceSetting].
type GetPresenceSetting struct{}

// SetPresenceSetting changes our setting. The reply is [PresenceSetting]; or
// conflict if another device changed it first. Whoever we block sees nothing,
// whatever the setting.
type SetPresenceSetting struct {
	// Audience is who sees our presence.
	Audience PresenceAudience `json:"audience"`
	// Except are the contacts who do not, with contactsExcept.
	Except []UserID `json:"except,omitzero" limit:"0..1000"`
	// IfVersion is the version that was shown when the change was made.
	IfVersion uint32 `json:"ifVersion"`
}

// PresenceSetting is our setting; also an event to our other devices.
type PresenceSetting struct {
	// Audience is who sees our presence.
	Audience PresenceAudience `json:"audience"`
	// Except are the contacts who do not, with contactsExcept.
	Except []UserID `json:"except"`
	// Version counts changes, from 0.
	Version uint32 `json:"version"`
}

// WatchPresence says whose presence this session shows from now on, in place of
// whom it said before; nobody ends it. The reply is [WatchedPresence] with all
// of them, and after it come events with those that change.
type WatchPresence struct {
	// Users are the accounts.
	Users []UserID `json:"users" limit:"0..200"`
}

// WatchedPresence is the presence of accounts that this session watches, as far
// as we may see it; as the event "presence" only of those that have changed.
type WatchedPresence struct {
	// People are the accounts.
	People []PersonPresence `json:"people"`
}

// PersonPresence is what we may see of one account. Of an account that shows us
// nothing, that is unknown, or that was never seen, all fields but User are
// absent; the three cannot be told apart.
type PersonPresence struct {
	// User is the account.
	User UserID `json:"user"`
	// Online says that one of its devices is connected.
	Online bool `json:"online,omitzero"`
	// InCall says that it is in a call.
	InCall bool `json:"inCall,omitzero"`
	// LastSeenMs is when it was last online, to the minute; absent while it
	// is.
	LastSeenMs UnixMs `json:"lastSeenMs,omitzero"`
}
