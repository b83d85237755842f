package ops

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// expression is a parsed query: one of number, selector, function, aggregate and
// binary.
type expression interface{}

type number float64

// selector picks series by name and labels; within is the length of a range,
// zero for the newest sample.
type selector struct {
	name     string
	matchers []matcher
	within   time.Duration
}

type matcher struct {
	label string
	not   bool
	re    *regexp.Regexp
}

// function is rate, increase or histogram_quantile.
type function struct {
	name string
	args []expression
}

// aggregate is sum, min, max or count, by labels or over all.
type aggregate struct {
	name string
	by   []string
	of   expression
}

// binary is an operation of two vectors, or of a vector and a number. Vectors
// match on all labels but those that are ignored.
type binary struct {
	op          byte
	ignoring    []string
	one         bool // group_left: many on the left match one on the right
	left, right expression
}

// maxQuery is the longest query that is read, in bytes.
const maxQuery = 4 << 10

// parse reads a query of the part of PromQL that the dashboards use.
func parse(text string) (e expression, err error) {
	if len(text) > maxQuery {
		return nil, fmt.Errorf("the query is longer than %d bytes", maxQuery)
	}
	p := &parser{text: text}
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case syntaxFault:
			e, err = nil, fmt.Errorf("at %d: %s", p.at, string(fault))
		default:
			panic(fault)
		}
	}()
	e = p.sum(0)
	if p.space(); p.at < len(p.text) {
		p.fail("nothing more is expected")
	}
	return e, nil
}

// syntaxFault ends a parse; only parse sees it.
type syntaxFault string

type parser struct {
	text string
	at   int
}

func (p *parser) fail(format string, args ...any) {
	panic(syntaxFault(fmt.Sprintf(format, args...)))
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// sign takes a sign if it comes next.
func (p *parser) sign(s string) bool {
	p.space()
	if !strings.HasPrefix(p.text[p.at:], s) {
		return false
	}
	p.at += len(s)
	return true
}

func (p *parser) must(s string) {
	if !p.sign(s) {
		p.fail("%q is expected", s)
	}
}

func (p *parser) word() string {
	p.space()
	start := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c != '_' && c != ':' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (p.at == start || c < '0' || c > '9') {
			break
		}
		p.at++
	}
	return p.text[start:p.at]
}

// maxDepth is how deep parentheses may go.
const maxDepth = 20

func (p *parser) sum(depth int) expression {
	left := p.product(depth)
	for {
		switch {
		case p.sign("+"):
			left = p.operation('+', left, depth, p.product)
		case p.sign("-"):
			left = p.operation('-', left, depth, p.product)
		default:
			return left
		}
	}
}

func (p *parser) product(depth int) expression {
	left := p.unit(depth)
	for {
		switch {
		case p.sign("*"):
			left = p.operation('*', left, depth, p.unit)
		case p.sign("/"):
			left = p.operation('/', left, depth, p.unit)
		default:
			return left
		}
	}
}

func (p *parser) operation(op byte, left expression, depth int, next func(int) expression) expression {
	b := binary{op: op, left: left}
	if p.sign("ignoring") {
		b.ignoring = p.names()
		b.one = p.sign("group_left")
	}
	b.right = next(depth)
	return b
}

func (p *parser) names() []string {
	p.must("(")
	var list []string
	for !p.sign(")") {
		if len(list) > 0 {
			p.must(",")
		}
		name := p.word()
		if name == "" {
			p.fail("a label is expected")
		}
		list = append(list, name)
	}
	return list
}

func (p *parser) unit(depth int) expression {
	if depth > maxDepth {
		p.fail("it goes too deep")
	}
	if p.sign("(") {
		e := p.sum(depth + 1)
		p.must(")")
		return e
	}
	p.space()
	if p.at < len(p.text) && (p.text[p.at] >= '0' && p.text[p.at] <= '9' || p.text[p.at] == '.') {
		return p.number()
	}
	switch name := p.word(); name {
	case "sum", "min", "max", "count":
		return p.aggregate(name, depth)
	case "rate", "increase", "histogram_quantile":
		c := function{name: name}
		p.must("(")
		for !p.sign(")") {
			if len(c.args) > 0 {
				p.must(",")
			}
			c.args = append(c.args, p.sum(depth+1))
		}
		p.check(c)
		return c
	case "":
		p.fail("a metric, a number or a function is expected")
		return nil
	default:
		return p.selector(name)
	}
}

func (p *parser) check(c function) {
	if c.name == "histogram_quantile" {
		if len(c.args) == 2 {
			if _, ok := c.args[0].(number); ok {
				return
			}
		}
		p.fail("histogram_quantile takes a number and a vector")
	}
	if len(c.args) == 1 {
		if s, ok := c.args[0].(selector); ok && s.within > 0 {
			return
		}
	}
	p.fail("%s takes a metric over some time", c.name)
}

func (p *parser) number() expression {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("0123456789.e", p.text[p.at]) >= 0 {
		p.at++
	}
	x, err := strconv.ParseFloat(p.text[start:p.at], 64)
	if err != nil {
		p.fail("%q is no number", p.text[start:p.at])
	}
	return number(x)
}

func (p *parser) aggregate(name string, depth int) expression {
	a := aggregate{name: name}
	if p.sign("by") {
		a.by = p.names()
	}
	p.must("(")
	a.of = p.sum(depth + 1)
	p.must(")")
	return a
}

func (p *parser) selector(name string) expression {
	s := selector{name: name}
	if p.sign("{") {
		for !p.sign("}") {
			if len(s.matchers) > 0 {
				p.must(",")
			}
			s.matchers = append(s.matchers, p.matcher())
		}
	}
	if p.sign("[") {
		start := p.at
		end := strings.IndexByte(p.text[start:], ']')
		if end < 0 {
			p.fail("] is expected")
		}
		s.within = p.duration(p.text[start : start+end])
		p.at = start + end + 1
	}
	return s
}

func (p *parser) duration(text string) time.Duration {
	text, days := strings.CutSuffix(text, "d")
	if days {
		if n, err := strconv.Atoi(text); err == nil && n > 0 && n <= 366 {
			return time.Duration(n) * 24 * time.Hour
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d
	}
	p.fail("%q is no time", text)
	return 0
}

func (p *parser) matcher() matcher {
	m := matcher{label: p.word()}
	pattern := ""
	switch {
	case p.sign("=~"):
		pattern = p.quoted()
	case p.sign("!~"):
		m.not, pattern = true, p.quoted()
	case p.sign("!="):
		m.not, pattern = true, regexp.QuoteMeta(p.quoted())
	case p.sign("="):
		pattern = regexp.QuoteMeta(p.quoted())
	default:
		p.fail("=, !=, =~ or !~ is expected")
	}
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		p.fail("%v", err)
	}
	m.re = re
	return m
}

func (p *parser) quoted() string {
	p.must(`"`)
	end := strings.IndexByte(p.text[p.at:], '"')
	if end < 0 {
		p.fail(`" is expected`)
	}
	text := p.text[p.at : p.at+end]
	p.at += end + 1
	return text
}
