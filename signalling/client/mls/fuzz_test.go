package mls

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// follower is somebody who has joined a group, the same each time, and messages for him.
func follower(f *testing.F) (group *Group, p *Prepared, cfg Config, messages map[string][]byte) {
	f.Helper()
	b, err := os.ReadFile("testdata/vectors/passive-client-handling-commit.json")
	if err != nil {
		f.Fatal(err)
	}
	var list []passive
	if err := json.Unmarshal(b, &list); err != nil {
		f.Fatal(err)
	}
	v := list[1]
	group, p, cfg = v.arrives(f)
	info, err := group.GroupInfo()
	if err != nil {
		f.Fatal(err)
	}
	return group, p, cfg, map[string][]byte{
		"commit": v.Epochs[0].Commit, "welcome": v.Welcome, "info": info, "package": v.Package, "tree": group.tree.bytes(),
	}
}

// FuzzParse: whatever comes, nothing panics, and what is read is written as it was.
func FuzzParse(f *testing.F) {
	_, _, _, messages := follower(f)
	for _, m := range messages {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parseMessage(b); err == nil && !bytes.Equal(m.bytes(), b) {
			t.Errorf("%x was read, %x written", b, m.bytes())
		}
		if tr, err := parseTree(b); err == nil {
			if !bytes.Equal(tr.bytes(), b) {
				t.Errorf("%x was read, %x written", b, tr.bytes())
			}
			_ = tr.verify(groupContext{group: []byte("group")})
		}
		_, _ = Peek(b)
		_, _ = ParseKeyPackage(b)
		_, _ = decode(b, readGroupSecrets)
	})
}

// FuzzProcess: a member takes in nothing but what another member has said, to the bit.
func FuzzProcess(f *testing.F) {
	group, p, cfg, messages := follower(f)
	for _, m := range messages {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := group.Process(b); err == nil && !bytes.Equal(b, messages["commit"]) {
			t.Error("something else was taken for a commit")
		}
		if _, err := Join(cfg, p, b, nil); err == nil && !bytes.Equal(b, messages["welcome"]) {
			t.Error("something else was taken for a welcome")
		}
		_, _ = JoinExternal(cfg, b, Entry{Replace: new(LeafIndex)}) // there may be any number of groups
	})
}

// FuzzTree: whatever tree comes with whatever path, nothing panics.
func FuzzTree(f *testing.F) {
	group, _, _, messages := follower(f)
	m, err := parseMessage(messages["commit"])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(messages["tree"], encode(m.public.content.commit.path.write), uint16(0))
	f.Fuzz(func(t *testing.T, b, path []byte, by uint16) {
		tr, err := parseTree(b)
		if err != nil {
			return
		}
		_ = tr.verify(group.context)
		_ = tr.rootHash()
		u, err := decode(path, readUpdatePath)
		if i := LeafIndex(by); err == nil && tr.leaf(i) != nil {
			if steps, err := tr.apply(u, i, group.context.group, nil, nil); err == nil {
				_, _, _ = tr.decrypt(u, steps, group.self, group.keys, group.context, nil)
			}
			tr.remove(i)
		}
		_, _ = tr.add(group.tree.leaf(0))
	})
}
