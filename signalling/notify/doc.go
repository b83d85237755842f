// Package notify tells those outside of what happened, from the outbox: the servers
// of integrators by webhooks, at least once, signed as Standard Webhooks say;
// browsers whose page is closed by Web Push; and whoever has booked a talk, or
// offered it, that it begins soon.
package notify
