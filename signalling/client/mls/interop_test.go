package mls_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pronto/signalling/client/mls"
)

// crowd is a group of devices of both implementations, in some order.
type crowd struct {
	t      rapid.TB
	chance *rapid.T // nil where nothing is left to chance
	peer   *peer
	made   int
	in     []person // members
}

type person struct {
	name string
	device
}

func (c *crowd) fatal(err error, format string, args ...any) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("%s: %v", fmt.Sprintf(format, args...), err)
	}
}

// born makes a device, of the other implementation or of ours.
func (c *crowd) born(other bool) person {
	c.made++
	name := fmt.Sprintf("ours %d", c.made)
	if other {
		name = fmt.Sprintf("theirs %d", c.made)
		d := &theirs{c.peer, name}
		_ = d.ask("forget", nil, nil) // of the sequence before
		return person{name, d}
	}
	return person{name, newOurs(name)}
}

func (c *crowd) some(what string) int { return rapid.IntRange(0, len(c.in)-1).Draw(c.chance, what) }

func (c *crowd) leaf(p person) mls.LeafIndex {
	v, err := p.look()
	c.fatal(err, "%s looks", p.name)
	return v.Self
}

// agree checks that all members see the same.
func (c *crowd) agree() {
	c.t.Helper()
	var first view
	for i, p := range c.in {
		v, err := p.look()
		c.fatal(err, "%s looks", p.name)
		if i == 0 {
			first = v
		}
		if diff := cmp.Diff(first, v, cmpopts.IgnoreFields(view{}, "Self")); diff != "" {
			c.t.Fatalf("%s and %s do not agree:\n%s", c.in[0].name, p.name, diff)
		}
		if !slices.ContainsFunc(v.Members, func(m memberOfView) bool { return m.Leaf == v.Self && string(m.Credential) == p.name }) {
			c.t.Fatalf("%s is not where it thinks it is", p.name)
		}
	}
	if len(first.Members) != len(c.in) {
		c.t.Fatalf("%d members, want %d", len(first.Members), len(c.in))
	}
}

// others has all members but one take in a commit. Those whom it removes go.
func (c *crowd) others(but int, message []byte, p *psk, removed []mls.LeafIndex) {
	c.t.Helper()
	var stay []person
	for i, m := range c.in {
		if i == but {
			stay = append(stay, m)
			continue
		}
		goes := slices.Contains(removed, c.leaf(m))
		gone, err := m.process(message, p)
		if _, other := m.device.(*theirs); goes && other && err != nil {
			continue // it does not know that it was removed if somebody has its leaf now
		}
		c.fatal(err, "%s takes in a commit", m.name)
		if gone != goes {
			c.t.Fatalf("%s is removed: %v, and thinks so: %v", m.name, goes, gone)
		}
		if !goes {
			stay = append(stay, m)
		}
	}
	c.in = stay
}

// change has somebody add, remove, renew and mix in what chance says, while
// somebody else may try at the same time and lose.
func (c *crowd) change() {
	by := c.some("committer")
	var asked change
	var newcomers []person
	if len(c.in) < 9 {
		for range rapid.IntRange(0, 3).Draw(c.chance, "added") {
			n := c.born(rapid.Bool().Draw(c.chance, "other"))
			k, err := n.prepare()
			c.fatal(err, "%s prepares", n.name)
			newcomers, asked.Add = append(newcomers, n), append(asked.Add, k)
		}
	}
	for i, p := range c.in {
		if i != by && rapid.IntRange(0, 4).Draw(c.chance, "removed") == 0 {
			asked.Remove = append(asked.Remove, c.leaf(p))
		}
	}
	if rapid.IntRange(0, 3).Draw(c.chance, "mixed in") == 0 {
		asked.PSK = &psk{ID: []byte("a link"), Key: []byte("its secret")}
	}
	asked.Data = []byte("data")
	if loser := c.some("loser"); loser != by {
		_, _, err := c.in[loser].commit(change{})
		c.fatal(err, "%s commits in vain", c.in[loser].name)
		defer func(p person) { c.fatal(p.settle(false), "%s gives way", p.name) }(c.in[loser])
	}
	c.commits(by, asked, newcomers...)
}

// commits has a member commit, the others follow, and those whom it adds join.
func (c *crowd) commits(by int, asked change, newcomers ...person) {
	c.t.Helper()
	message, welcome, err := c.in[by].commit(asked)
	c.fatal(err, "%s commits", c.in[by].name)
	c.fatal(c.in[by].settle(true), "%s settles", c.in[by].name)
	c.others(by, message, asked.PSK, asked.Remove)
	for _, n := range newcomers {
		c.fatal(n.join(welcome, asked.PSK), "%s joins", n.name)
		c.in = append(c.in, n)
	}
	c.agree()
}

// enter has somebody join from outside: a new device, or one that replaces its leaf.
func (c *crowd) enter() {
	info, err := c.in[c.some("informant")].groupInfo()
	c.fatal(err, "a group info")
	if again := rapid.Bool().Draw(c.chance, "again"); !again || len(c.in) < 2 {
		n := c.born(rapid.Bool().Draw(c.chance, "other"))
		_, err := n.prepare()
		c.fatal(err, "%s prepares", n.name)
		message, err := n.enter(info, nil)
		c.fatal(err, "%s enters", n.name)
		c.others(-1, message, nil, nil)
		c.fatal(n.settle(true), "%s settles", n.name)
		c.in = append(c.in, n)
		return
	}
	i := c.some("who enters again")
	p, leaf := c.in[i], c.leaf(c.in[i])
	_, err = p.prepare()
	c.fatal(err, "%s prepares", p.name)
	message, err := p.enter(info, &leaf)
	c.fatal(err, "%s enters again", p.name)
	c.fatal(p.settle(true), "%s settles", p.name)
	c.others(i, message, nil, nil)
}

func TestTwoImplementationsAgreeThroughAnySequenceOfCommits(t *testing.T) {
	peer := startPeer(t)
	// Each step takes milliseconds for each member, in the other implementation.
	sequences := "5"
	if os.Getenv("SOAK_CALLS") != "" {
		sequences = "100"
	}
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	if err := checks.Value.Set(sequences); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = checks.Value.Set(before) })
	rapid.Check(t, func(r *rapid.T) {
		c := &crowd{t: r, chance: r, peer: peer}
		founder := c.born(rapid.Bool().Draw(r, "other"))
		_, err := founder.prepare()
		c.fatal(err, "prepare")
		c.fatal(founder.create([]byte("call/1")), "create")
		c.in = append(c.in, founder)
		for range rapid.IntRange(1, 16).Draw(r, "steps") {
			if rapid.IntRange(0, 3).Draw(r, "step") == 0 {
				c.enter()
			} else {
				c.change()
			}
			c.agree()
		}
	})
}

// When everybody in one half of the tree has left, a committer's filtered path ends
// below the root, and the commit secret follows its last secret (RFC 9420, section 7.4).
func TestBothAgreeWhenHalfOfTheTreeIsEmpty(t *testing.T) {
	c := &crowd{t: t, peer: startPeer(t)}
	for i := range 4 {
		p := c.born(i%2 == 1)
		k, err := p.prepare()
		c.fatal(err, "%s prepares", p.name)
		if i > 0 {
			c.commits(0, change{Add: [][]byte{k}}, p)
			continue
		}
		c.fatal(p.create([]byte("call/1")), "create")
		c.in = append(c.in, p)
	}
	c.commits(3, change{Remove: []mls.LeafIndex{0, 1}})
	for by := range c.in {
		c.commits(by, change{})
	}
}
