package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/link"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// arrival is somebody who comes by a link, with all that is known of him and it
// but what depends on the call.
type arrival struct {
	who   Who
	as    wire.LinkID // the id he came by: the link's, or its host link's
	link  store.Link
	entry policy.Entry
	early time.Duration
	books bool // talks are booked by it
	// marks are of his browser and, for a guest, his network; his account's is made
	// of its id.
	marks []string
	// bannedNetwork and suspectNetwork are of his network alone, and count only if
	// the call does not know his browser.
	bannedNetwork, suspectNetwork bool
	denied                        bool // before, he or his browser
	decisions                     []store.Decision
	veiled                        bool // the owner must not see his profile
}

func (a *arrival) id() wire.LinkID { return wire.LinkID(a.link.ID) }

// comer is what somebody says who comes by a link.
type comer struct {
	Who
	link    wire.LinkID
	browser wire.BrowserID
	// source is by what wrong links are counted; empty for a guest, who can try no
	// other link than the one of his pass.
	source string
}

func (w Who) comes(link wire.LinkID, browser wire.BrowserID) comer {
	c := comer{Who: w, link: link, browser: browser}
	if !w.Guest() {
		c.source = "account " + string(w.User)
	}
	return c
}

// arrive finds out who comes by a link, and asks policy whether he gets anywhere
// by it: to look, to knock or to join. After an error he does not, and all links
// that lead nowhere are alike.
func (r *Registry) arrive(ctx context.Context, c comer) (*arrival, policy.Way, error) {
	if c.Guest() && c.Link != c.link {
		return nil, policy.Nowhere, r.misses(c, TryUnknown)
	}
	if wait := r.guesses.wait(c.source, time.Now()); wait > 0 {
		r.cfg.Events(LinkJoined{Result: TryLimited})
		return nil, policy.Nowhere, tooOften(wait, "too many links that lead nowhere; wait")
	}
	door, err := r.cfg.Store.LinkDoor(ctx, string(c.link), identity.HashSecret(string(c.link)))
	if err != nil {
		return nil, policy.Nowhere, failure(err)
	}
	a := &arrival{who: c.Who, as: c.link, link: door.Link, early: door.Early, books: door.Offers}
	a.entry = policy.Entry{
		Live: door.Shut == "" || door.Shut == store.LinkExhausted, Spent: door.Shut == store.LinkExhausted, Early: door.Early > 0,
		Host: door.Host, Guest: c.Guest(), Books: door.Offers, Lobby: lobby(wire.LobbyMode(door.Lobby)),
	}
	if !a.entry.Live {
		return nil, policy.Nowhere, r.misses(c, linkResult(door.Shut))
	}
	if err := r.identify(ctx, a, c.browser); err != nil {
		return nil, policy.Nowhere, failure(err)
	}
	way, reason := policy.Enter(a.known(r.isFamiliar(ctx, a)))
	if way > policy.Barred || reason == policy.ReasonEarly || reason == policy.ReasonBooks { // may look, and book
		return a, way, nil
	}
	verdict, _ := policy.Decide(policy.PathLink, a.entry.Facts)
	if verdict != policy.Allow {
		r.cfg.Events(Refused{Reason: string(reason)})
		r.keep(ctx, a.decisions)
	}
	if way == policy.Nowhere {
		return nil, way, r.misses(c, resultOf(reason))
	}
	r.cfg.Events(LinkJoined{Result: TryRefused})
	return nil, way, a.refusal(way, reason)
}

// isFamiliar tells whether the call knows the browser. It is asked only where that
// matters.
func (r *Registry) isFamiliar(ctx context.Context, a *arrival) (is bool) {
	c := r.linkCall(a.id())
	if c == nil || !a.suspectNetwork {
		return false
	}
	_ = c.do(ctx, func() error { // a call that is over knows nobody
		is = c.state.isFamiliar(a.marks)
		return nil
	})
	return is
}

// identify reads how somebody stands to the link's owner and to the link.
func (r *Registry) identify(ctx context.Context, a *arrival, browser wire.BrowserID) error {
	relations, err := r.cfg.Store.Relations(ctx, string(a.who.User), []string{a.link.OwnerID})
	if err != nil {
		return err
	}
	rel := relations[0]
	a.entry.Facts = r.factsNow(rel, "")
	a.entry.Host = a.entry.Host || a.entry.Self
	a.veiled = !rel.CallerShown && !a.who.Guest()
	verdict, reason := policy.Decide(policy.PathLink, a.entry.Facts)
	// The owner may read later who came, but nobody can fill his list by trying
	// over and over.
	if !a.entry.Self && r.comes.take(r.cfg.Limits, Who{User: visitor(a.who)}, []wire.UserID{wire.UserID(a.link.OwnerID)}, time.Now()) == nil {
		a.decisions = decisions(a.who, "", policy.PathLink, []callee{judged(rel, verdict, reason)})
	}
	if browser != "" {
		a.marks = append(a.marks, r.cfg.Marker.Browser(a.link.ID, string(browser)))
	}
	if a.who.Guest() && a.who.Network != "" {
		a.marks = append(a.marks, a.who.Network)
	}
	standings, err := r.cfg.Store.LinkStandings(ctx, a.link.ID, append(slices.Clone(a.marks), r.cfg.Marker.Account(a.link.ID, string(a.who.User))))
	for _, s := range standings {
		switch {
		case link.IsNetwork(s.Subject):
			a.bannedNetwork, a.suspectNetwork = s.Banned, true
		default:
			a.entry.Banned = a.entry.Banned || s.Banned
			a.denied = a.denied || s.Denials > 0
		}
	}
	return err
}

// known is the entry of somebody, of whom the call knows the browser or not.
func (a *arrival) known(known bool) policy.Entry {
	e := a.entry
	if !known && e.Guest {
		e.Banned, e.Suspect = e.Banned || a.bannedNetwork, a.suspectNetwork
	}
	return e
}

// turnedAway is refusal for the way that arrive has found.
func (a *arrival) turnedAway(way policy.Way) error {
	_, reason := policy.Enter(a.known(true))
	return a.refusal(way, reason)
}

// refusal is what somebody is told who is not let in.
func (a *arrival) refusal(way policy.Way, reason policy.Reason) error {
	switch {
	case way == policy.Nowhere:
		return errNoLink
	case way == policy.Wait:
		return errWait
	case reason == policy.ReasonEarly:
		p := wire.Problemf(wire.CodeNotYet, "the link is not open yet; come back later")
		p.RetryAfterMs = uint32(min(a.early.Milliseconds(), 1<<32-1))
		return p
	case reason == policy.ReasonBooks:
		return wire.Problemf(wire.CodeForbidden, "a time has to be booked by this link first")
	case reason == policy.ReasonLocked:
		return errLocked
	case reason == policy.ReasonFull:
		return wire.Problemf(wire.CodeCallFull, "the call has as many participants as it may")
	}
	return refusal(reason, store.Relation{}, 0)
}

// misses notes a try that led nowhere.
func (r *Registry) misses(c comer, result LinkTry) error {
	r.guesses.miss(c.source, time.Now())
	r.cfg.Events(LinkJoined{Result: result})
	return errNoLink
}

func lobby(mode wire.LobbyMode) policy.Lobby {
	switch mode {
	case wire.LobbyOff, "":
		return policy.LobbyOff
	case wire.LobbyGuests:
		return policy.LobbyGuests
	}
	return policy.LobbyEveryone
}

func linkResult(reason store.LinkReason) LinkTry {
	switch reason {
	case store.LinkRevoked:
		return TryRevoked
	case store.LinkExpired:
		return TryExpired
	case store.LinkExhausted:
		return TryExhausted
	}
	return TryUnknown
}

func resultOf(reason policy.Reason) LinkTry {
	switch reason {
	case policy.ReasonSpent:
		return TryExhausted
	case policy.ReasonBanned:
		return TryBanned
	}
	return TryRefused
}

// resultOfError is how an attempt ended of somebody who found a link.
func resultOfError(err error) LinkTry {
	var refused *store.LinkRefused
	switch {
	case err == nil:
		return TryOK
	case errors.As(err, &refused):
		return linkResult(refused.Reason)
	case errors.Is(err, errNoLink):
		return TryBanned
	}
	switch wire.AsProblem(err).Code {
	case wire.CodeWaitInLobby:
		return TryWaits
	case wire.CodeNotYet:
		return TryNotYet
	}
	return TryRefused
}

// visitor is by what somebody who comes by a link is counted: all guests of a
// link are one.
func visitor(who Who) wire.UserID {
	if who.Guest() {
		return wire.UserID("." + who.Link)
	}
	return who.User
}
