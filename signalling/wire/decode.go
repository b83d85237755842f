package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Decode reads one request. The message is a pointer to one of the types of
// [Requests], within its limits. When the error is not nil it is a [*Problem],
// and the frame still has the id and type to answer, as far as they could be
// told.
func Decode(data []byte) (Frame, any, error) {
	if len(data) > MaxFrameBytes {
		return Frame{}, nil, Problemf(CodeTooLarge, "the frame has %d bytes; at most %d are read", len(data), MaxFrameBytes)
	}
	if err := wellFormed(data); err != nil {
		return Frame{}, nil, Problemf(CodeBadFrame, "%s; send one JSON object a frame", err)
	}
	var frame Frame
	err := json.Unmarshal(data, &frame)
	if len(frame.ID) > MaxIDBytes || len(frame.Type) > MaxIDBytes {
		return Frame{}, nil, Problemf(CodeBadFrame, "type and id have at most %d bytes", MaxIDBytes)
	}
	if err != nil {
		return frame, nil, Problemf(CodeBadFrame, "the envelope does not fit: %s", jsonReason(err))
	}
	if frame.ID == "" {
		return frame, nil, Problemf(CodeBadFrame, "the id is missing; a request is answered by its id")
	}
	t, ok := requestTypes[frame.Type]
	if !ok {
		return frame, nil, Problemf(CodeUnknownType, "there is no request %q here", frame.Type)
	}
	message := reflect.New(t)
	if _, ok := message.Interface().(Strict); ok {
		if err := onlyKnown(data, frame.Body, message.Interface()); err != nil {
			return frame, nil, Problemf(CodeInvalid, "the body of %q does not fit: %s", frame.Type, jsonReason(err))
		}
	}
	if len(frame.Body) > 0 {
		if err := json.Unmarshal(frame.Body, message.Interface()); err != nil {
			return frame, nil, Problemf(CodeInvalid, "the body of %q does not fit: %s", frame.Type, jsonReason(err))
		}
	}
	if err := checkLimits(message.Elem()); err != nil {
		return frame, nil, Problemf(CodeInvalid, "%s %s", frame.Type, err)
	}
	return frame, message.Interface(), nil
}

// onlyKnown reads the frame and its body into message and refuses fields that
// are not defined.
func onlyKnown(data, body []byte, message any) error {
	for _, part := range []struct {
		data []byte
		into any
	}{{data, &Frame{}}, {body, message}} {
		if len(part.data) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(part.data))
		d.DisallowUnknownFields()
		if err := d.Decode(part.into); err != nil {
			return err
		}
	}
	return nil
}

// EncodeReply makes the frame that answers the request with the given id.
// body is a value or pointer of a reply type or [Problem].
func EncodeReply(id string, body any) (Frame, error) {
	name, ok := replyNames[bodyType(body)]
	if !ok {
		return Frame{}, fmt.Errorf("encode reply: %T is not a reply", body)
	}
	return encode(Frame{Type: name, ID: id}, body)
}

// EncodeEvent makes the frame of an event. body is a value or pointer of an
// event type. call, epoch and seq are zero where the event's scope has none.
func EncodeEvent(call CallID, epoch, seq uint32, body any) (Frame, error) {
	name, ok := eventNames[bodyType(body)]
	if !ok {
		return Frame{}, fmt.Errorf("encode event: %T is not an event", body)
	}
	return encode(Frame{Type: name, Call: call, Epoch: epoch, Seq: seq}, body)
}

func encode(frame Frame, body any) (Frame, error) {
	data, err := json.Marshal(filled(reflect.ValueOf(body)).Interface())
	if err != nil {
		return Frame{}, fmt.Errorf("encode %s: %w", frame.Type, err)
	}
	frame.Body = data
	return frame, nil
}

func bodyType(body any) reflect.Type {
	t := reflect.TypeOf(body)
	if t != nil && t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// jsonReason is err's text without what the client sent.
func jsonReason(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		value, _, _ := strings.Cut(t.Value, " ") // "number 1e400" without the number
		return fmt.Sprintf("%q is a %s, not a %s", t.Field, value, t.Type.Kind())
	}
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("broken at byte %d", s.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	if strings.HasPrefix(err.Error(), "json: unknown field") { // the library has no type for it
		return "it has a field that is not defined, and only defined ones may be sent"
	}
	return "a value does not fit"
}
