package link_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"pronto/signalling/link"
)

var update = flag.Bool("update", false, "write testdata anew")

// calendarCase is an event as the SDK has it, and the file that both make of it.
type calendarCase struct {
	Name  string `json:"name"`
	Event struct {
		Link        string `json:"link"`
		Address     string `json:"address"`
		Sequence    int64  `json:"sequence"`
		Title       string `json:"title,omitempty"`
		Description string `json:"description,omitempty"`
		Organizer   string `json:"organizer,omitempty"`
		Video       bool   `json:"video,omitempty"`
		FromMs      int64  `json:"fromMs"`
		ToMs        int64  `json:"toMs,omitempty"`
		ChangedMs   int64  `json:"changedMs"`
		Cancelled   bool   `json:"cancelled,omitempty"`
	} `json:"event"`
	File string `json:"file"`
}

// An entry that was saved in the page is the one that the server's file changes or
// takes away: the SDK's own test reads the same cases.
func TestTheSDKMakesTheSameCalendarFiles(t *testing.T) {
	const path = "testdata/calendar.json"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []calendarCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 3 {
		t.Fatalf("there are %d cases", len(cases))
	}
	for i, c := range cases {
		e := link.Event{
			ID: c.Event.Link, Server: "https://calls.example.com", Address: c.Event.Address, Sequence: c.Event.Sequence, Title: c.Event.Title,
			Description: c.Event.Description, Organizer: c.Event.Organizer, Video: c.Event.Video, Begins: time.UnixMilli(c.Event.FromMs),
			Changed: time.UnixMilli(c.Event.ChangedMs), Cancelled: c.Event.Cancelled,
		}
		if c.Event.ToMs != 0 {
			e.Ends = time.UnixMilli(c.Event.ToMs)
		}
		if got := string(e.ICS()); *update {
			cases[i].File = got
		} else if got != c.File {
			t.Errorf("%s: it is\n%s\nwant\n%s", c.Name, got, c.File)
		}
	}
	if *update {
		written, err := json.MarshalIndent(cases, "", "  ")
		if err == nil {
			err = os.WriteFile(path, append(written, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The SDK's own test makes this file.
func TestAPhoneReadsTheQRCodeOfTheSDK(t *testing.T) {
	svg, err := os.ReadFile("testdata/qrcode.svg")
	if err != nil {
		t.Fatal(err)
	}
	if got := scan(t, drawSVG(t, string(svg))); got != address {
		t.Errorf("it says %q", got)
	}
}
