package policy

// Sight are the facts that decide what a viewer sees of somebody's presence.
// The zero value sees nothing.
type Sight struct {
	// Exists is whether there is such an account.
	Exists bool
	// Self is whether both are one account.
	Self bool
	// Audience is the setting of who is looked at.
	Audience Audience
	// Contact is whether who is looked at has the viewer in his contacts.
	Contact bool
	// Excepted is whether he left this viewer out, contact or not.
	Excepted bool
	// Blocks and Blocked are the two block lists: of who is looked at, and of
	// the viewer.
	Blocks, Blocked bool
	// Guest is whether the viewer has no account.
	Guest bool
}

// SeesPresence decides whether a viewer sees that somebody is online or in a
// call, and when he was last. Who may not, sees what he would of somebody who
// was never there.
func SeesPresence(s Sight) bool {
	switch {
	case !s.Exists, s.Guest:
		return false
	case s.Self:
		return true
	case s.Blocks, s.Blocked, s.Excepted:
		return false
	}
	return s.Audience == Everyone || s.Audience == Contacts && s.Contact
}
