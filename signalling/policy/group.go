package policy

// GroupAct is what somebody may do with a group.
type GroupAct int

// The acts.
const (
	// ActSee reads the group's list and hears of its calls.
	ActSee GroupAct = iota
	// ActAdd adds or invites somebody.
	ActAdd
	// ActCall starts the group's call or joins it.
	ActCall
	// ActLeave leaves the group.
	ActLeave
	// ActAnswer accepts or declines an invitation.
	ActAnswer
	// ActGovern renames the group, changes its options and roles, removes and
	// bans.
	ActGovern
)

// GroupActs lists all acts.
func GroupActs() []GroupAct {
	return []GroupAct{ActSee, ActAdd, ActCall, ActLeave, ActAnswer, ActGovern}
}

// GroupStanding is how somebody stands to a group. The zero value is nobody to
// it.
type GroupStanding int

// The standings.
const (
	Outsider GroupStanding = iota // never in it, former, or banned
	Invitee
	Member
	Admin
)

// GroupStandings lists all standings.
func GroupStandings() []GroupStanding { return []GroupStanding{Outsider, Invitee, Member, Admin} }

// InGroup tells whether somebody who stands so to a group may do that. Who may
// not see the group must be answered as if there were none.
func InGroup(act GroupAct, standing GroupStanding) bool {
	switch act {
	case ActSee, ActAdd, ActCall, ActLeave:
		return standing == Member || standing == Admin
	case ActAnswer:
		return standing == Invitee
	case ActGovern:
		return standing == Admin
	}
	return false
}
