package wire

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The golden frames are one or more examples of every request, reply and event.
// This package and the TypeScript client both read them: who changes what a
// frame looks like sees it here first.
var update = flag.Bool("update", false, "write the golden frames anew")

const goldenDir = "testdata/golden"

var (
	ana  = Participant{Participant: "p1", User: "ana", Name: "Ana", Presence: PresenceJoined, Device: DeviceComputer, Media: Media{Microphone: true, Camera: true}}
	bia  = Participant{Participant: "p2", User: "bia", Name: "Bia", Presence: PresenceRinging}
	zoe  = Participant{Participant: "p3", Name: "Zoë", Guest: true, Automated: true, Presence: PresenceJoined, Device: DevicePhone, Media: Media{Microphone: true, Screen: true}, BatteryLow: true}
	link = Link{Link: "bm90IGEgcmVhbCBzZWNyZXQ", Kind: KindVideo, Terms: LinkTerms{Title: "Standup", ExpiresMs: 1769817600000, MaxUses: 20}, CreatedMs: 1767225600000, EndsMs: 1769817600000, Uses: 3}

	ringing = CallState{
		Call: "c1", Epoch: 1, Seq: 1, Kind: KindVideo, Phase: PhaseRinging, Topology: TopologyDirect, Generation: 1,
		Self: "p1", Host: "p1", Support: "7K3M-Q2ZD", RingTimeoutMs: 45000, Encrypted: true, Participants: []Participant{ana, bia}, ICE: ICE{RelayOnly: true},
	}
	active = CallState{
		Call: "c1", Epoch: 2, Seq: 17, Kind: KindVideo, Phase: PhaseActive, Topology: TopologySFU, Generation: 2,
		Self: "p3", Title: "Standup", Support: "7K3M-Q2ZD", AskRating: true, NoReports: true, Encrypted: true, Isolates: true, RingTimeoutMs: 45000, ConnectedMs: 1767225605000, Participants: []Participant{ana, zoe},
		ICE: ICE{Servers: []ICEServer{{URLs: []string{"turn:calls.example:3478?transport=udp"}, Username: "1767229200:p3", Credential: "c2VjcmV0"}}},
	}
	choir = Group{
		Group: "g1", Version: 4, Name: "Choir", Membership: MembershipActive, Role: GroupAdmin, Isolate: true, CreatedMs: 1767225600000, MemberCount: 2,
		Members: []GroupEntry{
			{User: "ana", Name: "Ana", Membership: MembershipActive, Role: GroupAdmin, SinceMs: 1767225600000},
			{User: "bia", Name: "Bia", Automated: true, Membership: MembershipActive, Role: GroupMember, SinceMs: 1767225601000},
			{User: "caio", Name: "Caio", Membership: MembershipInvited, SinceMs: 1767225602000, ExpiresMs: 1767830402000},
			{User: "duda", Name: "Duda", Membership: MembershipFormer, SinceMs: 1767225603000},
		},
		Call: &GroupCall{Group: "g1", Call: "c1", Kind: KindVideo, By: "ana", Participants: 1, Active: true},
	}
	invitation = Group{Group: "g1", Version: 4, Name: "Choir", Membership: MembershipInvited, By: "ana", ExpiresMs: 1767830402000}
	night      = &DoNotDisturb{Zone: "Europe/Rome", Ranges: []DayRange{{1320, 420}, {780, 840}}}
	offer      = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
	entry      = CallLogEntry{Call: "c1", Kind: KindVoice, Direction: DirectionIncoming, Outcome: OutcomeAnswered, With: []Person{{"bia", "Bia"}}, StartedMs: 1767225600000, DurationMs: 61000}
)

var requestExamples = map[string]any{
	"hello":             Hello{Token: "a.b.c", Device: "d1"},
	"hello.resume":      Hello{Token: "a.b.c", Device: "d1", DeviceName: "Ana’s phone", Resume: &Resume{Session: "s1", Secret: "x1", Serial: 12}},
	"ping":              Ping{Serial: 12},
	"ping.rtt":          Ping{Serial: 13, RTTMs: 41},
	"ring":              Ring{Users: []UserID{"bia"}, Kind: KindVideo},
	"ring.routed":       Ring{Users: []UserID{"bia"}, Kind: KindVoice, Routed: true},
	"ring.group":        Ring{Users: []UserID{"bia", "caio", "duda"}, Kind: KindVoice},
	"invite":            Invite{Call: "c1", Users: []UserID{"caio"}},
	"deviceRings":       DeviceRings{Call: "c1"},
	"accept":            Accept{Call: "c1", Media: Media{Microphone: true}},
	"decline":           Decline{Call: "c1"},
	"cancel":            Cancel{Call: "c1"},
	"cancel.one":        Cancel{Call: "c1", Participant: "p2"},
	"leave":             Leave{Call: "c1"},
	"end":               End{Call: "c1"},
	"sync":              Sync{Call: "c1"},
	"describe":          Describe{Call: "c1", Generation: 1, Type: SDPOffer, SDP: offer},
	"trickle":           Trickle{Call: "c1", Generation: 1, Candidates: []Candidate{{Candidate: "candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host", SDPMid: "0", UsernameFragment: "abcd"}}},
	"trickle.end":       Trickle{Call: "c1", Generation: 1, Candidates: []Candidate{{SDPMid: "0"}}},
	"negotiate":         Negotiate{Call: "c1", Generation: 2, SDP: offer, Sends: []Send{{"0", SourceMicrophone}, {"1", SourceCamera}, {"2", SourceScreen}, {"3", SourceScreenAudio}}},
	"view":              View{Call: "c1", Items: []ViewItem{{"p3", SourceScreen, 1080, true}, {"p2", SourceCamera, 180, false}}},
	"setDataUse":        SetDataUse{Call: "c1", Low: true, BudgetKB: 50_000},
	"setDataUse.none":   SetDataUse{Call: "c1"},
	"view.nothing":      View{Call: "c1", Items: []ViewItem{}},
	"setMedia":          SetMedia{Call: "c1", Media: Media{Microphone: true, Camera: true, Screen: true}},
	"setBattery":        SetBattery{Call: "c1", Low: true},
	"hold":              Hold{Call: "c1", On: true},
	"moveHere":          MoveHere{Call: "c1", Media: Media{Microphone: true}},
	"proposeKind":       ProposeKind{Call: "c1", Kind: KindVideo},
	"answerKind":        AnswerKind{Call: "c1", Accept: true},
	"raiseHand":         RaiseHand{Call: "c1", On: true},
	"lowerHand":         LowerHand{Call: "c1", Participant: "p2"},
	"react":             React{Call: "c1", Reaction: ReactionHeart},
	"setTrouble":        SetTrouble{Call: "c1", Trouble: TroublePoorNetwork, On: true},
	"cannotHear":        CannotHear{Call: "c1", Participant: "p2", On: true},
	"muteParticipant":   MuteParticipant{Call: "c1", Participant: "p2"},
	"removeParticipant": RemoveParticipant{Call: "c1", Participant: "p2"},
	"lock":              Lock{Call: "c1", On: true},
	"rateCall":          RateCall{Call: "c1", Stars: 3, Reasons: []RatingReason{RatingCutOut, RatingDelay}},
	"reportConnection": ReportConnection{
		Call: "c1", Generation: 1, Path: PathRelay, Transport: TransportUDP, Family: FamilyV4, RelayMs: 45, ICEMs: 62, DTLSMs: 31,
	},
	"reportQuality": ReportQuality{
		Call: "c1", SpanMs: 10000, Path: PathHost, RTTMs: 24,
		Sound: &HeardSound{PlayedMs: 9800, ConcealedMs: 120, Packets: 486, Lost: 9, JitterMs: 4, BufferMs: 45, Repaired: true},
		Pictures: []SeenPictures{{
			Source: SourceCamera, GoodMs: 10000, FramesPerSecond: 30, Height: 360, Packets: 912, Lost: 14, JitterMs: 6, BufferMs: 52,
		}},
		Sent: &SentPicture{SentMs: 10000, CPUMs: 2000}, Switches: 1,
		Up:      []SentLoss{{SourceMicrophone, 12}},
		Moments: []Moment{{MomentFirstCamera, 340}, {What: MomentResumed}},
	},
	"reportEnd":           ReportEnd{Call: "c1", SentKB: 5120, ReceivedKB: 6144, Moments: []Moment{{MomentGapNetwork, 1800}}},
	"mediaFlows":          MediaFlows{Call: "c1", Generation: 1, Path: PathRelay, AfterMs: 380},
	"mediaFailed":         MediaFailed{Call: "c1", Generation: 1, Cause: MediaFailureICE},
	"getPeople":           GetPeople{},
	"addContact":          AddContact{User: "bia"},
	"removeContact":       RemoveContact{User: "bia"},
	"setFavourite":        SetFavourite{User: "bia", Favourite: true},
	"block":               Block{User: "mal"},
	"unblock":             Unblock{User: "mal"},
	"getDiscovery":        GetDiscovery{},
	"setDiscovery":        SetDiscovery{On: true},
	"setDiscoverable":     SetDiscoverable{},
	"uploadContacts":      UploadContacts{Add: []string{"+390000000001"}, Remove: []string{"+390000000002"}},
	"uploadContacts.all":  UploadContacts{Add: []string{"+390000000001"}, Remove: []string{}, Start: true, Complete: true},
	"blockNumber":         BlockNumber{Number: "+390000000003"},
	"unblockNumber":       UnblockNumber{Number: "+390000000003"},
	"getPrivacy":          GetPrivacy{},
	"setPrivacy":          SetPrivacy{WhoMayCall: MayCallContacts, HideAddress: true, IfVersion: 3},
	"setPrivacy.hours":    SetPrivacy{WhoMayCall: MayCallEveryone, WhoMayAdd: MayCallContacts, SilenceUnknown: true, RejectInCall: true, TakeNotes: true, DoNotDisturb: night},
	"getDecisions":        GetDecisions{},
	"getDecisions.2":      GetDecisions{Before: "next-page", Limit: 20},
	"getCallLog":          GetCallLog{},
	"forgetCalls":         ForgetCalls{Calls: []CallID{"c1"}},
	"forgetCalls.all":     ForgetCalls{Calls: []CallID{}},
	"getCallLog.2":        GetCallLog{Before: "next-page", Limit: 20},
	"createLink":          CreateLink{Kind: KindVideo, Terms: LinkTerms{Title: "Standup", MaxUses: 20}, ExpiresInSeconds: 2592000},
	"createLink.0":        CreateLink{Kind: KindVoice},
	"getLinks":            GetLinks{},
	"revokeLink":          RevokeLink{Link: link.Link},
	"createGroup":         CreateGroup{Name: "Choir", Users: []UserID{"bia", "caio"}, Isolate: true},
	"getGroups":           GetGroups{},
	"getGroup":            GetGroup{Group: "g1"},
	"addToGroup":          AddToGroup{Group: "g1", Users: []UserID{"duda"}},
	"acceptInvitation":    AcceptInvitation{Group: "g1"},
	"declineInvitation":   DeclineInvitation{Group: "g1"},
	"leaveGroup":          LeaveGroup{Group: "g1"},
	"removeFromGroup":     RemoveFromGroup{Group: "g1", User: "caio"},
	"removeFromGroup.ban": RemoveFromGroup{Group: "g1", User: "mal", Ban: true},
	"setRole":             SetRole{Group: "g1", User: "bia", Role: GroupAdmin},
	"renameGroup":         RenameGroup{Group: "g1", Name: "Small choir"},
	"isolateInGroup":      IsolateInGroup{Group: "g1", On: true},
	"ringGroup":           RingGroup{Group: "g1", Kind: KindVideo},
	"ringGroup.silent":    RingGroup{Group: "g1", Kind: KindVoice, Silent: true, ConfirmBlocked: true},
	"joinGroupCall":       JoinGroupCall{Group: "g1", Media: Media{Microphone: true}},
	"hello.capabilities": Hello{Token: "a.b.c", Device: "d1", Capabilities: &Capabilities{
		Audio: []AudioCodec{AudioCodecOpus, AudioCodecPCMU}, Video: []VideoCodec{VideoCodecVP8, VideoCodecAV1}, Simulcast: true, SVC: true, Screen: true, Battery: true,
	}},
	"hello.encryption": Hello{Token: "a.b.c", Device: "d1", Encryption: EncryptionVersion},
	"ring.unencrypted": Ring{Users: []UserID{"bia"}, Kind: KindVideo, Unencrypted: true},
	"describe.binding": Describe{Call: "c1", Generation: 1, Type: SDPOffer, SDP: offer, Binding: "c2lnbmVk"},
	"joinLink":         JoinLink{Link: link.Link, Media: Media{Microphone: true, Camera: true}},
}

var replyExamples = map[string]any{
	"welcome":         Welcome{Session: "s1", Secret: "x1", GraceMs: 30000, User: "ana", Name: "Ana", Calls: []CallState{ringing}, Incoming: []Incoming{{Call: "c2", Kind: KindVoice, From: "bia", Name: "Bia", RingMs: 40000}}},
	"welcome.resumed": Welcome{Session: "s1", Secret: "x1", Resumed: true, GraceMs: 30000, Name: "Zoë"},
	"done":            Done{},
	"callState":       ringing,
	"callState.sfu":   active,
	"negotiated":      Negotiated{Generation: 2, SDP: offer},
	"people":          People{Contacts: []Person{{"bia", "Bia"}}, Blocked: []Person{{"mal", "Mal"}}, Favourites: []UserID{"bia"}},
	"people.nobody":   People{},
	"discovery":       Discovery{On: true, Uploaded: 214, NumbersBlocked: 1, NumberEnding: "01", Discoverable: true},
	"discovery.off":   Discovery{},
	"matches":         Matches{People: []Person{{"bia", "Bia"}}, Skipped: 1, NextSyncMs: 86400000},
	"matches.none":    Matches{NextSyncMs: 86400000},
	"privacy":         Privacy{WhoMayCall: MayCallEveryone, WhoMayAdd: MayCallEveryone},
	"callLog":         CallLog{Entries: []CallLogEntry{entry}, Next: "next-page"},
	"callLog.empty":   CallLog{},
	"privacy.hours":   Privacy{WhoMayCall: MayCallEveryone, WhoMayAdd: MayCallContacts, SilenceUnknown: true, RejectInCall: true, TakeNotes: true, DoNotDisturb: night, Version: 5},
	"decisions": Decisions{Next: "next-page", Entries: []Decision{
		{From: "mal", Name: "Mal", Call: "c1", Path: DecisionRing, Verdict: VerdictSilent, Reason: ReasonBlocked, AtMs: 1767225600000},
		{Name: "Zoë", Path: DecisionLink, Verdict: VerdictAllowed, Reason: ReasonNothingAgainst, AtMs: 1767225500000},
	}},
	"decisions.none":    Decisions{},
	"problem.noCalls":   &Problem{Code: CodeCallsNotAccepted, Detail: "the account takes no calls", Text: "Write to us instead."},
	"link":              link,
	"group":             choir,
	"group.invited":     invitation,
	"groups":            Groups{Groups: []Group{invitation}},
	"links":             Links{Links: []Link{link, {Link: "b3BlbiBmb3IgZXZlcnlib2R5", Kind: KindVoice, CreatedMs: 1767225600000, RevokedMs: 1767225700000}}},
	"problem":           &Problem{Code: CodeAnsweredElsewhere, Detail: "another device was first", Device: "Ana’s phone"},
	"problem.rate":      &Problem{Code: CodeRateLimited, Detail: "12 rings in a minute; wait", RetryAfterMs: 5000},
	"problem.withoutId": &Problem{Code: CodeBadFrame, Detail: "the frame is not JSON"},
}

var eventExamples = map[string]any{
	"incoming":            Incoming{Call: "c1", Kind: KindVideo, From: "ana", Name: "Ana", RingMs: 45000, Encrypted: true},
	"incoming.group":      Incoming{Call: "c1", Kind: KindVideo, From: "ana", Name: "Ana", Automated: true, Others: 2, RingMs: 45000},
	"ringStopped":         RingStopped{Call: "c1", Reason: StopAnsweredElsewhere, Device: "Ana’s phone"},
	"ringStopped.missed":  RingStopped{Call: "c1", Reason: StopTimeout},
	"callMoved":           CallMoved{Call: "c1", Device: "Ana’s phone"},
	"people":              People{Contacts: []Person{{"bia", "Bia"}}},
	"callsForgotten":      CallsForgotten{Calls: []CallID{"c1"}},
	"discovery":           Discovery{On: true, Uploaded: 1, NumberEnding: "01"},
	"privacy":             Privacy{WhoMayCall: MayCallNobody, WhoMayAdd: MayCallEveryone, HideAddress: true, Version: 4},
	"logged":              entry,
	"logged.missed":       CallLogEntry{Call: "c3", Kind: KindVideo, Direction: DirectionIncoming, Outcome: OutcomeMissed, StartedMs: 1767225600000},
	"logged.note":         CallLogEntry{Call: "c3", Kind: KindVideo, Direction: DirectionIncoming, Outcome: OutcomeMissed, With: []Person{{"ana", "Ana"}}, StartedMs: 1767225600000, Note: true},
	"group":               choir,
	"group.invited":       invitation,
	"groupGone":           GroupGone{Group: "g1", Reason: GroupRemoved},
	"groupCall":           GroupCall{Group: "g1", Call: "c1", Kind: KindVideo, By: "ana", Participants: 3, Active: true},
	"groupCall.over":      GroupCall{Group: "g1", Call: "c1", Kind: KindVideo, By: "ana"},
	"incoming.ofGroup":    Incoming{Call: "c1", Kind: KindVideo, From: "ana", Name: "Ana", Others: 2, RingMs: 45000, Group: "g1", Title: "Choir"},
	"restarting":          Restarting{},
	"participantInvited":  ParticipantInvited{By: "p1", Participant: bia},
	"participantRinging":  ParticipantRinging{Participant: "p2"},
	"inviteUnanswered":    InviteUnanswered{Participant: "p2", Busy: true},
	"participantJoined":   ParticipantJoined{Participant: zoe, KeyEpoch: 7},
	"participantLeft":     ParticipantLeft{Participant: "p2", Reason: LeaveLost},
	"presenceChanged":     PresenceChanged{Participant: "p2", Presence: PresenceReconnecting},
	"mediaChanged":        MediaChanged{Participant: "p2", Media: Media{Camera: true}, Device: DeviceTablet},
	"batteryChanged":      BatteryChanged{Participant: "p2", Low: true},
	"holdChanged":         HoldChanged{Participant: "p2", On: true},
	"kindProposed":        KindProposed{By: "p1", Kind: KindVideo, ForMs: 30000},
	"kindAnswered":        KindAnswered{Participant: "p2", Kind: KindVideo, Answer: KindAccepted},
	"handChanged":         HandChanged{Participant: "p2", RaisedMs: 1767225606000},
	"handChanged.lowered": HandChanged{Participant: "p2", By: "p1"},
	"reacted":             Reacted{Participant: "p2", Reaction: ReactionHeart},
	"troubleChanged":      TroubleChanged{Participant: "p2", Trouble: TroublePoorNetwork, On: true},
	"lockChanged":         LockChanged{On: true},
	"hostChanged":         HostChanged{Host: "p2"},
	"phaseChanged":        PhaseChanged{Phase: PhaseConnecting, ConnectedMs: 1767225605000},
	"topologyChanged":     TopologyChanged{Topology: TopologySFU, Generation: 2},
	"callEnded":           CallEnded{Reason: EndHangup, DurationMs: 61000},
	"described":           Described{Generation: 1, Type: SDPAnswer, SDP: offer},
	"trickled":            Trickled{Generation: 1, Candidates: []Candidate{{Candidate: "candidate:1 1 udp 2130706431 192.0.2.2 50000 typ host", SDPMid: "0"}}},
	"slots":               Slots{Generation: 2, Slots: []Slot{{"4", "p2", SourceMicrophone}, {"10", "p2", SourceCamera}}},
	"slots.none":          Slots{Generation: 2},
	"codecs":              Codecs{Generation: 2, Video: []VideoCodec{VideoCodecVP8, VideoCodecVP9}},
	"codecs.none":         Codecs{Generation: 2},
	"paused":              Paused{Generation: 2, Pictures: []PausedPicture{{"p2", SourceCamera, PauseBandwidth}, {"p3", SourceScreen, PauseDataBudget}}},
	"paused.none":         Paused{Generation: 2},
	"encodings":           Encodings{Generation: 2, Source: SourceCamera, Active: []bool{true, false, false}},
	"dataUse":             DataUse{Generation: 2, State: DataLow, UsedKB: 40_123, BudgetKB: 50_000},
	"speakers":            Speakers{Participants: []ParticipantID{"p2", "p1"}},
	"speakers.silence":    Speakers{},
}

// goldenFrames makes the frames of all examples, by file name.
func goldenFrames(t *testing.T) map[string]Frame {
	t.Helper()
	frames := map[string]Frame{}
	add := func(kind, name string, frame Frame, err error) {
		if err != nil {
			t.Fatalf("%s %s: %v", kind, name, err)
		}
		if base, _, _ := strings.Cut(name, "."); frame.Type != base {
			t.Fatalf("the example %s %s is a %s", kind, name, frame.Type)
		}
		frames[kind+"-"+name+".json"] = frame
	}
	for name, body := range requestExamples {
		base, _, _ := strings.Cut(name, ".")
		frame, err := encode(Frame{Type: base, ID: "7"}, body)
		add("request", name, frame, err)
	}
	for name, body := range replyExamples {
		id := "7"
		if name == "problem.withoutId" {
			id = ""
		}
		frame, err := EncodeReply(id, body)
		add("reply", name, frame, err)
	}
	scopes := map[string]Scope{}
	for _, e := range Events {
		scopes[e.Type] = e.Scope
	}
	for name, body := range eventExamples {
		base, _, _ := strings.Cut(name, ".")
		var call CallID
		var epoch, seq uint32
		switch scopes[base] {
		case ScopeCall:
			call, epoch, seq = "c1", 1, 2
		case ScopePeer:
			call = "c1"
		}
		frame, err := EncodeEvent(call, epoch, seq, body)
		frame.Serial = 5
		add("event", name, frame, err)
	}
	return frames
}

func indent(t *testing.T, frame Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(frame); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGoldenFramesAreWhatThisPackageWrites(t *testing.T) {
	want := goldenFrames(t)
	if *update {
		if err := os.RemoveAll(goldenDir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(goldenDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, frame := range want {
			if err := os.WriteFile(filepath.Join(goldenDir, name), indent(t, frame), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if missing := slices.Sorted(maps.Keys(want)); !slices.Equal(names, missing) {
		t.Fatalf("the files are %v\nwant %v; run: go test ./signalling/wire -update", names, missing)
	}
	for name, frame := range want {
		data, err := os.ReadFile(filepath.Join(goldenDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := indent(t, frame); !bytes.Equal(got, data) {
			t.Errorf("%s is\n%s\nnow\n%s\nif that is meant, run: go test ./signalling/wire -update", name, data, got)
		}
	}
}

func TestEveryMessageHasAGoldenFrame(t *testing.T) {
	for _, r := range Requests {
		if _, ok := requestExamples[r.Type]; !ok {
			t.Errorf("no example of the request %s", r.Type)
		}
		if _, ok := replyExamples[r.Reply]; !ok {
			t.Errorf("no example of the reply %s", r.Reply)
		}
	}
	for _, e := range Events {
		if _, ok := eventExamples[e.Type]; !ok {
			t.Errorf("no example of the event %s", e.Type)
		}
	}
}

func TestEveryGoldenRequestIsDecodedToItsExample(t *testing.T) {
	for name, body := range requestExamples {
		data, err := os.ReadFile(filepath.Join(goldenDir, "request-"+name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		frame, message, err := Decode(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := reflect.ValueOf(message).Elem().Interface(); frame.ID != "7" || !reflect.DeepEqual(got, body) {
			t.Errorf("%s: got id %q and %+v, want %+v", name, frame.ID, got, body)
		}
	}
}

func TestEveryGoldenReplyAndEventIsReadAndWrittenAlike(t *testing.T) {
	for kind, examples := range map[string]map[string]any{"reply": replyExamples, "event": eventExamples} {
		for name, body := range examples {
			data, err := os.ReadFile(filepath.Join(goldenDir, kind+"-"+name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var frame Frame
			d := json.NewDecoder(bytes.NewReader(data))
			d.DisallowUnknownFields()
			if err := d.Decode(&frame); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if bytes.Contains(frame.Body, []byte("null")) {
				t.Errorf("%s has a null:\n%s", name, data)
			}
			message := reflect.New(bodyType(body))
			d = json.NewDecoder(bytes.NewReader(frame.Body))
			d.DisallowUnknownFields()
			if err := d.Decode(message.Interface()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			again, err := encode(frame, message.Elem().Interface())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := indent(t, again); !bytes.Equal(got, data) {
				t.Errorf("%s is\n%s\nread and written\n%s", name, data, got)
			}
		}
	}
}
