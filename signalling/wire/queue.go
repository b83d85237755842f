package wire

// SetQueue makes a link of ours lead to operators: each visitor has a call of his
// own, all operators are rung, and the first who answers has it. They are rung in
// our name, so that their settings must let us call them. The reply is [Queue].
type SetQueue struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
	// Operators are the accounts to ring; we may be one of them. None makes it a
	// link like others again.
	Operators []UserID `json:"operators" limit:"0..50"`
	// Hours are when it is open; absent means always.
	Hours *OpeningHours `json:"hours,omitzero"`
}

// OpeningHours are the hours of the day, on the clock of a place, at which a
// queue is open.
type OpeningHours struct {
	// Zone is the place, a name of the IANA time zone database, such as
	// Europe/Rome.
	Zone string `json:"zone" limit:"1..64"`
	// Ranges are the parts of the day.
	Ranges []DayRange `json:"ranges" limit:"1..4"`
}

// GetQueue asks for the queue of a link that we own or are an operator of. The
// reply is [Queue].
type GetQueue struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
}

// Queue is where a link leads.
type Queue struct {
	// Link is the link.
	Link LinkID `json:"link"`
	// Operators are who is rung; none means that the link is one like others.
	Operators []UserID `json:"operators"`
	// Hours are when it is open; absent means always.
	Hours *OpeningHours `json:"hours,omitzero"`
	// Open is whether it is open now.
	Open bool `json:"open"`
}

// Transfer hands a visitor of a queue on: the others are rung, and when one
// answers we leave the call. The reply is [Done].
type Transfer struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Operator is to whom; absent means any other operator.
	Operator UserID `json:"operator,omitzero" limit:"0..64"`
}

// GetCallbacks asks who wants to be called back by a queue that we own or are an
// operator of. The reply is [Callbacks].
type GetCallbacks struct {
	// Link is the queue's link.
	Link LinkID `json:"link" limit:"1..64"`
}

// Callbacks are who waits to be called back, the longest first, at most 200.
type Callbacks struct {
	// Callbacks are they.
	Callbacks []Callback `json:"callbacks"`
}

// Callback is a visitor whom nobody could answer. It is kept for 30 days, or
// until he deletes it.
type Callback struct {
	// Callback is its id.
	Callback string `json:"callback"`
	// Name is what he calls himself.
	Name string `json:"name"`
	// Contact is where to reach him, in his own words.
	Contact string `json:"contact"`
	// Note is what it is about.
	Note string `json:"note,omitzero"`
	// AskedMs is when he asked.
	AskedMs UnixMs `json:"askedMs"`
}

// FinishCallback deletes a callback that was made. The reply is [Done], or
// notFound if another operator was first.
type FinishCallback struct {
	// Link is the queue's link.
	Link LinkID `json:"link" limit:"1..64"`
	// Callback is which.
	Callback string `json:"callback" limit:"1..64"`
}

// QueueState is where the call of a visitor stands while operators are rung.
type QueueState string

// The states.
const (
	QueueCalling    QueueState = "calling"    // nothing rings yet
	QueueRinging    QueueState = "ringing"    // a device of an operator rings
	QueueUnanswered QueueState = "unanswered" // nobody took it over: a transfer failed
)

// Values lists all states.
func (QueueState) Values() []string {
	return []string{string(QueueCalling), string(QueueRinging), string(QueueUnanswered)}
}

// QueueChanged says where the ringing of operators stands. Who they are is not
// told before one answers.
type QueueChanged struct {
	// State is it.
	State QueueState `json:"state"`
}
