package mls

import (
	"bytes"
	"crypto/hpke"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
)

// privateKeys are a member's own: of its leaf, and of the ancestors whose path
// secrets it knows. A map is not changed once a group holds it.
type privateKeys map[node]hpke.PrivateKey

// nodeKey is the key pair that a path secret gives (RFC 9420, section 7.4).
func nodeKey(pathSecret []byte) (hpke.PrivateKey, error) {
	k, err := kem.DeriveKeyPair(deriveSecret(pathSecret, "node"))
	if err != nil {
		return nil, fmt.Errorf("mls: derive a node's key: %w", err)
	}
	return k, nil
}

func nextSecret(pathSecret []byte) []byte { return deriveSecret(pathSecret, "path") }

// path is an update path of our own before it is encrypted.
type path struct {
	leaf    *leafNode
	steps   []step
	secrets [][]byte // of the steps
	commit  []byte
	keys    privateKeys
}

// newPath makes new keys for a member's leaf and its ancestors, and puts them into
// the tree (RFC 9420, sections 7.4 and 7.5).
func (t *tree) newPath(i LeafIndex, id Identity, group []byte) (*path, error) {
	key, err := kem.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("mls: make a key: %w", err)
	}
	p := &path{steps: t.filteredPath(i), keys: privateKeys{i.node(): key}}
	public := make([][]byte, len(p.steps))
	secret := make([]byte, hashSize)
	_, _ = rand.Read(secret) // never fails
	for k, s := range p.steps {
		node, err := nodeKey(secret)
		if err != nil {
			return nil, err
		}
		p.secrets = append(p.secrets, secret)
		p.keys[s.node], public[k] = node, node.PublicKey().Bytes()
		secret = nextSecret(secret)
	}
	p.commit = secret
	parentHash := t.setPath(i, p.steps, public)
	p.leaf = id.leaf(key)
	p.leaf.extensions = t.leaf(i).extensions
	p.leaf.capabilities = t.leaf(i).capabilities
	p.leaf.source, p.leaf.parentHash = sourceCommit, parentHash
	p.leaf.sign(id.Key, group, i)
	t.nodes[i.node()] = treeNode{leaf: p.leaf}
	return p, nil
}

// setPath puts new public keys on a leaf's filtered direct path, blanks the rest of
// its path, and returns the parent hash for the leaf.
func (t *tree) setPath(i LeafIndex, steps []step, public [][]byte) []byte {
	t.blankPath(i)
	parentHash := []byte{}
	for k, s := range slices.Backward(steps) {
		p := &parentNode{encryptionKey: public[k], parentHash: parentHash}
		t.nodes[s.node] = treeNode{parent: p}
		parentHash = p.hash(t.hashNode(s.copath, nil, nil))
	}
	return parentHash
}

// encrypt seals the path's secrets for all others but those just added.
func (p *path) encrypt(t *tree, context groupContext, added []LeafIndex) (*updatePath, error) {
	u := &updatePath{leaf: p.leaf}
	info := encode(context.write)
	for k, s := range p.steps {
		n := pathNode{encryptionKey: t.key(s.node)}
		for _, x := range t.recipients(s.copath, added) {
			c, err := encryptWithLabel(t.key(x), "UpdatePathNode", info, p.secrets[k])
			if err != nil {
				return nil, err
			}
			n.secrets = append(n.secrets, c)
		}
		u.nodes = append(u.nodes, n)
	}
	return u, nil
}

// recipients is the resolution of a node without the leaves just added.
func (t *tree) recipients(x node, added []LeafIndex) []node {
	return slices.DeleteFunc(t.resolution(x), func(y node) bool { return y.isLeaf() && slices.Contains(added, y.leaf()) })
}

// apply puts somebody's update path into the tree (RFC 9420, section 7.5) and checks
// it, all but the secrets. before is the leaf that it replaces; nil for a new member.
func (t *tree) apply(u *updatePath, i LeafIndex, group []byte, before *leafNode, added []LeafIndex) ([]step, error) {
	steps := t.filteredPath(i)
	if len(u.nodes) != len(steps) {
		return nil, fmt.Errorf("%w: an update path has %d nodes, not %d", ErrUnverified, len(u.nodes), len(steps))
	}
	if u.leaf.source != sourceCommit {
		return nil, fmt.Errorf("%w: an update path's leaf is of another source", ErrUnverified)
	}
	if err := u.leaf.verify(group, i); err != nil {
		return nil, err
	}
	if before != nil && bytes.Equal(before.encryptionKey, u.leaf.encryptionKey) {
		return nil, fmt.Errorf("%w: an update path keeps the old key", ErrUnverified)
	}
	keys := map[string]bool{string(u.leaf.encryptionKey): true}
	public := make([][]byte, len(steps))
	for k, n := range u.nodes {
		if want := len(t.recipients(steps[k].copath, added)); len(n.secrets) != want {
			return nil, fmt.Errorf("%w: a node of an update path has %d secrets, not %d", ErrUnverified, len(n.secrets), want)
		}
		if !validKey(n.encryptionKey) || keys[string(n.encryptionKey)] {
			return nil, fmt.Errorf("%w: a key of an update path", ErrUnverified)
		}
		keys[string(n.encryptionKey)] = true
		public[k] = n.encryptionKey
	}
	for x := range t.nodes { // keys that others have
		if keys[string(t.key(node(x)))] && node(x) != i.node() {
			return nil, fmt.Errorf("%w: an update path has a key of node %d", ErrUnverified, x)
		}
	}
	if !bytes.Equal(t.setPath(i, steps, public), u.leaf.parentHash) {
		return nil, fmt.Errorf("%w: an update path's parent hash", ErrUnverified)
	}
	t.nodes[i.node()] = treeNode{leaf: u.leaf}
	return steps, nil
}

// decrypt opens our part of somebody's update path, which is in the tree already. It
// returns our keys with those that it gives, and the commit secret.
func (t *tree) decrypt(u *updatePath, steps []step, self LeafIndex, keys privateKeys, context groupContext, added []LeafIndex) (privateKeys, []byte, error) {
	k := slices.IndexFunc(steps, func(s step) bool { return self.node().below(s.copath) })
	if k < 0 {
		return nil, nil, fmt.Errorf("%w: an update path is not for us", ErrUnverified)
	}
	info := encode(context.write)
	for i, x := range t.recipients(steps[k].copath, added) {
		key := keys[x]
		if key == nil || i >= len(u.nodes[k].secrets) {
			continue
		}
		secret, err := decryptWithLabel(key, "UpdatePathNode", info, u.nodes[k].secrets[i])
		if err != nil {
			return nil, nil, err
		}
		return t.learn(secret, steps[k:], keys)
	}
	return nil, nil, fmt.Errorf("%w: an update path has no secret for us", ErrUnverified)
}

// learn derives the keys of ancestors from the path secret of the lowest, checks them
// against the tree, and returns them with the commit secret.
func (t *tree) learn(secret []byte, steps []step, keys privateKeys) (privateKeys, []byte, error) {
	keys = maps.Clone(keys)
	for _, s := range steps {
		key, err := nodeKey(secret)
		if err != nil {
			return nil, nil, err
		}
		if !bytes.Equal(key.PublicKey().Bytes(), t.key(s.node)) {
			return nil, nil, fmt.Errorf("%w: a path secret is not of node %d", ErrUnverified, s.node)
		}
		keys[s.node] = key
		secret = nextSecret(secret)
	}
	return keys, secret, nil
}

// prune forgets keys of nodes that are blank now or have other keys.
func (t *tree) prune(keys privateKeys) privateKeys {
	kept := privateKeys{}
	for x, key := range keys {
		if int(x) < len(t.nodes) && bytes.Equal(t.key(x), key.PublicKey().Bytes()) {
			kept[x] = key
		}
	}
	return kept
}
