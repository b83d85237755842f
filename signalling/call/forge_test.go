package call

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pronto/signalling/wire"
)

// about is a request about a call with somebody else in all places where it can name
// one.
func about(request any, call wire.CallID, whom wire.ParticipantID) any {
	m := reflect.New(reflect.TypeOf(request))
	fill(m.Elem(), call, whom)
	return m.Interface()
}

func fill(v reflect.Value, call wire.CallID, whom wire.ParticipantID) {
	switch one := v.Interface().(type) {
	case wire.CallID:
		v.Set(reflect.ValueOf(call))
		return
	case wire.ParticipantID:
		v.Set(reflect.ValueOf(whom))
		return
	case wire.UserID:
		v.Set(reflect.ValueOf(wire.UserID("ezio")))
		return
	case interface{ Values() []string }:
		v.SetString(one.Values()[0])
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), call, whom)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), call, whom)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint32:
		v.SetUint(1)
	case reflect.String:
		v.SetString("AAAA")
	}
}

// actor is what an event says of who did it and to whom it happened.
type actor struct {
	By          wire.ParticipantID
	Participant any
	Reason      string
}

func (e actor) participant() string {
	if m, ok := e.Participant.(map[string]any); ok {
		return fmt.Sprint(m["participant"])
	}
	return fmt.Sprint(e.Participant)
}

// Whatever somebody asks for with another one's id in it, what the others hear of it is
// about himself, or says that he did it. Who is not in the call is not heard of at all, who
// is rung by his own answer only. What the host may do to others and nobody else is in
// the table.
func TestNobodyOriginatesAnEventInAnothersName(t *testing.T) {
	heard := map[string]bool{}
	for role, c := range map[string]struct {
		who   int // of ana, bia, carlo, dora, eve
		self  wire.ParticipantID
		whole []string // what he brings about of the whole call, or of another one
	}{
		"the host":         {0, "p1", []string{"phaseChanged", "callEnded", "lockChanged", "participantLeft removed", "inviteWithdrawn", "hostChanged"}},
		"another one":      {1, "p2", []string{"phaseChanged"}},
		"who is only rung": {3, "p4", nil},
		"who is not in it": {4, "", nil},
	} {
		for _, request := range wire.Requests {
			if _, ok := reflect.TypeOf(request.Body).FieldByName("Call"); !ok || request.Type == "getNoteKeys" { // of a call that is over
				continue
			}
			for _, whom := range []wire.ParticipantID{"p1", "p3", "p4"} {
				if whom == c.self {
					continue
				}
				inWorld(t, func(t *testing.T, w *world) {
					call, ana, bia, carlo := group(w)
					dora, eve := w.device("dora", "phone"), w.device("eve", "phone")
					ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"dora"}})
					everybody := []*device{ana, bia, carlo, dora, eve}
					for _, d := range everybody {
						d.heard()
					}
					speaker := everybody[c.who]
					_, _ = speaker.try(about(request.Body, call, whom)) // whether it is refused does not matter: what is heard does
					speaker.heard()
					for _, d := range everybody {
						for _, f := range d.frames() {
							if f.Call == "" || f.Seq == 0 {
								continue // of his account, or of the set-up of his media
							}
							heard[role+" "+f.Type] = true
							e := body[actor](t, f)
							if by := string(e.By); by == string(c.self) && by != "" || by == "" && c.self != "" && e.participant() == string(c.self) ||
								slices.Contains(c.whole, f.Type) || slices.Contains(c.whole, f.Type+" "+e.Reason) {
								continue
							}
							text, _ := json.Marshal(f)
							t.Errorf("%s says %s about %s, and %s hears %s", role, request.Type, whom, d.who.User, text)
						}
					}
				})
			}
		}
	}
	for _, kind := range []string{
		"the host participantLeft", "the host mediaChanged", "the host callEnded", "another one mediaChanged", "another one batteryChanged",
		"another one holdChanged", "another one handChanged", "another one reacted", "another one kindProposed", "another one troubleChanged",
		"another one participantLeft", "who is only rung participantJoined",
	} {
		if !heard[kind] {
			t.Errorf("nobody heard of %s", kind)
		}
	}
}
