package call

import (
	"context"
	"slices"
	"sync"
	"time"

	"pronto/signalling/store"
)

// memory is a store that never fails unless told to, for tests in fake time.
type memory struct {
	mu        sync.Mutex
	down      bool
	fenced    bool
	calls     map[string]store.CallRow
	pairs     map[string]string
	outbox    map[string][]string // user to topics
	log       map[string][]store.LogChange
	relations map[[2]string]store.Relation
	links     map[string]store.Link
	hosts     map[string]string // hash of a host link's id to the link
	marks     map[string]mark   // of link/subject
	slots     map[string][]store.Slot
	reminds   []store.Remind // of what was booked
	groups    map[string]store.GroupRow
	queues    map[string]store.Queue
	veiled    map[[2]string]bool // viewer and whom he must not see
	decided   []store.Decision
	strangers map[string][]string // caller to those who do not know him
	answers   []store.Answer
	timelines map[string]string
	events    []store.NewEvent
	packages  map[string][]string // account and device to key packages
	afterRead func()              // runs between the commit of a call and the second look
}

func newMemory() *memory {
	return &memory{
		calls: map[string]store.CallRow{}, pairs: map[string]string{}, outbox: map[string][]string{},
		log: map[string][]store.LogChange{}, relations: map[[2]string]store.Relation{}, links: map[string]store.Link{},
		groups: map[string]store.GroupRow{}, queues: map[string]store.Queue{},
		hosts: map[string]string{}, marks: map[string]mark{}, slots: map[string][]store.Slot{},
		strangers: map[string][]string{}, timelines: map[string]string{},
	}
}

func pair(n *store.NewCall) string {
	if n.Topology != store.Pair || len(n.Callees) != 1 || n.Unpaired {
		return ""
	}
	a, b := n.Caller, n.Callees[0]
	if b < a {
		a, b = b, a
	}
	return a + "/" + b
}

func (m *memory) CreateCall(_ context.Context, n *store.NewCall, decide func([]store.Relation) error) (store.CallRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return store.CallRow{}, store.ErrUnavailable
	}
	if decide != nil {
		if err := decide(m.relate(n.Caller, n.Callees)); err != nil {
			return store.CallRow{}, err
		}
	}
	if n.UseLink != "" {
		if err := m.use(n.UseLink); err != nil {
			return store.CallRow{}, err
		}
	}
	if p := pair(n); p != "" {
		if other, ok := m.pairs[p]; ok {
			return store.CallRow{}, &store.Glare{CallID: other}
		}
		m.pairs[p] = n.ID
	}
	row := store.CallRow{ID: n.ID, Kind: n.Kind, State: n.State, Epoch: 1, Snapshot: n.Snapshot}
	m.calls[n.ID] = row
	m.write(n.Log, nil, n.Outbox)
	m.events = append(m.events, n.Events...)
	m.decided = append(m.decided, n.Decisions...)
	m.strangers[n.Caller] = append(m.strangers[n.Caller], n.Strangers...)
	return row, nil
}

func (m *memory) write(log []store.LogChange, drop []string, outbox []store.NewOutbox) {
	for _, l := range log {
		m.log[l.UserID] = append(m.log[l.UserID], l)
	}
	for user := range m.outbox {
		m.outbox[user] = slices.DeleteFunc(m.outbox[user], func(row string) bool {
			return slices.ContainsFunc(drop, func(key string) bool { return row == TopicRing+" "+key || row == TopicMissed+" "+key })
		})
	}
	for _, o := range outbox {
		m.outbox[o.UserID] = append(m.outbox[o.UserID], o.Topic+" "+o.Key)
	}
}

func (m *memory) Transition(_ context.Context, id string, epoch int64, c *store.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	row := m.calls[id]
	switch {
	case m.down:
		return store.ErrUnavailable
	case m.fenced || row.Epoch != epoch || row.EndReason != "":
		return store.ErrFenced
	}
	if c.UseLink {
		if err := m.use(c.LinkID); err != nil {
			return err
		}
	}
	row.State, row.Snapshot, row.EndReason = c.State, c.Snapshot, c.EndReason
	m.calls[id] = row
	if c.EndReason != "" || c.Topology == store.Group {
		for p, holder := range m.pairs {
			if holder == id {
				delete(m.pairs, p)
			}
		}
	}
	m.write(c.Log, c.DropOutbox, c.Outbox)
	m.events = append(m.events, c.Events...)
	m.mark(c.LinkID, c.LinkMarks)
	if l, ok := m.links[c.LinkID]; ok && c.LinkLobby != "" {
		l.Lobby = c.LinkLobby
		m.links[c.LinkID] = l
	}
	m.decided = append(m.decided, c.Decisions...)
	m.strangers[c.Inviter] = append(m.strangers[c.Inviter], c.Strangers...)
	m.answers = append(m.answers, c.Answers...)
	if c.Timeline != nil {
		m.timelines[c.Timeline.Key] = c.Timeline.Body
	}
	return nil
}

func (m *memory) relate(caller string, callees []string) []store.Relation {
	list := make([]store.Relation, 0, len(callees))
	for _, callee := range callees {
		r, ok := m.relations[[2]string{caller, callee}]
		if !ok {
			r = store.Relation{
				CalleeExists: true, CalleeName: callee, CalleeHasCaller: true, CallerHasCallee: true,
				CalleePrivacy: store.Privacy{WhoMayCall: store.Everyone, WhoMayAdd: store.Everyone},
			}
		}
		r.Caller, r.Callee = caller, callee
		r.CallerShown, r.CalleeShown = !m.veiled[[2]string{callee, caller}], !m.veiled[[2]string{caller, callee}]
		if !r.CallerHasCallee || !r.CalleeShown {
			r.CalleeName = ""
		}
		list = append(list, r)
	}
	return list
}

func (m *memory) Relations(_ context.Context, caller string, callees []string) ([]store.Relation, error) {
	if m.afterRead != nil {
		m.afterRead()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, store.ErrUnavailable
	}
	return m.relate(caller, callees), nil
}

// Seen shows everybody to everybody, but those in veiled, and by the name only
// those who are contacts.
func (m *memory) Seen(_ context.Context, ones, others []string) ([]store.Seen, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, store.ErrUnavailable
	}
	var list []store.Seen
	for _, a := range ones {
		for _, b := range others {
			for _, p := range [][2]string{{a, b}, {b, a}} {
				rel := m.relate(p[0], p[1:])[0]
				list = append(list, store.Seen{Viewer: p[0], Subject: p[1], Known: rel.CallerHasCallee, Admitted: !m.veiled[p]})
			}
		}
	}
	return list, nil
}

func (m *memory) ClaimCalls(context.Context, string) ([]store.CallRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []store.CallRow
	for id, row := range m.calls {
		if row.EndReason == "" {
			row.Epoch++
			m.calls[id] = row
			list = append(list, row)
		}
	}
	return list, nil
}

func (m *memory) Group(_ context.Context, id string) (store.GroupRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g, ok := m.groups[id]; ok {
		return g, nil
	}
	return store.GroupRow{}, store.ErrNotFound
}

func (m *memory) Link(_ context.Context, id string) (store.Link, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l, ok := m.links[id]; ok {
		return l, nil
	}
	return store.Link{}, store.ErrNotFound
}

func (m *memory) LinkDoor(_ context.Context, id, hash string) (store.LinkDoor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return store.LinkDoor{}, store.ErrUnavailable
	}
	d := store.LinkDoor{Shut: store.LinkUnknown}
	if host, ok := m.hosts[hash]; ok {
		id, d.Host = host, true
	}
	if l, ok := m.links[id]; ok {
		d.Link, d.Shut, d.Offers = l, m.shut(l), len(m.slots[id]) > 0
		d.Early = max(0, time.Until(l.Opens))
	}
	return d, nil
}

// shut says why a link lets nobody in.
func (m *memory) shut(l store.Link) store.LinkReason {
	switch {
	case !l.Revoked.IsZero():
		return store.LinkRevoked
	case !l.Ends().IsZero() && !time.Now().Before(l.Ends()):
		return store.LinkExpired
	case l.MaxUses > 0 && l.Uses >= l.MaxUses:
		return store.LinkExhausted
	}
	return ""
}

func (m *memory) LinkStandings(_ context.Context, link string, subjects []string) ([]store.LinkStanding, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, store.ErrUnavailable
	}
	var list []store.LinkStanding
	for _, subject := range subjects {
		if mark, ok := m.marks[link+"/"+subject]; ok {
			list = append(list, store.LinkStanding{Subject: subject, Denials: mark.denials, Banned: time.Now().Before(mark.until)})
		}
	}
	return list, nil
}

type mark struct {
	denials int64
	until   time.Time
}

func (m *memory) mark(link string, marks []store.LinkMark) {
	for _, one := range marks {
		was := m.marks[link+"/"+one.Subject]
		if was.denials += one.Denials; was.denials >= one.Enough {
			was.until = time.Now().Add(min(one.Ban, 1000*time.Hour))
		}
		m.marks[link+"/"+one.Subject] = was
	}
}

func (m *memory) use(link string) error {
	l, ok := m.links[link]
	if !ok {
		return &store.LinkRefused{Reason: store.LinkUnknown}
	}
	if reason := m.shut(l); reason != "" {
		return &store.LinkRefused{Reason: reason}
	}
	l.Uses, l.Used = l.Uses+1, time.Now()
	m.links[link] = l
	return nil
}

func (m *memory) Slots(_ context.Context, link string) ([]store.Slot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.slots[link]), nil
}

func (m *memory) BookSlot(_ context.Context, link string, from time.Time, book store.NewLink, remind store.Remind) (store.Link, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.slots[link], func(s store.Slot) bool { return s.From.Equal(from) && !s.Booked })
	if i < 0 {
		return store.Link{}, store.ErrConflict
	}
	if err := m.use(link); err != nil {
		return store.Link{}, err
	}
	m.slots[link][i].Booked = true
	m.reminds = append(m.reminds, remind)
	l := store.Link{ID: book.ID, OwnerID: m.links[link].OwnerID, Kind: m.links[link].Kind, BookedFrom: link}
	l.Opens, l.Expires, l.MaxPeople = from.Add(-store.SlotEarly), m.slots[link][i].To, 2
	m.links[book.ID] = l
	return l, nil
}

func (m *memory) WriteDecisions(_ context.Context, decisions ...store.Decision) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.decided = append(m.decided, decisions...)
	return nil
}

// TakeKeyPackage gives the last one that a test has put there.
func (m *memory) TakeKeyPackage(_ context.Context, user, device string) (store.KeptKeyPackage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := m.packages[user+"/"+device]
	if len(kept) == 0 {
		return store.KeptKeyPackage{}, store.ErrNotFound
	}
	m.packages[user+"/"+device] = kept[1:]
	return store.KeptKeyPackage{Package: kept[0], KeptKeyPackages: store.KeptKeyPackages{Left: len(kept) - 1}}, nil
}

// block makes owner block other, as the store would.
func (m *memory) block(owner, other string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.relate(other, []string{owner})[0]
	r.CalleeBlockedCaller = true
	m.relations[[2]string{other, owner}] = r
}

func (m *memory) Queue(_ context.Context, link string) (store.Queue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return store.Queue{}, store.ErrUnavailable
	}
	q, ok := m.queues[link]
	if !ok {
		return store.Queue{}, store.ErrNotFound
	}
	return q, nil
}
