// Package bot is people made of code: a [Phone] rings, answers and carries the
// media of its calls over package client, and a [Bot] uses one by a script. Bots
// speak the public protocol only, and say by their names that they are bots.
//
// A call is one goroutine, fed by the phone with the server's events in their
// order; a second one sends its requests, so that waiting for a reply never
// holds up an event.
package bot
