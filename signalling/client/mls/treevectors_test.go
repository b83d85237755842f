package mls

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"testing"
)

func treeOperationsVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Before     octets    `json:"tree_before"`
		Proposal   octets    `json:"proposal"`
		Sender     LeafIndex `json:"proposal_sender"`
		HashBefore octets    `json:"tree_hash_before"`
		After      octets    `json:"tree_after"`
		HashAfter  octets    `json:"tree_hash_after"`
	}) {
		tr := must[*tree](t, "tree")(parseTree(v.Before))
		same(t, "the tree hash", tr.rootHash(), v.HashBefore)
		p := must[*proposal](t, "proposal")(decode(v.Proposal, readProposal))
		switch p.kind {
		case proposalAdd:
			must[LeafIndex](t, "add")(tr.add(p.add.leaf))
		case proposalUpdate:
			tr.update(v.Sender, p.update)
		case proposalRemove:
			tr.remove(p.remove)
		}
		same(t, "the tree", tr.bytes(), v.After)
		same(t, "the tree hash", tr.rootHash(), v.HashAfter)
	})
}

func treeValidationVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Tree        octets
		Group       octets   `json:"group_id"`
		Hashes      []octets `json:"tree_hashes"`
		Resolutions [][]node
	}) {
		tr := must[*tree](t, "tree")(parseTree(v.Tree))
		hashes := make([][]byte, len(tr.nodes))
		tr.hashNode(tr.root(), nil, hashes)
		for i := range tr.nodes {
			same(t, "a tree hash", hashes[i], v.Hashes[i])
			if got := tr.resolution(node(i)); !slices.Equal(got, v.Resolutions[i]) {
				t.Errorf("the resolution of %d is %d, want %d", i, got, v.Resolutions[i])
			}
		}
		if err := tr.verify(groupContext{group: v.Group}); err != nil {
			t.Errorf("the tree is not valid: %v", err)
		}
		same(t, "the tree", tr.bytes(), v.Tree)
	})
}

func treeKEMVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Group      octets `json:"group_id"`
		Epoch      uint64
		Transcript octets `json:"confirmed_transcript_hash"`
		Tree       octets `json:"ratchet_tree"`
		Private    []struct {
			Index      LeafIndex
			Encryption octets `json:"encryption_priv"`
			Signature  octets `json:"signature_priv"`
			Secrets    []struct {
				Node   node
				Secret octets `json:"path_secret"`
			} `json:"path_secrets"`
		} `json:"leaves_private"`
		Paths []struct {
			Sender   LeafIndex
			Path     octets   `json:"update_path"`
			Secrets  []octets `json:"path_secrets"`
			Commit   octets   `json:"commit_secret"`
			TreeHash octets   `json:"tree_hash_after"`
		} `json:"update_paths"`
	}) {
		before := must[*tree](t, "tree")(parseTree(v.Tree))
		keys, ids := map[LeafIndex]privateKeys{}, map[LeafIndex]Identity{}
		for _, l := range v.Private {
			k := privateKeys{l.Index.node(): must[hpkeKey](t, "key")(kem.NewPrivateKey(l.Encryption))}
			for _, s := range l.Secrets {
				k[s.Node] = must[hpkeKey](t, "node")(nodeKey(s.Secret))
			}
			for x, key := range k {
				same(t, "a node's key", key.PublicKey().Bytes(), before.key(x))
			}
			keys[l.Index] = k
			ids[l.Index] = Identity{Credential: before.leaf(l.Index).identity, Key: ed25519.NewKeyFromSeed(l.Signature)}
		}
		context := groupContext{group: v.Group, epoch: v.Epoch, transcript: v.Transcript}
		follow := func(tr *tree, u *updatePath, steps []step, from LeafIndex, commit []byte) {
			context.treeHash = tr.rootHash()
			for i, k := range keys {
				if i == from {
					continue
				}
				_, secret, err := tr.decrypt(u, steps, i, k, context, nil)
				if err != nil {
					t.Fatalf("leaf %d follows %d: %v", i, from, err)
				}
				same(t, "the commit secret", secret, commit)
			}
		}
		for _, p := range v.Paths {
			tr := before.clone()
			u := must[*updatePath](t, "path")(decode(p.Path, readUpdatePath))
			steps, err := tr.apply(u, p.Sender, v.Group, before.leaf(p.Sender), nil)
			if err != nil {
				t.Fatalf("apply: %v", err)
			}
			same(t, "the tree hash", tr.rootHash(), p.TreeHash)
			follow(tr, u, steps, p.Sender, p.Commit)

			tr = before.clone()
			ours := must[*path](t, "our path")(tr.newPath(p.Sender, ids[p.Sender], v.Group))
			context.treeHash = tr.rootHash()
			u = must[*updatePath](t, "encrypt")(ours.encrypt(tr, context, nil))
			tr = before.clone()
			if steps, err = tr.apply(u, p.Sender, v.Group, before.leaf(p.Sender), nil); err != nil {
				t.Fatalf("apply ours: %v", err)
			}
			follow(tr, u, steps, p.Sender, ours.commit)
		}
	})
}

func passiveVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v passive) { v.run(t) })
}

type passive struct {
	PSKs []struct {
		ID  octets `json:"psk_id"`
		PSK octets `json:"psk"`
	} `json:"external_psks"`
	Package    octets `json:"key_package"`
	Signature  octets `json:"signature_priv"`
	Encryption octets `json:"encryption_priv"`
	Init       octets `json:"init_priv"`
	Welcome    octets
	Tree       octets `json:"ratchet_tree"`
	Initial    octets `json:"initial_epoch_authenticator"`
	Epochs     []struct {
		Proposals     []octets
		Commit        octets
		Authenticator octets `json:"epoch_authenticator"`
	}
}

// arrives joins with the welcome.
func (v passive) arrives(t testing.TB) (*Group, *Prepared, Config) {
	k := must[*KeyPackage](t, "key package")(ParseKeyPackage(v.Package))
	p := &Prepared{
		Package: k, init: must[hpkeKey](t, "key")(kem.NewPrivateKey(v.Init)),
		key: must[hpkeKey](t, "key")(kem.NewPrivateKey(v.Encryption)),
	}
	cfg := Config{
		Identity:     Identity{Credential: k.Identity(), Key: ed25519.NewKeyFromSeed(v.Signature)},
		Authenticate: func([]byte, ed25519.PublicKey) error { return nil },
		PSK: func(id []byte) []byte {
			for _, p := range v.PSKs {
				if bytes.Equal(p.ID, id) {
					return p.PSK
				}
			}
			return nil
		},
	}
	return must[*Group](t, "join")(Join(cfg, p, v.Welcome, v.Tree)), p, cfg
}

func (v passive) run(t *testing.T) {
	g, _, _ := v.arrives(t)
	same(t, "the authenticator", g.EpochAuthenticator(), v.Initial)
	for i, e := range v.Epochs {
		for _, m := range append(slices.Clone(e.Proposals), e.Commit) {
			next, _, err := g.Process(m)
			if err != nil {
				t.Fatalf("epoch %d: %v", i, err)
			}
			g = next
		}
		same(t, "the authenticator", g.EpochAuthenticator(), e.Authenticator)
	}
}

func messageVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v map[string]octets) {
		for name, b := range v {
			round := map[string]func() ([]byte, error){
				"ratchet_tree":  func() ([]byte, error) { x, err := parseTree(b); return bytesOf(x, err) },
				"group_secrets": func() ([]byte, error) { x, err := decode(b, readGroupSecrets); return encode(x.write), err },
				"commit":        func() ([]byte, error) { x, err := decode(b, readCommit); return written(x, err) },
			}[name]
			if round == nil {
				if !slices.Contains([]string{"mls_welcome", "mls_group_info", "mls_key_package", "public_message_proposal", "public_message_commit", "public_message_application"}, name) {
					continue
				}
				round = func() ([]byte, error) { x, err := parseMessage(b); return x.bytes(), err }
			}
			got, err := round()
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			same(t, name, got, b)
		}
	})
}

func bytesOf(x *tree, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return x.bytes(), nil
}

func written(x interface{ write(*writer) }, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return encode(x.write), nil
}
