package wire

// WhoMayCall is a privacy setting: whose calls ring, or who may add us.
type WhoMayCall string

// The audiences.
const (
	MayCallEveryone WhoMayCall = "everyone"
	MayCallContacts WhoMayCall = "contacts"
	MayCallNobody   WhoMayCall = "nobody"
)

// Values lists all audiences.
func (WhoMayCall) Values() []string {
	return []string{string(MayCallEveryone), string(MayCallContacts), string(MayCallNobody)}
}

// Person is an account that ours knows.
type Person struct {
	// User is the account.
	User UserID `json:"user"`
	// Name is what to show: his id if we must not see his name or know him by
	// nothing but the id. Empty in a call log for an account that is deleted.
	Name string `json:"name"`
}

// GetPeople asks for our contacts and blocks. The reply is [People].
type GetPeople struct{}

// People are our contacts and blocks.
type People struct {
	// Contacts are those we added, by name.
	Contacts []Person `json:"contacts"`
	// Blocked are those who cannot reach us, by name. They are not told.
	Blocked []Person `json:"blocked"`
	// Favourites are those of our contacts whom we want at hand.
	Favourites []UserID `json:"favourites"`
}

// AddContact adds an account to our contacts. The reply is [People], the same
// whether there is such an account or not.
type AddContact struct {
	// User is the account.
	User UserID `json:"user" limit:"1..64"`
}

// RemoveContact takes an account from our contacts. The reply is [People].
type RemoveContact struct {
	// User is the account.
	User UserID `json:"user" limit:"1..64"`
}

// SetFavourite says whether one of our contacts is a favourite. The reply is
// [People]; or notFound if the account is not in our contacts.
type SetFavourite struct {
	// User is the account.
	User UserID `json:"user" limit:"1..64"`
	// Favourite is whether it is one.
	Favourite bool `json:"favourite"`
}

// Block keeps an account from reaching us, now and in any way. A call between
// the two of us ends. The reply is [People].
type Block struct {
	// User is the account.
	User UserID `json:"user" limit:"1..64"`
}

// Unblock takes a block back. The reply is [People].
type Unblock struct {
	// User is the account.
	User UserID `json:"user" limit:"1..64"`
}

// GetPrivacy asks for our settings. The reply is [Privacy].
type GetPrivacy struct{}

// SetPrivacy changes our settings. The reply is [Privacy]; or conflict if
// another device changed them first.
type SetPrivacy struct {
	// WhoMayCall is whose calls ring.
	WhoMayCall WhoMayCall `json:"whoMayCall"`
	// WhoMayAdd is who, of those whose calls ring, may also add us to calls of
	// several; absent means all of them.
	WhoMayAdd WhoMayCall `json:"whoMayAdd,omitzero"`
	// SilenceUnknown lists calls of who is not in our contacts as missed,
	// without a ring. They do not notice.
	SilenceUnknown bool `json:"silenceUnknown,omitzero"`
	// RejectInCall refuses rings while a device of ours is in a call: who rings is
	// told that we are busy, and the call is listed as missed. Without it such a ring
	// waits beside the call.
	RejectInCall bool `json:"rejectInCall,omitzero"`
	// TakeNotes lets whoever has rung us, and whom nobody answered, leave a note of
	// voice or video that only our devices can open. It shows to whoever rings us that
	// we take notes, and by that that there is such an account.
	TakeNotes bool `json:"takeNotes,omitzero"`
	// DoNotDisturb is at which hours nothing rings; calls are listed as missed.
	// Absent means never.
	DoNotDisturb *DoNotDisturb `json:"doNotDisturb,omitzero"`
	// HideAddress sends our media through the relay always, so that those we
	// talk to do not learn our network address.
	HideAddress bool `json:"hideAddress"`
	// IfVersion is the version that was shown when the change was made.
	IfVersion uint32 `json:"ifVersion"`
}

// DoNotDisturb is at which hours of the day, on the clock of a place, nothing
// rings.
type DoNotDisturb struct {
	// Zone is the place, a name of the IANA time zone database, such as
	// Europe/Rome.
	Zone string `json:"zone" limit:"1..64"`
	// Ranges are the parts of the day.
	Ranges []DayRange `json:"ranges" limit:"1..4"`
}

// DayRange is a part of the day, in minutes since midnight. If To is not after
// From it goes past midnight; if they are the same it is the whole day.
type DayRange struct {
	// From is its first minute.
	From uint32 `json:"from" limit:"0..1439"`
	// To is the minute after its last.
	To uint32 `json:"to" limit:"0..1439"`
}

// Privacy are our settings; also an event to our other devices.
type Privacy struct {
	// WhoMayCall is whose calls ring.
	WhoMayCall WhoMayCall `json:"whoMayCall"`
	// WhoMayAdd is who, of those whose calls ring, may also add us to calls of
	// several.
	WhoMayAdd WhoMayCall `json:"whoMayAdd"`
	// SilenceUnknown lists calls of who is not in our contacts as missed,
	// without a ring.
	SilenceUnknown bool `json:"silenceUnknown"`
	// RejectInCall refuses rings while a device of ours is in a call, as busy; the
	// call is listed as missed.
	RejectInCall bool `json:"rejectInCall,omitzero"`
	// TakeNotes lets whoever has rung us in vain leave a note.
	TakeNotes bool `json:"takeNotes,omitzero"`
	// DoNotDisturb is at which hours nothing rings; absent for never.
	DoNotDisturb *DoNotDisturb `json:"doNotDisturb,omitzero"`
	// HideAddress sends our media through the relay always.
	HideAddress bool `json:"hideAddress"`
	// Version counts changes, from 0.
	Version uint32 `json:"version"`
}

// Direction is who made a call.
type Direction string

// The directions.
const (
	DirectionIncoming Direction = "incoming"
	DirectionOutgoing Direction = "outgoing"
)

// Values lists all directions.
func (Direction) Values() []string {
	return []string{string(DirectionIncoming), string(DirectionOutgoing)}
}

// Outcome is how a call went, for one account.
type Outcome string

// The outcomes.
const (
	OutcomeOngoing    Outcome = "ongoing"
	OutcomeAnswered   Outcome = "answered"
	OutcomeMissed     Outcome = "missed"     // incoming, not answered
	OutcomeDeclined   Outcome = "declined"   // incoming, declined on one of our devices
	OutcomeUnanswered Outcome = "unanswered" // outgoing, not answered
)

// Values lists all outcomes.
func (Outcome) Values() []string {
	return []string{string(OutcomeOngoing), string(OutcomeAnswered), string(OutcomeMissed), string(OutcomeDeclined), string(OutcomeUnanswered)}
}

// GetCallLog asks for a page of our calls, newest first. The reply is
// [CallLog].
type GetCallLog struct {
	// Before is [CallLog.Next] of the page before; absent for the first.
	Before string `json:"before,omitzero" limit:"0..128"`
	// Limit is how many at most; 0 means 50.
	Limit uint32 `json:"limit,omitzero" limit:"0..100"`
}

// CallLog is a page of our calls.
type CallLog struct {
	// Entries are the calls, newest first.
	Entries []CallLogEntry `json:"entries"`
	// Next continues the list; absent at its end.
	Next string `json:"next,omitzero"`
}

// ForgetCalls deletes calls from our own log; others keep theirs. One that still
// goes on stays. The reply is [Done]; our other devices are told by the event
// callsForgotten.
type ForgetCalls struct {
	// Calls are the calls; none means all.
	Calls []CallID `json:"calls" limit:"0..100"`
}

// CallsForgotten says that another device of ours has deleted calls from our
// log.
type CallsForgotten struct {
	// Calls are the calls; none means all that were over.
	Calls []CallID `json:"calls"`
}

// CallLogEntry is one call in our log; as the event "logged" it says that the
// log has changed.
type CallLogEntry struct {
	// Call is the call.
	Call CallID `json:"call"`
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Direction is who made it.
	Direction Direction `json:"direction"`
	// Outcome is how it went.
	Outcome Outcome `json:"outcome"`
	// With are the others.
	With []Person `json:"with"`
	// StartedMs is when it began to ring.
	StartedMs UnixMs `json:"startedMs"`
	// DurationMs is how long we talked, in milliseconds.
	DurationMs uint32 `json:"durationMs"`
	// Note says that the caller has left a note, which waits at GET /v1/notes/{call}
	// until it has been opened, 30 days at most. The event "logged" tells it when it
	// comes, and comes without it when the note has gone.
	Note bool `json:"note,omitzero"`
}
