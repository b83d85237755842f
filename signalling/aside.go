package signalling

import (
	"bytes"
	"runtime/debug"

	"github.com/coder/websocket"
)

// aside runs f on a goroutine for that alone and waits for it: carrying out a request
// takes a stack many times as large as waiting for one, and a goroutine keeps the
// largest it had for long.
func (s *Server) aside(k *socket, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.contain(k, f)
	}()
	<-done
}

// contain runs f. If f panics, that costs its own socket only.
func (s *Server) contain(k *socket, f func()) {
	defer func() {
		if cause := recover(); cause != nil {
			s.cfg.Logger.Error("a request panicked", "cause", cause, "stack", string(debug.Stack()))
			k.giveUp(int(websocket.StatusInternalError))
		}
	}()
	f()
}

// isSmall tells by the beginning of a frame whether its request is one of those that take
// a small stack and come often, for which another goroutine would cost more than the
// request. Any answer is safe.
func isSmall(frame []byte) bool {
	head := frame[:min(len(frame), 64)]
	return bytes.Contains(head, []byte(`"type":"report`)) || bytes.Contains(head, []byte(`"type":"ping"`))
}
