package wire

// Hold interrupts our part in a call, or takes it up again. While it lasts
// nothing of ours is sent to the others and nothing of theirs to us; they see
// that we are in another call. The reply is [Done].
type Hold struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// On is true to interrupt.
	On bool `json:"on"`
}

// HoldChanged says that a participant is in another call for the moment, or is
// back.
type HoldChanged struct {
	// Participant is who.
	Participant ParticipantID `json:"participant"`
	// On is true while he is away.
	On bool `json:"on"`
}

// MoveHere moves a call that another device of the account is in to this
// device. The reply is [CallState]; the other device is told [CallMoved].
type MoveHere struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Media is what we send from here.
	Media Media `json:"media"`
}

// CallMoved says that another device of the account has taken the call over:
// it is over here.
type CallMoved struct {
	// Call is the call.
	Call CallID `json:"call"`
	// Device is the name of the device that has it now.
	Device string `json:"device,omitzero"`
}

// ProposeKind asks the others to switch the call to video, or to voice. It
// never turns anybody's camera on or off: each decides for himself. The reply
// is [Done]; one proposal stands at a time, for 30 s.
type ProposeKind struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Kind is what to switch to.
	Kind Kind `json:"kind"`
}

// KindProposed asks whether to switch to video, or to voice.
type KindProposed struct {
	// By is who asks.
	By ParticipantID `json:"by"`
	// Kind is what to switch to.
	Kind Kind `json:"kind"`
	// ForMs is for how long it may be answered, in milliseconds.
	ForMs uint32 `json:"forMs"`
}

// AnswerKind answers [KindProposed]. Who asked may take it back by declining
// it. The reply is [Done].
type AnswerKind struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Accept is true to switch.
	Accept bool `json:"accept"`
}

// KindAnswer is what became of a proposal.
type KindAnswer string

// The answers.
const (
	KindAccepted KindAnswer = "accepted"
	KindDeclined KindAnswer = "declined"
	KindExpired  KindAnswer = "expired"
)

// Values lists all answers.
func (KindAnswer) Values() []string {
	return []string{string(KindAccepted), string(KindDeclined), string(KindExpired)}
}

// KindAnswered says what became of a proposal.
type KindAnswered struct {
	// Participant is who answered; absent when nobody did in time.
	Participant ParticipantID `json:"participant,omitzero"`
	// Kind is what was proposed.
	Kind Kind `json:"kind"`
	// Answer is what became of it.
	Answer KindAnswer `json:"answer"`
}

// RaiseHand raises our hand, or takes it down. The reply is [Done].
type RaiseHand struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// On is true to raise it.
	On bool `json:"on"`
}

// LowerHand takes somebody's hand down. Only who started the call may. The
// reply is [Done].
type LowerHand struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Participant is whose hand.
	Participant ParticipantID `json:"participant" limit:"1..64"`
}

// HandChanged says that a hand is up or down.
type HandChanged struct {
	// Participant is whose.
	Participant ParticipantID `json:"participant"`
	// RaisedMs is when it was raised, for the order of speakers; absent when it
	// is down.
	RaisedMs UnixMs `json:"raisedMs,omitzero"`
	// By is who took it down, if somebody else did.
	By ParticipantID `json:"by,omitzero"`
}

// Reaction is a sign that passes.
type Reaction string

// The reactions.
const (
	ReactionThumbsUp Reaction = "thumbsUp"
	ReactionApplause Reaction = "applause"
	ReactionLaugh    Reaction = "laugh"
	ReactionHeart    Reaction = "heart"
	ReactionWonder   Reaction = "wonder"
)

// Values lists all reactions.
func (Reaction) Values() []string {
	return []string{
		string(ReactionThumbsUp), string(ReactionApplause), string(ReactionLaugh), string(ReactionHeart), string(ReactionWonder),
	}
}

// React shows the others a reaction. The reply is [Done].
type React struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Reaction is which.
	Reaction Reaction `json:"reaction"`
}

// Reacted says that a participant reacted. It is not part of the call's state.
type Reacted struct {
	// Participant is who.
	Participant ParticipantID `json:"participant"`
	// Reaction is which.
	Reaction Reaction `json:"reaction"`
}

// Say hands a line of text to all others in the call. Only their devices can
// read it: it is sealed with the call's keys, as frames are, and the server
// keeps it nowhere. Who comes later does not get it. The reply is [Done]; a
// call without keys has no text.
type Say struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Body is the sealed text: an SFrame (RFC 9605) of at most 3 KiB.
	Body Blob `json:"body" limit:"1..4096"`
}

// Said is a line of text from another participant. It is not part of the
// call's state.
type Said struct {
	// From is who sent it.
	From ParticipantID `json:"from"`
	// Body is the sealed text.
	Body Blob `json:"body"`
}

// Trouble is something that keeps a participant from being heard or seen well.
type Trouble string

// The troubles.
const (
	TroubleNotHeard    Trouble = "notHeard"    // unmuted, but no sound reaches the others
	TroublePoorNetwork Trouble = "poorNetwork" // his connection is bad
)

// Values lists all troubles.
func (Trouble) Values() []string {
	return []string{string(TroubleNotHeard), string(TroublePoorNetwork)}
}

// SetTrouble says that we have a trouble ourselves, as our own device finds
// it: a microphone that gives silence, a network that loses packets. The reply
// is [Done].
type SetTrouble struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Trouble is which.
	Trouble Trouble `json:"trouble"`
	// On is false when it has passed.
	On bool `json:"on"`
}

// CannotHear says that a participant who is not muted does not come through to
// us. When that is so for all who are in the call, he and they are told. The
// reply is [Done].
type CannotHear struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Participant is whom.
	Participant ParticipantID `json:"participant" limit:"1..64"`
	// On is false when we hear him again.
	On bool `json:"on"`
}

// TroubleChanged says that a participant has a trouble, or no more.
type TroubleChanged struct {
	// Participant is who.
	Participant ParticipantID `json:"participant"`
	// Trouble is which.
	Trouble Trouble `json:"trouble"`
	// On is false when it has passed.
	On bool `json:"on"`
}

// MuteParticipant turns off somebody's microphone; he may turn it on again.
// Only who started the call may. The reply is [Done].
type MuteParticipant struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Participant is whose.
	Participant ParticipantID `json:"participant" limit:"1..64"`
}

// RemoveParticipant puts somebody out of the call, for good. Only who started
// the call may. The reply is [Done].
type RemoveParticipant struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Participant is whom.
	Participant ParticipantID `json:"participant" limit:"1..64"`
}

// Lock keeps newcomers out: nobody joins by the link, and only who started the
// call may call others in. Only he may lock. The reply is [Done].
type Lock struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// On is true to lock.
	On bool `json:"on"`
}

// HostChanged says who is the host now: the one before has left, and who has been in
// the call for the longest takes his place.
type HostChanged struct {
	// Host is the new one.
	Host ParticipantID `json:"host" limit:"1..64"`
}

// LockChanged says that the call was locked or opened.
type LockChanged struct {
	// On is true while it is locked.
	On bool `json:"on"`
}
