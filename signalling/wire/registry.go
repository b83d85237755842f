package wire

import "reflect"

// Request is a message that a client may send, with the reply that it gets.
type Request struct {
	// Type is the request's name on the wire.
	Type string
	// Body is a zero value of the request.
	Body any
	// Reply is the reply's name on the wire.
	Reply string
	// ReplyBody is a zero value of the reply.
	ReplyBody any
}

// Event is a message that the server sends without being asked.
type Event struct {
	// Type is the event's name on the wire.
	Type string
	// Body is a zero value of the event.
	Body any
	// Scope says whom the event is about.
	Scope Scope
}

// Scope says whom an event is about and how it is numbered.
type Scope string

// The scopes.
const (
	// ScopeSession events are for one session or account and carry only
	// Serial.
	ScopeSession Scope = "session"
	// ScopeCall events go to all members of a call and carry Call, Epoch and
	// Seq.
	ScopeCall Scope = "call"
	// ScopePeer events set up one member's media: they carry Call, no Seq.
	ScopePeer Scope = "peer"
)

// Requests are all requests, in the order of the protocol page.
var Requests = []Request{
	{"hello", Hello{}, "welcome", Welcome{}},
	{"ping", Ping{}, "done", Done{}},
	{"ring", Ring{}, "callState", CallState{}},
	{"invite", Invite{}, "done", Done{}},
	{"deviceRings", DeviceRings{}, "done", Done{}},
	{"accept", Accept{}, "callState", CallState{}},
	{"decline", Decline{}, "done", Done{}},
	{"cancel", Cancel{}, "done", Done{}},
	{"leave", Leave{}, "done", Done{}},
	{"end", End{}, "done", Done{}},
	{"sync", Sync{}, "callState", CallState{}},
	{"describe", Describe{}, "done", Done{}},
	{"trickle", Trickle{}, "done", Done{}},
	{"negotiate", Negotiate{}, "negotiated", Negotiated{}},
	{"view", View{}, "done", Done{}},
	{"setMedia", SetMedia{}, "done", Done{}},
	{"setDataUse", SetDataUse{}, "done", Done{}},
	{"setBattery", SetBattery{}, "done", Done{}},
	{"hold", Hold{}, "done", Done{}},
	{"moveHere", MoveHere{}, "callState", CallState{}},
	{"proposeKind", ProposeKind{}, "done", Done{}},
	{"answerKind", AnswerKind{}, "done", Done{}},
	{"raiseHand", RaiseHand{}, "done", Done{}},
	{"lowerHand", LowerHand{}, "done", Done{}},
	{"react", React{}, "done", Done{}},
	{"say", Say{}, "done", Done{}},
	{"setTrouble", SetTrouble{}, "done", Done{}},
	{"cannotHear", CannotHear{}, "done", Done{}},
	{"muteParticipant", MuteParticipant{}, "done", Done{}},
	{"removeParticipant", RemoveParticipant{}, "done", Done{}},
	{"lock", Lock{}, "done", Done{}},
	{"mediaFlows", MediaFlows{}, "done", Done{}},
	{"mediaFailed", MediaFailed{}, "done", Done{}},
	{"reportConnection", ReportConnection{}, "done", Done{}},
	{"reportQuality", ReportQuality{}, "done", Done{}},
	{"reportEnd", ReportEnd{}, "done", Done{}},
	{"rateCall", RateCall{}, "done", Done{}},
	{"enterKeys", EnterKeys{}, "keys", Keys{}},
	{"foundKeys", FoundKeys{}, "keysAccepted", KeysAccepted{}},
	{"commitKeys", CommitKeys{}, "keysAccepted", KeysAccepted{}},
	{"keysReady", KeysReady{}, "done", Done{}},
	{"syncKeys", SyncKeys{}, "keysLog", KeysLog{}},
	{"sendKeyMessage", SendKeyMessage{}, "done", Done{}},
	{"firstOpened", FirstOpened{}, "done", Done{}},
	{"reportKeys", ReportKeys{}, "done", Done{}},
	{"setDeviceKey", SetDeviceKey{}, "devices", Devices{}},
	{"signDevice", SignDevice{}, "devices", Devices{}},
	{"putKeyPackages", PutKeyPackages{}, "keyPackages", KeyPackages{}},
	{"setNoteKey", SetNoteKey{}, "done", Done{}},
	{"getNoteKeys", GetNoteKeys{}, "noteKeys", NoteKeys{}},
	{"getPush", GetPush{}, "push", Push{}},
	{"setPush", SetPush{}, "push", Push{}},
	{"clearPush", ClearPush{}, "push", Push{}},
	{"getPeople", GetPeople{}, "people", People{}},
	{"addContact", AddContact{}, "people", People{}},
	{"removeContact", RemoveContact{}, "people", People{}},
	{"setFavourite", SetFavourite{}, "people", People{}},
	{"block", Block{}, "people", People{}},
	{"unblock", Unblock{}, "people", People{}},
	{"getDiscovery", GetDiscovery{}, "discovery", Discovery{}},
	{"setDiscovery", SetDiscovery{}, "discovery", Discovery{}},
	{"setDiscoverable", SetDiscoverable{}, "discovery", Discovery{}},
	{"uploadContacts", UploadContacts{}, "matches", Matches{}},
	{"blockNumber", BlockNumber{}, "discovery", Discovery{}},
	{"unblockNumber", UnblockNumber{}, "discovery", Discovery{}},
	{"getPrivacy", GetPrivacy{}, "privacy", Privacy{}},
	{"setPrivacy", SetPrivacy{}, "privacy", Privacy{}},
	{"getPreferences", GetPreferences{}, "preferences", Preferences{}},
	{"setPreferences", SetPreferences{}, "preferences", Preferences{}},
	{"getProfiles", GetProfiles{}, "profiles", Profiles{}},
	{"setProfile", SetProfile{}, "profile", Profile{}},
	{"changeNumber", ChangeNumber{}, "discovery", Discovery{}},
	{"findNumber", FindNumber{}, "found", Found{}},
	{"disableAccount", DisableAccount{}, "done", Done{}},
	{"deleteAccount", DeleteAccount{}, "done", Done{}},
	{"getCallLog", GetCallLog{}, "callLog", CallLog{}},
	{"forgetCalls", ForgetCalls{}, "done", Done{}},
	{"getDecisions", GetDecisions{}, "decisions", Decisions{}},
	{"createLink", CreateLink{}, "link", Link{}},
	{"getLinks", GetLinks{}, "links", Links{}},
	{"changeLink", ChangeLink{}, "link", Link{}},
	{"newHostLink", NewHostLink{}, "link", Link{}},
	{"revokeLink", RevokeLink{}, "link", Link{}},
	{"forgetBans", ForgetBans{}, "done", Done{}},
	{"setSlots", SetSlots{}, "linkSlots", LinkSlots{}},
	{"getSlots", GetSlots{}, "linkSlots", LinkSlots{}},
	{"bookSlot", BookSlot{}, "bookedSlot", BookedSlot{}},
	{"lookAtLink", LookAtLink{}, "linkDoor", LinkDoor{}},
	{"joinLink", JoinLink{}, "callState", CallState{}},
	{"knock", Knock{}, "waiting", Waiting{}},
	{"stopWaiting", StopWaiting{}, "done", Done{}},
	{"answerKnock", AnswerKnock{}, "done", Done{}},
	{"setLobby", SetLobby{}, "done", Done{}},
	{"setQueue", SetQueue{}, "queue", Queue{}},
	{"getQueue", GetQueue{}, "queue", Queue{}},
	{"transfer", Transfer{}, "done", Done{}},
	{"getCallbacks", GetCallbacks{}, "callbacks", Callbacks{}},
	{"finishCallback", FinishCallback{}, "done", Done{}},
	{"linkDevice", LinkDevice{}, "deviceCode", DeviceCode{}},
	{"getDevices", GetDevices{}, "devices", Devices{}},
	{"confirmDevice", ConfirmDevice{}, "devices", Devices{}},
	{"revokeDevice", RevokeDevice{}, "devices", Devices{}},
	{"getPresenceSetting", GetPresenceSetting{}, "presenceSetting", PresenceSetting{}},
	{"setPresenceSetting", SetPresenceSetting{}, "presenceSetting", PresenceSetting{}},
	{"watchPresence", WatchPresence{}, "presence", WatchedPresence{}},
	{"createGroup", CreateGroup{}, "group", Group{}},
	{"getGroups", GetGroups{}, "groups", Groups{}},
	{"getGroup", GetGroup{}, "group", Group{}},
	{"addToGroup", AddToGroup{}, "group", Group{}},
	{"acceptInvitation", AcceptInvitation{}, "group", Group{}},
	{"declineInvitation", DeclineInvitation{}, "done", Done{}},
	{"leaveGroup", LeaveGroup{}, "done", Done{}},
	{"removeFromGroup", RemoveFromGroup{}, "group", Group{}},
	{"liftBan", LiftBan{}, "group", Group{}},
	{"setRole", SetRole{}, "group", Group{}},
	{"renameGroup", RenameGroup{}, "group", Group{}},
	{"isolateInGroup", IsolateInGroup{}, "group", Group{}},
	{"ringGroup", RingGroup{}, "callState", CallState{}},
	{"joinGroupCall", JoinGroupCall{}, "callState", CallState{}},
}

// Events are all events, in the order of the protocol page.
var Events = []Event{
	{"incoming", Incoming{}, ScopeSession},
	{"ringStopped", RingStopped{}, ScopeSession},
	{"callMoved", CallMoved{}, ScopeSession},
	{"people", People{}, ScopeSession},
	{"discovery", Discovery{}, ScopeSession},
	{"privacy", Privacy{}, ScopeSession},
	{"preferences", Preferences{}, ScopeSession},
	{"profile", Profile{}, ScopeSession},
	{"logged", CallLogEntry{}, ScopeSession},
	{"callsForgotten", CallsForgotten{}, ScopeSession},
	{"devices", Devices{}, ScopeSession},
	{"presenceSetting", PresenceSetting{}, ScopeSession},
	{"presence", WatchedPresence{}, ScopeSession},
	{"group", Group{}, ScopeSession},
	{"groupGone", GroupGone{}, ScopeSession},
	{"groupCall", GroupCall{}, ScopeSession},
	{"keyPackages", KeyPackages{}, ScopeSession},
	{"noteKeyWanted", NoteKeyWanted{}, ScopeSession},
	{"link", Link{}, ScopeSession},
	{"lobby", Lobby{}, ScopeSession},
	{"knockAnswered", KnockAnswered{}, ScopeSession},
	{"reminder", Reminder{}, ScopeSession},
	{"restarting", Restarting{}, ScopeSession},
	{"participantInvited", ParticipantInvited{}, ScopeCall},
	{"participantRinging", ParticipantRinging{}, ScopeCall},
	{"inviteUnanswered", InviteUnanswered{}, ScopeCall},
	{"inviteWithdrawn", InviteWithdrawn{}, ScopeCall},
	{"participantJoined", ParticipantJoined{}, ScopeCall},
	{"participantLeft", ParticipantLeft{}, ScopeCall},
	{"presenceChanged", PresenceChanged{}, ScopeCall},
	{"mediaChanged", MediaChanged{}, ScopeCall},
	{"batteryChanged", BatteryChanged{}, ScopeCall},
	{"holdChanged", HoldChanged{}, ScopeCall},
	{"kindProposed", KindProposed{}, ScopeCall},
	{"kindAnswered", KindAnswered{}, ScopeCall},
	{"handChanged", HandChanged{}, ScopeCall},
	{"reacted", Reacted{}, ScopeCall},
	{"troubleChanged", TroubleChanged{}, ScopeCall},
	{"lockChanged", LockChanged{}, ScopeCall},
	{"lobbyChanged", LobbyChanged{}, ScopeCall},
	{"titleChanged", TitleChanged{}, ScopeCall},
	{"queueChanged", QueueChanged{}, ScopeCall},
	{"hostChanged", HostChanged{}, ScopeCall},
	{"phaseChanged", PhaseChanged{}, ScopeCall},
	{"topologyChanged", TopologyChanged{}, ScopeCall},
	{"callEnded", CallEnded{}, ScopeCall},
	{"described", Described{}, ScopePeer},
	{"trickled", Trickled{}, ScopePeer},
	{"slots", Slots{}, ScopePeer},
	{"codecs", Codecs{}, ScopePeer},
	{"paused", Paused{}, ScopePeer},
	{"encodings", Encodings{}, ScopePeer},
	{"dataUse", DataUse{}, ScopePeer},
	{"keysWanted", KeysWanted{}, ScopePeer},
	{"keysCommitted", KeysCommitted{}, ScopePeer},
	{"keysWelcomed", KeysWelcomed{}, ScopePeer},
	{"keysSwitch", KeysSwitch{}, ScopePeer},
	{"keysRestarted", KeysRestarted{}, ScopePeer},
	{"keyMessage", KeyMessage{}, ScopePeer},
	{"said", Said{}, ScopePeer},
	{"speakers", Speakers{}, ScopePeer},
}

var (
	requestTypes = map[string]reflect.Type{}
	replyNames   = map[reflect.Type]string{reflect.TypeFor[Problem](): "problem"}
	eventNames   = map[reflect.Type]string{}
)

func init() {
	for _, r := range Requests {
		requestTypes[r.Type] = reflect.TypeOf(r.Body)
		replyNames[reflect.TypeOf(r.ReplyBody)] = r.Reply
	}
	for _, e := range Events {
		eventNames[reflect.TypeOf(e.Body)] = e.Type
	}
}
