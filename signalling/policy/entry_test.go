package policy_test

import (
	"testing"

	"pronto/signalling/policy"
)

// entry is an account that comes by a live link without a lobby.
func entry(change func(*policy.Entry)) policy.Entry {
	e := policy.Entry{Facts: policy.Facts{CalleeExists: true}, Live: true, Lobby: policy.LobbyOff}
	change(&e)
	return e
}

func TestWhoComesByALink(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*policy.Entry)
		way    policy.Way
		reason policy.Reason
	}{
		{"by a link that lives", func(*policy.Entry) {}, policy.In, policy.ReasonAllowed},
		{"by one that is none", func(e *policy.Entry) { e.Live = false }, policy.Nowhere, policy.ReasonNoLink},
		{"by one that is none, as its host", func(e *policy.Entry) { e.Live, e.Host = false, true }, policy.Nowhere, policy.ReasonNoLink},
		{"by one that is used up", func(e *policy.Entry) { e.Spent = true }, policy.Nowhere, policy.ReasonSpent},
		{"by one that is used up, as a host", func(e *policy.Entry) { e.Spent, e.Host = true, true }, policy.In, policy.ReasonAllowed},
		{"too early", func(e *policy.Entry) { e.Early = true }, policy.Barred, policy.ReasonEarly},
		{"early, as a host", func(e *policy.Entry) { e.Early, e.Host = true, true }, policy.In, policy.ReasonAllowed},
		{"after he was put out", func(e *policy.Entry) { e.Banned = true }, policy.Nowhere, policy.ReasonBanned},
		{"after he was put out, by the host link", func(e *policy.Entry) { e.Banned, e.Host = true, true }, policy.Nowhere, policy.ReasonBanned},
		{"after he was put out and let in", func(e *policy.Entry) { e.Banned, e.Admitted = true, true }, policy.Nowhere, policy.ReasonBanned},
		{"the owner, whom somebody has put out", func(e *policy.Entry) { e.Banned, e.Host, e.Self = true, true, true }, policy.In, policy.ReasonAllowed},
		{"by one for bookings", func(e *policy.Entry) { e.Books = true }, policy.Barred, policy.ReasonBooks},
		{"to a call that is locked", func(e *policy.Entry) { e.Locked = true }, policy.Barred, policy.ReasonLocked},
		{"to one that is locked, let in before", func(e *policy.Entry) { e.Locked, e.Admitted = true, true }, policy.Barred, policy.ReasonLocked},
		{"to one that is full, as a host", func(e *policy.Entry) { e.Full, e.Host = true, true }, policy.Barred, policy.ReasonFull},
		{"an account, to a lobby for guests", func(e *policy.Entry) { e.Lobby = policy.LobbyGuests }, policy.In, policy.ReasonAllowed},
		{"a guest, to it", func(e *policy.Entry) { e.Lobby, e.Guest = policy.LobbyGuests, true }, policy.Wait, policy.ReasonLobby},
		{"a guest who was let in", func(e *policy.Entry) { e.Lobby, e.Guest, e.Admitted = policy.LobbyGuests, true, true }, policy.In, policy.ReasonAllowed},
		{"an account, to a lobby for everybody", func(e *policy.Entry) { e.Lobby = policy.LobbyEveryone }, policy.Wait, policy.ReasonLobby},
		{"a host, to it", func(e *policy.Entry) { e.Lobby, e.Host = policy.LobbyEveryone, true }, policy.In, policy.ReasonAllowed},
		{"to a lobby that is none of these", func(e *policy.Entry) { e.Lobby = 99 }, policy.Wait, policy.ReasonLobby},
		{"a guest of a bad network", func(e *policy.Entry) { e.Guest, e.Suspect = true, true }, policy.Wait, policy.ReasonLobby},
		{"blocked by the owner", func(e *policy.Entry) { e.CalleeBlocksCaller = true }, policy.Nowhere, policy.ReasonBlockList},
		{"blocked, by the host link", func(e *policy.Entry) { e.CalleeBlocksCaller, e.Host = true, true }, policy.Nowhere, policy.ReasonBlockList},
		{"suspended", func(e *policy.Entry) { e.CallerSuspended = true }, policy.Barred, policy.ReasonCallerSuspended},
		{"of a suspended owner", func(e *policy.Entry) { e.CalleeSuspended = true }, policy.Nowhere, policy.ReasonCalleeSuspended},
	} {
		if way, reason := policy.Enter(entry(c.change)); way != c.way || reason != c.reason {
			t.Errorf("who comes %s: %d because of %s, want %d because of %s", c.name, way, reason, c.way, c.reason)
		}
	}
	if way, _ := policy.Enter(policy.Entry{}); way != policy.Nowhere {
		t.Error("whoever nothing is known of gets somewhere")
	}
}

// Of all combinations of facts, none lets in whom one of them keeps out.
func TestNoFactOpensWhatAnotherShuts(t *testing.T) {
	flags := []func(*policy.Entry) *bool{
		func(e *policy.Entry) *bool { return &e.Live }, func(e *policy.Entry) *bool { return &e.Spent },
		func(e *policy.Entry) *bool { return &e.Early }, func(e *policy.Entry) *bool { return &e.Host },
		func(e *policy.Entry) *bool { return &e.Guest }, func(e *policy.Entry) *bool { return &e.Banned },
		func(e *policy.Entry) *bool { return &e.Suspect }, func(e *policy.Entry) *bool { return &e.Admitted },
		func(e *policy.Entry) *bool { return &e.Locked }, func(e *policy.Entry) *bool { return &e.Full },
		func(e *policy.Entry) *bool { return &e.Self }, func(e *policy.Entry) *bool { return &e.CalleeBlocksCaller },
		func(e *policy.Entry) *bool { return &e.CallerSuspended }, func(e *policy.Entry) *bool { return &e.Books },
	}
	for bits := range 1 << len(flags) {
		for lobby := policy.LobbyEveryone; lobby <= policy.LobbyOff; lobby++ {
			e := policy.Entry{Facts: policy.Facts{CalleeExists: true}, Lobby: lobby}
			for i, flag := range flags {
				*flag(&e) = bits>>i&1 == 1
			}
			way, reason := policy.Enter(e)
			kept := !e.Live || e.CallerSuspended || e.Full || e.Banned && !e.Self || e.CalleeBlocksCaller && !e.Self ||
				!e.Host && (e.Spent || e.Early || e.Locked || e.Books)
			waits := !e.Host && !e.Admitted && (e.Suspect || lobby == policy.LobbyEveryone || lobby == policy.LobbyGuests && e.Guest)
			if kept && way >= policy.Wait || !kept && (way == policy.Wait) != waits {
				t.Fatalf("%+v: %d because of %s", e, way, reason)
			}
			if !e.Live && way != policy.Nowhere {
				t.Fatalf("%+v tells that there is such a link", e)
			}
		}
	}
}

func TestTheOwnerIsRungOnlyIfHeWantsToBe(t *testing.T) {
	quiet := policy.Facts{DoNotDisturb: true}
	for _, c := range []struct {
		facts     policy.Facts
		ring, in  bool
		wantsRing bool
	}{
		{policy.Facts{}, true, false, true},
		{policy.Facts{}, false, false, false},
		{policy.Facts{}, true, true, false},
		{quiet, true, false, false},
		{policy.Facts{CalleeBusy: true}, true, false, false},
		{policy.Facts{CalleeSuspended: true}, true, false, false},
		{policy.Facts{CalleeBlocksCaller: true}, true, false, false},
	} {
		if got := policy.Rings(c.facts, c.ring, c.in); got != c.wantsRing {
			t.Errorf("%+v rings: %t", c, got)
		}
	}
}
