package policy_test

import (
	"testing"

	"pronto/signalling/policy"
)

// Every combination of facts, against rules that are said one by one.
func TestPresenceIsSeenByItsAudienceOnly(t *testing.T) {
	bit := func(n, i int) bool { return n>>i&1 == 1 }
	seen := 0
	for _, audience := range []policy.Audience{policy.Nobody, policy.Contacts, policy.Everyone} {
		for n := range 1 << 7 {
			s := policy.Sight{
				Audience: audience, Exists: bit(n, 0), Self: bit(n, 1), Contact: bit(n, 2), Excepted: bit(n, 3),
				Blocks: bit(n, 4), Blocked: bit(n, 5), Guest: bit(n, 6),
			}
			rules := []bool{ // each of them forbids
				!s.Exists,
				s.Guest,
				s.Blocks && !s.Self,
				s.Blocked && !s.Self,
				s.Excepted && !s.Self,
				audience == policy.Nobody && !s.Self,
				audience == policy.Contacts && !s.Contact && !s.Self,
			}
			want := true
			for _, forbids := range rules {
				want = want && !forbids
			}
			if got := policy.SeesPresence(s); got != want {
				t.Errorf("%+v: %v, want %v", s, got, want)
			}
			if want {
				seen++
			}
		}
	}
	if seen == 0 {
		t.Error("nobody is ever seen")
	}
}
