package wire

import (
	"errors"
	"fmt"
)

// Code is the stable name of a kind of problem; clients choose by it.
type Code string

// The codes of [Problem].
const (
	CodeBadFrame          Code = "badFrame"          // not JSON, too deep, or a name twice
	CodeTooLarge          Code = "tooLarge"          // over MaxFrameBytes
	CodeUnknownType       Code = "unknownType"       // a message this server does not know
	CodeInvalid           Code = "invalid"           // a field outside its limits; Detail names it
	CodeNameReserved      Code = "nameReserved"      // a name that reads as the service's own; Detail says which: choose one that says who you are
	CodeHelloFirst        Code = "helloFirst"        // the first message must be hello
	CodeUnauthenticated   Code = "unauthenticated"   // token refused: sign in again
	CodeForbidden         Code = "forbidden"         // known, but not allowed to this session
	CodeNotFound          Code = "notFound"          // no such thing, or none that this session may know of
	CodeConflict          Code = "conflict"          // changed meanwhile: read it again
	CodeStale             Code = "stale"             // of an earlier generation of the call's media, or epoch of its keys: nothing to do
	CodeCallEnded         Code = "callEnded"         // the call is over
	CodeCallFull          Code = "callFull"          // no more participants
	CodeAnsweredElsewhere Code = "answeredElsewhere" // another device of the account was first
	CodeBlockedInCall     Code = "blockedInCall"     // somebody we have blocked is in the call: ask, then confirmBlocked
	CodeBadDescription    Code = "badDescription"    // a session description over its limits
	CodeRateLimited       Code = "rateLimited"       // wait RetryAfterMs
	CodeCallsNotAccepted  Code = "callsNotAccepted"  // the account takes no calls; Text is what it says about that
	CodeSuspended         Code = "suspended"         // our account may do nothing for now
	CodeTermsNotAccepted  Code = "termsNotAccepted"  // our account has to accept the terms first: welcome names them, setPreferences accepts
	CodeEncryptionNeeded  Code = "encryptionNeeded"  // the call is end-to-end encrypted, and this client does not speak that
	CodeNoCommonCodec     Code = "noCommonCodec"     // our client and the others have no codec in common: take another device or browser
	CodeQueueClosed       Code = "queueClosed"       // nobody is there at this hour; somebody is in RetryAfterMs
	CodeWaitInLobby       Code = "waitInLobby"       // a host has to let us in: knock
	CodeNotYet            Code = "notYet"            // the link opens in RetryAfterMs
	CodeUnavailable       Code = "unavailable"       // the server cannot decide now; try again
	CodeInternal          Code = "internal"          // a fault of the server's; its log has the cause
)

// Values lists all codes.
func (Code) Values() []string {
	return []string{
		string(CodeBadFrame), string(CodeTooLarge), string(CodeUnknownType), string(CodeInvalid), string(CodeNameReserved),
		string(CodeHelloFirst), string(CodeUnauthenticated), string(CodeForbidden), string(CodeNotFound),
		string(CodeConflict), string(CodeStale), string(CodeCallEnded), string(CodeCallFull),
		string(CodeAnsweredElsewhere), string(CodeBlockedInCall), string(CodeBadDescription), string(CodeRateLimited),
		string(CodeCallsNotAccepted), string(CodeSuspended), string(CodeTermsNotAccepted), string(CodeEncryptionNeeded), string(CodeNoCommonCodec),
		string(CodeWaitInLobby), string(CodeNotYet), string(CodeQueueClosed), string(CodeUnavailable), string(CodeInternal),
	}
}

// Problem is the reply to a request that was not carried out (in the spirit of
// RFC 9457). Nothing has changed.
type Problem struct {
	// Code is what kind of problem it is.
	Code Code `json:"code"`
	// Detail says in English what was wrong and what to do next, for a log or
	// a developer; a page shows its own words by Code.
	Detail string `json:"detail" limit:"0..512"`
	// RetryAfterMs is how long to wait before trying again, in milliseconds.
	RetryAfterMs uint32 `json:"retryAfterMs,omitzero"`
	// Device is the name of the device that answered, with answeredElsewhere.
	Device string `json:"device,omitzero" limit:"0..64"`
	// Text is what an account that takes no calls says about that, with
	// callsNotAccepted.
	Text string `json:"text,omitzero" limit:"0..256"`
}

// Error makes a Problem an error inside the server.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// Problemf makes a Problem whose detail is formatted like fmt.Sprintf.
func Problemf(code Code, format string, args ...any) *Problem {
	return &Problem{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// AsProblem is the only way an error crosses the border to a client: a Problem
// somewhere in err's chain, or else "internal" without err's text.
func AsProblem(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return Problemf(CodeInternal, "the server failed; its log has the cause")
}
