package sfu

import "testing"

func TestAPeerIsWarnedAtFourFifthsOfItsBudget(t *testing.T) {
	for used, want := range map[int64]DataState{0: DataPlenty, 799_999: DataPlenty, 800_000: DataLow, 999_999: DataLow, 1_000_000: DataSpent} {
		u := use{from: 5_000, budget: 1_000_000}
		u.bytes.Store(5_000 + used)
		if got := u.state(); got != want {
			t.Errorf("with %d used it is %d, not %d", used, got, want)
		}
		if u.budget = 0; u.state() != DataPlenty {
			t.Errorf("without a budget it is %d", u.state())
		}
	}
}
