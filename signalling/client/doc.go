// Package client is a Go client of the protocol in package wire: for bots, tests
// and load. A [Client] has one session that outlives its sockets: it resumes it, sends
// again what was not answered, and takes up a new one where the old is gone.
//
// All that the server says arrives as [Event] values, in the server's order,
// from one goroutine. [Fold] keeps a call's state up to date from them.
package client
