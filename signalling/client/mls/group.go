package mls

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"fmt"
	"slices"
)

// maxExport is how many bytes [Group.Export] gives at most (RFC 5869, section 2.3).
const maxExport = 255 * hashSize

// Group is a member's view of a group in one epoch. It does not change; any number
// of goroutines may use it.
type Group struct {
	cfg          Config
	self         LeafIndex
	context      groupContext
	tree         *tree
	keys         privateKeys
	secrets      *epochSecrets
	interim      []byte // transcript hash
	confirmation []byte
	proposed     map[string]proposed // by their names
	past         []resumption        // latest first
	external     []byte              // the key for entering, of a view from outside
}

// resumption is what an epoch leaves for commits that prove to come after it (RFC 9420,
// section 8.6).
type resumption struct {
	epoch uint64
	psk   []byte
}

// maxPast is how many epochs may be proved.
const maxPast = 4

// proposed is a proposal and who has made it; by is of no use in a commit of somebody
// who is no member.
type proposed struct {
	*proposal
	by LeafIndex
}

// Create makes a group of one (RFC 9420, section 11), with a key package for ourselves.
func Create(cfg Config, p *Prepared, id []byte) (*Group, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	secret := make([]byte, hashSize)
	_, _ = rand.Read(secret) // never fails
	g := &Group{cfg: cfg, tree: &tree{[]treeNode{{leaf: p.Package.leaf}}}, keys: privateKeys{0: p.key}}
	g.context = groupContext{group: bytes.Clone(id), treeHash: g.tree.rootHash()}
	g.secrets = newEpochSecrets(secret, make([]byte, hashSize), g.context)
	g.confirmation = mac(g.secrets.confirmation, g.context.transcript)
	g.interim = interimTranscript(g.context.transcript, g.confirmation)
	g.remember()
	return g, nil
}

// ID names the group.
func (g *Group) ID() []byte { return bytes.Clone(g.context.group) }

// Epoch counts the commits.
func (g *Group) Epoch() uint64 { return g.context.epoch }

// Self is our leaf.
func (g *Group) Self() LeafIndex { return g.self }

// Members returns all members, by their leaves.
func (g *Group) Members() []Member {
	var list []Member
	g.tree.members(func(i LeafIndex, l *leafNode) { list = append(list, member(i, l)) })
	return list
}

// Member returns one member; ok is false for a leaf that is nobody's.
func (g *Group) Member(i LeafIndex) (m Member, ok bool) {
	l := g.tree.leaf(i)
	if l == nil {
		return Member{}, false
	}
	return member(i, l), true
}

func member(i LeafIndex, l *leafNode) Member { return Member{i, l.identity, l.signatureKey} }

// Export derives n bytes, at most 8160, for a use that label and context name (RFC 9420,
// section 8.5). They are the same for all members in this epoch.
func (g *Group) Export(label string, context []byte, n int) ([]byte, error) {
	if n < 0 || n > maxExport {
		return nil, fmt.Errorf("mls: %d bytes cannot be exported", n)
	}
	return g.secrets.export(label, context, n), nil
}

// EpochAuthenticator is the same for all members who agree on everything (RFC 9420,
// section 8.7).
func (g *Group) EpochAuthenticator() []byte { return bytes.Clone(g.secrets.authenticator) }

// Confirmation is the tag by which the members of this epoch know it (RFC 9420, section
// 6.1). It is no secret.
func (g *Group) Confirmation() []byte { return bytes.Clone(g.confirmation) }

// GroupInfo is an MLSMessage with which somebody may join by an external commit. It
// says what the extensions say besides.
func (g *Group) GroupInfo(more ...Extension) ([]byte, error) {
	key, err := g.secrets.externalKey()
	if err != nil {
		return nil, err
	}
	list := []extension{{extExternalPub, key.PublicKey().Bytes()}}
	for _, e := range more {
		list = append(list, extension{e.Type, e.Data})
	}
	info := g.groupInfo(list...)
	return message{groupInfo: info}.bytes(), nil
}

func (g *Group) groupInfo(more ...extension) *groupInfo {
	info := &groupInfo{
		context: g.context, confirmation: g.confirmation, signer: g.self,
		extensions: append(more, extension{extRatchetTree, g.tree.bytes()}),
	}
	info.sign(g.cfg.Identity.Key)
	return info
}

// authenticate asks about a leaf.
func (c Config) authenticate(l *leafNode) error {
	if err := c.Authenticate(l.identity, ed25519.PublicKey(l.signatureKey)); err != nil {
		return fmt.Errorf("%w: a credential: %w", ErrUnverified, err)
	}
	return nil
}

func (c Config) authenticateAll(t *tree) error {
	var err error
	t.members(func(_ LeafIndex, l *leafNode) {
		if err == nil {
			err = c.authenticate(l)
		}
	})
	return err
}

// psks looks up pre-shared keys, given those of the group's past.
func (c Config) psks(ids []pskID, group []byte, past []resumption) (secret []byte, err error) {
	var keys [][]byte
	for _, id := range ids {
		var key []byte
		switch {
		case id.kind == pskExternal && c.PSK != nil:
			key = c.PSK(id.id)
		case id.kind == pskResumption && id.usage == usageApplication && bytes.Equal(id.group, group):
			if i := slices.IndexFunc(past, func(r resumption) bool { return r.epoch == id.epoch }); i >= 0 {
				key = past[i].psk
			}
		}
		if key == nil {
			return nil, ErrPSK
		}
		keys = append(keys, key)
	}
	return pskSecret(ids, keys), nil
}

// enter makes the view of a new epoch, whose context lacks the transcript of the commit
// that begins it. The commit's tag is checked, or made if it is our own.
func (g *Group) enter(next *Group, a *authenticated, init, commit, psk []byte, own bool) (*Group, error) {
	next.context.transcript = confirmedTranscript(g.interim, a)
	next.secrets = newEpochSecrets(joinerSecret(init, commit, next.context), psk, next.context)
	tag := mac(next.secrets.confirmation, next.context.transcript)
	if own {
		a.confirmation = tag
	} else if !hmac.Equal(tag, a.confirmation) {
		return nil, fmt.Errorf("%w: a commit's confirmation", ErrUnverified)
	}
	next.confirmation = tag
	next.interim = interimTranscript(next.context.transcript, tag)
	next.keys = next.tree.prune(next.keys)
	next.remember()
	return next, nil
}

// remember keeps what the epoch leaves for later ones.
func (g *Group) remember() {
	g.past = append([]resumption{{g.context.epoch, g.secrets.resumption}}, g.past[:min(len(g.past), maxPast-1)]...)
}

// next is the view of the next epoch before anything has changed.
func (g *Group) next() *Group {
	n := &Group{cfg: g.cfg, self: g.self, context: g.context, tree: g.tree.clone(), keys: g.keys, past: g.past}
	n.context.epoch++
	return n
}

// Join takes in a welcome (RFC 9420, section 12.4.3.1). ratchetTree is the tree if the
// welcome does not hold it.
func Join(cfg Config, p *Prepared, welcomeMessage, ratchetTree []byte) (*Group, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m, err := parseMessage(welcomeMessage)
	if err != nil {
		return nil, err
	}
	if m.welcome == nil {
		return nil, fmt.Errorf("%w: no welcome", ErrMalformed)
	}
	secrets, err := m.welcome.open(p)
	if err != nil {
		return nil, err
	}
	psk, err := cfg.psks(secrets.psks, nil, nil)
	if err != nil {
		return nil, err
	}
	info, err := openGroupInfo(welcomeSecret(secrets.joiner, psk), m.welcome.sealed)
	if err != nil {
		return nil, err
	}
	g := &Group{cfg: cfg, context: info.context, confirmation: info.confirmation}
	if g.tree, err = info.tree(ratchetTree); err != nil {
		return nil, err
	}
	if err := cfg.authenticateAll(g.tree); err != nil {
		return nil, err
	}
	if err := g.place(p, secrets.path, info.signer); err != nil {
		return nil, err
	}
	g.secrets = newEpochSecrets(secrets.joiner, psk, g.context)
	if !hmac.Equal(mac(g.secrets.confirmation, g.context.transcript), info.confirmation) {
		return nil, fmt.Errorf("%w: a welcome's confirmation", ErrUnverified)
	}
	g.interim = interimTranscript(g.context.transcript, g.confirmation)
	g.remember()
	return g, nil
}

// open opens what the welcome tells us.
func (m *welcome) open(p *Prepared) (groupSecrets, error) {
	ref := p.Package.ref()
	i := slices.IndexFunc(m.secrets, func(s encryptedSecrets) bool { return bytes.Equal(s.newMember, ref) })
	if i < 0 {
		return groupSecrets{}, fmt.Errorf("%w: a welcome for others", ErrRefused)
	}
	plain, err := decryptWithLabel(p.init, "Welcome", m.sealed, m.secrets[i].secrets)
	if err != nil {
		return groupSecrets{}, err
	}
	return decode(plain, readGroupSecrets)
}

// place finds our leaf, and the keys above it that the path secret gives.
func (g *Group) place(p *Prepared, pathSecret []byte, signer LeafIndex) error {
	found := false
	g.tree.members(func(i LeafIndex, l *leafNode) {
		if !found && l.equal(p.Package.leaf) {
			g.self, found = i, true
		}
	})
	if !found {
		return fmt.Errorf("%w: we are not in the tree", ErrUnverified)
	}
	g.keys = privateKeys{g.self.node(): p.key}
	if pathSecret == nil {
		return nil
	}
	steps := g.tree.filteredPath(signer)
	k := slices.IndexFunc(steps, func(s step) bool { return g.self.node().below(s.copath) })
	if k < 0 {
		return fmt.Errorf("%w: a path secret that leads nowhere", ErrUnverified)
	}
	keys, _, err := g.tree.learn(pathSecret, steps[k:], g.keys)
	g.keys = keys
	return err
}
