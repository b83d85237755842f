package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sized is a request of exactly n bytes.
func sized(n int) string {
	head, tail := `{"type":"ping","id":"1","pad":"`, `","body":{"serial":1}}`
	return head + strings.Repeat("x", n-len(head)-len(tail)) + tail
}

// nested is a request whose body nests so that the frame is depth deep.
func nested(depth int, open, end string) string {
	return `{"type":"ping","id":"1","body":{"extra":` + strings.Repeat(open, depth-2) + strings.Repeat(end, depth-2) + `}}`
}

func TestDecodeRefusesWhatTheProtocolForbids(t *testing.T) {
	views := strings.TrimSuffix(strings.Repeat(`{"participant":"p1","source":"camera","height":90},`, MaxViews+1), ",")
	tests := []struct {
		name, frame string
		code        Code
		detail      string // part of it
		id          string // the id that is left to answer
	}{
		{"nothing", ``, CodeBadFrame, "ends too early", ""},
		{"not JSON", `hello`, CodeBadFrame, "broken at byte", ""},
		{"a list", `[]`, CodeBadFrame, "not an object", ""},
		{"null", `null`, CodeBadFrame, "not an object", ""},
		{"half a frame", `{"type":"ping","id":"1"`, CodeBadFrame, "ends too early", ""},
		{"half a nested frame", `{"type":"ping","body":{"a":[1`, CodeBadFrame, "ends too early", ""},
		{"a missing colon", `{"type" "ping"}`, CodeBadFrame, "broken at byte", ""},
		{"a name that is no string", `{1:2}`, CodeBadFrame, "not JSON", ""},
		{"closed by the wrong bracket", `{"type":"ping","body":[}`, CodeBadFrame, "not JSON", ""},
		{"a comma too many", `{"type":"ping","id":"1","body":{"serial":1},}`, CodeBadFrame, "", ""},
		{"two objects", `{"type":"ping","id":"1","body":{"serial":1}}{}`, CodeBadFrame, "something follows", ""},
		{"text behind the object", `{"type":"ping","id":"1","body":{"serial":1}} x`, CodeBadFrame, "something follows", ""},
		{"text that is not UTF-8", "{\"type\":\"ping\",\"id\":\"\xff\"}", CodeBadFrame, "UTF-8", ""},
		{"a name twice", `{"type":"ping","type":"hello","id":"1"}`, CodeBadFrame, "twice", ""},
		{"a name twice in another case", `{"type":"ping","TYPE":"end","id":"1"}`, CodeBadFrame, "twice", ""},
		{"a name twice in another alphabet", `{"users":1,"u` + "\u017f" + `ers":2}`, CodeBadFrame, "twice", ""},
		{"a name twice by escapes", `{"type":"ping","\u0074ype":"end","id":"1"}`, CodeBadFrame, "twice", ""},
		{"a name twice in the body", `{"type":"end","id":"1","body":{"call":"a","call":"b"}}`, CodeBadFrame, "twice", ""},
		{"a name twice among many", `{"type":"ping","id":"1","body":{` + manyFields + `,"SERIAL":1,"F7":1}}`, CodeBadFrame, "twice", ""},
		{"a name twice inside a list", `{"type":"view","id":"1","body":{"x":[{"a":1,"a":2}]}}`, CodeBadFrame, "twice", ""},
		{"objects 17 deep", nested(MaxDepth+1, `{"a":`, `}`), CodeBadFrame, "", ""},
		{"lists 17 deep", nested(MaxDepth+1, `[`, `]`), CodeBadFrame, "deeper than 16", ""},
		{"lists without end", strings.Repeat(`[`, MaxFrameBytes), CodeBadFrame, "not an object", ""},
		{"NaN", `{"type":"ping","id":"1","body":{"serial":NaN}}`, CodeBadFrame, "broken at byte", ""},
		{"one byte over 128 KiB", sized(MaxFrameBytes + 1), CodeTooLarge, "131073", ""},

		{"an id that is a number", `{"type":"ping","id":1,"body":{}}`, CodeBadFrame, `"id" is a number`, ""},
		{"a type that is a number", `{"type":7,"id":"1","body":{}}`, CodeBadFrame, `"type" is a number`, "1"},
		{"an id of 65 bytes", `{"type":"ping","id":"` + strings.Repeat("i", 65) + `"}`, CodeBadFrame, "at most 64", ""},
		{"an id of 65 bytes and no type", `{"id":"` + strings.Repeat("i", 65) + `","type":7}`, CodeBadFrame, "at most 64", ""},
		{"a type of 65 bytes", `{"type":"` + strings.Repeat("t", 65) + `","id":"1"}`, CodeBadFrame, "at most 64", ""},
		{"no type", `{"id":"1","body":{}}`, CodeUnknownType, `""`, "1"},
		{"an unknown type", `{"type":"teleport","id":"1","body":{}}`, CodeUnknownType, `"teleport"`, "1"},
		{"a reply", `{"type":"welcome","id":"1","body":{}}`, CodeUnknownType, `"welcome"`, "1"},
		{"an event", `{"type":"incoming","id":"1","body":{}}`, CodeUnknownType, `"incoming"`, "1"},
		{"a type of control characters", `{"type":"` + strings.Repeat(`\u0000`, 64) + `","id":"1"}`, CodeUnknownType, "", "1"},

		{"a body that is a list", `{"type":"ping","id":"1","body":[]}`, CodeInvalid, "is a array", "1"},
		{"a number over uint32", `{"type":"ping","id":"1","body":{"serial":4294967296}}`, CodeInvalid, `"serial" is a number`, "1"},
		{"1e400", `{"type":"ping","id":"1","body":{"serial":1e400}}`, CodeInvalid, `"serial" is a number`, "1"},
		{"a number as long as the frame", `{"type":"ping","id":"1","body":{"serial":1` + strings.Repeat("0", 60000) + `}}`, CodeInvalid, "not a uint32", "1"},
		{"a negative number", `{"type":"ping","id":"1","body":{"serial":-1}}`, CodeInvalid, `"serial" is a number`, "1"},
		{"a fraction", `{"type":"ping","id":"1","body":{"serial":1.5}}`, CodeInvalid, `"serial" is a number`, "1"},
		{"text for a number", `{"type":"ping","id":"1","body":{"serial":"1"}}`, CodeInvalid, `"serial" is a string`, "1"},
		{"text for a bool", `{"type":"setBattery","id":"1","body":{"call":"c","low":"yes"}}`, CodeInvalid, `"low" is a string`, "1"},

		{"no body", `{"type":"ring","id":"1"}`, CodeInvalid, "users has 0 elements", "1"},
		{"a body of null", `{"type":"ring","id":"1","body":null}`, CodeInvalid, "users has 0 elements", "1"},
		{"a required list missing", `{"type":"ring","id":"1","body":{"kind":"voice"}}`, CodeInvalid, "users has 0 elements", "1"},
		{"a required list of null", `{"type":"ring","id":"1","body":{"users":null,"kind":"voice"}}`, CodeInvalid, "users has 0 elements", "1"},
		{"32 callees", `{"type":"ring","id":"1","body":{"kind":"voice","users":["a"` + strings.Repeat(`,"a"`, MaxCallees) + `]}}`, CodeInvalid, "users has 32 elements", "1"},
		{"an empty id in a list", `{"type":"ring","id":"1","body":{"users":["ana",""],"kind":"voice"}}`, CodeInvalid, "users [1] is empty", "1"},
		{"an id with a dot in a list", `{"type":"ring","id":"1","body":{"users":["a.b"],"kind":"voice"}}`, CodeInvalid, "users [0] has a character", "1"},
		{"an id of 65 bytes in a list", `{"type":"ring","id":"1","body":{"users":["` + strings.Repeat("u", 65) + `"],"kind":"voice"}}`, CodeInvalid, "users [0] is longer", "1"},
		{"an id that is missing", `{"type":"end","id":"1","body":{}}`, CodeInvalid, "call has 0 bytes", "1"},
		{"an id with a slash", `{"type":"end","id":"1","body":{"call":"../x"}}`, CodeInvalid, "call has a character", "1"},
		{"an id with a star", `{"type":"end","id":"1","body":{"call":"*"}}`, CodeInvalid, "call has a character", "1"},
		{"a value that the enum does not have", `{"type":"ring","id":"1","body":{"users":["ana"],"kind":"smell"}}`, CodeInvalid, "kind is none of voice, video", "1"},
		{"a missing enum", `{"type":"ring","id":"1","body":{"users":["ana"]}}`, CodeInvalid, "kind is none of", "1"},
		{"an enum in another case", `{"type":"ring","id":"1","body":{"users":["ana"],"kind":"Voice"}}`, CodeInvalid, "kind is none of", "1"},
		{"an enum inside a list", `{"type":"negotiate","id":"1","body":{"call":"c","sdp":"v=0","sends":[{"mid":"0","source":"smell"}]}}`, CodeInvalid, "sends [0] source is none of", "1"},
		{"a number under its limit", `{"type":"view","id":"1","body":{"call":"c","items":[{"participant":"p","source":"camera","height":0}]}}`, CodeInvalid, "items [0] height has 0", "1"},
		{"a number over its limit", `{"type":"mediaFlows","id":"1","body":{"call":"c","path":"host","afterMs":600001}}`, CodeInvalid, "afterMs has 600001", "1"},
		{"50 views", `{"type":"view","id":"1","body":{"call":"c","items":[` + views + `]}}`, CodeInvalid, "items has 50 elements", "1"},
		{"an empty description", `{"type":"describe","id":"1","body":{"call":"c","type":"offer","sdp":""}}`, CodeInvalid, "sdp has 0 bytes", "1"},
		{"a description over 48 KiB", `{"type":"describe","id":"1","body":{"call":"c","type":"offer","sdp":"` + strings.Repeat("v", MaxSDPBytes+1) + `"}}`, CodeInvalid, "sdp has 49153 bytes", "1"},
		{"a limit inside an optional object", `{"type":"hello","id":"1","body":{"token":"t","device":"d","resume":{"session":"s","secret":"","serial":1}}}`, CodeInvalid, "resume secret has 0 bytes", "1"},
		{"an empty token", `{"type":"hello","id":"1","body":{"token":"","device":"d"}}`, CodeInvalid, "token has 0 bytes", "1"},
		{"a name beside a number", `{"type":"uploadContacts","id":"1","body":{"add":["+39"],"names":["Ana"]}}`, CodeInvalid, "a field that is not defined", "1"},
		{"a name in place of a number", `{"type":"uploadContacts","id":"1","body":{"add":[{"number":"+39","name":"Ana"}]}}`, CodeInvalid, `"add" is a object`, "1"},
		{"a name beside an upload's body", `{"type":"uploadContacts","id":"1","names":["Ana"],"body":{"add":["+39"]}}`, CodeInvalid, "a field that is not defined", "1"},
		{"501 numbers", `{"type":"uploadContacts","id":"1","body":{"remove":["+39"` + strings.Repeat(`,"+39"`, MaxUploadNumbers) + `]}}`, CodeInvalid, "remove has 501 elements", "1"},
		{"a number with a name to block", `{"type":"blockNumber","id":"1","body":{"number":"+39","name":"Mal"}}`, CodeInvalid, "a field that is not defined", "1"},
		{"a title over its bytes, not its characters", `{"type":"createLink","id":"1","body":{"kind":"voice","terms":{"title":"` + strings.Repeat("ä", 41) + `"}}}`, CodeInvalid, "title has 82 bytes", "1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frame, message, err := Decode([]byte(test.frame))
			problem, ok := errors.AsType[*Problem](err)
			if !ok {
				t.Fatalf("got %+v and error %v, want a problem", message, err)
			}
			if problem.Code != test.code || !strings.Contains(problem.Detail, test.detail) {
				t.Errorf("got %v, want %s with %q", problem, test.code, test.detail)
			}
			if message != nil || frame.ID != test.id {
				t.Errorf("got message %v and id %q, want none and %q", message, frame.ID, test.id)
			}
			if len(problem.Detail) > 512 {
				t.Errorf("the detail has %d bytes", len(problem.Detail))
			}
		})
	}
}

func TestDecodeAcceptsWhatTheProtocolAllows(t *testing.T) {
	tests := []struct {
		name, frame string
		want        any
	}{
		{"128 KiB", sized(MaxFrameBytes), &Ping{Serial: 1}},
		{"objects and lists 16 deep", nested(MaxDepth, `[`, `]`), &Ping{}},
		{"space around it", " \n{\"type\":\"ping\",\"id\":\"1\",\"body\":{\"serial\":1}}\n ", &Ping{Serial: 1}},
		{"many fields it does not know", `{"type":"ping","id":"1","body":{"serial":1,` + manyFields + `}}`, &Ping{Serial: 1}},
		{"escapes, numbers and words", `{"type":"ping","id":"1","\"\\":"\\\"}","body":{"serial":1,"x":[-1.5e+3,true,null,{},[],"\u0022]"]}}`, &Ping{Serial: 1}},
		{"fields it does not know", `{"type":"ping","id":"1","since":"v9","body":{"serial":1,"mood":{"a":[1,2]}}}`, &Ping{Serial: 1}},
		{"the same name in different objects", `{"type":"ping","id":"1","body":{"serial":1,"type":"x","body":{"type":1}}}`, &Ping{Serial: 1}},
		{"fields of the server's", `{"type":"ping","id":"1","serial":9,"call":"c","epoch":1,"seq":1,"body":{"serial":1}}`, &Ping{Serial: 1}},
		{"no body where none is needed", `{"type":"getPeople","id":"1"}`, &GetPeople{}},
		{"a body of null where none is needed", `{"type":"getPeople","id":"1","body":null}`, &GetPeople{}},
		{"the largest number", `{"type":"ping","id":"1","body":{"serial":4294967295}}`, &Ping{Serial: 4294967295}},
		{"an optional id left out", `{"type":"cancel","id":"1","body":{"call":"c"}}`, &Cancel{Call: "c"}},
		{"an optional list of null", `{"type":"negotiate","id":"1","body":{"call":"c","sdp":"v=0","sends":null}}`, &Negotiate{Call: "c", SDP: "v=0", Sends: []Send{}}},
		{"an optional list left out", `{"type":"view","id":"1","body":{"call":"c"}}`, &View{Call: "c", Items: []ViewItem{}}},
		{"an optional object left out", `{"type":"hello","id":"1","body":{"token":"t","device":"d","resume":null}}`, &Hello{Token: "t", Device: "d"}},
		{"the last candidate, which is empty", `{"type":"trickle","id":"1","body":{"call":"c","candidates":[{"candidate":"","sdpMid":"0"}]}}`, &Trickle{Call: "c", Candidates: []Candidate{{SDPMid: "0"}}}},
		{"an upload of a client that has seen frames", `{"type":"uploadContacts","id":"1","serial":9,"body":{"add":["+39"],"complete":true}}`, &UploadContacts{Add: []string{"+39"}, Remove: []string{}, Complete: true}},
		{"an upload of nothing", `{"type":"uploadContacts","id":"1"}`, &UploadContacts{Add: []string{}, Remove: []string{}}},
		{"a description of 48 KiB", `{"type":"describe","id":"1","body":{"call":"c","type":"offer","sdp":"` + strings.Repeat("v", MaxSDPBytes) + `"}}`, &Describe{Call: "c", Type: SDPOffer, SDP: strings.Repeat("v", MaxSDPBytes)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frame, message, err := Decode([]byte(test.frame))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, message); diff != "" || frame.ID != "1" {
				t.Errorf("id %q, message (-want +got):\n%s", frame.ID, diff)
			}
		})
	}
}

// FuzzDecode holds what Decode promises for any bytes: no panic, a problem that
// may be sent, and messages that survive another trip.
// manyFields are more names than are compared one with another.
var manyFields = func() string {
	var fields []string
	for i := range 2 * manyNames {
		fields = append(fields, fmt.Sprintf(`"f%d":[]`, i))
	}
	return strings.Join(fields, ", ")
}()

// BenchmarkDecode reads the largest message that pages send often.
func BenchmarkDecode(b *testing.B) {
	const picture = `"goodMs":8000,"fairMs":1000,"poorMs":1000,"frozenMs":200,"freezes":2,"framesPerSecond":24,"height":360,` +
		`"packets":2000,"lost":30,"jitterMs":9,"bufferMs":80`
	frame := []byte(`{"type":"reportQuality","id":"12","body":{"call":"cal_0123456789abcdef","spanMs":10000,"path":"host","rttMs":120,` +
		`"sound":{"playedMs":10000,"concealedMs":340,"packets":500,"lost":12,"jitterMs":8,"bufferMs":80},` +
		`"pictures":[{"source":"camera",` + picture + `},{"source":"screen",` + picture + `}],` +
		`"sent":{"sentMs":10000,"bandwidthMs":300,"cpuMs":20,"otherMs":0},"up":[{"source":"microphone","perMille":10}],` +
		`"moments":[{"what":"firstSound","tookMs":400}]}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(frame); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	golden, err := filepath.Glob("testdata/golden/request-*.json")
	if err != nil || len(golden) == 0 {
		f.Fatalf("no golden requests: %v", err)
	}
	for _, path := range golden {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"type":"ping","TYPE":"end","id":1e400}`))
	f.Add([]byte(nested(MaxDepth+1, `[`, `]`)))
	f.Add([]byte(`{"type":"ring","id":"\ud800","body":{"users":["ana",null],"kind":"voice"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, message, err := Decode(data)
		if len(frame.ID) > MaxIDBytes {
			t.Fatalf("an id of %d bytes is left to answer", len(frame.ID))
		}
		if err != nil {
			problem, ok := errors.AsType[*Problem](err)
			if !ok || message != nil || len(problem.Detail) > 512 {
				t.Fatalf("message %v, error %v", message, err)
			}
			if _, err := EncodeReply(frame.ID, problem); err != nil {
				t.Fatal(err)
			}
			return
		}
		again, err := encode(Frame{Type: frame.Type, ID: frame.ID}, message)
		if err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > MaxFrameBytes {
			return // escapes such as \u003c made it larger than a frame may be
		}
		frame2, message2, err := Decode(out)
		if err != nil || frame2.ID != frame.ID {
			t.Fatalf("%s became %s: %v", data, out, err)
		}
		if diff := cmp.Diff(message, message2); diff != "" {
			t.Fatalf("%s became %s:\n%s", data, out, diff)
		}
	})
}
