package wire

// PauseReason says why a picture that is shown does not come.
type PauseReason string

// The reasons.
const (
	PauseBandwidth  PauseReason = "bandwidth"  // our downlink does not carry it; it comes again by itself
	PauseDataBudget PauseReason = "dataBudget" // what we want to use is used up
)

// Values lists all reasons.
func (PauseReason) Values() []string {
	return []string{string(PauseBandwidth), string(PauseDataBudget)}
}

// Paused says which of the pictures that we show do not come for the moment:
// always the whole list. Sound goes on.
type Paused struct {
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Pictures are those that are paused.
	Pictures []PausedPicture `json:"pictures"`
}

// PausedPicture is one picture that does not come for the moment.
type PausedPicture struct {
	// Participant is whose.
	Participant ParticipantID `json:"participant"`
	// Source is camera or screen.
	Source Source `json:"source"`
	// Reason is why.
	Reason PauseReason `json:"reason"`
}

// Encodings says which encodings of a picture we are to send from now on: the
// others nobody needs for the moment. Before the first one we send all.
type Encodings struct {
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Source is the camera or the screen.
	Source Source `json:"source"`
	// Active has one entry for each encoding of the media section, from lowest to
	// highest; true is to be sent.
	Active []bool `json:"active"`
}

// SetDataUse says how much data we want to use in this call through the SFU,
// from now on; it replaces what we said before. The reply is [Done]; [DataUse]
// says when it runs low.
type SetDataUse struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Low asks for small pictures only, and has us send small ones only.
	Low bool `json:"low,omitzero"`
	// BudgetKB is how many kilobytes of 1,000 bytes may be sent and received before
	// pictures stop both ways and only sound is left; absent for any number.
	BudgetKB uint32 `json:"budgetKB,omitzero" limit:"0..1000000000"`
}

// DataState is how far our budget of data has been used.
type DataState string

// The states.
const (
	DataPlenty DataState = "plenty" // less than four fifths, or there is no budget
	DataLow    DataState = "low"    // four fifths
	DataSpent  DataState = "spent"  // all: only sound is left
)

// Values lists all states.
func (DataState) Values() []string {
	return []string{string(DataPlenty), string(DataLow), string(DataSpent)}
}

// DataUse says how far our budget of data has been used, each time the state
// changes.
type DataUse struct {
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// State is how far.
	State DataState `json:"state"`
	// UsedKB is how many kilobytes of 1,000 bytes have been used since the budget
	// was set, or since our connection was made anew.
	UsedKB uint32 `json:"usedKB"`
	// BudgetKB is how many there were then; 0 for any number.
	BudgetKB uint32 `json:"budgetKB"`
}
