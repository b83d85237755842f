package layer_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pronto/sfu/layer"
)

func TestAllocate(t *testing.T) {
	simulcast := []int{120, 400, 1500}
	camera := func(wanted, current int) layer.Demand {
		return layer.Demand{Rates: simulcast, Wanted: wanted, Current: current}
	}
	screen := func(current int) layer.Demand {
		return layer.Demand{Rates: []int{1000}, Wanted: 0, Current: current}
	}
	for name, test := range map[string]struct {
		demands []layer.Demand
		budget  int
		want    []int
	}{
		"all that is wanted if there is room":            {[]layer.Demand{camera(2, 2), camera(1, 1)}, 1900, []int{2, 1}},
		"the first gets more before the second":          {[]layer.Demand{camera(2, 2), camera(2, 2)}, 1700, []int{2, 0}},
		"everybody is shown small before one is large":   {[]layer.Demand{camera(2, 2), camera(2, 2), camera(2, 2)}, 700, []int{1, 0, 0}},
		"the last pause first":                           {[]layer.Demand{camera(2, 2), camera(2, 2), camera(2, 2)}, 250, []int{0, 0, layer.None}},
		"all pause when nothing fits":                    {[]layer.Demand{camera(2, 2), camera(2, 2)}, 100, []int{layer.None, layer.None}},
		"a small one fits where a large one does not":    {[]layer.Demand{screen(0), camera(2, 2)}, 500, []int{layer.None, 1}},
		"what flows stays at the very limit":             {[]layer.Demand{camera(2, 1)}, 400, []int{1}},
		"what does not flow needs more room":             {[]layer.Demand{camera(2, 0)}, 410, []int{0}},
		"and begins when there is":                       {[]layer.Demand{camera(2, 0)}, 460, []int{1}},
		"a pause ends only with some room":               {[]layer.Demand{camera(0, layer.None)}, 125, []int{layer.None}},
		"a pause ends":                                   {[]layer.Demand{camera(0, layer.None)}, 140, []int{0}},
		"a middle encoding that cannot be had is passed": {[]layer.Demand{{Rates: []int{120, 0, 1500}, Wanted: 2, Current: 2}}, 1500, []int{2}},
		"the lowest that can be had":                     {[]layer.Demand{{Rates: []int{0, 400, 1500}, Wanted: 2, Current: 1}}, 500, []int{1}},
		"a camera that is off needs no room":             {[]layer.Demand{{Rates: []int{0, 0, 0}, Wanted: 0, Current: 0}}, 0, []int{0}},
		"nothing is shown":                               {[]layer.Demand{{Rates: simulcast, Wanted: layer.None, Current: layer.None}}, 5000, []int{layer.None}},
		"nobody":                                         {nil, 100, nil},
	} {
		if got := layer.Allocate(nil, test.demands, test.budget); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestAllocationsStayWithinTheBudgetAndGiveTheFirstNoLessThanTheNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		demands := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) layer.Demand {
			rates := []int{rapid.IntRange(50, 200).Draw(t, "q"), rapid.IntRange(200, 600).Draw(t, "h"), rapid.IntRange(600, 2000).Draw(t, "f")}
			return layer.Demand{Rates: rates, Wanted: rapid.IntRange(0, 2).Draw(t, "wanted"), Current: rapid.IntRange(layer.None, 2).Draw(t, "current")}
		}), 0, 9).Draw(t, "demands")
		budget := rapid.IntRange(0, 8000).Draw(t, "budget")
		chosen := layer.Allocate(nil, demands, budget)
		spent := 0
		for i, c := range chosen {
			if c > demands[i].Wanted {
				t.Fatalf("%d gets more than it wants", i)
			}
			if c != layer.None {
				spent += demands[i].Rates[c]
			}
		}
		if spent > budget {
			t.Fatalf("%d of %d are spent", spent, budget)
		}
		if more := layer.Allocate(nil, demands, budget+1_000_000); layer.Cost(demands) > 0 {
			for i := range more {
				if more[i] != demands[i].Wanted {
					t.Fatalf("with room for all %d gets %d, not %d", i, more[i], demands[i].Wanted)
				}
			}
		}
		again := make([]layer.Demand, len(demands))
		for i, d := range demands {
			d.Current = chosen[i]
			again[i] = d
		}
		if second := layer.Allocate(nil, again, budget); len(chosen) > 0 && second[0] < chosen[0] {
			t.Fatalf("the same budget takes away what it gave: %v then %v", chosen, second)
		}
	})
}
