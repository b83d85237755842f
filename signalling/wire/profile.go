package wire

// MaxAboutBytes is the longest text that somebody says about himself.
const MaxAboutBytes = 280

// GetProfiles asks for what we may see of accounts, or of our own. The reply is
// [Profiles].
type GetProfiles struct {
	// Users are the accounts.
	Users []UserID `json:"users" limit:"1..100"`
}

// Profiles are what we may see of accounts, in the order in which they were asked
// for.
type Profiles struct {
	// Profiles are they.
	Profiles []Profile `json:"profiles"`
}

// Profile is what we may see of an account; as an event it is our own, which
// another device has changed. Of who does not show us his, whom we know by nothing
// but an id, or who does not exist, there is only the id, as his name.
type Profile struct {
	// User is the account.
	User UserID `json:"user"`
	// Name is what to show.
	Name string `json:"name"`
	// Automated says that the account is a program, such as a bot or an assistant. Whoever
	// holds an API key of the server says so of it; the account itself cannot.
	Automated bool `json:"automated,omitzero"`
	// About is what he says about himself.
	About string `json:"about,omitzero"`
	// Avatar is the path of his image on this server, made for us: nobody can
	// guess it, and it leads nowhere as soon as he shows it to us no more.
	Avatar string `json:"avatar,omitzero"`
	// NoCalls says that a call of ours would be answered with callsNotAccepted now:
	// the account takes no calls, none at this hour, or none without permission. It
	// tells nothing of blocks and privacy, and is absent in what we see of ourselves.
	NoCalls bool `json:"noCalls,omitzero"`
	// NoCallsText is what the account says about that.
	NoCallsText string `json:"noCallsText,omitzero"`
}

// SetProfile changes what others see of us. The image is changed by PUT and DELETE
// /v1/account/avatar. The reply is [Profile].
type SetProfile struct {
	// Name is what to show; absent keeps the one there is.
	Name string `json:"name,omitzero" limit:"0..64"`
	// About is what we say about ourselves.
	About string `json:"about" limit:"0..280"`
}

// GetPreferences asks for all that we have chosen. The reply is [Preferences].
type GetPreferences struct{}

// Preferences are all that we have chosen, as one record; also an event to our
// other devices.
type Preferences struct {
	// Version counts the changes of any part, from 0.
	Version uint32 `json:"version"`
	// Terms is the version of the terms that we have accepted; absent for none.
	Terms string `json:"terms,omitzero"`
	// TermsMs is when we have accepted them; absent for none.
	TermsMs UnixMs `json:"termsMs,omitzero"`
	// Minor says that our defaults are those for minors.
	Minor bool `json:"minor,omitzero"`
	// ShowProfileTo is who sees our name, text and image.
	ShowProfileTo WhoMayCall `json:"showProfileTo"`
	// Privacy are our settings about calls.
	Privacy Privacy `json:"privacy"`
	// Presence is who sees when we are online.
	Presence PresenceSetting `json:"presence"`
	// Blocked are the accounts that cannot reach us, the latest first.
	Blocked []UserID `json:"blocked"`
}

// SetPreferences changes parts of the record. What is absent stays as it is. The
// reply is [Preferences]; or conflict, and nothing is changed, if anything in the
// record has changed since IfVersion.
type SetPreferences struct {
	// IfVersion is the version that was shown when the change was made.
	IfVersion uint32 `json:"ifVersion"`
	// AcceptTerms is the version of the terms that we accept now: that of the
	// [Terms] in [Welcome], as soon as they were shown.
	AcceptTerms string `json:"acceptTerms,omitzero" limit:"0..64"`
	// ShowProfileTo is who sees our name, text and image.
	ShowProfileTo WhoMayCall `json:"showProfileTo,omitzero"`
	// Privacy are our settings about calls. Its IfVersion does not count here.
	Privacy *SetPrivacy `json:"privacy,omitzero"`
	// Presence is who sees when we are online. Its IfVersion does not count here.
	Presence *SetPresenceSetting `json:"presence,omitzero"`
	// Blocked is the whole list of the accounts that cannot reach us.
	Blocked *BlockList `json:"blocked,omitzero"`
}

// BlockList are accounts.
type BlockList struct {
	// Users are they.
	Users []UserID `json:"users" limit:"0..2000"`
}
