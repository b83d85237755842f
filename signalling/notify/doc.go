// Package notify tells the servers of integrators what happened, from the
// outbox: webhooks, at least once, signed as Standard Webhooks say.
package notify
