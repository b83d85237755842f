package store

import (
	"context"
	"encoding/json"
)

// The types of the events that webhooks are told of links, beside those of calls.
const (
	EventLinkCreated     = "link.created"
	EventLinkUsed        = "link.used" // somebody was let in by it who is no host
	EventLinkRevoked     = "link.revoked"
	EventCallbackCreated = "callback.created" // a visitor of a queue wants to be called back
)

// LinkEvents lists them.
func LinkEvents() []string {
	return []string{EventLinkCreated, EventLinkUsed, EventLinkRevoked, EventCallbackCreated}
}

// LinkEvent is the data of such an event.
type LinkEvent struct {
	// Link is its id, Owner the account whose it is, and Kind what its calls are
	// for.
	Link  string `json:"link"`
	Owner string `json:"owner"`
	Kind  Kind   `json:"kind"`
	// Uses is how many were let in by it so far, hosts not counted.
	Uses int64 `json:"uses"`
	// Callback names who wants to be called back, in callback.created; a second
	// wish of the same visitor has the same and takes the place of the first. What
	// he wrote is for the operators of the queue alone.
	Callback string `json:"callback,omitempty"`
}

// tellOfLink writes an event of a link, inside the transaction that makes it
// happen.
func tellOfLink(ctx context.Context, c conn, what string, l Link, callback string) error {
	data, err := json.Marshal(LinkEvent{l.ID, l.OwnerID, l.Kind, l.Uses, callback})
	if err != nil {
		return err
	}
	return writeEvents(ctx, c, []NewEvent{{Type: what, Data: string(data)}})
}
