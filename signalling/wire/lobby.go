package wire

// LookAtLink asks what is behind a link, before joining. It counts no use and
// nobody is told. The reply is [LinkDoor]; unknown, expired, revoked and used up
// are all notFound.
type LookAtLink struct {
	// Link is the link, or a host link.
	Link LinkID `json:"link" limit:"1..64"`
}

// LinkDoor is what somebody may know of a link before he joins.
type LinkDoor struct {
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Title is as in [LinkTerms.Title].
	Title string `json:"title,omitzero"`
	// Sealed is as in [LinkTerms.Sealed].
	Sealed string `json:"sealed,omitzero"`
	// Host says that we will be a host.
	Host bool `json:"host,omitzero"`
	// Waits says that we will have to [Knock].
	Waits bool `json:"waits,omitzero"`
	// OpensInMs is how long it is until we may join, in milliseconds; absent if we
	// may.
	OpensInMs UnixMs `json:"opensInMs,omitzero"`
	// EndsMs is when the link ends by itself; absent means never.
	EndsMs UnixMs `json:"endsMs,omitzero"`
	// JoinMuted says that our microphone will be off at first.
	JoinMuted bool `json:"joinMuted,omitzero"`
	// Encrypted says that its calls are end-to-end encrypted.
	Encrypted bool `json:"encrypted,omitzero"`
	// Books says that it is a booking link: see [GetSlots].
	Books bool `json:"books,omitzero"`
}

// JoinLink joins the call of a link, or starts it. The reply is [CallState]; or
// waitInLobby if a host has to let us in: then [Knock]; or notYet before the link
// opens. Unknown, expired, revoked and used up are all notFound, and so is a link
// whose host has put us out.
type JoinLink struct {
	// Link is the link, or a host link.
	Link LinkID `json:"link" limit:"1..64"`
	// Media is what we send from the start.
	Media Media `json:"media"`
	// Browser says which browser this is, to this link only: 128 bits as 22
	// characters, a hash of something that the browser keeps and of the link.
	Browser BrowserID `json:"browser,omitzero" limit:"0..64"`
}

// Knock asks to be let into the call of a link. The reply is [Waiting]; the answer
// comes as [KnockAnswered]. Who loses his connection for longer than the grace
// period waits no more.
type Knock struct {
	// Link is the link, or a host link.
	Link LinkID `json:"link" limit:"1..64"`
	// Browser is as in [JoinLink.Browser].
	Browser BrowserID `json:"browser,omitzero" limit:"0..64"`
}

// Waiting says that we wait.
type Waiting struct {
	// Admitted says that we need not: [JoinLink] now.
	Admitted bool `json:"admitted,omitzero"`
	// ForMs is for how long at most, in milliseconds.
	ForMs uint32 `json:"forMs,omitzero"`
}

// StopWaiting takes a knock back. The reply is [Done].
type StopWaiting struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
}

// KnockAnswer is what became of a knock.
type KnockAnswer string

// The answers.
const (
	KnockAdmitted KnockAnswer = "admitted" // JoinLink, within a minute
	KnockDenied   KnockAnswer = "denied"   // by a host; who is denied twice need not come again
	KnockExpired  KnockAnswer = "expired"  // nobody answered
	KnockClosed   KnockAnswer = "closed"   // the link or its call is over
)

// Values lists all answers.
func (KnockAnswer) Values() []string {
	return []string{string(KnockAdmitted), string(KnockDenied), string(KnockExpired), string(KnockClosed)}
}

// KnockAnswered says what became of our knock.
type KnockAnswered struct {
	// Link is the link we knocked at.
	Link LinkID `json:"link"`
	// Answer is what.
	Answer KnockAnswer `json:"answer"`
}

// Lobby is who waits to be let into the call of a link. Its owner's sessions and
// the hosts who are in the call get it when they come and whenever it changes.
type Lobby struct {
	// Call is the call.
	Call CallID `json:"call"`
	// Link is the link; absent for hosts who are not its owner.
	Link LinkID `json:"link,omitzero"`
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Title is as in [LinkTerms.Title].
	Title string `json:"title,omitzero"`
	// Sealed is as in [LinkTerms.Sealed].
	Sealed string `json:"sealed,omitzero"`
	// Waiting are those who wait, the longest first.
	Waiting []Waiter `json:"waiting"`
	// Rings says to ring: somebody has just come, no host is in the call, and the
	// link is one that rings its owner.
	Rings bool `json:"rings,omitzero"`
}

// Waiter is somebody who waits.
type Waiter struct {
	// Waiter names him while he waits.
	Waiter ParticipantID `json:"waiter"`
	// User is the account; absent for a guest.
	User UserID `json:"user,omitzero"`
	// Name is what to show. A guest's is his own word.
	Name string `json:"name"`
	// Guest marks somebody without an account.
	Guest bool `json:"guest,omitzero"`
	// Automated is as in [Participant.Automated].
	Automated bool `json:"automated,omitzero"`
	// SinceMs is since when he waits.
	SinceMs UnixMs `json:"sinceMs"`
}

// AnswerKnock lets somebody in who waits, or not. Only a host in the call or the
// link's owner may. The reply is [Done].
type AnswerKnock struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Waiter is who.
	Waiter ParticipantID `json:"waiter" limit:"1..64"`
	// Admit lets him in. Who is not let in for the second time is banned.
	Admit bool `json:"admit"`
}

// SetLobby switches the lobby of a call and of its link. Only a host may. Who waits
// and need not any more is let in. The reply is [Done].
type SetLobby struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Lobby says who has to wait.
	Lobby LobbyMode `json:"lobby"`
}

// LobbyChanged says that a call's lobby was switched.
type LobbyChanged struct {
	// Lobby says who has to wait.
	Lobby LobbyMode `json:"lobby"`
	// Crowded says that the server did it, because many came and went.
	Crowded bool `json:"crowded,omitzero"`
}

// TitleChanged says that what a call is about was changed.
type TitleChanged struct {
	// Title is as in [LinkTerms.Title].
	Title string `json:"title,omitzero"`
	// Sealed is as in [LinkTerms.Sealed].
	Sealed string `json:"sealed,omitzero"`
}
