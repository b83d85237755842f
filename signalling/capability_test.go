package signalling_test

import (
	"encoding/json"
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// What a client can do is told at hello, within bounds, and decides who can answer; a
// session that is resumed keeps it.
func TestWhatAClientCanDoIsToldAtHello(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	hello := func(user wire.UserID, device string, can *wire.Capabilities) *page {
		p := connect(t, s)
		p.welcome = ask[wire.Welcome](p, "hello", wire.Hello{Token: s.Token(t, user), Device: wire.DeviceID(device), Capabilities: can})
		return p
	}
	ana := hello("ana", "laptop", &wire.Capabilities{Audio: []wire.AudioCodec{wire.AudioCodecOpus}, Video: []wire.VideoCodec{wire.VideoCodecVP8}})
	desk := hello("bia", "desk", &wire.Capabilities{Audio: []wire.AudioCodec{wire.AudioCodecPCMU}, Video: []wire.VideoCodec{}})
	old := signIn(t, s, "bia", "old") // which tells nothing
	call := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVideo}).Call
	if p := refused(desk, "accept", wire.Accept{Call: call}); p.Code != wire.CodeNoCommonCodec {
		t.Errorf("the desk's answer is refused with %+v", p)
	}
	ask[wire.CallState](old, "accept", wire.Accept{Call: call})
	for name, can := range map[string]string{
		"no codec of sound":  `{"audio":[],"video":[]}`,
		"too many":           `{"audio":["opus","opus","opus","opus","opus"],"video":[]}`,
		"a codec that is no": `{"audio":["mp3"],"video":[]}`,
		"no list":            `{"video":["vp8"]}`,
		"pictures of sound":  `{"audio":["opus"],"video":["opus"]}`,
	} {
		body := map[string]any{"token": s.Token(t, "carlo"), "device": "phone", "capabilities": json.RawMessage(can)}
		if p := refused(connect(t, s), "hello", body); p.Code != wire.CodeInvalid {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
