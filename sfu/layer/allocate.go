package layer

// Demand is one picture that a viewer shows.
type Demand struct {
	// Rates are what its encodings cost in bit/s, from lowest to highest; 0 where one cannot be had.
	Rates []int
	// Wanted is the index of the one that would flow if there were room for everything; [None] for a picture that
	// needs no room, as that of a camera that is off.
	Wanted int
	// Current is the index of the one that flows; [None] while it is paused.
	Current int
}

// upPercent is how much room there must be for what flows not yet, in percent of what it costs: what a rate is differs from
// moment to moment, and each change costs a key frame.
const upPercent = 115

// Allocate shares a budget, in bit/s, among the pictures of one viewer, the most important first, and appends for each the
// index of what is to flow, [None] for a pause. Everybody is shown small before anybody is shown large; then the most
// important gets what it wants before the next gets more. What does not fit is left out, and what is less
// important may still.
func Allocate(choices []int, demands []Demand, budget int) []int {
	from := len(choices)
	for _, d := range demands {
		lowest := d.lowest()
		if cost := d.cost(lowest); lowest != None && cost <= budget {
			budget -= d.Rates[lowest]
			choices = append(choices, lowest)
			continue
		}
		choices = append(choices, None)
	}
	for i, d := range demands {
		chosen := choices[from+i]
		if chosen == None {
			continue
		}
		for next := chosen + 1; next <= d.Wanted; next++ {
			if d.Rates[next] == 0 {
				continue
			}
			if d.cost(next)-d.Rates[chosen] <= budget {
				budget -= d.Rates[next] - d.Rates[chosen]
				chosen = next
			}
		}
		choices[from+i] = chosen
	}
	return choices
}

// Cost is what all demands would cost if there were room for everything, in bit/s.
func Cost(demands []Demand) (bps int) {
	for _, d := range demands {
		if d.Wanted != None {
			bps += d.Rates[d.Wanted]
		}
	}
	return bps
}

// Costs is what flows now costs, in bit/s.
func (d Demand) Costs() int {
	if d.Current == None {
		return 0
	}
	return d.Rates[d.Current]
}

// lowest is the index of the lowest encoding that can be had and is wanted.
func (d Demand) lowest() int {
	for i := 0; i <= d.Wanted; i++ {
		if d.Rates[i] > 0 || i == d.Wanted {
			return i
		}
	}
	return None
}

// cost is how much room an encoding needs, to flow on or to begin.
func (d Demand) cost(index int) int {
	switch {
	case index == None:
		return 0
	case index <= d.Current:
		return d.Rates[index]
	}
	return d.Rates[index] * upPercent / 100
}
