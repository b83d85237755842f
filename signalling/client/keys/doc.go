// Package keys keeps one device in the group of keys of an encrypted call: it enters
// or founds the group, commits when the server asks for it, follows the commits of
// others, and seals and opens frames with what comes of it.
//
// The server puts commits in order and can read nothing. What it says about who is
// in the call is not believed where keys are concerned: a leaf is whose credential
// it holds, and [Config.Holders] hears of those whom the server has not named.
package keys
