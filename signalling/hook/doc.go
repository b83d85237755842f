// Package hook posts signed messages to addresses that others have chosen, as
// Standard Webhooks say, and only into the open internet.
package hook
