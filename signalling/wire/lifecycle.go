package wire

// ChangeNumber gives our account another phone number, which the code proves that
// was sent there by POST /v1/accounts/code. The account stays what it is; calls to
// who asks for the old number find nobody from now on. The reply is [Discovery];
// or notFound for a code that is wrong or not good any more.
type ChangeNumber struct {
	// Number is the new number, as E.164: + and the country code first.
	Number string `json:"number" limit:"1..32"`
	// Code is the six digits.
	Code string `json:"code" limit:"6..6"`
}

// Strict makes fields that are not defined a problem.
func (ChangeNumber) Strict() {}

// FindNumber asks whose phone number it is. It takes from the same budget as
// [UploadContacts], and keeps nothing. The reply is [Found]; or notFound for a
// number that has no account, and for one whose owner does not want to be found by
// it.
type FindNumber struct {
	// Number is the number, as E.164.
	Number string `json:"number" limit:"1..32"`
}

// Strict makes fields that are not defined a problem.
func (FindNumber) Strict() {}

// Found is whose number it is.
type Found struct {
	// Person is the account.
	Person Person `json:"person"`
}

// DisableAccount switches our account off: all our devices are signed out, and
// nobody reaches us, until we sign in anew. Nothing is deleted. The reply is
// [Done]; then the socket closes.
type DisableAccount struct{}

// DeleteAccount deletes our account, for good: it leaves its calls and groups, its
// links, devices and tokens end, and whoever comes back by the same address gets
// another account. Within a minute nothing names it. The reply is [Done]; then the
// socket closes.
type DeleteAccount struct {
	// User is our own account, so that nobody deletes one by mistake.
	User UserID `json:"user" limit:"1..64"`
}
