package signalling_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"pronto/signalling"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// running counts the goroutines that are in a function.
func running(function string) int {
	buf := make([]byte, 8<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), function+"(")
}

func TestASocketThatSaysNothingKeepsOneGoroutineAndNothingOfItsRequest(t *testing.T) {
	const many = 50
	s := signallingtest.Start(t, signallingtest.Options{})
	for i := range many {
		signIn(t, s, wire.UserID("u"+strconv.Itoa(i)), "phone")
	}
	deadline := time.Now().Add(time.Minute)
	for {
		serving, requests := running("signalling.(*Server).serve"), running("signalling.(*Server).ServeHTTP")
		others := running("signalling.(*socket).write") + running("signalling.(*socket).shut") + running("signalling.(*Server).aside.func1")
		if serving == many && requests == 0 && others == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets have %d readers, %d requests and %d other goroutines", many, serving, requests, others)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestWhatComesAlongWithTheHandshakeIsNotLost(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		pad  int
	}{{"a short frame", 0}, {"a frame larger than the buffer", 2500}} {
		t.Run(row.name, func(t *testing.T) {
			s := signallingtest.Start(t, signallingtest.Options{})
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			hello, err := json.Marshal(wire.Frame{Type: "hello", ID: "h1", Body: json.RawMessage(
				`{"token":"` + s.Token(t, "ana") + `","device":"phone","unknown":"` + strings.Repeat("x", row.pad) + `"}`)})
			if err != nil {
				t.Fatal(err)
			}
			request := "GET /v1/ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " + signalling.Subprotocol + "\r\n\r\n"
			if _, err := conn.Write(append([]byte(request), masked(hello)...)); err != nil {
				t.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(conn)
			answer, err := http.ReadResponse(in, nil)
			if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("the handshake gave %v, %v", answer, err)
			}
			if frame := unframed(t, in); !bytes.Contains(frame, []byte(`"welcome"`)) {
				t.Errorf("hello was answered with %s", frame)
			}
		})
	}
}

// masked is a text frame of a client (RFC 6455, section 5.2), with a mask of zeros.
func masked(payload []byte) []byte {
	frame := []byte{0x81}
	if len(payload) < 126 {
		frame = append(frame, 0x80|byte(len(payload)))
	} else {
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(len(payload)))
	}
	return append(append(frame, 0, 0, 0, 0), payload...)
}

// unframed reads a text frame of a server.
func unframed(t *testing.T, in io.Reader) []byte {
	t.Helper()
	var head [4]byte
	if _, err := io.ReadFull(in, head[:2]); err != nil {
		t.Fatal(err)
	}
	n := int(head[1])
	if n == 126 {
		if _, err := io.ReadFull(in, head[2:]); err != nil {
			t.Fatal(err)
		}
		n = int(binary.BigEndian.Uint16(head[2:]))
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(in, payload); err != nil {
		t.Fatal(err)
	}
	return payload
}
