package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestAsProblemHidesForeignErrors(t *testing.T) {
	err := fmt.Errorf("open /var/lib/secret.db: %w", io.ErrUnexpectedEOF)
	got := AsProblem(err)
	if got.Code != CodeInternal || strings.Contains(got.Error(), "secret") || strings.Contains(got.Error(), "EOF") {
		t.Errorf("got %v", got)
	}
	if got := AsProblem(nil); got.Code != CodeInternal {
		t.Errorf("of no error: %v", got)
	}
}

func TestAsProblemFindsTheProblemInAChainAndDropsTheRest(t *testing.T) {
	full := Problemf(CodeCallFull, "the call has %d participants", 100)
	got := AsProblem(fmt.Errorf("join by 192.0.2.1: %w", errors.Join(io.EOF, full)))
	if got != full {
		t.Errorf("got %v, want the problem itself", got)
	}
}

func TestEncodeRefusesWhatIsNotOfItsKind(t *testing.T) {
	for _, body := range []any{nil, Ring{}, &Incoming{}, "done", 7, Frame{}} {
		if frame, err := EncodeReply("1", body); err == nil {
			t.Errorf("EncodeReply(%T) gave %+v", body, frame)
		}
	}
	for _, body := range []any{nil, Ring{}, &Welcome{}, "done", Problem{}} {
		if frame, err := EncodeEvent("c", 1, 1, body); err == nil {
			t.Errorf("EncodeEvent(%T) gave %+v", body, frame)
		}
	}
}

func TestEncodeWritesEmptyListsWithoutTouchingTheBody(t *testing.T) {
	body := Welcome{Calls: []CallState{{ICE: ICE{Servers: []ICEServer{{}}}}}}
	for _, b := range []any{body, &body} {
		frame, err := EncodeReply("1", b)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"incoming":[]`, `"participants":[]`, `"urls":[]`} {
			if !strings.Contains(string(frame.Body), want) {
				t.Errorf("%T: no %s in %s", b, want, frame.Body)
			}
		}
	}
	if body.Incoming != nil || body.Calls[0].Participants != nil || body.Calls[0].ICE.Servers[0].URLs != nil {
		t.Error("the body was changed")
	}
}

func TestEveryEnumListsEachOfItsValuesOnce(t *testing.T) {
	enums := []Enum{
		Code(""), Kind(""), Topology(""), CallPhase(""), Presence(""), StopReason(""), LeaveReason(""), EndReason(""),
		SDPType(""), Source(""), Path(""), WhoMayCall(""), Direction(""), Outcome(""),
	}
	for _, enum := range enums {
		values := enum.Values()
		sorted := slices.Compact(slices.Sorted(slices.Values(values)))
		if len(values) == 0 || len(sorted) != len(values) || sorted[0] == "" {
			t.Errorf("%T lists %q", enum, values)
		}
	}
}

func TestLimitTagsAreReadOrRefused(t *testing.T) {
	if limit, ok, err := ParseLimit("1..64"); err != nil || !ok || limit != (Limit{1, 64}) {
		t.Errorf("got %v %v %v", limit, ok, err)
	}
	if _, ok, err := ParseLimit(""); err != nil || ok {
		t.Errorf("the empty tag: %v %v", ok, err)
	}
	for _, tag := range []string{"1", "a..2", "1..b", "..", "1.."} {
		if limit, _, err := ParseLimit(tag); err == nil {
			t.Errorf("%q was read as %v", tag, limit)
		}
	}
}

func TestIDsHoldOnlyWhatAURLASubjectAndATURNNameBear(t *testing.T) {
	for _, id := range []string{"", "a", "Z9_-", strings.Repeat("x", MaxIDBytes)} {
		if err := UserID(id).Check(); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"a.b", "a b", "*", ">", "a/b", "a:b", "ä", "\x00", strings.Repeat("x", MaxIDBytes+1)} {
		for _, c := range []checker{UserID(id), DeviceID(id), SessionID(id), CallID(id), ParticipantID(id), LinkID(id)} {
			if c.Check() == nil {
				t.Errorf("%T %q was let through", c, id)
			}
		}
	}
}

// The envelope holds the body as it is, so that a frame is encoded once and its
// copies for other sessions differ only in Serial.
func TestAFrameKeepsItsBodyAsItIs(t *testing.T) {
	frame, err := EncodeEvent("c1", 1, 2, CallEnded{Reason: EndHangup, DurationMs: 5})
	if err != nil {
		t.Fatal(err)
	}
	frame.Serial = 9
	data, err := json.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"callEnded","serial":9,"call":"c1","epoch":1,"seq":2,"body":{"reason":"hangup","durationMs":5}}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
}
