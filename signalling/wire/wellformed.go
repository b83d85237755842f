package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wellFormed refuses what encoding/json would read in a surprising way: a
// second value behind the first, a name twice in one object (readers disagree
// about which counts, and this one takes "Type" for "type"), text that is not
// UTF-8, and nesting over MaxDepth.
func wellFormed(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("the frame is not UTF-8")
	}
	if !json.Valid(data) {
		return whyBroken(data)
	}
	w := walk{data: data}
	if w.next() != '{' {
		return errors.New("the frame is not an object")
	}
	return w.value(0)
}

// whyBroken says in what way data is no JSON object.
func whyBroken(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for depth, begun := 0, false; ; begun = true {
		token, err := d.Token()
		switch {
		case begun && depth == 0:
			return errors.New("something follows the object")
		case err != nil:
			return fmt.Errorf("the frame is not JSON: %s", jsonReason(err))
		case !begun && token != json.Delim('{'):
			return errors.New("the frame is not an object")
		case token == json.Delim('{') || token == json.Delim('['):
			depth++
		case token == json.Delim('}') || token == json.Delim(']'):
			depth--
		}
	}
}

// walk goes over valid JSON.
type walk struct {
	data []byte
	at   int
}

// next is the next byte that is no white space.
func (w *walk) next() byte {
	for {
		switch b := w.data[w.at]; b {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return b
		}
	}
}

// value passes one value, within depth others.
func (w *walk) value(depth int) error {
	b := w.next()
	switch {
	case b == '"':
		w.text()
		return nil
	case b != '{' && b != '[':
		for w.at < len(w.data) && strings.IndexByte(",]} \t\r\n", w.data[w.at]) < 0 {
			w.at++
		}
		return nil
	case depth == MaxDepth:
		return fmt.Errorf("the frame nests deeper than %d", MaxDepth)
	}
	var seen names
	for w.at++; ; w.at++ { // behind the bracket or comma
		if end := w.next(); end == '}' || end == ']' { // of an empty one
			w.at++
			return nil
		}
		if b == '{' {
			if name := w.text(); !seen.add(name) {
				return fmt.Errorf("the name %.32q stands twice in one object", name)
			}
			w.next() // a colon
			w.at++
		}
		if err := w.value(depth + 1); err != nil {
			return err
		}
		if w.next() != ',' {
			w.at++
			return nil
		}
	}
}

// text passes a string and returns what it says.
func (w *walk) text() []byte {
	start, escaped := w.at, false
	for w.at++; w.data[w.at] != '"'; w.at++ {
		if w.data[w.at] == '\\' {
			w.at, escaped = w.at+1, true
		}
	}
	w.at++
	if !escaped {
		return w.data[start+1 : w.at-1]
	}
	var text string
	_ = json.Unmarshal(w.data[start:w.at], &text) // it is valid
	return []byte(text)
}

// manyNames is from how many on names are looked up and not compared with each
// other: an object may be all names.
const manyNames = 24

// names are those of one object. The zero value has none.
type names struct {
	few  [manyNames][]byte
	n    int                 // of few
	many map[string]struct{} // folded
}

// add reports whether a name is new.
func (n *names) add(name []byte) bool {
	if n.n < manyNames {
		for _, other := range n.few[:n.n] {
			if bytes.EqualFold(other, name) {
				return false
			}
		}
		n.few[n.n] = name
		n.n++
		return true
	}
	if n.many == nil {
		n.many = map[string]struct{}{}
		for _, other := range n.few {
			n.many[foldCase(string(other))] = struct{}{}
		}
	}
	folded := foldCase(string(name))
	if _, twice := n.many[folded]; twice {
		return false
	}
	n.many[folded] = struct{}{}
	return true
}

// foldCase maps names that encoding/json takes for the same, whatever their
// case, to one.
func foldCase(name string) string {
	return strings.Map(func(r rune) rune {
		lowest := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			lowest = min(lowest, next)
		}
		return lowest
	}, name)
}
