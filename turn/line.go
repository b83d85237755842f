package turn

import "pronto/turn/credential"

// line is a way on which messages of clients are read one after another: the UDP
// socket for all its clients, or one TCP connection.
type line struct {
	gate gate

	// Owned by the goroutine that reads the line: the credential of the message
	// that is being handled.
	claims credential.Claims

	// hangUp closes a TCP connection; nil for UDP.
	hangUp func()
}
