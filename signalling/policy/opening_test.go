package policy

import (
	"testing"
	"time"
)

func TestWhenAQueueOpens(t *testing.T) {
	shop := Hours{Zone: "Europe/Rome", Ranges: []Range{{From: 9 * 60, To: 13 * 60}, {From: 14 * 60, To: 18 * 60}}}
	night := Hours{Zone: "Europe/Rome", Ranges: []Range{{From: 22 * 60, To: 6 * 60}}}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 30, 0, rome) }
	for _, c := range []struct {
		name  string
		hours Hours
		now   time.Time
		open  bool
		next  time.Time
	}{
		{"no hours are all hours", Hours{}, at(10, 3, 0), true, at(10, 3, 0)},
		{"in the morning it is open", shop, at(10, 9, 0), true, at(10, 9, 0)},
		{"at lunch it opens at two", shop, at(10, 13, 0), false, at(10, 14, 0)},
		{"in the evening it opens tomorrow", shop, at(10, 18, 0), false, at(11, 9, 0)},
		{"the night goes past midnight", night, at(10, 3, 0), true, at(10, 3, 0)},
		{"the clocks that are put forward make no difference", shop, at(28, 20, 0), false, at(29, 9, 0)},
	} {
		next, open := c.hours.Opens(c.now)
		if open != c.open || !open && !next.Equal(c.next.Truncate(time.Minute)) {
			t.Errorf("%s: %v, %s", c.name, open, next.In(rome))
		}
	}
	if _, open := (Hours{Zone: "Nowhere/At-all", Ranges: []Range{{0, 1}}}).Opens(at(10, 3, 0)); !open {
		t.Error("hours that cannot be read keep visitors out")
	}
}
