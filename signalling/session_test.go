package signalling_test

import (
	"reflect"
	"testing"
	"time"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// resume opens a new socket for the session of p, which has seen frames up to
// serial.
func resume(t *testing.T, s *signallingtest.Server, p *page, user wire.UserID, device string, serial uint32) (*page, wire.Welcome) {
	t.Helper()
	next := connect(t, s)
	w := ask[wire.Welcome](next, "hello", wire.Hello{
		Token: s.Token(t, user), Device: wire.DeviceID(device),
		Resume: &wire.Resume{Session: p.welcome.Session, Secret: p.welcome.Secret, Serial: serial},
	})
	next.welcome = w
	return next, w
}

func (p *page) lastSerial() uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames[len(p.frames)-1].frame.Serial
}

func TestASessionOutlivesItsSocketAndMissesNothing(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	seen := b.lastSerial()
	b.close()
	for i := range 20 {
		ask[wire.Done](a, "setMedia", wire.SetMedia{Call: call, Media: wire.Media{Camera: i%2 == 0}})
	}
	back, w := resume(t, s, b, "bia", "phone", seen)
	if !w.Resumed || w.Session != b.welcome.Session {
		t.Fatalf("the session was not taken up: %+v", w)
	}
	serial, seq := seen, uint32(0)
	for _, h := range back.heardAfter(0) {
		if serial++; h.frame.Serial != serial {
			t.Fatalf("frame %d follows %d", h.frame.Serial, serial-1)
		}
		if h.frame.Type == "mediaChanged" {
			if seq != 0 && h.frame.Seq != seq+1 {
				t.Errorf("event %d follows %d", h.frame.Seq, seq)
			}
			seq = h.frame.Seq
		}
	}
	if serial < seen+20 {
		t.Errorf("only %d frames came", serial-seen)
	}
	unharmed(t, a, back, call)
}

func TestARequestSaidTwiceIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	p := signIn(t, s, "ana", "laptop")
	p.send("createLink", "same", wire.CreateLink{Kind: wire.KindVideo})
	first := p.wait("link", 0, func(f wire.Frame) bool { return f.ID == "same" }).frame
	p.close()
	back, _ := resume(t, s, p, "ana", "laptop", first.Serial-1) // as if the reply had been lost
	back.send("createLink", "same", wire.CreateLink{Kind: wire.KindVideo})
	again := back.wait("link", 0, func(f wire.Frame) bool { return f.ID == "same" }).frame
	if string(again.Body) != string(first.Body) {
		t.Errorf("first %s, then %s", first.Body, again.Body)
	}
	if links := ask[wire.Links](back, "getLinks", wire.GetLinks{}); len(links.Links) != 1 {
		t.Errorf("there are %d links", len(links.Links))
	}
}

func TestASessionIsNotTakenUpByOthers(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	p := signIn(t, s, "ana", "laptop")
	serial := p.lastSerial()
	if _, w := resume(t, s, p, "eve", "laptop", serial); w.Resumed {
		t.Error("another account took it up")
	}
	if _, w := resume(t, s, p, "ana", "tablet", serial); w.Resumed {
		t.Error("another device took it up")
	}
	forged := &page{welcome: p.welcome}
	forged.welcome.Secret = "guessed"
	if _, w := resume(t, s, forged, "ana", "laptop", serial); w.Resumed {
		t.Error("a guess took it up")
	}
	if _, w := resume(t, s, p, "ana", "laptop", serial+100); w.Resumed {
		t.Error("frames that were never sent were taken as seen")
	}
}

func TestTheNewestSocketOfASessionWins(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	p := signIn(t, s, "ana", "laptop")
	back, w := resume(t, s, p, "ana", "laptop", p.lastSerial())
	if !w.Resumed {
		t.Fatal("not taken up")
	}
	if code := p.closed(); code != wire.CloseReplaced {
		t.Errorf("the old socket was closed with %d", code)
	}
	ask[wire.Done](back, "ping", wire.Ping{})
}

func TestASessionEndsAfterTheGraceAndItsPlaceInTheCallToo(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{Grace: time.Second})
	a, b, _ := couple(t, s)
	serial := b.lastSerial()
	b.close()
	if left := event[wire.ParticipantLeft](a, "participantLeft"); left.Reason != wire.LeaveLost {
		t.Errorf("the other left as %+v", left)
	}
	event[wire.CallEnded](a, "callEnded")
	deadline := time.Now().Add(time.Minute)
	for {
		if _, w := resume(t, s, b, "bia", "phone", serial); !w.Resumed {
			break
		} else if time.Now().After(deadline) {
			t.Fatal("the session never ended")
		}
	}
}

func TestWhoConnectsWhileItRingsIsRung(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	signIn(t, s, "bia", "first").close()
	a := signIn(t, s, "ana", "laptop")
	call := ask[wire.CallState](a, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVideo}).Call
	b := signIn(t, s, "bia", "phone")
	if in := b.welcome.Incoming; len(in) != 1 || in[0].Call != call || in[0].From != "ana" {
		t.Fatalf("the welcome rings for %+v", in)
	}
	ask[wire.Done](b, "deviceRings", wire.DeviceRings{Call: call})
	event[wire.ParticipantRinging](a, "participantRinging")
}

func TestSettingsReachTheOtherDevicesAtOnce(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, tablet := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "tablet")
	signIn(t, s, "bia", "x")
	ask[wire.Privacy](phone, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallContacts, HideAddress: true})
	if p := event[wire.Privacy](tablet, "privacy"); p.WhoMayCall != wire.MayCallContacts || !p.HideAddress || p.Version != 1 {
		t.Errorf("the tablet has %+v", p)
	}
	if p := refused(tablet, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone}); p.Code != wire.CodeConflict {
		t.Errorf("a change of something older: %+v", p)
	}
	ask[wire.People](phone, "block", wire.Block{User: "bia"})
	if p := event[wire.People](tablet, "people"); len(p.Blocked) != 1 || p.Blocked[0].User != "bia" {
		t.Errorf("the tablet has %+v", p)
	}
}

func TestWhatIsForgottenOfTheCallLogIsGoneOnAllOurDevices(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	ask[wire.Done](b, "forgetCalls", wire.ForgetCalls{Calls: []wire.CallID{call}})
	if log := ask[wire.CallLog](b, "getCallLog", nil); len(log.Entries) != 1 {
		t.Errorf("a call that goes on was forgotten: %+v", log)
	}
	tablet := signIn(t, s, "bia", "tablet")
	ask[wire.Done](a, "leave", wire.Leave{Call: call})
	b.wait("the end in the log", 0, func(f wire.Frame) bool {
		return f.Type == "logged" && decode[wire.CallLogEntry](t, f).Outcome == wire.OutcomeAnswered
	})
	ask[wire.Done](b, "forgetCalls", wire.ForgetCalls{Calls: []wire.CallID{call}})
	if e := event[wire.CallsForgotten](tablet, "callsForgotten"); len(e.Calls) != 1 || e.Calls[0] != call {
		t.Errorf("the tablet is told %+v", e)
	}
	if log := ask[wire.CallLog](tablet, "getCallLog", nil); len(log.Entries) != 0 {
		t.Errorf("the log is %+v", log)
	}
	if log := ask[wire.CallLog](a, "getCallLog", nil); len(log.Entries) != 1 {
		t.Errorf("the other's log is %+v", log)
	}
}

func TestFavouritesAreOurOwnContacts(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, tablet := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "tablet")
	if p := refused(phone, "setFavourite", wire.SetFavourite{User: "bia", Favourite: true}); p.Code != wire.CodeNotFound {
		t.Errorf("a stranger as a favourite: %+v", p)
	}
	ask[wire.People](phone, "addContact", wire.AddContact{User: "bia"})
	event[wire.People](tablet, "people")
	if p := ask[wire.People](phone, "setFavourite", wire.SetFavourite{User: "bia", Favourite: true}); len(p.Favourites) != 1 || p.Favourites[0] != "bia" {
		t.Errorf("the phone has %+v", p)
	}
	tablet.wait("the favourite", 0, func(f wire.Frame) bool {
		return f.Type == "people" && len(decode[wire.People](t, f).Favourites) == 1
	})
	if p := ask[wire.People](phone, "removeContact", wire.RemoveContact{User: "bia"}); len(p.Favourites) != 0 {
		t.Errorf("after removal the phone has %+v", p)
	}
}

func TestTheCallLogTellsHowCallsWent(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, call := couple(t, s)
	ask[wire.Done](a, "leave", wire.Leave{Call: call})
	event[wire.CallLogEntry](b, "logged")
	log := ask[wire.CallLog](b, "getCallLog", wire.GetCallLog{Limit: 1})
	if len(log.Entries) != 1 || log.Entries[0].Outcome != wire.OutcomeAnswered || log.Entries[0].Direction != wire.DirectionIncoming ||
		len(log.Entries[0].With) != 1 || log.Entries[0].With[0].Name != "Ana" {
		t.Errorf("the log is %+v", log)
	}
	// The server keeps an account's log: a device that comes later reads it there, and nobody has to hand it a copy.
	tablet := signIn(t, s, "bia", "another")
	if again := ask[wire.CallLog](tablet, "getCallLog", wire.GetCallLog{Limit: 1}); !reflect.DeepEqual(again, log) {
		t.Errorf("a new device reads %+v, the old one %+v", again, log)
	}
	if p := refused(b, "getCallLog", wire.GetCallLog{Before: "yesterday"}); p.Code != wire.CodeInvalid {
		t.Errorf("a cursor that is none: %+v", p)
	}
}
