package contact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"time"
)

// The discovery budget of an account. A large address book passes at once, and
// then more new numbers a day than anybody meets people.
const (
	// NumbersAtOnce is how many new numbers an account may ask about that has
	// not asked for ten days.
	NumbersAtOnce = 2500
	// NumbersADay is how many more it may ask about each day. With
	// NumbersAtOnce it makes at most 4,250 in any week.
	NumbersADay = 250
	// BlocksAtOnce and BlocksADay bound the blocking of numbers alike: with an
	// account that rings again and again, blocking one number after another
	// would tell which is its.
	BlocksAtOnce = 100
	BlocksADay   = 50
)

// Numbers of an unusual list count more. A list is unusual as a whole; no
// number is looked at by itself.
const (
	// densePrice is for lists whose numbers stand next to one another, as
	// those of somebody who counts up. Colleagues' extensions do so too, which
	// is why they cost more and are not refused.
	densePrice   = 8
	denseFrom    = 100 // numbers before a list can be called dense
	densePerHund = 8   // numbers for each hundred they lie in that make it dense
	// churnPrice is for lists that are thrown away and replaced while next to
	// nobody is found in them.
	churnPrice = 4
	churnFrom  = 500 // numbers thrown away in a week
	// window is how long a list's shape is remembered.
	window = 7 * 24 * time.Hour
)

// Sketch is what is remembered of an account's uploads: sizes, and where its
// numbers lie as a bitmap that many numbers share (linear counting). The zero
// value is that of an account that has never uploaded.
type Sketch struct {
	// At is when Numbers and Blocks were right.
	At time.Time
	// Numbers and Blocks are what is left of the budgets.
	Numbers, Blocks float64

	// Since is when counting of the following began.
	Since time.Time
	// Asked are new numbers, Missed those of them without an account, Removed
	// those taken away again.
	Asked, Missed, Removed int
	// Places has a bit for each [Key.Place] among those asked.
	Places [32]byte
}

// Step is what a request would add to an account's uploads.
type Step struct {
	// Places has the [Key.Place] of each new number.
	Places []byte
	// Missed is how many of the new numbers have no account.
	Missed int
	// Removed is how many are taken away.
	Removed int
	// Blocks is how many numbers are blocked.
	Blocks int
}

// Exceeded is the error of a request over the budget.
type Exceeded struct {
	// After is when the same request could pass.
	After time.Duration
}

// Error implements error.
func (*Exceeded) Error() string { return "contact: the discovery budget is used up" }

// Spend returns the sketch after a step at the time now, or an [*Exceeded].
// Removing is never refused.
func (s Sketch) Spend(step Step, now time.Time) (Sketch, error) {
	s = s.refill(now)
	s.Asked += len(step.Places)
	s.Missed += step.Missed
	s.Removed += step.Removed
	for _, p := range step.Places {
		s.Places[p/8] |= 1 << (p % 8)
	}
	cost := float64(len(step.Places) * s.price())
	if cost > 0 && cost > s.Numbers {
		return Sketch{}, &Exceeded{s.wait(cost-s.Numbers, cost, NumbersAtOnce, NumbersADay, now)}
	}
	if blocks := float64(step.Blocks); blocks > 0 && blocks > s.Blocks {
		return Sketch{}, &Exceeded{s.wait(blocks-s.Blocks, blocks, BlocksAtOnce, BlocksADay, now)}
	}
	s.Numbers -= cost
	s.Blocks -= float64(step.Blocks)
	return s, nil
}

// refill adds what has come in since s.At. A clock that goes back adds nothing.
func (s Sketch) refill(now time.Time) Sketch {
	if s.At.IsZero() {
		s.At, s.Numbers, s.Blocks = now, NumbersAtOnce, BlocksAtOnce
	}
	if days := now.Sub(s.At).Hours() / 24; days > 0 {
		s.Numbers = min(NumbersAtOnce, s.Numbers+days*NumbersADay)
		s.Blocks = min(BlocksAtOnce, s.Blocks+days*BlocksADay)
		s.At = now
	}
	if s.Since.IsZero() || now.Sub(s.Since) >= window {
		s.Since, s.Asked, s.Missed, s.Removed, s.Places = now, 0, 0, 0, [32]byte{}
	}
	return s
}

// price is what a new number of a list with this shape costs.
func (s Sketch) price() int {
	price := 1
	if s.Removed >= churnFrom && s.Removed*2 > s.Asked && s.Missed*100 > s.Asked*95 {
		price = churnPrice
	}
	if s.Asked >= denseFrom && float64(s.Asked) > densePerHund*s.hundreds() {
		price = densePrice
	}
	return price
}

// hundreds estimates in how many different hundreds the numbers lie, from how
// many places no number has.
func (s Sketch) hundreds() float64 {
	places := float64(8 * len(s.Places))
	free := places
	for _, b := range s.Places {
		free -= float64(bits.OnesCount8(b))
	}
	return -places * math.Log(max(free, 0.5)/places)
}

// wait is how long it takes until missing has come in; or, for what costs more
// than the budget ever holds, until the list's shape is forgotten.
func (s Sketch) wait(missing, cost, atOnce, perDay float64, now time.Time) time.Duration {
	if cost > atOnce {
		return window - now.Sub(s.Since)
	}
	return time.Duration(missing/perDay*24*float64(time.Hour)).Truncate(time.Second) + time.Second
}

// stored is a sketch as the store keeps it.
type stored struct {
	At      int64   `json:"at"`
	Numbers float64 `json:"numbers"`
	Blocks  float64 `json:"blocks"`
	Since   int64   `json:"since"`
	Asked   int     `json:"asked"`
	Missed  int     `json:"missed"`
	Removed int     `json:"removed"`
	Places  string  `json:"places"`
}

// Encode makes the text that [DecodeSketch] reads.
func (s Sketch) Encode() (string, error) {
	data, err := json.Marshal(stored{
		s.At.UnixMilli(), s.Numbers, s.Blocks, s.Since.UnixMilli(), s.Asked, s.Missed, s.Removed,
		base64.RawURLEncoding.EncodeToString(s.Places[:]),
	})
	if err != nil {
		return "", fmt.Errorf("encode a sketch: %w", err)
	}
	return string(data), nil
}

// DecodeSketch reads a stored sketch; the empty text is the zero Sketch.
func DecodeSketch(text string) (Sketch, error) {
	if text == "" {
		return Sketch{}, nil
	}
	var d stored
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return Sketch{}, fmt.Errorf("decode a sketch: %w", err)
	}
	places, err := base64.RawURLEncoding.DecodeString(d.Places)
	if err != nil || len(places) != 32 {
		return Sketch{}, fmt.Errorf("decode a sketch: its places are broken")
	}
	return Sketch{
		At: time.UnixMilli(d.At).UTC(), Numbers: d.Numbers, Blocks: d.Blocks, Since: time.UnixMilli(d.Since).UTC(),
		Asked: d.Asked, Missed: d.Missed, Removed: d.Removed, Places: [32]byte(places),
	}, nil
}
