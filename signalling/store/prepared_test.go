package store_test

import (
	"context"
	"fmt"
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// A query that is kept compiled must not keep what it once saw: many ask the same
// at the same time, some give up, and each sees what was committed before it asked.
func TestAReadSeesWhatWasCommittedBeforeIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana", "bia")
		together(8, func(i int) {
			caller := fmt.Sprint("caller", i)
			people(t, s, caller)
			for range 25 {
				ok(t, s.Block(t.Context(), "bia", caller))
				if rel := value(s.Relation(t.Context(), caller, "bia"))(t); !rel.CalleeBlockedCaller {
					t.Error("a block is not seen by who asks after it")
				}
				gone, cancel := context.WithCancel(t.Context())
				go cancel()
				_, _ = s.Relation(gone, caller, "bia")
				ok(t, s.Unblock(t.Context(), "bia", caller))
				if rel := value(s.Relation(t.Context(), caller, "bia"))(t); rel.CalleeBlockedCaller {
					t.Error("a block that was lifted is still seen")
				}
			}
		})
	})
}
