package call

import (
	"slices"
	"time"

	"pronto/signalling/link"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Who is put out of a link's call is banned at once, and who is denied when he is for
// the second time: he himself, which is his account or his pass, and his browser, for good.
// A private window is another browser, so that his network is shut with him, for
// [networkBan], to guests whom the call does not know.
//
// The others in a café are not to pay for each other: that somebody of a network is
// denied for the first time counts little there, and only many of them shut it.
const (
	// denialsOfOne is how many denials ban one person.
	denialsOfOne = 2
	// denialsOfNetwork is what denials of people who are denied for the first time
	// have to come to until their network is shut. Each counts 1; of who does not say
	// which browser he is there is little to know him again by, so that he counts
	// unnamedDenial.
	denialsOfNetwork, unnamedDenial = 6, 3
	// networkBan is for how long a network is shut: long enough that it is no use to
	// open a private window, short enough for the others in a café. For
	// [store.LinkMarksKept] they wait in the lobby.
	networkBan = 10 * time.Minute
)

// ban is somebody who was put out of a link's call, or denied.
type ban struct {
	user   wire.UserID
	marks  []string
	denied bool // and not put out
	again  bool // not for the first time
}

// of is what the link is to remember of one of his marks.
func (b ban) of(mark string) store.LinkMark {
	m := store.LinkMark{Subject: mark, Ban: store.BanForever}
	if !link.IsNetwork(mark) {
		if b.denied {
			m.Denials, m.Enough = 1, denialsOfOne
		}
		return m
	}
	m.Ban = networkBan
	if b.denied && !b.again {
		m.Denials, m.Enough = unnamedDenial, denialsOfNetwork
		if slices.ContainsFunc(b.marks, isBrowser) {
			m.Denials = 1
		}
	}
	return m
}
