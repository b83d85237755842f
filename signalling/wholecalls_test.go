package signalling_test

import (
	"crypto/ed25519"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"pronto/signalling/client/media"
	"pronto/signalling/framing/framingtest"
	"pronto/signalling/wire"
)

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// ring has somebody call others.
func (r *run) ring(by int, users ...wire.UserID) wire.CallState {
	r.t.Helper()
	state := ask[wire.CallState](r.pages[by], "ring", wire.Ring{Users: users, Kind: wire.KindVoice})
	r.relays(by, state)
	return state
}

// accept has somebody answer.
func (r *run) accept(by int, call wire.CallID) wire.CallState {
	r.t.Helper()
	r.pages[by].wait("the ring", 0, func(f wire.Frame) bool { return f.Type == "incoming" && decode[wire.Incoming](r.t, f).Call == call })
	ask[wire.Done](r.pages[by], "deviceRings", wire.DeviceRings{Call: call})
	state := ask[wire.CallState](r.pages[by], "accept", wire.Accept{Call: call, Media: wire.Media{Microphone: true}})
	r.relays(by, state)
	return state
}

// relays notes what opens the relay to somebody.
func (r *run) relays(by int, state wire.CallState) {
	for _, server := range state.ICE.Servers {
		r.secret(by, server.Credential)
	}
}

// ended waits until somebody hears that a call is over.
func (r *run) ended(by int, call wire.CallID) {
	r.t.Helper()
	r.pages[by].wait("the end of the call", 0, func(f wire.Frame) bool { return f.Type == "callEnded" && f.Call == call })
}

// typeOf is what a request is called on the wire.
func typeOf(t testing.TB, body any) string {
	t.Helper()
	for _, r := range wire.Requests {
		if reflect.TypeOf(r.Body) == reflect.TypeOf(body) {
			return r.Type
		}
	}
	t.Fatalf("%T is no request", body)
	return ""
}

// does asks for things in a call that are answered with done.
func (r *run) does(by int, requests ...any) {
	r.t.Helper()
	for _, m := range requests {
		ask[wire.Done](r.pages[by], typeOf(r.t, m), m)
	}
}

// talk has people call each other: answered, unanswered, blocked, taken back.
func (r *run) talk() {
	answered := r.ring(0, r.user(1)).Call
	state := r.accept(1, answered)
	r.support = state.Support
	address := r.word("candidate:1 1 udp 1 203.0.113.77 9 typ host ")
	r.secret(1, address)
	r.does(0,
		wire.Describe{Call: answered, Generation: state.Generation, Type: wire.SDPOffer, SDP: "v=0\r\na=" + address + "\r\n", Binding: wire.ToBlob([]byte("binding"))},
		wire.Trickle{Call: answered, Generation: state.Generation, Candidates: []wire.Candidate{{Candidate: address, SDPMid: "0"}}},
	)
	r.does(1,
		wire.ReportConnection{Call: answered, Generation: state.Generation, Path: wire.PathHost, Transport: wire.TransportUDP},
		wire.MediaFlows{Call: answered, Generation: state.Generation, Path: wire.PathHost, AfterMs: 150},
		wire.FirstOpened{Call: answered, AfterMs: 90},
		wire.ReportQuality{
			Call: answered, SpanMs: 10_000, Path: wire.PathHost, RTTMs: 30, Pictures: []wire.SeenPictures{},
			Sound: &wire.HeardSound{PlayedMs: 9_000, ConcealedMs: 90, Packets: 450},
		},
		wire.ProposeKind{Call: answered, Kind: wire.KindVideo},
		wire.Hold{Call: answered, On: true}, wire.Hold{Call: answered},
		wire.SetBattery{Call: answered, Low: true},
		wire.SetTrouble{Call: answered, Trouble: wire.TroublePoorNetwork, On: true},
		wire.CannotHear{Call: answered, Participant: "p1", On: true},
	)
	r.does(0, wire.AnswerKind{Call: answered, Accept: true}, wire.Invite{Call: answered, Users: []wire.UserID{r.user(2)}})
	r.does(2, wire.Decline{Call: answered})
	r.does(0, wire.MediaFailed{Call: answered, Generation: state.Generation, Cause: wire.MediaFailureICE}, wire.Leave{Call: answered})
	r.ended(1, answered)
	r.does(1, wire.ReportEnd{Call: answered, SentKB: 5, ReceivedKB: 7}, wire.RateCall{Call: answered, Stars: 4, Reasons: []wire.RatingReason{wire.RatingEcho}})

	blocked := r.ring(5, r.user(4)).Call
	r.ended(5, blocked)
	several := r.ring(0, r.user(3), r.user(6)).Call // the host goes
	r.accept(3, several)
	r.accept(6, several)
	r.does(0, wire.Leave{Call: several})
	event[wire.HostChanged](r.pages[6], "hostChanged")
	r.does(3, wire.Leave{Call: several})
	r.ended(6, several)
	r.note(6, 3)
	taken := r.ring(0, r.user(1)).Call
	r.does(0, wire.Cancel{Call: taken})
	r.ended(0, taken)
}

// note has somebody leave a note to somebody who is not there, who then fetches it.
func (r *run) note(by, to int) {
	r.t.Helper()
	call := ringInVain(r.pages[by], r.user(to))
	if keys := noteKeys(r.pages[by], call); len(keys) != 2 {
		r.t.Errorf("there are %d keys for notes", len(keys))
	}
	from, sealed, path := r.pages[to].count(), r.word("sealed"), "/v1/notes/"+string(call)
	r.rest("PUT", path, r.token(by), sealed, "Content-Type", "application/octet-stream")
	r.pages[to].wait("the news of the note", from, func(f wire.Frame) bool { return f.Type == "logged" && decode[wire.CallLogEntry](r.t, f).Note })
	r.rest("PUT", path, r.token(to), sealed, "Content-Type", "application/octet-stream")
	r.rest("GET", path, r.token(to), "")
	r.rest("DELETE", path, r.token(to), "")
	r.rest("GET", path, r.token(to), "")
}

// gather has three people in a call through the SFU: its host, who may what others
// may not, somebody who moves to another device of his, and somebody who is put out.
func (r *run) gather() {
	call := r.ring(0, r.user(3), r.user(6)).Call
	r.accept(3, call)
	second := r.accept(6, call)
	moved := ask[wire.CallState](r.pages[r.laptop], "moveHere", wire.MoveHere{Call: call, Media: wire.Media{Microphone: true}})
	event[wire.CallMoved](r.pages[3], "callMoved")
	state := ask[wire.CallState](r.pages[0], "sync", wire.Sync{Call: call})
	r.negotiate(0, state)
	r.does(r.laptop,
		wire.SetMedia{Call: call, Media: wire.Media{Camera: true}},
		wire.RaiseHand{Call: call, On: true}, wire.React{Call: call, Reaction: wire.ReactionHeart},
		wire.View{Call: call, Items: []wire.ViewItem{{Participant: state.Self, Source: wire.SourceCamera, Height: 180}}},
		wire.SetDataUse{Call: call, Low: true},
	)
	r.does(0,
		wire.LowerHand{Call: call, Participant: moved.Self}, wire.MuteParticipant{Call: call, Participant: second.Self},
		wire.Lock{Call: call, On: true}, wire.RemoveParticipant{Call: call, Participant: second.Self}, wire.End{Call: call},
	)
	r.ended(r.laptop, call)
}

// negotiate sets up real media with the SFU.
func (r *run) negotiate(by int, state wire.CallState) {
	r.t.Helper()
	e, err := media.NewEngine(media.Config{Logger: slog.New(slog.DiscardHandler), LoopbackOnly: true})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(e.Close)
	clips, err := media.Clips()
	if err != nil {
		r.t.Fatal(err)
	}
	routed, err := e.Routed(media.Options{Clip: clips[0], Media: wire.Media{Microphone: true}, On: func(media.Event) {}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(routed.Close)
	offer, sends, err := routed.Offer(false)
	if err != nil {
		r.t.Fatal(err)
	}
	ask[wire.Negotiated](r.pages[by], "negotiate", wire.Negotiate{Call: state.Call, Generation: state.Generation, SDP: offer.SDP, Sends: sends})
}

// whisper has two people exchange keys and a line that only they can read.
func (r *run) whisper() {
	a, b := r.pages[7], r.pages[8]
	ana, bia := framingtest.NewDevice(string(r.user(7)), "canarys-cage-7"), framingtest.NewDevice(string(r.user(8)), "canarys-cage-8")
	ask[wire.KeyPackages](b, "putKeyPackages", wire.PutKeyPackages{Packages: []wire.Blob{wire.ToBlob(bia.KeyPackage())}})
	call := r.ring(7, r.user(8)).Call
	id := framingtest.GroupID(string(call), 1)
	info := func(epoch uint64) wire.Blob { return wire.ToBlob(framingtest.GroupInfo(id, epoch)) }
	ask[wire.KeysAccepted](a, "foundKeys", wire.FoundKeys{Call: call, Group: 1, GroupInfo: info(0)})
	r.does(7, wire.KeysReady{Call: call, Group: 1})
	r.accept(8, call)
	ask[wire.Keys](b, "enterKeys", wire.EnterKeys{Call: call}) // by the package that was left
	event[wire.KeyPackages](b, "keyPackages")
	pkg, err := event[wire.KeysWanted](a, "keysWanted").Add[0].KeyPackage.Bytes()
	if err != nil {
		r.t.Fatal(err)
	}
	ask[wire.KeysAccepted](a, "commitKeys", wire.CommitKeys{
		Call: call, Group: 1, GroupInfo: info(1), Commit: wire.ToBlob(ana.Commit(id, 0, 0, [][]byte{pkg})), Welcome: wire.ToBlob(framingtest.Welcome(pkg)),
	})
	event[wire.KeysWelcomed](b, "keysWelcomed")
	r.does(8, wire.KeysReady{Call: call, Group: 1, Epoch: 1}, wire.ReportKeys{Call: call, Failure: wire.KeyFailureBadTag})
	ask[wire.KeysLog](b, "syncKeys", wire.SyncKeys{Call: call, Group: 1, Epoch: 1})
	message, line := wire.ToBlob([]byte(r.word("message"))), wire.ToBlob([]byte(r.word("line")))
	r.secret(8, string(message))
	r.secret(8, string(line))
	r.does(7, wire.SendKeyMessage{Call: call, To: "p2", Body: message}, wire.Say{Call: call, Body: line})
	event[wire.Said](b, "said")
	event[wire.KeyMessage](b, "keyMessage")
	ask[wire.KeysAccepted](a, "commitKeys", wire.CommitKeys{Call: call, Group: 1, Epoch: 1, GroupInfo: info(2), Commit: wire.ToBlob(ana.Commit(id, 1, 0, nil))})
	event[wire.KeysCommitted](b, "keysCommitted")
	r.does(7, wire.Ping{}, wire.Leave{Call: call})
	r.ended(8, call)
}

// sing has a group come to be, change, call, and fall apart.
func (r *run) sing() {
	p := r.pages
	group := ask[wire.Group](p[6], "createGroup", wire.CreateGroup{Name: r.word("choir"), Users: []wire.UserID{r.user(7), r.user(9)}}).Group
	ask[wire.Group](p[7], "acceptInvitation", wire.AcceptInvitation{Group: group})
	ask[wire.Done](p[9], "declineInvitation", wire.DeclineInvitation{Group: group})
	ask[wire.Group](p[6], "addToGroup", wire.AddToGroup{Group: group, Users: []wire.UserID{r.user(8), r.user(0)}})
	ask[wire.Group](p[6], "setRole", wire.SetRole{Group: group, User: r.user(7), Role: wire.GroupAdmin})
	ask[wire.Group](p[6], "renameGroup", wire.RenameGroup{Group: group, Name: r.word("concert")})
	ask[wire.Group](p[6], "isolateInGroup", wire.IsolateInGroup{Group: group, On: true})
	ask[wire.Group](p[6], "getGroup", wire.GetGroup{Group: group})
	ask[wire.Groups](p[7], "getGroups", nil)
	call := ask[wire.CallState](p[6], "ringGroup", wire.RingGroup{Group: group, Kind: wire.KindVoice}).Call
	ask[wire.CallState](p[7], "joinGroupCall", wire.JoinGroupCall{Group: group})
	ask[wire.Group](p[6], "removeFromGroup", wire.RemoveFromGroup{Group: group, User: r.user(8), Ban: true})
	ask[wire.Group](p[6], "liftBan", wire.LiftBan{Group: group, User: r.user(8)})
	r.does(7, wire.Leave{Call: call})
	r.does(6, wire.Leave{Call: call})
	ask[wire.Done](p[0], "leaveGroup", wire.LeaveGroup{Group: group})
}

// meet has guests come by a link: one is let in, one goes away again, one comes as a
// host, and somebody books a time.
func (r *run) meet() {
	p := r.pages[8]
	link := ask[wire.Link](p, "createLink", wire.CreateLink{Kind: wire.KindVoice, HostLink: true, Terms: wire.LinkTerms{Title: r.word("rehearsal"), Lobby: wire.LobbyGuests}})
	r.secret(8, string(link.HostLink))
	host := ask[wire.Link](p, "newHostLink", wire.NewHostLink{Link: link.Link}).HostLink
	r.secret(8, string(host))
	call := ask[wire.CallState](p, "joinLink", wire.JoinLink{Link: link.Link}).Call
	guest, other := r.guest(link.Link, r.names[9]), r.guest(link.Link, r.names[9])
	ask[wire.LinkDoor](guest, "lookAtLink", wire.LookAtLink{Link: link.Link})
	ask[wire.Waiting](other, "knock", wire.Knock{Link: link.Link})
	ask[wire.Done](other, "stopWaiting", wire.StopWaiting{Link: link.Link})
	from := p.count()
	ask[wire.Waiting](guest, "knock", wire.Knock{Link: link.Link, Browser: "AAAAAAAAAAAAAAAAAAAAAA"})
	lobby := decode[wire.Lobby](r.t, p.wait("who waits", from, func(f wire.Frame) bool {
		return f.Type == "lobby" && len(decode[wire.Lobby](r.t, f).Waiting) == 1
	}).frame)
	r.does(8, wire.AnswerKnock{Call: call, Waiter: lobby.Waiting[0].Waiter, Admit: true})
	event[wire.KnockAnswered](guest, "knockAnswered")
	r.relays(len(r.pages)-2, ask[wire.CallState](guest, "joinLink", wire.JoinLink{Link: link.Link}))
	chief := r.guest(host, r.names[8])
	ask[wire.CallState](chief, "joinLink", wire.JoinLink{Link: host})
	r.does(8, wire.SetLobby{Call: call, Lobby: wire.LobbyOff})
	changed := ask[wire.Links](p, "getLinks", nil).Links[0]
	ask[wire.Link](p, "changeLink", wire.ChangeLink{Link: link.Link, IfSequence: changed.Sequence, Terms: wire.LinkTerms{Title: r.word("matinee")}})
	ask[wire.Done](p, "forgetBans", wire.ForgetBans{Link: link.Link})
	ask[wire.Link](p, "revokeLink", wire.RevokeLink{Link: link.Link})
	r.ended(8, call)

	book := ask[wire.Link](p, "createLink", wire.CreateLink{Kind: wire.KindVoice, Terms: wire.LinkTerms{Title: r.word("hours")}}).Link
	at := wire.UnixMs(time.Now().Add(24 * time.Hour).UnixMilli())
	ask[wire.LinkSlots](p, "setSlots", wire.SetSlots{Link: book, Slots: []wire.SlotTime{{FromMs: at, ToMs: at + 3_600_000}}})
	client := r.guest(book, r.names[7])
	ask[wire.LinkSlots](client, "getSlots", wire.GetSlots{Link: book})
	from = p.count()
	ask[wire.BookedSlot](client, "bookSlot", wire.BookSlot{Link: book, FromMs: at})
	p.wait("the reminder", from, func(f wire.Frame) bool { return f.Type == "reminder" })
}

// guest is the page of somebody who comes by a link.
func (r *run) guest(link wire.LinkID, name string) *page {
	r.t.Helper()
	got := r.post("/v1/links/"+string(link)+"/guests", `{"name":"`+name+`"}`)
	r.visitor, _ = got["token"].(string)
	return r.came(r.visitor, "page")
}

// serve has visitors of a queue: one is answered and handed on, one leaves his number.
func (r *run) serve() {
	p := r.pages
	queue := ask[wire.Link](p[7], "createLink", wire.CreateLink{Kind: wire.KindVoice, Terms: wire.LinkTerms{Title: r.word("desk")}}).Link
	ask[wire.Queue](p[7], "setQueue", wire.SetQueue{Link: queue, Operators: []wire.UserID{r.user(7), r.user(8)}})
	ask[wire.Queue](p[8], "getQueue", wire.GetQueue{Link: queue})
	visitor := r.guest(queue, r.names[6])
	call := ask[wire.CallState](visitor, "joinLink", wire.JoinLink{Link: queue}).Call
	r.accept(7, call)
	r.does(7, wire.Transfer{Call: call})
	r.accept(8, call)
	r.does(8, wire.Leave{Call: call})

	note := r.word("note")
	r.secret(7, note) // an operator reads it
	r.told[r.numbers[6]] = 7
	r.rest("PUT", "/v1/visits/consent", r.visitor, `{"notice":"7"}`)
	for range 2 {
		r.rest("PUT", "/v1/visits/callback", r.visitor, `{"contact":"`+r.numbers[6]+`","note":"`+note+`"}`)
	}
	found := ask[wire.Callbacks](p[7], "getCallbacks", wire.GetCallbacks{Link: queue}).Callbacks
	ask[wire.Done](p[7], "finishCallback", wire.FinishCallback{Link: queue, Callback: found[0].Callback})
	r.rest("DELETE", "/v1/visits", r.visitor, "")
}

// look has people read what is kept of their calls, and delete it.
func (r *run) look() {
	ask[wire.CallLog](r.pages[0], "getCallLog", nil)
	ask[wire.Decisions](r.pages[4], "getDecisions", nil)
	ask[wire.Done](r.pages[r.laptop], "forgetCalls", wire.ForgetCalls{Calls: []wire.CallID{}})
}
