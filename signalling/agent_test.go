package signalling_test

import (
	"net/http"
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// The others are told what class of device somebody is on, by its browser's own words: when
// he comes, in the state, and when the call moves to another device of his.
func TestTheOthersLearnWhatDeviceSomebodyIsOn(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	on := func(user wire.UserID, device, agent string) *page {
		p := connectVia(t, s, http.Header{"User-Agent": {agent}})
		p.welcome = ask[wire.Welcome](p, "hello", wire.Hello{Token: s.Token(t, user), Device: wire.DeviceID(device)})
		return p
	}
	ana := on("ana", "laptop", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
	for agent, want := range map[string]wire.DeviceClass{
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36":                         wire.DevicePhone,
		"Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0":                                                                    wire.DevicePhone,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": wire.DevicePhone,
		"Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1":          wire.DeviceTablet,
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36":                                wire.DeviceTablet,
		"Mozilla/5.0 (Android 14; Tablet; rv:130.0) Gecko/130.0 Firefox/130.0":                                                                    wire.DeviceTablet,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36":                         wire.DeviceComputer,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":                   wire.DeviceComputer,
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36":                          wire.DeviceComputer,
		"pronto-bot/1": wire.DeviceOther,
	} {
		bia := on("bia", "phone", agent)
		from := ana.count()
		call := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
		if me, her := call.Participants[0].Device, call.Participants[1].Device; me != wire.DeviceComputer || her != "" {
			t.Errorf("while it rings the devices are %q and %q", me, her)
		}
		state := ask[wire.CallState](bia, "accept", wire.Accept{Call: call.Call, Media: wire.Media{Microphone: true}})
		joined := ana.wait("participantJoined", from, func(f wire.Frame) bool { return f.Type == "participantJoined" && f.Call == call.Call })
		if p := decode[wire.ParticipantJoined](t, joined.frame).Participant; p.Device != want || !p.Media.Microphone || p.Media.Camera {
			t.Errorf("%s: she comes as %+v", agent, p)
		}
		if got := state.Participants[1].Device; got != want {
			t.Errorf("%s: the state says %q", agent, got)
		}
		ask[wire.Done](ana, "end", wire.End{Call: call.Call})
		bia.close()
	}
}
