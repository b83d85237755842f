package wire

// MaxUploadNumbers is how many phone numbers one request may add, and how many
// it may remove.
const MaxUploadNumbers = 500

// Strict is a request in which fields that are not defined are refused, in its
// body and in its envelope. Other requests ignore them. It is for requests with
// what must not be collected: who sends more than was asked for is told, and
// nothing of it is read.
type Strict interface{ Strict() }

// GetDiscovery asks where we stand with finding and being found by phone
// number. The reply is [Discovery].
type GetDiscovery struct{}

// Discovery is where we stand with finding and being found by phone number;
// also an event to our other devices.
type Discovery struct {
	// On is whether we look for contacts by their numbers. It is off until we
	// turn it on.
	On bool `json:"on"`
	// Uploaded is how many numbers we have uploaded that still count. They are
	// kept as keyed hashes only.
	Uploaded uint32 `json:"uploaded"`
	// NumbersBlocked is how many numbers we have blocked.
	NumbersBlocked uint32 `json:"numbersBlocked"`
	// NumberEnding are the last two digits of our own verified number; absent
	// without one. The rest is not kept.
	NumberEnding string `json:"numberEnding,omitzero"`
	// Discoverable is whether those who have our number find our account.
	Discoverable bool `json:"discoverable"`
}

// SetDiscovery turns looking for contacts by number on, or off: then what we
// have uploaded is deleted, and so are the contacts found by it that we have
// not added ourselves. The reply is [Discovery].
type SetDiscovery struct {
	// On is whether to look for contacts.
	On bool `json:"on"`
}

// SetDiscoverable says whether those who have our number find our account. Who
// has found it keeps it. The reply is [Discovery]; or notFound without a
// verified number.
type SetDiscoverable struct {
	// On is whether to be found.
	On bool `json:"on"`
}

// UploadContacts says which phone numbers are in our address book since the
// last upload, and which are no longer. Only numbers: a field that is not
// defined here is refused. The numbers are forgotten at once; of those without
// an account a keyed hash is kept, so that we are told (by the event "people")
// when they get one. Whoever is found becomes a contact. The reply is [Matches];
// forbidden unless discovery is on; or rateLimited, with nothing changed: send
// fewer, or wait.
type UploadContacts struct {
	// Add are numbers in our address book, as E.164: + and the country code
	// first. To add one again changes nothing.
	Add []string `json:"add" limit:"0..500"`
	// Remove are numbers that are no longer in it.
	Remove []string `json:"remove" limit:"0..500"`
	// Start begins a full sync. It may take several uploads.
	Start bool `json:"start,omitzero"`
	// Complete ends a full sync: what was not added since its start is removed.
	Complete bool `json:"complete,omitzero"`
}

// Strict makes fields that are not defined a problem.
func (UploadContacts) Strict() {}

// Matches are whom an upload has found.
type Matches struct {
	// People are the accounts of the numbers added, without saying which number
	// is whose.
	People []Person `json:"people"`
	// Skipped is how many of the texts were not phone numbers with a country
	// code.
	Skipped uint32 `json:"skipped"`
	// NextSyncMs is when to upload changes again, in milliseconds from now.
	NextSyncMs uint32 `json:"nextSyncMs"`
}

// BlockNumber keeps whoever has a phone number, now or later, from reaching us.
// Who has it is not told, and neither are we. A call that is under way goes on.
// The reply is [Discovery].
type BlockNumber struct {
	// Number is the number, as E.164.
	Number string `json:"number" limit:"1..32"`
}

// Strict makes fields that are not defined a problem.
func (BlockNumber) Strict() {}

// UnblockNumber takes a block of a number back. The reply is [Discovery].
type UnblockNumber struct {
	// Number is the number, as E.164.
	Number string `json:"number" limit:"1..32"`
}

// Strict makes fields that are not defined a problem.
func (UnblockNumber) Strict() {}
