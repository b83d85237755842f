package call

import (
	"slices"
	"strconv"
	"time"

	"pronto/signalling/framing"
	"pronto/signalling/wire"
)

// The problems of keys that have no details.
var (
	errNotEncrypted = wire.Problemf(wire.CodeForbidden, "the call is not end-to-end encrypted")
	errNeedsKeys    = wire.Problemf(wire.CodeEncryptionNeeded, "the call is end-to-end encrypted, and this client does not speak that; use one that does")
	errStaleKeys    = wire.Problemf(wire.CodeStale, "another commit or group was first; process it, and see what is still to be done")
	errNoLeaf       = wire.Problemf(wire.CodeForbidden, "this device does not hold the call's keys; enter first")
)

// keys is a call's group of keys as a delivery service knows it: which epoch,
// who is on which leaf, what is to be committed. The log, who waits and who is
// ready do not outlive a restart: who missed a commit enters again.
type keys struct {
	Group     uint32    `json:"group"` // numbers the groups of the call; 0 before the first
	First     uint32    `json:"first"`
	Epoch     uint32    `json:"epoch"`
	GroupInfo wire.Blob `json:"groupInfo"`
	Leaves    []holder  `json:"leaves"` // by index; one without participant is free

	waiting  []applicant
	log      []logged
	since    time.Time // when the epoch began
	switched bool      // all were told to seal with it
	commits  allowance // what may be asked for
	asked    wire.ParticipantID
	askedAt  time.Time
	passed   []wire.ParticipantID // who were asked in this epoch and did not
}

// epoch is the one that frames name; 0 without keys.
func (k *keys) epoch() uint32 {
	if k == nil {
		return 0
	}
	return k.First + k.Epoch
}

// holder is who is on a leaf.
type holder struct {
	Participant wire.ParticipantID `json:"participant,omitzero"`
	Account     string             `json:"account,omitzero"` // of the credential: empty for a guest
	Device      string             `json:"device,omitzero"`
	ready       bool               // has the keys of this epoch
	ref         [32]byte           // of the key package that he was added with
}

// applicant is who waits to be added.
type applicant struct {
	participant wire.ParticipantID
	account     string
	device      string
	sent        wire.Blob
	body        string // the key package as a commit has it
	ref         [32]byte
	asked       int // how often somebody was asked to add him
}

// logged is a commit that was taken.
type logged struct {
	by     wire.ParticipantID
	epoch  uint32 // that it led to
	commit wire.Blob
}

// What is kept of the log, for those who were away.
const (
	maxLogged      = 64
	maxLoggedBytes = 256 << 10
)

func (k *keys) clone() *keys {
	if k == nil {
		return nil
	}
	c := *k
	c.Leaves, c.waiting, c.passed = slices.Clone(k.Leaves), slices.Clone(k.waiting), slices.Clone(k.passed)
	return &c
}

// leafOf returns the leaf that a participant holds.
func (k *keys) leafOf(p wire.ParticipantID) (leaf int, ok bool) {
	leaf = slices.IndexFunc(k.Leaves, func(h holder) bool { return h.Participant == p })
	return leaf, leaf >= 0
}

// ownLeaf returns the leaf that a participant holds on the device that he is in
// the call with.
func (s *state) ownLeaf(l *leg) (leaf int, ok bool) {
	leaf, ok = s.Keys.leafOf(l.Participant)
	return leaf, ok && s.Keys.Leaves[leaf].Device == string(l.Device)
}

// groupID is the id that MLS has for the group.
func (k *keys) groupID(call wire.CallID, group uint32) string {
	return string(call) + "/" + strconv.FormatUint(uint64(group), 10)
}

// restored makes what was stored usable after a restart.
func (k *keys) restored(now time.Time) {
	k.since, k.switched = now, true
	for i := range k.Leaves {
		k.Leaves[i].ready = true // as far as is known; who is not is passed over
	}
}

// holding returns the call's keys for a member's request.
func (s *state) holding() (*keys, error) {
	if s.Keys == nil {
		return nil, errNotEncrypted
	}
	return s.Keys, nil
}

// enterKeys notes that a device waits for the keys. What it had before is to be
// removed. One that was added with this very key package has not got its Welcome:
// it comes by its own commit, which nobody else's must forestall.
func (s *state) enterKeys(who Who, l *leg, pkg wire.Blob, now time.Time) error {
	k, err := s.holding()
	if err != nil {
		return err
	}
	if !l.entries.take(1, 5, now) {
		return tooOften(time.Second, "the keys were asked for too often; wait")
	}
	a, err := applies(who, l.Participant, pkg, now)
	if err != nil {
		return err
	}
	l.opens = false
	if leaf, ok := k.leafOf(l.Participant); ok {
		k.Leaves[leaf].ready = false // he has lost what he had
		if k.Leaves[leaf].ref == a.ref {
			return nil
		}
	}
	k.withdraw(l.Participant)
	k.waiting = append(k.waiting, a)
	return nil
}

// applies checks a key package and whose it is.
func applies(who Who, p wire.ParticipantID, pkg wire.Blob, now time.Time) (applicant, error) {
	data, err := pkg.Bytes()
	if err != nil {
		return applicant{}, wire.Problemf(wire.CodeInvalid, "keyPackage %s", pkg.Check())
	}
	parsed, err := framing.ParseKeyPackage(data)
	if err != nil {
		return applicant{}, wire.Problemf(wire.CodeInvalid, "keyPackage is no key package of the suite that is used here")
	}
	c := &parsed.Leaf.Credential
	if !who.owns(c) {
		return applicant{}, wire.Problemf(wire.CodeInvalid, "the credential in keyPackage is not this device's")
	}
	if parsed.NotAfter.Before(now) {
		return applicant{}, wire.Problemf(wire.CodeInvalid, "keyPackage has expired; make another")
	}
	return applicant{
		participant: p, account: c.Account, device: c.Device, sent: pkg, body: string(parsed.Body), ref: parsed.Ref,
	}, nil
}

// owns tells whether a credential is of this very device.
func (w Who) owns(c *framing.Credential) bool {
	account := string(w.User)
	if w.Guest() {
		account = ""
	}
	return c.Account == account && c.Device == string(w.Device)
}

// withdraw takes back that a participant waits.
func (k *keys) withdraw(p wire.ParticipantID) {
	k.waiting = slices.DeleteFunc(k.waiting, func(a applicant) bool { return a.participant == p })
}

// foundKeys begins a group with one member. A group that is there is replaced
// only if it helps nobody any more.
func (s *state) foundKeys(fx *effects, who Who, l *leg, m *wire.FoundKeys, now time.Time) error {
	k, err := s.holding()
	if err != nil {
		return err
	}
	if m.Group != k.Group+1 {
		return errStaleKeys
	}
	if k.Group > 0 && !s.useless(l, now) {
		return wire.Problemf(wire.CodeForbidden, "the group is of use to others; enter it")
	}
	if !l.entries.take(1, 5, now) {
		return tooOften(time.Second, "a group was founded too often; wait")
	}
	if err := k.checkInfo(s.ID, m.GroupInfo, m.Group, 0); err != nil {
		return err
	}
	first := uint32(0)
	if k.Group > 0 {
		first = k.First + k.Epoch + 1
	}
	account := string(who.User)
	if who.Guest() {
		account = ""
	}
	*k = keys{
		Group: m.Group, First: first, GroupInfo: m.GroupInfo, since: now, switched: true, waiting: k.waiting, commits: k.commits,
		Leaves: []holder{{Participant: l.Participant, Account: account, Device: string(who.Device), ready: true}},
	}
	k.withdraw(l.Participant)
	for i := range s.Legs { // until they hold the new group's keys
		if other := &s.Legs[i]; other.Participant != l.Participant {
			other.opens = false
		}
	}
	fx.durable, fx.keys = true, true
	fx.count(GroupFounded{Again: m.Group > 1})
	if m.Group > 1 {
		s.toMembers(fx, l.Participant, wire.KeysRestarted{Group: m.Group})
	}
	return nil
}

// useless tells whether the group may be replaced for a participant.
func (s *state) useless(l *leg, now time.Time) bool {
	k := s.Keys
	in, ready := s.count((*leg).in), 0
	for _, h := range k.Leaves {
		if other := s.legOf(h.Participant); h.ready && other != nil && other.in() && other.Lost.IsZero() {
			if h.Participant == l.Participant {
				return false
			}
			ready++
		}
	}
	return 2*ready <= in && now.Sub(k.since) >= uselessAfter
}

// uselessAfter is how old a group or an epoch must be to be given up.
const uselessAfter = 3 * time.Second

// toMembers tells all who are in the call but one.
func (s *state) toMembers(fx *effects, but wire.ParticipantID, body any) {
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && l.Participant != but {
			s.toPeer(fx, l.Session, body)
		}
	}
}

// keysReady notes that a participant can open what is sealed in an epoch.
func (s *state) keysReady(fx *effects, l *leg, m *wire.KeysReady) error {
	k, err := s.holding()
	if err != nil {
		return err
	}
	leaf, ok := s.ownLeaf(l)
	switch {
	case m.Group != k.Group:
		return errStaleKeys
	case !ok:
		return errNoLeaf
	case m.Epoch > k.Epoch:
		return wire.Problemf(wire.CodeInvalid, "the epoch is not yet")
	}
	if m.Epoch == k.Epoch {
		k.Leaves[leaf].ready = true
	}
	if !l.opens {
		l.opens = true
		fx.keys = true
	}
	return nil
}

// keyMessage hands a message to another participant's device.
func (s *state) keyMessage(fx *effects, l *leg, m *wire.SendKeyMessage, now time.Time) error {
	if _, err := s.holding(); err != nil {
		return err
	}
	if _, ok := s.ownLeaf(l); !ok {
		return errNoLeaf
	}
	other := s.legOf(m.To)
	if other == nil || other.pending() || m.To == l.Participant || s.hides(l, m.To) {
		return wire.Problemf(wire.CodeNotFound, "there is no such other participant in the call")
	}
	if !l.messages.take(10, 20, now) {
		return tooOften(time.Second, "too many messages between devices; wait")
	}
	s.toPeer(fx, other.Session, wire.KeyMessage{From: l.Participant, Body: m.Body})
	return nil
}

// say hands a sealed line of text to all others in the call who may notice the sender.
func (s *state) say(fx *effects, l *leg, body wire.Blob, now time.Time) error {
	if _, err := s.holding(); err != nil {
		return err
	}
	if _, ok := s.ownLeaf(l); !ok {
		return errNoLeaf
	}
	if !l.lines.take(1, 10, now) {
		return tooOften(time.Second, "too many lines of text; wait")
	}
	for i := range s.Legs {
		other := &s.Legs[i]
		if other.in() && other.Participant != l.Participant && !s.hides(other, l.Participant) {
			s.toPeer(fx, other.Session, wire.Said{From: l.Participant, Body: body})
		}
	}
	return nil
}

// keysOf is where the group stands, as a participant may see it.
func (s *state) keysOf(viewer *leg) wire.Keys {
	k := s.Keys
	return wire.Keys{Group: k.Group, First: k.First, Epoch: k.Epoch, GroupInfo: k.GroupInfo, Holders: s.holders(viewer)}
}

func (s *state) accepted(viewer *leg) wire.KeysAccepted {
	k := s.Keys
	return wire.KeysAccepted{Group: k.Group, First: k.First, Epoch: k.Epoch, Holders: s.holders(viewer)}
}

// holders are who is on which leaf, but those whom the viewer must not notice
// and those who have left.
func (s *state) holders(viewer *leg) []wire.KeyHolder {
	list := []wire.KeyHolder{}
	for leaf, h := range s.Keys.Leaves {
		if l := s.legOf(h.Participant); l != nil && !s.hides(viewer, h.Participant) {
			list = append(list, wire.KeyHolder{Participant: h.Participant, Leaf: uint32(leaf)})
		}
	}
	return list
}

// keysLog is the commits since an epoch, if they are still there.
func (s *state) keysLog(viewer *leg, m *wire.SyncKeys) (wire.KeysLog, error) {
	k, err := s.holding()
	if err != nil {
		return wire.KeysLog{}, err
	}
	log := wire.KeysLog{Group: k.Group, Epoch: k.Epoch, Commits: []wire.KeysCommitted{}}
	if m.Group != k.Group || m.Epoch >= k.Epoch {
		return log, nil
	}
	missing := int(k.Epoch - m.Epoch)
	if missing > len(k.log) {
		return log, nil
	}
	holders := s.holders(viewer)
	for _, l := range k.log[len(k.log)-missing:] {
		log.Commits = append(log.Commits, wire.KeysCommitted{Group: k.Group, Epoch: l.epoch, Commit: l.commit, Holders: holders})
	}
	return log, nil
}

// allowance is how often something may be done. It counts only what was done:
// a refused request costs its sender's rate of frames.
type allowance struct {
	left float64
	at   time.Time
}

// take takes one of burst, which come back at perSecond, or reports false.
func (a *allowance) take(perSecond, burst float64, now time.Time) bool {
	a.fill(perSecond, burst, now)
	if a.left < 1 {
		return false
	}
	a.left--
	return true
}

func (a *allowance) fill(perSecond, burst float64, now time.Time) {
	if a.at.IsZero() {
		a.left = burst
	} else if now.After(a.at) {
		a.left = min(burst, a.left+perSecond*now.Sub(a.at).Seconds())
	}
	a.at = now
}

// over forgets everything but that there were keys.
func (k *keys) over() *keys {
	if k == nil {
		return nil
	}
	return newKeys()
}
