package link

import (
	"fmt"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// Quiet is the empty border that a QR code needs, in modules (ISO/IEC 18004).
const Quiet = 4

// QR is the QR code of an address.
type QR struct{ code *qr.Code }

// NewQR makes the code of a text of at most 1,000 bytes. A quarter of it may be
// unreadable, as on a printed poster.
func NewQR(text string) (QR, error) {
	if len(text) > 1000 {
		return QR{}, fmt.Errorf("link: %d bytes are too many for a QR code that a phone reads, at most 1000", len(text))
	}
	code, err := qr.Encode(text, qr.Q)
	if err != nil {
		return QR{}, fmt.Errorf("link: make a QR code: %w", err)
	}
	return QR{code}, nil
}

// Size is how many modules the code has on a side, without the border.
func (q QR) Size() int { return q.code.Size }

// Black tells whether a module is black; outside the code none is.
func (q QR) Black(x, y int) bool { return q.code.Black(x, y) }

// PNG is the code as an image, each module scale pixels wide; 1 to 32.
func (q QR) PNG(scale int) []byte {
	code := *q.code
	code.Scale = min(max(scale, 1), 32)
	return code.PNG()
}

// SVG is the code as an image of one path, black on white in every theme, with the
// text that a screen reader says.
func (q QR) SVG(label string) []byte {
	var path strings.Builder
	for y := range q.Size() {
		for x := 0; x < q.Size(); x++ {
			from := x
			for q.Black(x, y) {
				x++
			}
			if x > from { // one row of black modules
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+Quiet, y+Quiet, x-from, x-from)
			}
		}
	}
	side := strconv.Itoa(q.Size() + 2*Quiet)
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + side + ` ` + side + `" role="img" shape-rendering="crispEdges">` +
		`<title>` + xmlText(label) + `</title><path fill="#fff" d="M0 0h` + side + `v` + side + `H0z"/><path fill="#000" d="` + path.String() + `"/></svg>`)
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func xmlText(text string) string { return xmlEscapes.Replace(text) }

// Shade is how a terminal shows what is drawn.
type Shade int

// The shades. Only the first says itself what is black and what is white.
const (
	Coloured    Shade = iota // black and white by ECMA-48 colours
	DarkOnLight              // no colours; the terminal is dark on light
	LightOnDark              // no colours; the terminal is light on dark
)

// Text is the code for a terminal, two modules to a character.
func (q QR) Text(shade Shade) string {
	const whiteOnBlack, plain = "\x1b[40;97m", "\x1b[0m"
	var text strings.Builder
	for y := -Quiet; y < q.Size()+Quiet; y += 2 {
		if shade == Coloured {
			text.WriteString(whiteOnBlack)
		}
		for x := -Quiet; x < q.Size()+Quiet; x++ {
			upper, lower := q.Black(x, y), q.Black(x, y+1)
			if shade == DarkOnLight {
				upper, lower = !upper, !lower
			}
			switch { // what is drawn is the light part
			case !upper && !lower:
				text.WriteRune('█')
			case !upper:
				text.WriteRune('▀')
			case !lower:
				text.WriteRune('▄')
			default:
				text.WriteByte(' ')
			}
		}
		if shade == Coloured {
			text.WriteString(plain)
		}
		text.WriteByte('\n')
	}
	return text.String()
}
