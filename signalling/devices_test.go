package signalling_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// signedIn is what the API gives a device.
type signedIn struct{ Token, User, Name, Device, Refresh string }

// postJSON posts to the API and returns the status.
func postJSON(t testing.TB, s *signallingtest.Server, path string, body map[string]string, into any) int {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(s.URL+path, "application/json", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if into != nil && response.StatusCode < 300 {
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return response.StatusCode
}

// link makes a device of the account that p is signed in to; it waits to be
// confirmed.
func linkDevice(t testing.TB, s *signallingtest.Server, p *page, name string) signedIn {
	t.Helper()
	code := ask[wire.DeviceCode](p, "linkDevice", wire.LinkDevice{}).Code
	var got signedIn
	if status := postJSON(t, s, "/v1/devices/link", map[string]string{"code": code, "deviceName": name}, &got); status != http.StatusOK {
		t.Fatalf("the link was answered with %d", status)
	}
	return got
}

func hello(d signedIn) wire.Hello {
	return wire.Hello{Token: d.Token, Device: wire.DeviceID(d.Device)}
}

func TestALinkedDeviceWorksOnceAnotherOneHasConfirmedIt(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, laptop := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "laptop")
	code := ask[wire.DeviceCode](phone, "linkDevice", wire.LinkDevice{})
	if len(code.Code) != 22 || code.ExpiresMs != 120_000 {
		t.Errorf("the code is %+v", code)
	}
	var tablet signedIn
	body := map[string]string{"code": code.Code, "deviceName": "Tablet"}
	if status := postJSON(t, s, "/v1/devices/link", body, &tablet); status != http.StatusOK || tablet.User != "ana" || tablet.Name != "Ana" {
		t.Fatalf("%d %+v", status, tablet)
	}
	if status := postJSON(t, s, "/v1/devices/link", body, nil); status != http.StatusUnauthorized {
		t.Errorf("the second use of the code: %d", status)
	}
	pending := func(f wire.Frame) bool {
		return f.Type == "devices" && slices.ContainsFunc(decode[wire.Devices](t, f).Devices, func(d wire.Device) bool {
			return d.Name == "Tablet" && string(d.Device) == tablet.Device && d.Pending
		})
	}
	phone.wait("the linked device", 0, pending)
	laptop.wait("the linked device", 0, pending)

	early := connect(t, s)
	if p := refused(early, "hello", hello(tablet)); p.Code != wire.CodeForbidden {
		t.Errorf("before it is confirmed: %+v", p)
	}
	if code := early.closed(); code != wire.CloseUnauthenticated {
		t.Errorf("closed with %d", code)
	}
	refresh := map[string]string{"refresh": tablet.Refresh}
	if status := postJSON(t, s, "/v1/accounts/refresh", refresh, nil); status != http.StatusForbidden {
		t.Errorf("a refresh before it is confirmed: %d", status)
	}

	list := ask[wire.Devices](laptop, "confirmDevice", wire.ConfirmDevice{Device: wire.DeviceID(tablet.Device), Accept: true})
	if list.This != "laptop" || len(list.Devices) != 3 {
		t.Errorf("the devices are %+v", list)
	}
	if p := refused(phone, "confirmDevice", wire.ConfirmDevice{Device: wire.DeviceID(tablet.Device), Accept: true}); p.Code != wire.CodeNotFound {
		t.Errorf("a second confirmation: %+v", p)
	}
	ask[wire.Welcome](connect(t, s), "hello", hello(tablet))
	var next signedIn
	if status := postJSON(t, s, "/v1/accounts/refresh", refresh, &next); status != http.StatusOK || next.Device != tablet.Device || next.Refresh != "" {
		t.Errorf("the refresh: %d %+v", status, next)
	}
	ask[wire.Welcome](connect(t, s), "hello", hello(next))
	next.Device = "another"
	if p := refused(connect(t, s), "hello", hello(next)); p.Code != wire.CodeUnauthenticated {
		t.Errorf("its token on another device: %+v", p)
	}
}

func TestALinkedDeviceThatIsSentAwayIsNone(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone := signIn(t, s, "ana", "phone")
	tablet := linkDevice(t, s, phone, "Tablet")
	if list := ask[wire.Devices](phone, "confirmDevice", wire.ConfirmDevice{Device: wire.DeviceID(tablet.Device)}); len(list.Devices) != 1 {
		t.Errorf("the devices are %+v", list)
	}
	if p := refused(connect(t, s), "hello", hello(tablet)); p.Code != wire.CodeUnauthenticated {
		t.Errorf("hello: %+v", p)
	}
	if status := postJSON(t, s, "/v1/accounts/refresh", map[string]string{"refresh": tablet.Refresh}, nil); status != http.StatusUnauthorized {
		t.Errorf("refresh: %d", status)
	}
}

func TestARevokedDeviceIsOutAtOnceAndForGood(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	phone := signIn(t, s, "ana", "phone")
	linked := linkDevice(t, s, phone, "Tablet")
	ask[wire.Devices](phone, "confirmDevice", wire.ConfirmDevice{Device: wire.DeviceID(linked.Device), Accept: true})
	tablet := connect(t, s)
	tablet.welcome = ask[wire.Welcome](tablet, "hello", hello(linked))
	b := signIn(t, s, "bia", "x")
	call := ask[wire.CallState](tablet, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	event[wire.Incoming](b, "incoming")
	ask[wire.CallState](b, "accept", wire.Accept{Call: call})

	serial, start := tablet.lastSerial(), time.Now()
	list := ask[wire.Devices](phone, "revokeDevice", wire.RevokeDevice{Device: wire.DeviceID(linked.Device)})
	if len(list.Devices) != 1 || list.Devices[0].Device != "phone" {
		t.Errorf("the devices are %+v", list)
	}
	if code := tablet.closed(); code != wire.CloseUnauthenticated {
		t.Errorf("its socket was closed with %d", code)
	}
	event[wire.CallEnded](b, "callEnded")
	if took := time.Since(start); took > 5*time.Second { // far below the grace
		t.Errorf("it left its call after %s", took)
	}
	resume := hello(linked)
	resume.Resume = &wire.Resume{Session: tablet.welcome.Session, Secret: tablet.welcome.Secret, Serial: serial}
	if p := refused(connect(t, s), "hello", resume); p.Code != wire.CodeUnauthenticated {
		t.Errorf("its session was resumed: %+v", p)
	}
	if status := postJSON(t, s, "/v1/accounts/refresh", map[string]string{"refresh": linked.Refresh}, nil); status != http.StatusUnauthorized {
		t.Errorf("refresh: %d", status)
	}
	if p := refused(phone, "revokeDevice", wire.RevokeDevice{Device: wire.DeviceID(linked.Device)}); p.Code != wire.CodeNotFound {
		t.Errorf("revoked twice: %+v", p)
	}
}

// What an integrator signed ends with the device too, under whatever name it
// comes back; and so does a session that has no socket at that moment.
func TestARevokedDeviceDoesNotComeBackWithAnIntegratorsToken(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone := signIn(t, s, "ana", "phone")
	stolen := hello(signedIn{Token: s.Token(t, "ana"), Device: "stolen"})
	thief := connect(t, s)
	thief.welcome = ask[wire.Welcome](thief, "hello", stolen)
	serial := thief.lastSerial()
	thief.close()
	ask[wire.Devices](phone, "revokeDevice", wire.RevokeDevice{Device: "stolen"})
	for name, h := range map[string]wire.Hello{
		"the same device": stolen,
		"another name":    {Token: stolen.Token, Device: "renamed"},
		"a new token":     {Token: s.Token(t, "ana"), Device: "stolen"},
		"the old session": {Token: stolen.Token, Device: "stolen", Resume: &wire.Resume{Session: thief.welcome.Session, Secret: thief.welcome.Secret, Serial: serial}},
	} {
		if p := refused(connect(t, s), "hello", h); p.Code != wire.CodeUnauthenticated {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if list := ask[wire.Devices](phone, "getDevices", wire.GetDevices{}); len(list.Devices) != 1 {
		t.Errorf("the devices are %+v", list)
	}
	signIn(t, s, "ana", "new") // with a token of its own
}

func TestARevokedDeviceIsNotRung(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, lost, b := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "lost"), signIn(t, s, "bia", "x")
	ask[wire.Devices](phone, "revokeDevice", wire.RevokeDevice{Device: "lost"})
	lost.closed()
	n := lost.count()
	ask[wire.CallState](b, "ring", wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice})
	event[wire.Incoming](phone, "incoming")
	if more := lost.heardAfter(n); len(more) != 0 {
		t.Errorf("it still heard %d frames", len(more))
	}
	for _, h := range lost.heardAfter(0) {
		if h.frame.Type == "incoming" {
			t.Error("it was rung")
		}
	}
}

func TestADeviceThatIsRevokedWhileItSaysHelloHasNoSession(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone := signIn(t, s, "ana", "phone")
	in := 0
	for i := range 60 {
		device := wire.DeviceID(fmt.Sprint("d", i))
		signIn(t, s, "ana", string(device)).close()
		p := connect(t, s)
		token := s.Token(t, "ana")
		var both sync.WaitGroup
		both.Go(func() { p.send("hello", "h", wire.Hello{Token: token, Device: device}) })
		both.Go(func() { ask[wire.Devices](phone, "revokeDevice", wire.RevokeDevice{Device: device}) })
		both.Wait()
		if code := p.closed(); code != wire.CloseUnauthenticated {
			t.Fatalf("round %d: closed with %d", i, code)
		}
		if frames := p.heardAfter(0); len(frames) > 0 && frames[0].frame.Type == "welcome" {
			in++
		}
	}
	t.Logf("%d of 60 were welcomed and then closed", in)
}

func TestAnOldTokenDoesNotTakeANewNameBack(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone := signIn(t, s, "ana", "phone")
	tablet := linkDevice(t, s, phone, "Tablet") // its token says Ana
	ask[wire.Devices](phone, "confirmDevice", wire.ConfirmDevice{Device: wire.DeviceID(tablet.Device), Accept: true})
	if err := s.Store.UpsertUser(t.Context(), "ana", "Anna"); err != nil {
		t.Fatal(err)
	}
	if w := ask[wire.Welcome](connect(t, s), "hello", hello(tablet)); w.Name != "Anna" {
		t.Errorf("she is welcomed as %s", w.Name)
	}
	if u, err := s.Store.User(t.Context(), "ana"); err != nil || u.Name != "Anna" {
		t.Errorf("her name is %q (%v)", u.Name, err)
	}
	if _, err := s.Store.DeleteUser(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	if p := refused(connect(t, s), "hello", hello(tablet)); p.Code != wire.CodeUnauthenticated {
		t.Errorf("after the account is gone: %+v", p)
	}
}

func TestADeviceCanRevokeItself(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, laptop := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "laptop")
	laptop.send("revokeDevice", "1", wire.RevokeDevice{Device: "laptop"})
	if code := laptop.closed(); code != wire.CloseUnauthenticated {
		t.Errorf("closed with %d", code)
	}
	if d := event[wire.Devices](phone, "devices"); len(d.Devices) != 1 || d.This != "" {
		t.Errorf("the other one has %+v", d)
	}
}

func TestAGuestHasNoDevicesAndSeesNobody(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	link := ask[wire.Link](signIn(t, s, "ana", "phone"), "createLink", wire.CreateLink{Kind: wire.KindVoice}).Link
	token, err := identity.Sign(signallingtest.Key, s.Secret,
		identity.Identity{User: "g_1", Name: "Zoe", Grants: identity.Grants{Link: link}}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	guest := connect(t, s)
	ask[wire.Welcome](guest, "hello", wire.Hello{Token: token, Device: "d"})
	for kind, body := range map[string]any{
		"linkDevice": wire.LinkDevice{}, "getDevices": wire.GetDevices{}, "revokeDevice": wire.RevokeDevice{Device: "phone"},
		"getPresenceSetting": wire.GetPresenceSetting{}, "watchPresence": wire.WatchPresence{Users: []wire.UserID{"ana"}},
	} {
		if p := refused(guest, kind, body); p.Code != wire.CodeForbidden {
			t.Errorf("%s: %+v", kind, p)
		}
	}
}

func TestChangesReachTheOtherDevicesWithin200Milliseconds(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, tablet := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "tablet")
	signIn(t, s, "bia", "x")
	var took []time.Duration
	change := func(event, kind string, body any) {
		t.Helper()
		n, start := tablet.count(), time.Now()
		if f := phone.request(kind, body); f.Type == "problem" {
			t.Fatalf("%s: %s", kind, f.Body)
		}
		h := tablet.wait(event, n, func(f wire.Frame) bool { return f.Type == event })
		took = append(took, h.at.Sub(start))
	}
	for i := range uint32(15) {
		change("privacy", "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallContacts, IfVersion: i})
		change("people", "block", wire.Block{User: "bia"})
		change("people", "unblock", wire.Unblock{User: "bia"})
		change("presenceSetting", "setPresenceSetting", wire.SetPresenceSetting{Audience: wire.PresenceNobody, IfVersion: i})
		linked := linkDevice(t, s, phone, "Tablet")
		tablet.wait("the linked device", 0, func(f wire.Frame) bool {
			return f.Type == "devices" && bytes.Contains(f.Body, []byte(linked.Device))
		})
		change("devices", "confirmDevice", wire.ConfirmDevice{Device: wire.DeviceID(linked.Device), Accept: true})
		change("devices", "revokeDevice", wire.RevokeDevice{Device: wire.DeviceID(linked.Device)})
	}
	slices.Sort(took)
	p95 := took[len(took)*95/100]
	t.Logf("%d changes: half within %s, 95 of 100 within %s", len(took), took[len(took)/2], p95)
	if p95 > 200*time.Millisecond {
		t.Errorf("95 of 100 changes arrived within %s only", p95)
	}
}
