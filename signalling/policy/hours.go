package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // zones are the same on every machine
)

// Bounds of [Hours].
const (
	MaxHours   = 4       // ranges
	dayMinutes = 24 * 60 // of a usual day
	maxZone    = 64      // bytes of a zone's name
)

// Hours are the hours of the day, on the clock of a place, at which somebody
// wants no ring. The zero value is never.
type Hours struct {
	// Zone is the place, a name of the IANA time zone database.
	Zone string `json:"zone"`
	// Ranges are at most [MaxHours].
	Ranges []Range `json:"ranges"`
}

// Range is a part of the day, from From up to but without To. If To is not
// after From it goes past midnight; if they are the same it is the whole day.
type Range struct {
	// From and To are minutes since midnight, 0 to 1439.
	From int `json:"from"`
	To   int `json:"to"`
}

// Validate says what is out of range.
func (h Hours) Validate() error {
	if len(h.Ranges) > MaxHours {
		return fmt.Errorf("there are %d ranges, at most %d", len(h.Ranges), MaxHours)
	}
	for _, r := range h.Ranges {
		if min(r.From, r.To) < 0 || max(r.From, r.To) >= dayMinutes {
			return fmt.Errorf("a range is from %d to %d, not within 0 to %d", r.From, r.To, dayMinutes-1)
		}
	}
	if h.Zone == "" && len(h.Ranges) == 0 {
		return nil
	}
	_, err := h.location()
	return err
}

// location looks the zone up. The machine's own zone is no zone of a person.
func (h Hours) location() (*time.Location, error) {
	if h.Zone == "" || h.Zone == "Local" || len(h.Zone) > maxZone {
		return nil, errors.New("the zone is not a name of the IANA time zone database")
	}
	if place, ok := places.Load(h.Zone); ok {
		return place.(*time.Location), nil
	}
	place, err := time.LoadLocation(h.Zone)
	if err != nil {
		return nil, errors.New("the zone is not known")
	}
	places.Store(h.Zone, place)
	return place, nil
}

// places are the zones that were looked up, by name; no more than there are. Reading one
// anew for each decision would take long enough to tell who has hours.
var places sync.Map

// Contain tells whether now is one of the hours. Hours that are not valid
// contain every moment: who wants to be left alone and cannot be understood is
// left alone.
func (h Hours) Contain(now time.Time) bool {
	if len(h.Ranges) == 0 {
		return false
	}
	place, err := h.location()
	if err != nil {
		return true
	}
	hour, minute, _ := now.In(place).Clock()
	at := hour*60 + minute
	for _, r := range h.Ranges {
		switch {
		case r.From < r.To && r.From <= at && at < r.To:
			return true
		case r.From >= r.To && (at >= r.From || at < r.To):
			return true
		}
	}
	return false
}

// Text is the hours as the store keeps them; empty for none.
func (h Hours) Text() string {
	if len(h.Ranges) == 0 {
		return ""
	}
	text, _ := json.Marshal(h) // strings and numbers: cannot fail
	return string(text)
}

// ParseHours reads what [Hours.Text] has written.
func ParseHours(text string) (Hours, error) {
	if text == "" {
		return Hours{}, nil
	}
	var h Hours
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		return Hours{}, fmt.Errorf("hours: %w", err)
	}
	if err := h.Validate(); err != nil {
		return Hours{}, fmt.Errorf("hours: %w", err)
	}
	return h, nil
}
