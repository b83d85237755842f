// Package signalling is the WebSocket endpoint: frames in, events out. A
// session outlives its socket, so that a phone may change networks. It decides
// nothing (policy) and keeps no call state (call).
package signalling
