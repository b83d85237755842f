package mls_test

import (
	"fmt"
	"testing"

	"pronto/signalling/client/mls"
)

// BenchmarkCommit measures a renewal in groups of some sizes: by its maker, by somebody who
// follows, and joining with a Welcome.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{2, 8, 32, 100} {
		r := newRoom(b, "first")
		var packages [][]byte
		for range size - 1 {
			n := newOurs("member")
			packages = append(packages, r.must(n.prepare()))
			r.members = append(r.members, n)
		}
		message, welcome, err := r.members[0].commit(change{Add: packages})
		r.ok(err)
		r.ok(r.members[0].settle(true))
		follower := r.members[size-1]
		r.ok(follower.join(welcome, nil))
		b.Logf("%d members: the first commit has %d bytes, its welcome %d", size, len(message), len(welcome))
		b.Run(fmt.Sprintf("make/%d", size), func(b *testing.B) {
			for b.Loop() {
				if _, err := r.members[0].group.Commit(mls.Proposals{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		message, _, err = r.members[0].commit(change{})
		r.ok(err)
		b.Run(fmt.Sprintf("follow/%d", size), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := follower.group.Process(message); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("join/%d", size), func(b *testing.B) {
			for b.Loop() {
				if err := follower.join(welcome, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
