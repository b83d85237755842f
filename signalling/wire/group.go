package wire

// Limits of groups.
const (
	// MaxGroupMembers is how many active members and invitations a group has.
	MaxGroupMembers = 1000
	// MaxGroupNameBytes is the longest name of a group.
	MaxGroupNameBytes = 80
	// MaxToldMembers is how many entries of a group's list an event carries.
	MaxToldMembers = 100
)

// GroupID names a group.
type GroupID string

// Check says what is wrong with the id, or nil.
func (id GroupID) Check() error { return checkID(string(id)) }

// GroupRole is what an active member of a group may do.
type GroupRole string

// The roles.
const (
	GroupAdmin  GroupRole = "admin"  // renames, removes, changes roles; host of the group's calls
	GroupMember GroupRole = "member" // sees the group, adds others, starts and joins its calls
)

// Values lists all roles.
func (GroupRole) Values() []string { return []string{string(GroupAdmin), string(GroupMember)} }

// Membership is how an account stands to a group.
type Membership string

// The memberships.
const (
	MembershipInvited Membership = "invited" // asked, and has not answered; for 7 days
	MembershipActive  Membership = "active"
	MembershipFormer  Membership = "former" // left or was removed; listed for 60 days
)

// Values lists all memberships.
func (Membership) Values() []string {
	return []string{string(MembershipInvited), string(MembershipActive), string(MembershipFormer)}
}

// CreateGroup makes a group whose admin we are. The reply is [Group]. Each of
// users becomes a member at once if his settings let us add him, and is invited
// if not.
type CreateGroup struct {
	// Name is what to show.
	Name string `json:"name" limit:"1..80"`
	// Users are the accounts to add.
	Users []UserID `json:"users" limit:"0..100"`
	// Isolate keeps members who block each other apart in the group's calls:
	// neither hears, sees or learns of the other. Otherwise who has blocked
	// somebody in the call is warned before he joins.
	Isolate bool `json:"isolate,omitzero"`
}

// GetGroups asks for our groups and our invitations. The reply is [Groups].
type GetGroups struct{}

// Groups are our groups and our invitations.
type Groups struct {
	// Groups are they, the newest first, without their members.
	Groups []Group `json:"groups"`
}

// GetGroup asks for a group with its members. The reply is [Group]; or notFound
// for who is neither an active member nor invited.
type GetGroup struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
}

// AddToGroup adds accounts as [CreateGroup] does. Any active member may. Who has
// left by choice is only ever invited. The reply is [Group]; or forbidden, and
// nobody is added, if one of them is banned from the group.
type AddToGroup struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
	// Users are the accounts to add.
	Users []UserID `json:"users" limit:"1..100"`
}

// AcceptInvitation makes us a member of a group that we are invited to. The
// reply is [Group].
type AcceptInvitation struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
}

// DeclineInvitation refuses an invitation. We can be invited again, but not be
// added without our consent. The reply is [Done].
type DeclineInvitation struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
}

// LeaveGroup takes us out of a group and its call. Nobody can add us again: we
// return by an invitation that we accept. If no admin is left, the
// longest-standing member becomes one; with its last member the group is
// deleted. The reply is [Done].
type LeaveGroup struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
}

// RemoveFromGroup takes somebody out of a group and its call, or withdraws an
// invitation. Only admins may; who has invited somebody may withdraw that. The
// reply is [Group].
type RemoveFromGroup struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
	// User is whom.
	User UserID `json:"user" limit:"1..64"`
	// Ban keeps him out for good: nobody can add or invite him again. Only
	// admins may ban.
	Ban bool `json:"ban,omitzero"`
}

// LiftBan takes back a ban: who was put out for good may be added or invited
// again. Only admins may. The reply is [Group]; or notFound if he is not banned.
type LiftBan struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
	// User is whom.
	User UserID `json:"user" limit:"1..64"`
}

// SetRole makes an active member an admin, or an admin a member. Only admins
// may. The reply is [Group]; or conflict if no admin would be left.
type SetRole struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
	// User is whose role.
	User UserID `json:"user" limit:"1..64"`
	// Role is the new one.
	Role GroupRole `json:"role"`
}

// RenameGroup changes a group's name. Only admins may. The reply is [Group].
type RenameGroup struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
	// Name is what to show.
	Name string `json:"name" limit:"1..80"`
}

// IsolateInGroup changes what [CreateGroup.Isolate] set, for calls that start
// after it. Only admins may. The reply is [Group].
type IsolateInGroup struct {
	// Group is the group.
	Group GroupID `json:"group" limit:"1..64"`
	// On is true to keep members who block each other apart.
	On bool `json:"on"`
}

// Group is a group as we may see it; also an event to the active members and
// the invited whenever it has changed.
type Group struct {
	// Group names it.
	Group GroupID `json:"group"`
	// Version counts its changes; an older state than one has is to be ignored.
	Version uint32 `json:"version"`
	// Name is what to show.
	Name string `json:"name"`
	// Membership is how we stand to it: active, or invited. Who is invited sees
	// no more than Name, By and ExpiresMs.
	Membership Membership `json:"membership"`
	// Role is our own; absent while we are invited.
	Role GroupRole `json:"role,omitzero"`
	// By is who has invited us; absent for members.
	By UserID `json:"by,omitzero"`
	// ExpiresMs is until when we may accept; absent for members.
	ExpiresMs UnixMs `json:"expiresMs,omitzero"`
	// Isolate is whether members who block each other are kept apart in calls.
	Isolate bool `json:"isolate,omitzero"`
	// Suspended says that the server's operator has stopped the group's calls.
	Suspended bool `json:"suspended,omitzero"`
	// CreatedMs is when it was made; absent while we are invited.
	CreatedMs UnixMs `json:"createdMs,omitzero"`
	// MemberCount is how many active members there are; absent while we are
	// invited.
	MemberCount uint32 `json:"memberCount,omitzero"`
	// Members are its active members, the invited whom we may know of (as an
	// admin all, else our own) and former ones, the longest-standing first.
	// Empty in [Groups], and, if there are more than 100, in events: ask
	// [GetGroup].
	Members []GroupEntry `json:"members"`
	// Call is the group's call; absent when there is none.
	Call *GroupCall `json:"call,omitzero"`
}

// GroupEntry is one account in a group's list.
type GroupEntry struct {
	// User is the account.
	User UserID `json:"user"`
	// Name is what to show.
	Name string `json:"name"`
	// Automated is as in [Profile.Automated]; absent for who does not show us his profile.
	Automated bool `json:"automated,omitzero"`
	// Membership is how it stands to the group.
	Membership Membership `json:"membership"`
	// Role is what it may do; absent unless it is active.
	Role GroupRole `json:"role,omitzero"`
	// SinceMs is since when it stands so.
	SinceMs UnixMs `json:"sinceMs"`
	// ExpiresMs is when the invitation ends; absent for others.
	ExpiresMs UnixMs `json:"expiresMs,omitzero"`
}

// GroupGoneReason is why a group is no longer ours.
type GroupGoneReason string

// The reasons.
const (
	GroupLeft      GroupGoneReason = "left"      // we left it on one of our devices
	GroupDeclined  GroupGoneReason = "declined"  // we declined on one of our devices
	GroupRemoved   GroupGoneReason = "removed"   // an admin removed us
	GroupWithdrawn GroupGoneReason = "withdrawn" // the invitation was taken back
	GroupExpired   GroupGoneReason = "expired"   // the invitation was not accepted in time
)

// Values lists all reasons.
func (GroupGoneReason) Values() []string {
	return []string{string(GroupLeft), string(GroupDeclined), string(GroupRemoved), string(GroupWithdrawn), string(GroupExpired)}
}

// GroupGone says that a group, or an invitation, is no longer ours.
type GroupGone struct {
	// Group is the group.
	Group GroupID `json:"group"`
	// Reason is why.
	Reason GroupGoneReason `json:"reason"`
}

// RingGroup starts the call of a group and rings its members, as far as their
// settings allow; a group of more than 100 is told [GroupCall] instead. If the
// group has a call we join it, and nobody is rung. The reply is [CallState].
type RingGroup struct {
	// Group is the group. We must be an active member.
	Group GroupID `json:"group" limit:"1..64"`
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Silent starts the call without ringing anybody: the members are told
	// [GroupCall].
	Silent bool `json:"silent,omitzero"`
	// ConfirmBlocked joins although somebody whom we have blocked is in the
	// call; without it the answer is then blockedInCall.
	ConfirmBlocked bool `json:"confirmBlocked,omitzero"`
	// Unencrypted is as in [Ring.Unencrypted].
	Unencrypted bool `json:"unencrypted,omitzero"`
}

// JoinGroupCall joins the running call of a group, rung or not. The reply is
// [CallState]; or notFound if the group has no call.
type JoinGroupCall struct {
	// Group is the group. We must be an active member.
	Group GroupID `json:"group" limit:"1..64"`
	// Media is what we send from the start.
	Media Media `json:"media"`
	// ConfirmBlocked is as in [RingGroup.ConfirmBlocked].
	ConfirmBlocked bool `json:"confirmBlocked,omitzero"`
}

// GroupCall says that a group has a call that we may join, how many are in it,
// and when it is over. It goes to active members that are not rung and not in
// it; numbers are told at most once a second.
type GroupCall struct {
	// Group is the group.
	Group GroupID `json:"group"`
	// Call is the call.
	Call CallID `json:"call"`
	// Kind is what it started as.
	Kind Kind `json:"kind"`
	// By is who started it.
	By UserID `json:"by"`
	// Participants is how many are in it.
	Participants uint32 `json:"participants"`
	// Active is false when it is over.
	Active bool `json:"active"`
}
