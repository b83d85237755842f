package client

import (
	"encoding/json"
	"fmt"
	"reflect"

	"pronto/signalling/wire"
)

// Event is something that the server said.
type Event struct {
	// Call, Epoch and Seq are those of the frame; zero where the event's scope
	// has none.
	Call       wire.CallID
	Epoch, Seq uint32
	// Body is a pointer to an event of package wire; or a [*wire.Welcome], when a
	// socket was opened; or a [*wire.CallState], the reply to a request, so that
	// events after it can be told from those before.
	Body any
}

var (
	eventTypes  = map[string]reflect.Type{}
	requestInfo = map[reflect.Type]wire.Request{}
	replyTypes  = map[string]reflect.Type{"problem": reflect.TypeFor[wire.Problem]()}
)

func init() {
	for _, e := range wire.Events {
		eventTypes[e.Type] = reflect.TypeOf(e.Body)
	}
	for _, r := range wire.Requests {
		requestInfo[reflect.TypeOf(r.Body)] = r
		replyTypes[r.Reply] = reflect.TypeOf(r.ReplyBody)
	}
}

// decode reads one frame of the server. The body is a pointer to an event or a
// reply; nil if the type is not known, which is to be ignored.
func decode(data []byte) (wire.Frame, any, error) {
	var frame wire.Frame
	if err := json.Unmarshal(data, &frame); err != nil {
		return wire.Frame{}, nil, fmt.Errorf("decode a frame: %w", err)
	}
	types := eventTypes
	if frame.ID != "" {
		types = replyTypes
	}
	t, known := types[frame.Type]
	if !known {
		return frame, nil, nil
	}
	body := reflect.New(t)
	if len(frame.Body) > 0 {
		if err := json.Unmarshal(frame.Body, body.Interface()); err != nil {
			return wire.Frame{}, nil, fmt.Errorf("decode the body of a frame: %w", err)
		}
	}
	return frame, body.Interface(), nil
}

// encode makes the frame of a request.
func encode(id string, body any) ([]byte, wire.Request, error) {
	t := reflect.TypeOf(body)
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	info, ok := requestInfo[t]
	if !ok {
		return nil, wire.Request{}, fmt.Errorf("encode a request: %T is none", body)
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, wire.Request{}, fmt.Errorf("encode %s: %w", info.Type, err)
	}
	frame, err := json.Marshal(wire.Frame{Type: info.Type, ID: id, Body: data})
	if err != nil {
		return nil, wire.Request{}, fmt.Errorf("encode %s: %w", info.Type, err)
	}
	if len(frame) > wire.MaxFrameBytes {
		return nil, wire.Request{}, fmt.Errorf("encode %s: the frame has %d bytes, over %d", info.Type, len(frame), wire.MaxFrameBytes)
	}
	return frame, info, nil
}
