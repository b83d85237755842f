package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/constant"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"pronto/signalling/wire"
)

// protocol is all that the three writers need.
type protocol struct {
	src      *source
	requests []wire.Request
	events   []wire.Event
	frame    typeDef
	types    []typeDef // in the order in which a reader of requests and events meets them
	faults   []error   // what the definitions must not be, and dead links in comments
}

// typeDef is a named type: a struct (has Fields), an enum (has Values) or
// another name for a string or number.
type typeDef struct {
	Name   string
	Doc    string
	Type   reflect.Type
	Fields []fieldDef
	Values []string
}

type fieldDef struct {
	Go, JSON, Doc string
	Type          reflect.Type
	Optional      bool
	Limit         *wire.Limit
}

var (
	rawJSON    = reflect.TypeFor[json.RawMessage]()
	enumType   = reflect.TypeFor[wire.Enum]()
	strictType = reflect.TypeFor[wire.Strict]()
	camelCase  = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	docLink    = regexp.MustCompile(`\[([A-Z]\w*)(?:\.([A-Z]\w*))?\]`)
)

func newProtocol(src *source) (*protocol, error) {
	p := &protocol{src: src, requests: wire.Requests, events: wire.Events}
	p.frame = p.define(reflect.TypeFor[wire.Frame]())
	for _, r := range p.requests {
		p.collect(reflect.TypeOf(r.Body), true)
		p.collect(reflect.TypeOf(r.ReplyBody), false)
	}
	p.collect(reflect.TypeFor[wire.Problem](), false)
	for _, e := range p.events {
		p.collect(reflect.TypeOf(e.Body), false)
	}
	for _, c := range append(src.withPrefix("Max"), src.withPrefix("Close")...) {
		if c.Doc == "" {
			p.fault("%s: it has no comment", c.Name)
		}
	}
	return p, errors.Join(p.faults...)
}

func (p *protocol) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

// collect defines t and the named types inside it. What a client may send
// must be bounded.
func (p *protocol) collect(t reflect.Type, request bool) {
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == "" || slices.ContainsFunc(p.types, func(d typeDef) bool { return d.Type == t }) {
		return
	}
	def := p.define(t)
	p.types = append(p.types, def)
	for _, f := range def.Fields {
		unbounded := f.Type.Kind() == reflect.Slice || f.Type == reflect.TypeFor[string]()
		if request && unbounded && f.Limit == nil {
			p.fault("%s.%s: a client may send it, so it needs a limit", def.Name, f.Go)
		}
		p.collect(f.Type, request)
	}
}

func (p *protocol) define(t reflect.Type) typeDef {
	def := typeDef{Name: t.Name(), Doc: p.src.docs[t.Name()], Type: t}
	if def.Doc == "" {
		p.fault("%s: it has no comment", def.Name)
	}
	if t.Implements(enumType) {
		def.Values = reflect.Zero(t).Interface().(wire.Enum).Values()
		for _, c := range p.src.ofType(def.Name) {
			if !slices.Contains(def.Values, constant.StringVal(c.Value)) {
				p.fault("%s: Values does not list %s", def.Name, c.Name)
			}
		}
		return def
	}
	if t.Kind() != reflect.Struct {
		return def
	}
	for i := range t.NumField() {
		f, err := p.field(t, t.Field(i))
		if err != nil {
			p.fault("%s.%s: %w", t.Name(), t.Field(i).Name, err)
		}
		def.Fields = append(def.Fields, f)
	}
	return def
}

func (p *protocol) field(owner reflect.Type, f reflect.StructField) (fieldDef, error) {
	name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
	def := fieldDef{Go: f.Name, JSON: name, Doc: p.src.docs[owner.Name()+"."+f.Name], Type: f.Type, Optional: option == "omitzero"}
	limit, limited, err := wire.ParseLimit(f.Tag.Get("limit"))
	if limited {
		def.Limit = &limit
	}
	kind := f.Type.Kind()
	switch {
	case err != nil:
		return def, err
	case f.Anonymous || !f.IsExported():
		return def, errors.New("it must be exported and have a name of its own")
	case def.Doc == "":
		return def, errors.New("it has no comment")
	case !camelCase.MatchString(name) || option != "" && option != "omitzero":
		return def, errors.New("its json tag must be a camelCase name, alone or with omitzero")
	case limited && (kind == reflect.Bool || kind == reflect.Struct || kind == reflect.Pointer):
		return def, errors.New("a limit means nothing here")
	case f.Type == rawJSON && owner == reflect.TypeFor[wire.Frame]():
		return def, nil
	case kind == reflect.Pointer && !def.Optional:
		return def, errors.New("a pointer without omitzero could be null")
	case kind == reflect.Pointer && f.Type.Elem().Kind() != reflect.Struct:
		return def, errors.New("a pointer may only point to a struct")
	case kind == reflect.Pointer:
		return def, nil
	case kind == reflect.Slice:
		return def, plain(f.Type.Elem(), "a list of ")
	}
	return def, plain(f.Type, "")
}

// plain accepts the values that Go, JSON and JavaScript agree about. A list is
// one level deep: wire writes an empty one as [], but not one inside a list.
func plain(t reflect.Type, where string) error {
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Struct, reflect.Int32, reflect.Uint16, reflect.Uint32, reflect.Float64:
		return nil
	case reflect.Int64:
		if t == reflect.TypeFor[wire.UnixMs]() {
			return nil
		}
		return fmt.Errorf("%s64-bit integers: JavaScript has 53 bits", where)
	case reflect.Int, reflect.Uint, reflect.Uint64:
		return fmt.Errorf("%s64-bit integers: JavaScript has 53 bits", where)
	case reflect.Pointer, reflect.Slice:
		return fmt.Errorf("%s%s could be null", where, t)
	}
	return fmt.Errorf("%s%s cannot be told to every reader", where, t)
}

func (p *protocol) find(name string) (typeDef, bool) {
	i := slices.IndexFunc(p.types, func(d typeDef) bool { return d.Name == name })
	if i >= 0 {
		return p.types[i], true
	}
	return p.frame, name == p.frame.Name
}

// prose replaces Go's [Name] and [Type.Field] links by what show makes of the
// text that a reader of the wire knows and the heading that explains it.
func (p *protocol) prose(doc string, show func(text, heading string) string) string {
	return docLink.ReplaceAllStringFunc(doc, func(link string) string {
		name, fieldName, _ := strings.Cut(strings.Trim(link, "[]"), ".")
		if def, ok := p.find(name); ok && fieldName == "" {
			return show(name, name)
		} else if ok {
			for _, f := range def.Fields {
				if f.Go == fieldName {
					return show(name+"."+f.JSON, name)
				}
			}
		}
		for _, c := range p.src.consts {
			switch {
			case c.Name != name:
			case c.Type != "":
				return show(constant.StringVal(c.Value), c.Type)
			case strings.HasPrefix(name, "Close"):
				return show(c.Value.String(), "Close codes")
			default:
				return show(lowerFirst(name), "Limits")
			}
		}
		p.fault("a comment links to %s, which the protocol does not have", link)
		return link
	})
}

// replies are the distinct replies, in the order of the requests.
func (p *protocol) replies() []wire.Request {
	var out []wire.Request
	for _, r := range p.requests {
		if !slices.ContainsFunc(out, func(o wire.Request) bool { return o.Reply == r.Reply }) {
			out = append(out, r)
		}
	}
	return out
}

// limit is the value of an integer constant.
func (p *protocol) limit(name string) int64 {
	for _, c := range p.src.consts {
		if c.Name == name {
			n, _ := constant.Int64Val(c.Value)
			return n
		}
	}
	p.fault("signalling/wire has no constant %s", name)
	return 0
}

func bodyName(body any) string { return reflect.TypeOf(body).Name() }

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
