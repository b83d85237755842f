package policy

import (
	"testing"
	"time"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestHoursAreThoseOfThePlace(t *testing.T) {
	night := Hours{Zone: "Europe/Rome", Ranges: []Range{{22 * 60, 7 * 60}}}
	siesta := Hours{Zone: "Europe/Rome", Ranges: []Range{{22 * 60, 7 * 60}, {13 * 60, 14*60 + 30}}}
	for _, c := range []struct {
		name  string
		hours Hours
		now   string
		want  bool
	}{
		{"never", Hours{}, "2026-01-15T23:00:00Z", false},
		{"a zone without ranges", Hours{Zone: "Europe/Rome"}, "2026-01-15T23:00:00Z", false},
		{"before the night", night, "2026-01-15T20:59:59Z", false},
		{"the night begins", night, "2026-01-15T21:00:00Z", true},
		{"past midnight", night, "2026-01-16T03:00:00Z", true},
		{"the last minute", night, "2026-01-16T05:59:59Z", true},
		{"the night is over", night, "2026-01-16T06:00:00Z", false},
		{"in summer it begins an hour earlier", night, "2026-07-15T20:00:00Z", true},
		{"in winter not", night, "2026-01-15T20:00:00Z", false},
		{"the second range", siesta, "2026-01-15T13:29:00Z", true},
		{"after the second range", siesta, "2026-01-15T13:30:00Z", false},
		{"the whole day", Hours{Zone: "Asia/Kathmandu", Ranges: []Range{{600, 600}}}, "2026-01-15T13:30:00Z", true},
		{"half an hour off", Hours{Zone: "Asia/Kolkata", Ranges: []Range{{0, 30}}}, "2026-01-15T18:45:00Z", true},
		{"an hour that the clocks skip", Hours{Zone: "Europe/Rome", Ranges: []Range{{120, 180}}}, "2026-03-29T01:30:00Z", false},
		{"an hour that comes twice", Hours{Zone: "Europe/Rome", Ranges: []Range{{120, 180}}}, "2026-10-25T01:30:00Z", true},
		{"a place that is none is always quiet", Hours{Zone: "Nowhere/Land", Ranges: []Range{{0, 1}}}, "2026-01-15T13:30:00Z", true},
		{"the server's place is none", Hours{Zone: "Local", Ranges: []Range{{0, 1}}}, "2026-01-15T13:30:00Z", true},
	} {
		if got := c.hours.Contain(at(t, c.now)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestHoursOutOfRangeAreRefused(t *testing.T) {
	for name, h := range map[string]Hours{
		"no zone":        {Ranges: []Range{{1, 2}}},
		"a path as zone": {Zone: "../../etc/passwd", Ranges: []Range{{1, 2}}},
		"a strange zone": {Zone: "Local", Ranges: []Range{{1, 2}}},
		"five ranges":    {Zone: "UTC", Ranges: make([]Range, 5)},
		"a late minute":  {Zone: "UTC", Ranges: []Range{{0, 1440}}},
		"an early one":   {Zone: "UTC", Ranges: []Range{{-1, 0}}},
	} {
		if h.Validate() == nil {
			t.Errorf("%s is accepted", name)
		}
		if _, err := ParseHours(h.Text()); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	if err := (Hours{}).Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzHoursAreReadAsTheyWereWritten(f *testing.F) {
	f.Add(`{"zone":"Europe/Rome","ranges":[{"from":1320,"to":420}]}`)
	f.Add(`{"zone":"UTC","ranges":[]}`)
	f.Add(`{"zone":"../x","ranges":[{"from":-1,"to":1e9}]}`)
	f.Add(``)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHours(text)
		if err != nil {
			return
		}
		h.Contain(time.Unix(1767225600, 0))
		again, err := ParseHours(h.Text())
		if err != nil || again.Text() != h.Text() {
			t.Errorf("%q is read as %+v, then as %+v (%v)", text, h, again, err)
		}
	})
}
