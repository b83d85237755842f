package call

import (
	"slices"
	"time"

	"pronto/signalling/wire"
)

// Times of the group of keys.
const (
	// commitWithin is how long who is asked to commit has for it.
	commitWithin = time.Second
	// switchWithin is how long an epoch waits for those who are not ready.
	switchWithin = 300 * time.Millisecond
	// Commits are asked for at most once a second, but a few at once.
	commitsPerSecond = 1
	commitsAtOnce    = 3
	// maxAsked is how often somebody is asked to add the same newcomer. Whom
	// nobody adds has given a key package that is no good: he enters again, or
	// comes by his own commit.
	maxAsked = 8
)

// tendKeys does what is due with the keys: it says when to seal with a new
// epoch, and asks somebody to commit what is to be committed. Calling it once
// more changes nothing.
func (s *state) tendKeys(fx *effects, now time.Time) {
	k := s.Keys
	if k == nil || k.Group == 0 || s.Phase == wire.PhaseEnded {
		return
	}
	k.waiting = slices.DeleteFunc(k.waiting, func(a applicant) bool {
		l := s.legOf(a.participant)
		return l == nil || l.pending()
	})
	if !k.switched && (s.allReady() || !now.Before(k.since.Add(switchWithin))) {
		k.switched = true
		s.toMembers(fx, "", wire.KeysSwitch{Group: k.Group, Epoch: k.Epoch})
	}
	s.elect(fx, now)
}

// elect asks the connected holder with the lowest leaf to commit, and the next
// one when he has not done so in time.
func (s *state) elect(fx *effects, now time.Time) {
	k := s.Keys
	remove := s.toRemove()
	if len(remove) == 0 && len(k.waiting) == 0 {
		k.asked, k.passed = "", nil
		return
	}
	if k.asked != "" {
		if now.Before(k.askedAt.Add(commitWithin)) && s.canCommit(k.asked) {
			return
		}
		k.passed = append(k.passed, k.asked)
		k.asked = ""
		k.waiting = slices.DeleteFunc(k.waiting, func(a applicant) bool { return a.asked >= maxAsked })
		if remove = s.toRemove(); len(remove) == 0 && len(k.waiting) == 0 {
			k.passed = nil
			return
		}
	}
	who, ok := s.committer()
	if !ok || !k.commits.take(commitsPerSecond, commitsAtOnce, now) {
		return
	}
	k.asked, k.askedAt = who, now
	wanted := wire.KeysWanted{Group: k.Group, Epoch: k.Epoch, Add: []wire.KeyApplicant{}, Remove: remove}
	for i := range k.waiting[:min(len(k.waiting), wire.MaxAdded)] {
		a := &k.waiting[i]
		a.asked++
		wanted.Add = append(wanted.Add, wire.KeyApplicant{Participant: a.participant, KeyPackage: a.sent})
	}
	s.toPeer(fx, s.legOf(who).Session, wanted)
}

// committer is the one to ask. When all have been asked in vain it begins anew.
func (s *state) committer() (wire.ParticipantID, bool) {
	k, first := s.Keys, wire.ParticipantID("")
	for _, h := range k.Leaves {
		if h.Participant == "" || !s.canCommit(h.Participant) {
			continue
		}
		if !slices.Contains(k.passed, h.Participant) {
			return h.Participant, true
		}
		if first == "" {
			first = h.Participant
		}
	}
	if first != "" {
		k.passed = nil
	}
	return first, first != ""
}

// canCommit tells whether a participant is connected, has the epoch's keys and
// does not wait for new ones.
func (s *state) canCommit(p wire.ParticipantID) bool {
	l := s.legOf(p)
	if l == nil || !l.in() {
		return false
	}
	leaf, ok := s.ownLeaf(l)
	return ok && l.Session != "" && l.Lost.IsZero() && s.Keys.Leaves[leaf].ready && !s.Keys.waits(p)
}

func (k *keys) waits(p wire.ParticipantID) bool {
	return slices.ContainsFunc(k.waiting, func(a applicant) bool { return a.participant == p })
}

// toRemove are the leaves of those who have left, of devices that the call was
// moved away from, and of those that wait to be added anew.
func (s *state) toRemove() []uint32 {
	list := []uint32{}
	for leaf, h := range s.Keys.Leaves {
		if h.Participant == "" {
			continue
		}
		l := s.legOf(h.Participant)
		if l == nil || l.pending() || h.Device != string(l.Device) || s.Keys.waits(h.Participant) {
			list = append(list, uint32(leaf))
		}
	}
	return list
}

// allReady tells whether every connected holder has the epoch's keys.
func (s *state) allReady() bool {
	for _, h := range s.Keys.Leaves {
		if l := s.legOf(h.Participant); !h.ready && l != nil && l.in() && l.Session != "" && l.Lost.IsZero() {
			return false
		}
	}
	return true
}

// nextKeys returns when something is due with the keys by itself.
func (s *state) nextKeys() time.Time {
	k := s.Keys
	if k == nil || k.Group == 0 {
		return time.Time{}
	}
	var soonest time.Time
	at := func(t time.Time) {
		if soonest.IsZero() || t.Before(soonest) {
			soonest = t
		}
	}
	if !k.switched {
		at(k.since.Add(switchWithin))
	}
	if k.asked != "" {
		at(k.askedAt.Add(commitWithin))
		return soonest
	}
	if len(k.waiting) > 0 || len(s.toRemove()) > 0 {
		if slices.ContainsFunc(k.Leaves, func(h holder) bool { return h.Participant != "" && s.canCommit(h.Participant) }) && !k.commits.at.IsZero() {
			missing := max(0, 1-k.commits.left) / commitsPerSecond
			at(k.commits.at.Add(time.Duration(missing*float64(time.Second)) + time.Millisecond))
		}
	}
	return soonest
}
