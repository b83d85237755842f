package wire

// Limits of calls.
const (
	// MaxParticipants is how many may be in one call.
	MaxParticipants = 100
	// MaxCallees is how many accounts one request may ring.
	MaxCallees = 31
)

// Kind is what a call starts as. Either kind may gain or lose cameras later.
type Kind string

// The kinds of call.
const (
	KindVoice Kind = "voice"
	KindVideo Kind = "video"
)

// Values lists all kinds.
func (Kind) Values() []string { return []string{string(KindVoice), string(KindVideo)} }

// Topology is the way media takes.
type Topology string

// The topologies.
const (
	TopologyDirect Topology = "direct" // peer to peer, for two
	TopologySFU    Topology = "sfu"    // through the selective forwarding unit
)

// Values lists all topologies.
func (Topology) Values() []string { return []string{string(TopologyDirect), string(TopologySFU)} }

// CallPhase is where a call stands.
type CallPhase string

// The phases, in order; a call never goes back.
const (
	PhaseRinging    CallPhase = "ringing"    // nobody has answered
	PhaseConnecting CallPhase = "connecting" // answered, media on its way
	PhaseActive     CallPhase = "active"     // somebody hears somebody
	PhaseEnded      CallPhase = "ended"
)

// Values lists all phases.
func (CallPhase) Values() []string {
	return []string{string(PhaseRinging), string(PhaseConnecting), string(PhaseActive), string(PhaseEnded)}
}

// Presence is where a participant stands in a call.
type Presence string

// The presences.
const (
	PresenceInvited      Presence = "invited"      // asked; no device has said that it rings
	PresenceRinging      Presence = "ringing"      // a device rings
	PresenceJoined       Presence = "joined"       // in the call
	PresenceReconnecting Presence = "reconnecting" // in the call, not heard of for a while
)

// Values lists all presences.
func (Presence) Values() []string {
	return []string{string(PresenceInvited), string(PresenceRinging), string(PresenceJoined), string(PresenceReconnecting)}
}

// Ring calls one or more accounts. The reply is [CallState] with the new call,
// whether or not the callees may be rung or exist: who is refused by a block or
// a setting looks like who is offline. Rung by several at once, two people who
// ring each other get one call.
type Ring struct {
	// Users are the accounts to ring.
	Users []UserID `json:"users" limit:"1..31"`
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Unencrypted asks for a call that is not end-to-end encrypted; forbidden
	// unless the server's operator allows it.
	Unencrypted bool `json:"unencrypted,omitzero"`
	// Routed asks for the way through the SFU from the start: this device
	// remembers that no direct connection with this person came about.
	Routed bool `json:"routed,omitzero"`
}

// Invite rings more accounts into a call that we are in. The reply is [Done].
// With the third participant the call moves to the SFU.
type Invite struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Users are the accounts to ring.
	Users []UserID `json:"users" limit:"1..31"`
}

// DeviceRings says that this device rings, so that the caller may be told
// "ringing". The reply is [Done].
type DeviceRings struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
}

// Accept answers a call on this device. The reply is [CallState]; or
// answeredElsewhere if another device of the account was first.
type Accept struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Media is what we send from the start.
	Media Media `json:"media"`
	// ConfirmBlocked is as in [RingGroup.ConfirmBlocked], for a group's call.
	ConfirmBlocked bool `json:"confirmBlocked,omitzero"`
}

// Decline refuses a call on all devices of the account. The reply is [Done].
type Decline struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
}

// Cancel takes back an invitation that we made and that nobody has answered.
// The reply is [Done].
type Cancel struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Participant is whom to stop ringing; absent means all we invited.
	Participant ParticipantID `json:"participant,omitzero" limit:"0..64"`
}

// Leave leaves the call; a caller whom nobody has answered cancels it. The
// reply is [Done].
type Leave struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
}

// End ends the call for all. Only who started it may. The reply is [Done].
type End struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
}

// Sync asks for the whole state of a call after a gap in its events. The reply
// is [CallState].
type Sync struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
}

// CallState is the whole state of a call as one participant may see it.
type CallState struct {
	// Call is the call.
	Call CallID `json:"call"`
	// Epoch is that of the last event that this state includes.
	Epoch uint32 `json:"epoch"`
	// Seq is the number of the last event that this state includes.
	Seq uint32 `json:"seq"`
	// Kind is what the call started as.
	Kind Kind `json:"kind"`
	// Phase is where the call stands.
	Phase CallPhase `json:"phase"`
	// Topology is the way media takes.
	Topology Topology `json:"topology"`
	// Generation counts the ways media has taken, from 1. Whatever is sent to
	// set up media names it, and is answered "stale" if it is not the latest.
	Generation uint32 `json:"generation"`
	// Self is our own id in the call.
	Self ParticipantID `json:"self"`
	// Host is who started the call and may end it for all; absent when the
	// host has left. In the call of a link it is its owner, or who came by its
	// host link; see [Participant.Host].
	Host ParticipantID `json:"host,omitzero"`
	// Title is the link's title, or the group's name; absent for other calls.
	Title string `json:"title,omitzero"`
	// Group is the group whose call it is; absent for other calls. Its admins
	// have the host's rights, and nobody else has.
	Group GroupID `json:"group,omitzero"`
	// RingTimeoutMs is how long an unanswered participant is rung, in
	// milliseconds.
	RingTimeoutMs uint32 `json:"ringTimeoutMs"`
	// ConnectedMs is when the call was answered; absent before.
	ConnectedMs UnixMs `json:"connectedMs,omitzero"`
	// Locked says that newcomers are kept out.
	Locked bool `json:"locked,omitzero"`
	// Sealed is as in [LinkTerms.Sealed], for the call of a link.
	Sealed string `json:"sealed,omitzero"`
	// Lobby says who has to wait until a host lets him in; absent means off.
	Lobby LobbyMode `json:"lobby,omitzero"`
	// Encrypted says that the call is end-to-end encrypted. It is so from its
	// beginning to its end, or never: frames that are not sealed are not
	// forwarded.
	Encrypted bool `json:"encrypted"`
	// Isolates says that the call's group keeps members who block each other
	// apart: there may be leaves in the group of keys that belong to nobody whom
	// we know of.
	Isolates bool `json:"isolates,omitzero"`
	// Queue is where the ringing of operators stands, in the call of a queue's
	// visitor; absent once nobody is rung.
	Queue QueueState `json:"queue,omitzero"`
	// Support is a short code to read to an engineer, who finds by it what
	// happened in this call, for seven days: steps and quality, without names.
	Support string `json:"support"`
	// AskRating says to ask, when the call is over, how it was; see [RateCall].
	// A sample of the calls is asked for.
	AskRating bool `json:"askRating,omitzero"`
	// NoReports says that this server wants no reports of quality.
	NoReports bool `json:"noReports,omitzero"`
	// Experiment is what this server tries out in its calls; absent for nothing. It
	// is for people who look into a call: clients need do nothing about it.
	Experiment string `json:"experiment,omitzero"`
	// Arm is the part of the experiment that the call has drawn, for all of its
	// time; absent without one.
	Arm Arm `json:"arm,omitzero"`
	// Participants are all who are in the call or rung, in order of arrival,
	// ourselves included.
	Participants []Participant `json:"participants"`
	// ICE is what our own connection may use.
	ICE ICE `json:"ice"`
}

// Participant is one person in a call, as the others see him.
type Participant struct {
	// Participant names him in this call.
	Participant ParticipantID `json:"participant"`
	// User is the account; absent for a guest.
	User UserID `json:"user,omitzero"`
	// Name is what to show.
	Name string `json:"name"`
	// Guest marks somebody who came by a link without an account: the name is
	// his own word.
	Guest bool `json:"guest,omitzero"`
	// Automated says that this is a program, no person: see [Profile.Automated]. It is
	// to be shown beside the name. Whoever is in the call keeps what was so when he came
	// into it.
	Automated bool `json:"automated,omitzero"`
	// Host marks a host of a link's call: its owner, and who came by its host link.
	// There may be several.
	Host bool `json:"host,omitzero"`
	// Presence is where he stands.
	Presence Presence `json:"presence"`
	// Device is the class of the device that he is on, as it calls itself; absent while
	// he is only rung.
	Device DeviceClass `json:"device,omitzero"`
	// Media is what he sends.
	Media Media `json:"media"`
	// BatteryLow says that his device is under 5 % and not charging.
	BatteryLow bool `json:"batteryLow,omitzero"`
	// OnHold says that he is in another call for the moment.
	OnHold bool `json:"onHold,omitzero"`
	// HandMs is when he raised his hand; absent when it is down.
	HandMs UnixMs `json:"handMs,omitzero"`
	// NotHeard says that no sound of his reaches the others.
	NotHeard bool `json:"notHeard,omitzero"`
	// PoorNetwork says that his connection is bad.
	PoorNetwork bool `json:"poorNetwork,omitzero"`
}

// DeviceClass is what kind of device somebody is on. It is the device's own word, by its
// User-Agent header: a tablet that wants to be taken for a computer is one.
type DeviceClass string

// The classes.
const (
	DevicePhone    DeviceClass = "phone"
	DeviceTablet   DeviceClass = "tablet"
	DeviceComputer DeviceClass = "computer"
	DeviceOther    DeviceClass = "other" // a program, or what is not known
)

// Values lists all classes.
func (DeviceClass) Values() []string {
	return []string{string(DevicePhone), string(DeviceTablet), string(DeviceComputer), string(DeviceOther)}
}

// Media says what a participant sends.
type Media struct {
	// Microphone is on: not muted.
	Microphone bool `json:"microphone"`
	// Camera is on.
	Camera bool `json:"camera"`
	// Screen is being shared.
	Screen bool `json:"screen"`
}

// Incoming rings: some account calls ours. Show it, then say [DeviceRings].
type Incoming struct {
	// Call is the call.
	Call CallID `json:"call"`
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// From is the account that calls.
	From UserID `json:"from"`
	// Name is what to show for it.
	Name string `json:"name"`
	// Automated is as in [Participant.Automated].
	Automated bool `json:"automated,omitzero"`
	// Others is how many more are in the call or rung.
	Others uint32 `json:"others,omitzero"`
	// RingMs is for how much longer it rings, in milliseconds.
	RingMs uint32 `json:"ringMs"`
	// Encrypted is as in [CallState.Encrypted].
	Encrypted bool `json:"encrypted"`
	// Group is the group whose call it is; absent for other calls.
	Group GroupID `json:"group,omitzero"`
	// Title is the group's name; absent for other calls.
	Title string `json:"title,omitzero"`
}

// StopReason is why a device must stop ringing.
type StopReason string

// The reasons to stop ringing.
const (
	StopAnsweredElsewhere StopReason = "answeredElsewhere"
	StopDeclinedElsewhere StopReason = "declinedElsewhere"
	StopCancelled         StopReason = "cancelled" // the caller gave up: a missed call
	StopTimeout           StopReason = "timeout"   // nobody answered: a missed call
)

// Values lists all reasons.
func (StopReason) Values() []string {
	return []string{string(StopAnsweredElsewhere), string(StopDeclinedElsewhere), string(StopCancelled), string(StopTimeout)}
}

// RingStopped says to stop ringing.
type RingStopped struct {
	// Call is the call.
	Call CallID `json:"call"`
	// Reason is why.
	Reason StopReason `json:"reason"`
	// Device is the name of our device that answered or declined.
	Device string `json:"device,omitzero"`
}

// ParticipantInvited says that somebody is being called into the call.
type ParticipantInvited struct {
	// By is who calls.
	By ParticipantID `json:"by"`
	// Participant is who is called.
	Participant Participant `json:"participant"`
}

// ParticipantRinging says that a device of the participant rings.
type ParticipantRinging struct {
	// Participant is whose device.
	Participant ParticipantID `json:"participant"`
}

// InviteUnanswered says that an invited participant did not come. Declined,
// not there and not answered are not told apart.
type InviteUnanswered struct {
	// Participant is who did not come.
	Participant ParticipantID `json:"participant"`
	// Busy says that he is in another call, and wants no other ring meanwhile.
	Busy bool `json:"busy,omitzero"`
}

// InviteWithdrawn says that an invited participant is not rung any more, because
// who had invited him, or who leads the call, has taken it back.
type InviteWithdrawn struct {
	// Participant is who is not invited any more.
	Participant ParticipantID `json:"participant"`
}

// ParticipantJoined says that somebody is in the call now.
type ParticipantJoined struct {
	// Participant is who, with his device and what he sends.
	Participant Participant `json:"participant"`
	// KeyEpoch is the epoch that frames name ([Keys.First] plus [Keys.Epoch]) at the
	// moment when he comes; he gets keys in a later one. Absent in the first epoch, and
	// in a call that is not encrypted. Who asks for the state instead gets the epoch with
	// the keys, see [EnterKeys].
	KeyEpoch uint32 `json:"keyEpoch,omitzero"`
}

// LeaveReason is why a participant is no longer in the call.
type LeaveReason string

// The reasons to leave.
const (
	LeaveHangup  LeaveReason = "hangup"  // by his own act
	LeaveLost    LeaveReason = "lost"    // not heard of for the grace period
	LeaveMoved   LeaveReason = "moved"   // the account joined from another device
	LeaveRemoved LeaveReason = "removed" // put out by who started the call
)

// Values lists all reasons.
func (LeaveReason) Values() []string {
	return []string{string(LeaveHangup), string(LeaveLost), string(LeaveMoved), string(LeaveRemoved)}
}

// ParticipantLeft says that somebody left.
type ParticipantLeft struct {
	// Participant is who.
	Participant ParticipantID `json:"participant"`
	// Reason is why.
	Reason LeaveReason `json:"reason"`
}

// PresenceChanged says that a participant is not heard of for the moment, or
// is back.
type PresenceChanged struct {
	// Participant is who.
	Participant ParticipantID `json:"participant"`
	// Presence is joined or reconnecting.
	Presence Presence `json:"presence"`
}

// MediaChanged says what a participant sends from now on.
type MediaChanged struct {
	// Participant is who.
	Participant ParticipantID `json:"participant"`
	// Media is what.
	Media Media `json:"media"`
	// By is who turned his microphone off, if somebody else did.
	By ParticipantID `json:"by,omitzero"`
	// Device is the class of his device, if the call has moved to one of another class.
	Device DeviceClass `json:"device,omitzero"`
}

// BatteryChanged says that a participant's device has fallen under 5 % without
// a charger, or is out of that again. Never the level.
type BatteryChanged struct {
	// Participant is who.
	Participant ParticipantID `json:"participant"`
	// Low is true once per crossing.
	Low bool `json:"low"`
}

// PhaseChanged says that the call was answered or that media flows.
type PhaseChanged struct {
	// Phase is where the call stands now.
	Phase CallPhase `json:"phase"`
	// ConnectedMs is when the call was answered.
	ConnectedMs UnixMs `json:"connectedMs,omitzero"`
}

// TopologyChanged says that media takes another way: set it up, and keep the
// old one until the new one carries media. It is the SFU when a third one comes
// to two who were connected directly, and the direct way again when they have
// been alone for a while.
type TopologyChanged struct {
	// Topology is the new way.
	Topology Topology `json:"topology"`
	// Generation is its number.
	Generation uint32 `json:"generation"`
}

// EndReason is why a call is over, as this participant may know it.
type EndReason string

// The reasons for an end.
const (
	EndHangup    EndReason = "hangup"    // somebody hung up, or the last one left
	EndDeclined  EndReason = "declined"  // the callee declined
	EndBusy      EndReason = "busy"      // the callee is in another call, and wants no other ring meanwhile
	EndNoAnswer  EndReason = "noAnswer"  // nobody answered in time
	EndCancelled EndReason = "cancelled" // the caller gave up
	EndFailed    EndReason = "failed"    // no media came about, or all were lost
	EndRevoked   EndReason = "revoked"   // its link was revoked, or its group suspended
)

// Values lists all reasons.
func (EndReason) Values() []string {
	return []string{string(EndHangup), string(EndDeclined), string(EndBusy), string(EndNoAnswer), string(EndCancelled), string(EndFailed), string(EndRevoked)}
}

// CallEnded is the last event of a call.
type CallEnded struct {
	// Reason is why.
	Reason EndReason `json:"reason"`
	// DurationMs is how long it lasted from the answer, in milliseconds.
	DurationMs uint32 `json:"durationMs"`
}
