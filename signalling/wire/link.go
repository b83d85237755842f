package wire

// LobbyMode says who has to wait until a host lets him into the call of a link.
type LobbyMode string

// The modes.
const (
	LobbyOff      LobbyMode = "off"      // nobody
	LobbyGuests   LobbyMode = "guests"   // who has no account
	LobbyEveryone LobbyMode = "everyone" // all but hosts
)

// Values lists all modes.
func (LobbyMode) Values() []string {
	return []string{string(LobbyOff), string(LobbyGuests), string(LobbyEveryone)}
}

// LinkTerms are what a link's owner may choose and change.
type LinkTerms struct {
	// Title is what those who join see, and the server too; see Sealed.
	Title string `json:"title,omitzero" limit:"0..80"`
	// Sealed is title and description for those only who have the whole address of
	// the link: base64url of what was encrypted with a key made of the part after
	// #, which no server ever gets. The server keeps and hands it out as it is.
	Sealed string `json:"sealed,omitzero" limit:"0..2048"`
	// Lobby says who has to wait until a host lets him in; absent means off.
	Lobby LobbyMode `json:"lobby,omitzero"`
	// OpensMs is when it may first be joined by; hosts may before. Absent means at
	// once.
	OpensMs UnixMs `json:"opensMs,omitzero" limit:"0..253402300799000"`
	// ExpiresMs is until when it may be joined by; absent means no end.
	ExpiresMs UnixMs `json:"expiresMs,omitzero" limit:"0..253402300799000"`
	// IdleSeconds ends it when nobody was let in by it for so long, counted anew
	// with everybody who is; 0 means never. At most a year.
	IdleSeconds uint32 `json:"idleSeconds,omitzero" limit:"0..31536000"`
	// MaxUses is how many may be let in by it in all, hosts not counted; 0 means
	// any number.
	MaxUses uint32 `json:"maxUses,omitzero" limit:"0..10000"`
	// MaxParticipants is how many may be in its call at a time; 0 means as many as
	// a call may have.
	MaxParticipants uint32 `json:"maxParticipants,omitzero" limit:"0..100"`
	// JoinMuted has all but hosts come in with the microphone off.
	JoinMuted bool `json:"joinMuted,omitzero"`
	// RingHost rings the owner's devices when somebody waits and no host is in the
	// call.
	RingHost bool `json:"ringHost,omitzero"`
}

// CreateLink makes a call link that others, also without an account, may join
// by. The reply is [Link].
type CreateLink struct {
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Terms are the rest.
	Terms LinkTerms `json:"terms"`
	// ExpiresInSeconds is for how long it may be joined by, by the server's clock,
	// if the terms do not say until when; 0 means without end. At most a year.
	ExpiresInSeconds uint32 `json:"expiresInSeconds,omitzero" limit:"0..31536000"`
	// Unencrypted is as in [Ring.Unencrypted], for the link's calls.
	Unencrypted bool `json:"unencrypted,omitzero"`
	// HostLink makes a second link with it: whoever joins by that has the host's
	// rights and waits in no lobby, without an account too.
	HostLink bool `json:"hostLink,omitzero"`
}

// ChangeLink gives a link of ours these terms, all of them: what is absent is as
// it is for a link that was created without. The reply is [Link], or conflict if
// it was changed since IfSequence. Its call goes by them at once.
type ChangeLink struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
	// IfSequence is the [Link.Sequence] that the change is to.
	IfSequence uint32 `json:"ifSequence"`
	// Terms are the new ones.
	Terms LinkTerms `json:"terms"`
}

// NewHostLink makes a host link for a link of ours; the one before opens nothing
// any more. The reply is [Link].
type NewHostLink struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
}

// GetLinks asks for our links. The reply is [Links].
type GetLinks struct{}

// Links are our links, newest first: all that live, and of those that were revoked or
// have expired within 30 days the newest, 1000 in all.
type Links struct {
	// Links are the links.
	Links []Link `json:"links"`
}

// Link is a call link. As an event it tells an account's other devices that it
// was made, changed or revoked.
type Link struct {
	// Link is the secret that opens it: the page is /j/<link>.
	Link LinkID `json:"link"`
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Terms are what its owner chose.
	Terms LinkTerms `json:"terms"`
	// CreatedMs is when it was made.
	CreatedMs UnixMs `json:"createdMs"`
	// EndsMs is when it ends by itself: by ExpiresMs or IdleSeconds of its terms,
	// whichever is first; absent means never.
	EndsMs UnixMs `json:"endsMs,omitzero"`
	// RevokedMs is when it was revoked; absent means it was not.
	RevokedMs UnixMs `json:"revokedMs,omitzero"`
	// Uses is how many were let in by it.
	Uses uint32 `json:"uses"`
	// UsedMs is when the last one was; absent means nobody was.
	UsedMs UnixMs `json:"usedMs,omitzero"`
	// Sequence counts its changes.
	Sequence uint32 `json:"sequence"`
	// Unencrypted says that its calls are not end-to-end encrypted.
	Unencrypted bool `json:"unencrypted,omitzero"`
	// BookedFrom is the link of ours by which somebody has booked a talk, which this
	// one was made for: the part after # is the same.
	BookedFrom LinkID `json:"bookedFrom,omitzero"`
	// HasHostLink says that there is a host link.
	HasHostLink bool `json:"hasHostLink,omitzero"`
	// HostLink is the host link, to use like Link. It is told once, in the reply
	// that makes it: the server keeps only a hash.
	HostLink LinkID `json:"hostLink,omitzero"`
}

// RevokeLink ends a link: nobody joins by it any more, who waits is sent away, and
// its call ends. The reply is [Link].
type RevokeLink struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
	// KeepCall lets the call go on for those who are in it.
	KeepCall bool `json:"keepCall,omitzero"`
}

// ForgetBans lets those come again by a link of ours who were put out of its calls
// or not let in. The reply is [Done].
type ForgetBans struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
}

// SetSlots offers times of a link of ours, a booking link, for talks of two. They
// replace those that nobody has booked. The reply is [LinkSlots].
type SetSlots struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
	// Slots are the times; they do not overlap.
	Slots []SlotTime `json:"slots" limit:"0..64"`
}

// SlotTime is one time.
type SlotTime struct {
	// FromMs is when it begins.
	FromMs UnixMs `json:"fromMs" limit:"1..253402300799000"`
	// ToMs is when it ends.
	ToMs UnixMs `json:"toMs" limit:"1..253402300799000"`
}

// GetSlots asks for the times that a link offers and that are not over. Its owner
// sees those that are booked too. The reply is [LinkSlots].
type GetSlots struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
}

// LinkSlots are the times of a link, the earliest first.
type LinkSlots struct {
	// Slots are the times.
	Slots []LinkSlot `json:"slots"`
}

// LinkSlot is one time of a link.
type LinkSlot struct {
	// FromMs is when it begins.
	FromMs UnixMs `json:"fromMs"`
	// ToMs is when it ends.
	ToMs UnixMs `json:"toMs"`
	// Booked says that somebody has it.
	Booked bool `json:"booked,omitzero"`
}

// BookSlot books a time of a link: it counts as one use of the link, and makes a
// link of its owner's for two, open from five minutes before to the end of the
// time, which rings him. Sealed is kept from the booking link, so that the part
// after # is the same. The reply is [BookedSlot], or conflict if somebody was
// faster.
type BookSlot struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
	// FromMs is when the time begins.
	FromMs UnixMs `json:"fromMs" limit:"1..253402300799000"`
}

// BookedSlot is a time that was booked.
type BookedSlot struct {
	// Link is the link to join by then.
	Link LinkID `json:"link"`
	// FromMs is when it begins.
	FromMs UnixMs `json:"fromMs"`
	// ToMs is when it ends.
	ToMs UnixMs `json:"toMs"`
}

// Reminder says that a booked talk begins soon, or has just been booked and does:
// to the sessions of the link's owner, and of the account that booked it. After a
// restart of the server it may come twice.
type Reminder struct {
	// Link is the talk's own, to join by.
	Link LinkID `json:"link"`
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Title is as in [LinkTerms.Title].
	Title string `json:"title,omitzero"`
	// Sealed is as in [LinkTerms.Sealed].
	Sealed string `json:"sealed,omitzero"`
	// FromMs is when the talk begins.
	FromMs UnixMs `json:"fromMs"`
	// ToMs is when it ends.
	ToMs UnixMs `json:"toMs"`
	// Host says that the link is ours.
	Host bool `json:"host,omitzero"`
	// BookedFrom is as in [Link.BookedFrom].
	BookedFrom LinkID `json:"bookedFrom,omitzero"`
}
