package estimate

import "errors"

// Config bounds an estimate. A zero field means its default.
type Config struct {
	// Start is what the way is taken to carry before it has been heard of, in bit/s. 1,000,000 by default; what a
	// client has measured before is better.
	Start int
	// Min and Max are the bounds of the estimate, in bit/s. 50,000 and 30,000,000 by default. Less than Min leaves no
	// room for sound, which is sent whatever the estimate is.
	Min, Max int
}

// Validate reports what is out of range.
func (c Config) Validate() error {
	c = c.withDefaults()
	if c.Min < 10_000 || c.Max < c.Min || c.Start < c.Min || c.Start > c.Max {
		return errors.New("estimate: Config is not 10,000 <= Min <= Start <= Max")
	}
	return nil
}

func (c Config) withDefaults() Config {
	for field, usual := range map[*int]int{&c.Start: 1_000_000, &c.Min: 50_000, &c.Max: 30_000_000} {
		if *field == 0 {
			*field = usual
		}
	}
	return c
}
