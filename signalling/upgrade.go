package signalling

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// socketBuffer is how much of a socket's reading and writing is buffered, in bytes:
// most frames fit, and longer ones go past the buffer. net/http's are four times as large,
// and a socket keeps them for as long as it lives.
const socketBuffer = 1 << 10

// upgrade makes a WebSocket of a request (RFC 6455, section 4.2). After an error the
// request has been answered.
func upgrade(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	return websocket.Accept(slim{w}, r, &websocket.AcceptOptions{
		Subprotocols: []string{Subprotocol}, InsecureSkipVerify: true, // the origin was checked, more strictly
		CompressionMode: websocket.CompressionDisabled,
	})
}

// slim is a response whose connection is taken over with small buffers.
type slim struct{ http.ResponseWriter }

// Hijack implements [http.Hijacker].
func (s slim) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(s.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// What the client sent along with its request stays in front.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	in := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), conn), max(socketBuffer, len(early)))
	if len(early) > 0 {
		if _, err := in.Peek(len(early)); err != nil {
			_ = conn.Close()
			return nil, nil, err
		}
	}
	return conn, bufio.NewReadWriter(in, bufio.NewWriterSize(conn, socketBuffer)), nil
}
