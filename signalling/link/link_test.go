package link_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"pronto/signalling/link"
)

const address = "https://calls.example.com/j/bm90IGEgcmVhbCBzZWNyZXQ#k=c2VjcmV0IG9mIDE2IGJ5dA"

// scan reads a QR code as a phone would.
func scan(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func TestTheAddressHasTheSecretAfterTheHash(t *testing.T) {
	got := link.Address("https://calls.example.com/", "bm90IGEgcmVhbCBzZWNyZXQ", "c2VjcmV0IG9mIDE2IGJ5dA")
	if got != address || link.Address("http://localhost", "x", "") != "http://localhost/j/x" {
		t.Errorf("it is %s", got)
	}
}

func TestAPhoneReadsEveryFormOfTheQRCode(t *testing.T) {
	code, err := link.NewQR(address)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(code.PNG(8)))
	if err != nil {
		t.Fatal(err)
	}
	if got := scan(t, picture); got != address {
		t.Errorf("the PNG says %q", got)
	}
	if got := scan(t, drawSVG(t, string(code.SVG("Call")))); got != address {
		t.Errorf("the SVG says %q", got)
	}
	for _, shade := range []link.Shade{link.Coloured, link.DarkOnLight, link.LightOnDark} {
		if got := scan(t, drawText(code.Text(shade), shade == link.DarkOnLight)); got != address {
			t.Errorf("the terminal (shade %d) says %q", shade, got)
		}
	}
	if _, err := link.NewQR(strings.Repeat("x", 1001)); err == nil {
		t.Error("a text that is too long is taken")
	}
	if svg := string(code.SVG(`<b>"&`)); !strings.Contains(svg, "<title>&lt;b&gt;&quot;&amp;</title>") {
		t.Errorf("the label is not escaped: %.200s", svg)
	}
}

// drawSVG draws what SVG writes: rows of modules.
func drawSVG(t *testing.T, svg string) image.Image {
	t.Helper()
	const scale = 8
	side, err := strconv.Atoi(regexp.MustCompile(`viewBox="0 0 (\d+)`).FindStringSubmatch(svg)[1])
	if err != nil {
		t.Fatal(err)
	}
	img := blank(side * scale)
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`).FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(run[1])
		y, _ := strconv.Atoi(run[2])
		w, _ := strconv.Atoi(run[3])
		fill(img, x*scale, y*scale, w*scale, scale)
	}
	return img
}

// drawText draws what a terminal would show.
func drawText(text string, plain bool) image.Image {
	const scale = 8
	lines := strings.Split(regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(text, "\n"), "\n")
	var rows [][]rune
	for _, line := range lines {
		if line != "" {
			rows = append(rows, []rune(line))
		}
	}
	side := max(len(rows[0]), 2*len(rows))
	img := blank(side * scale)
	for y, row := range rows {
		for x, char := range row {
			upper, lower := char == '█' || char == '▀', char == '█' || char == '▄' // the light part
			if plain {
				upper, lower = !upper, !lower
			}
			if !upper {
				fill(img, x*scale, 2*y*scale, scale, scale)
			}
			if !lower {
				fill(img, x*scale, (2*y+1)*scale, scale, scale)
			}
		}
	}
	return img
}

func blank(side int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	return img
}

func fill(img *image.Gray, x, y, w, h int) {
	for dy := range h {
		for dx := range w {
			img.SetGray(x+dx, y+dy, color.Gray{})
		}
	}
}

func TestACalendarReadsAddsChangesAndTakesAway(t *testing.T) {
	at := time.Date(2026, time.May, 4, 14, 0, 0, 0, time.FixedZone("CEST", 2*3600))
	e := link.Event{
		ID: "bm90IGEgcmVhbCBzZWNyZXQ", Server: "https://calls.example.com", Address: address, Title: "Bread, wine; and \"more\"\nat Bia's",
		Description: strings.Repeat("Già quasi mezzogiorno, però non è tardi. ", 8), Organizer: `Ana "the host"`, Video: true,
		Begins: at, Ends: at.Add(30 * time.Minute), Changed: at.Add(-time.Hour),
	}
	for _, line := range strings.Split(string(e.ICS()), "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	read := func(e link.Event) (*ics.Calendar, *ics.VEvent) {
		t.Helper()
		calendar, err := ics.ParseCalendar(bytes.NewReader(e.ICS()))
		if err != nil || len(calendar.Events()) != 1 {
			t.Fatalf("%d events (%v)", len(calendar.Events()), err)
		}
		return calendar, calendar.Events()[0]
	}
	value := func(e *ics.VEvent, name string) string {
		if p := e.GetProperty(ics.ComponentProperty(name)); p != nil {
			return p.Value
		}
		return ""
	}
	calendar, first := read(e)
	begins, _ := first.GetStartAt()
	ends, _ := first.GetEndAt()
	if !begins.Equal(at) || ends.Sub(begins) != 30*time.Minute {
		t.Errorf("it is from %s to %s", begins, ends)
	}
	for name, want := range map[string]string{
		"SUMMARY": e.Title, "DESCRIPTION": e.Description, "URL": address, "CONFERENCE": address, "STATUS": "CONFIRMED", "SEQUENCE": "0",
	} {
		if got := value(first, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(calendar.Serialize(), "METHOD:PUBLISH") {
		t.Error("it does not publish")
	}
	if id := value(first, "UID"); strings.Contains(id, e.ID) || !strings.HasSuffix(id, "@calls.example.com") {
		t.Errorf("the UID is %q", id)
	}

	moved := e
	moved.Begins, moved.Ends, moved.Sequence = at.Add(24*time.Hour), time.Time{}, 1
	_, second := read(moved)
	if value(second, "UID") != value(first, "UID") || value(second, "SEQUENCE") != "1" {
		t.Errorf("moved it is %s, %s", value(second, "UID"), value(second, "SEQUENCE"))
	}
	if ends, _ := second.GetEndAt(); ends.Sub(moved.Begins) != time.Hour {
		t.Errorf("without an end it ends at %s", ends)
	}

	off := moved
	off.Cancelled, off.Sequence = true, 2
	calendar, third := read(off)
	if value(third, "UID") != value(first, "UID") || value(third, "STATUS") != "CANCELLED" || value(third, "SEQUENCE") != "2" ||
		value(third, "ORGANIZER") == "" || !strings.Contains(calendar.Serialize(), "METHOD:CANCEL") {
		t.Errorf("cancelled it is %s", off.ICS())
	}
	if bytes.Contains(off.ICS(), []byte("/j/")) {
		t.Error("a call that is off can be joined")
	}
}

func TestMarksTellNothingAndDifferByLink(t *testing.T) {
	if _, err := link.NewMarker([]byte("short")); err == nil || (link.Marker{}).Valid() {
		t.Error("a marker without a secret is one")
	}
	m, err := link.NewMarker(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, _ := link.NewMarker(bytes.Repeat([]byte{2}, 32))
	marks := map[string]bool{}
	for _, mark := range []string{
		m.Account("l1", "ana"), m.Browser("l1", "ana"), m.Network("l1", "ana"), m.Account("l2", "ana"), other.Account("l1", "ana"), m.Account("l1", "ann"),
	} {
		if marks[mark] || strings.Contains(mark, "ana") {
			t.Errorf("the mark %s is one of two, or tells", mark)
		}
		marks[mark] = true
	}
	if again := m.Account("l1", "ana"); !marks[again] || !link.IsNetwork(m.Network("l1", "x")) || link.IsNetwork(m.Browser("l1", "x")) || link.IsNetwork("") {
		t.Error("a mark is not what it is")
	}
}

func TestAHouseholdIsOneNetwork(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:5000": "192.0.2.1", "192.0.2.1": "192.0.2.1", "[2001:db8:1:2:3::4]:5000": "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::": "2001:db8:1:2::/64", "[::ffff:192.0.2.1]:5000": "192.0.2.1", "nonsense": "",
	} {
		if got := link.Network(remote); got != want {
			t.Errorf("%s is %q, want %q", remote, got, want)
		}
	}
}
