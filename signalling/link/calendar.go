package link

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is a call at a time, for a calendar (RFC 5545, 5546, 7986).
type Event struct {
	// ID is the link's id: the event's UID is made of it, the same after every
	// change, and does not tell it.
	ID string
	// Server is where the link is, such as https://calls.example.com.
	Server string
	// Address is the link's, with the part after # if whoever makes the entry has
	// it.
	Address string
	// Sequence counts the changes of the link.
	Sequence int64
	// Title and Description are shown; an empty title is "Call".
	Title, Description string
	// Organizer is who made the link; empty is left out.
	Organizer string
	// Video is whether it is a call with pictures.
	Video bool
	// Begins and Ends are the call's time. Without an end, or with one of more than a
	// day later, which is when the link ends and not the talk, it takes an hour.
	Begins, Ends time.Time
	// Changed is when the link was last changed.
	Changed time.Time
	// Cancelled says that the call is off.
	Cancelled bool
}

const longest = 24 * time.Hour

// Method is what the file does, as its media type says too (RFC 5545, section 8.1).
func (e Event) Method() string {
	if e.Cancelled {
		return "CANCEL"
	}
	return "PUBLISH"
}

// ICS is the event as a file: one that adds it, or changes the entry of the same
// call, or takes it away.
func (e Event) ICS() []byte {
	status := "CONFIRMED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	ends := e.Ends
	if !ends.After(e.Begins) || ends.Sub(e.Begins) > longest {
		ends = e.Begins.Add(time.Hour)
	}
	title, features := e.Title, "AUDIO"
	if title == "" {
		title = "Call"
	}
	if e.Video {
		features = `"AUDIO,VIDEO"`
	}
	var f calendarFile
	f.line("BEGIN:VCALENDAR")
	f.line("VERSION:2.0")
	f.line("PRODID:-//Pronto//Call links//EN")
	f.line("CALSCALE:GREGORIAN")
	f.line("METHOD:" + e.Method())
	f.line("BEGIN:VEVENT")
	f.line("UID:" + e.uid())
	f.line("SEQUENCE:" + strconv.FormatInt(e.Sequence, 10))
	f.line("DTSTAMP:" + utc(e.Changed))
	f.line("DTSTART:" + utc(e.Begins))
	f.line("DTEND:" + utc(ends))
	f.line("SUMMARY:" + calendarText(title))
	if e.Description != "" {
		f.line("DESCRIPTION:" + calendarText(e.Description))
	}
	f.line("ORGANIZER" + named(e.Organizer) + ":" + e.Server)
	f.line("STATUS:" + status)
	f.line("TRANSP:OPAQUE")
	if !e.Cancelled {
		f.line("URL:" + e.Address)
		f.line("CONFERENCE;VALUE=URI;FEATURE=" + features + ";LABEL=" + parameter(title) + ":" + e.Address)
		f.line("BEGIN:VALARM")
		f.line("ACTION:DISPLAY")
		f.line("DESCRIPTION:" + calendarText(title))
		f.line("TRIGGER:-PT5M")
		f.line("END:VALARM")
	}
	f.line("END:VEVENT")
	f.line("END:VCALENDAR")
	return []byte(f.text.String())
}

// uid is globally unique (RFC 7986, section 5.3).
func (e Event) uid() string {
	sum := sha256.Sum256([]byte("pronto calendar 1\x00" + e.ID))
	host := "pronto.invalid"
	if u, err := url.Parse(e.Server); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return hex.EncodeToString(sum[:16]) + "@" + host
}

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

var calendarEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func calendarText(text string) string { return calendarEscapes.Replace(text) }

// parameter is a parameter's value in quotes. They cannot stand in one (RFC 6868).
func parameter(text string) string {
	return `"` + strings.NewReplacer("^", "^^", "\n", "^n", "\r", "", `"`, "^'").Replace(text) + `"`
}

// named is the parameter of a name, if there is one.
func named(name string) string {
	if name == "" {
		return ""
	}
	return ";CN=" + parameter(name)
}

// calendarFile folds long lines (RFC 5545, section 3.1).
type calendarFile struct{ text strings.Builder }

func (f *calendarFile) line(text string) {
	const most = 75 // bytes
	room := most
	for len(text) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		f.text.WriteString(text[:cut] + "\r\n ")
		text, room = text[cut:], most-1
	}
	f.text.WriteString(text + "\r\n")
}
