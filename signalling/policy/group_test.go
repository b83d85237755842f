package policy_test

import (
	"testing"

	"pronto/signalling/policy"
)

func TestWhatOneMayDoInAGroup(t *testing.T) {
	allowed := map[policy.GroupAct][]policy.GroupStanding{
		policy.ActSee:    {policy.Member, policy.Admin},
		policy.ActAdd:    {policy.Member, policy.Admin},
		policy.ActCall:   {policy.Member, policy.Admin},
		policy.ActLeave:  {policy.Member, policy.Admin},
		policy.ActAnswer: {policy.Invitee},
		policy.ActGovern: {policy.Admin},
	}
	for _, act := range append(policy.GroupActs(), -1, 99) {
		for _, standing := range append(policy.GroupStandings(), -1, 99) {
			want := false
			for _, one := range allowed[act] {
				want = want || one == standing
			}
			if got := policy.InGroup(act, standing); got != want {
				t.Errorf("act %d by standing %d is allowed: %t, want %t", act, standing, got, want)
			}
		}
	}
}
