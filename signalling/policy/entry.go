package policy

// Lobby is who has to wait until a host lets him into the call of a link.
type Lobby int

// The lobbies. The zero value makes everybody wait, so that one that could not be
// read fails closed.
const (
	LobbyEveryone Lobby = iota
	LobbyGuests
	LobbyOff
)

// Entry is all that is known of somebody who comes by a link. The zero value is
// let in nowhere.
type Entry struct {
	// Facts are of him and the link's owner; Self is whether he is its owner.
	Facts
	// Live is whether there is such a link, neither revoked nor expired.
	Live bool
	// Spent is whether all its uses are.
	Spent bool
	// Early is whether it is before the link opens.
	Early bool
	// Host is whether he is its owner or came by its host link.
	Host bool
	// Guest is whether he has no account.
	Guest bool
	// Banned is whether he was put out of its call, or was denied twice: his
	// account, his browser or, for a guest whom the call does not know, for a short
	// time his network.
	Banned bool
	// Suspect is whether he is a guest whom the call does not know, and somebody of
	// the same network was put out or denied lately.
	Suspect bool
	// Books is whether times are booked by it; the talks have links of their own.
	Books bool
	// Lobby is who has to wait.
	Lobby Lobby
	// Admitted is whether a host has let him in.
	Admitted bool
	// Locked is whether the call keeps newcomers out.
	Locked bool
	// Full is whether nobody more finds room in the call.
	Full bool
}

// Way is what becomes of somebody who comes by a link.
type Way int

// The ways. The zero value is Nowhere: to him there is no such link.
const (
	Nowhere Way = iota
	// Barred tells him why not: it is his own standing, or he has to come later.
	Barred
	// Wait has him wait until a host lets him in.
	Wait
	// In lets him in.
	In
)

// The reasons of [Enter], besides those of [Decide].
const (
	ReasonNoLink Reason = "no_link"
	ReasonSpent  Reason = "spent"
	ReasonBanned Reason = "banned"
	ReasonEarly  Reason = "early"
	ReasonLocked Reason = "locked"
	ReasonFull   Reason = "full"
	ReasonBooks  Reason = "books"
	ReasonLobby  Reason = "lobby"
)

// Enter is the one decision about all who come by links: to look, to knock and to
// join. Whatever would tell a stranger whether there is such a link comes out as
// Nowhere.
func Enter(e Entry) (Way, Reason) {
	if !e.Live {
		return Nowhere, ReasonNoLink
	}
	verdict, reason := Decide(PathLink, e.Facts)
	switch {
	case verdict == Refuse:
		return Barred, reason
	case verdict != Allow:
		return Nowhere, reason
	case e.Banned && !e.Self:
		return Nowhere, ReasonBanned
	case e.Spent && !e.Host:
		return Nowhere, ReasonSpent
	case e.Early && !e.Host:
		return Barred, ReasonEarly
	case e.Books && !e.Host:
		return Barred, ReasonBooks
	case e.Locked && !e.Host:
		return Barred, ReasonLocked
	case e.Full:
		return Barred, ReasonFull
	case e.Host || e.Admitted:
		return In, ReasonAllowed
	case e.Suspect, e.Lobby != LobbyOff && (e.Guest || e.Lobby != LobbyGuests):
		return Wait, ReasonLobby
	}
	return In, ReasonAllowed
}

// Rings tells whether the link's owner is rung because somebody waits: the link is
// one that does, no host is in the call, and the owner wants to be disturbed now. Who
// waits does not learn whether he is.
func Rings(f Facts, ringHost, hostThere bool) bool {
	return ringHost && !hostThere && !f.DoNotDisturb && !f.CalleeBusy && !f.CalleeSuspended && !f.CalleeBlocksCaller
}
