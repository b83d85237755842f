package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// node is a part of an OpenAPI description.
type node = map[string]any

func parse(t testing.TB, data []byte) node {
	t.Helper()
	var n node
	if err := json.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// differ compares two descriptions as a client of the old one sees them.
type differ struct {
	old, fresh node
	found      []string
}

// breaking lists what a client of old would stumble over in fresh.
func breaking(old, fresh node) []string {
	d := differ{old: old, fresh: fresh}
	for path, item := range sorted(sub(old, "paths")) {
		for method, op := range sorted(item.(node)) {
			now, ok := sub(fresh, "paths", path)[method].(node)
			if !ok {
				d.say("%s %s is gone", method, path)
				continue
			}
			d.operation(method+" "+path, op.(node), now)
		}
	}
	return d.found
}

func (d *differ) say(format string, args ...any) {
	d.found = append(d.found, fmt.Sprintf(format, args...))
}

func (d *differ) operation(at string, old, fresh node) {
	had := map[string]node{}
	for _, p := range listOf(old["parameters"]) {
		had[fmt.Sprint(p["in"], " ", p["name"])] = p
	}
	for _, p := range listOf(fresh["parameters"]) {
		name := fmt.Sprint(p["in"], " ", p["name"])
		before, ok := had[name]
		switch {
		case !ok && p["required"] == true, ok && before["required"] != true && p["required"] == true:
			d.say("%s: %s is now required", at, name)
		case ok:
			d.request(at+" "+name, sub(before, "schema"), sub(p, "schema"))
		}
		delete(had, name)
	}
	for name := range sorted(had) {
		d.say("%s: %s is gone", at, name)
	}
	if body, now := content(old["requestBody"]), content(fresh["requestBody"]); body != nil || now != nil {
		if body == nil {
			d.say("%s: it now needs a body", at)
		} else {
			d.request(at+" body", body, now)
		}
	}
	for status, response := range sorted(sub(old, "responses")) {
		now, ok := sub(fresh, "responses")[status]
		switch {
		case !ok && strings.HasPrefix(status, "2"):
			d.say("%s: it no longer answers %s", at, status)
		case ok:
			d.response(at+" "+status, content(response), content(now))
		}
	}
}

// request says what was allowed and is not any more.
func (d *differ) request(at string, old, fresh node) {
	old, fresh = d.resolve(d.old, old), d.resolve(d.fresh, fresh)
	if old == nil || fresh == nil {
		return
	}
	d.sameType(at, old, fresh)
	for _, limit := range []struct {
		name string
		more float64 // 1 if a greater one is stricter
	}{{"minLength", 1}, {"minimum", 1}, {"minItems", 1}, {"maxLength", -1}, {"maximum", -1}, {"maxItems", -1}} {
		now, limited := fresh[limit.name].(float64)
		before, was := old[limit.name].(float64)
		if limited && (!was || (now-before)*limit.more > 0) && !(limit.more > 0 && now == 0) {
			d.say("%s: %s is stricter", at, limit.name)
		}
	}
	if fresh["pattern"] != nil && fresh["pattern"] != old["pattern"] {
		d.say("%s: the pattern is another one", at)
	}
	if now, ok := fresh["enum"].([]any); ok {
		before, was := old["enum"].([]any)
		if !was || slices.ContainsFunc(before, func(v any) bool { return !slices.Contains(now, v) }) {
			d.say("%s: a value is not allowed any more", at)
		}
	}
	for _, name := range required(fresh) {
		if !slices.Contains(required(old), name) {
			d.say("%s: %s is now required", at, name)
		}
	}
	for name, before := range sorted(sub(old, "properties")) {
		if now, ok := sub(fresh, "properties")[name].(node); ok {
			d.request(at+"."+name, before.(node), now)
		} else {
			d.say("%s: %s is gone", at, name)
		}
	}
	d.request(at+"[]", sub(old, "items"), sub(fresh, "items"))
}

// response says what was promised and is not any more.
func (d *differ) response(at string, old, fresh node) {
	old, fresh = d.resolve(d.old, old), d.resolve(d.fresh, fresh)
	if old == nil {
		return
	}
	if fresh == nil {
		d.say("%s: the body is gone", at)
		return
	}
	d.sameType(at, old, fresh)
	for name, before := range sorted(sub(old, "properties")) {
		now, ok := sub(fresh, "properties")[name].(node)
		switch {
		case !ok:
			d.say("%s: %s is gone", at, name)
			continue
		case slices.Contains(required(old), name) && !slices.Contains(required(fresh), name):
			d.say("%s: %s may be missing", at, name)
		}
		d.response(at+"."+name, before.(node), now)
	}
	d.response(at+"[]", sub(old, "items"), sub(fresh, "items"))
}

func (d *differ) sameType(at string, old, fresh node) {
	if a, b := fmt.Sprint(old["type"], old["format"]), fmt.Sprint(fresh["type"], fresh["format"]); a != b {
		d.say("%s: it was %s and is %s", at, a, b)
	}
}

func (d *differ) resolve(root, n node) node {
	ref, ok := n["$ref"].(string)
	if !ok || n == nil {
		return n
	}
	return sub(root, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

// sub is a part of a part; nil if there is none.
func sub(n node, path ...string) node {
	for _, name := range path {
		n, _ = n[name].(node)
	}
	return n
}

// content is the schema of a body; nil if there is none.
func content(body any) node {
	n, _ := body.(node)
	for _, media := range sorted(sub(n, "content")) {
		return sub(media.(node), "schema")
	}
	return nil
}

func required(schema node) (names []string) {
	list, _ := schema["required"].([]any)
	for _, name := range list {
		names = append(names, name.(string))
	}
	return names
}

func listOf(v any) (list []node) {
	all, _ := v.([]any)
	for _, one := range all {
		list = append(list, one.(node))
	}
	return list
}

// sorted ranges over a map by its names.
func sorted[M ~map[string]V, V any](m M) func(func(string, V) bool) {
	return func(yield func(string, V) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

const smallDescription = `{"paths":{"/v1/things":{"post":{
	"parameters":[{"in":"query","name":"limit","schema":{"type":"integer","maximum":200}}],
	"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/New"}}}},
	"responses":{"201":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"404":{}}}}},
	"components":{"schemas":{
		"New":{"type":"object","required":["name"],"properties":{"name":{"type":"string","maxLength":64},"kind":{"type":"string","enum":["voice","video"]},"tags":{"type":"array","items":{"type":"string"}}}},
		"Thing":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"note":{"type":"string"}}}}}}`

func TestWhatBreaksAClientIsFound(t *testing.T) {
	for _, c := range []struct{ what, from, to, want string }{
		{"a path goes", `"/v1/things"`, `"/v1/other"`, "is gone"},
		{"a method goes", `"post"`, `"put"`, "is gone"},
		{"a parameter goes", `"limit"`, `"most"`, "is gone"},
		{"a parameter becomes required", `"name":"limit",`, `"name":"limit","required":true,`, "is now required"},
		{"a limit of a parameter is stricter", `"maximum":200`, `"maximum":100`, "maximum is stricter"},
		{"a limit of a field is stricter", `"maxLength":64`, `"maxLength":32`, "maxLength is stricter"},
		{"a field gets a limit", `"properties":{"name":{"type":"string",`, `"properties":{"name":{"type":"string","minLength":1,`, "minLength is stricter"},
		{"a field gets a pattern", `"properties":{"name":{"type":"string",`, `"properties":{"name":{"type":"string","pattern":"x",`, "pattern"},
		{"a field becomes required", `"required":["name"]`, `"required":["name","kind"]`, "kind is now required"},
		{"a field of a request goes", `"kind":{`, `"sort":{`, "kind is gone"},
		{"a value goes", `"enum":["voice","video"]`, `"enum":["voice"]`, "not allowed"},
		{"items change", `"items":{"type":"string"}`, `"items":{"type":"integer"}`, "it was string"},
		{"an answer goes", `"201"`, `"200"`, "no longer answers 201"},
		{"a field of an answer goes", `"note"`, `"text"`, "note is gone"},
		{"a field of an answer may be missing", `"required":["id"]`, `"required":[]`, "id may be missing"},
		{"a field of an answer changes", `"id":{"type":"string"}`, `"id":{"type":"integer"}`, "it was string"},
		{"nothing", "", "", ""},
		{"a limit is wider", `"maxLength":64`, `"maxLength":128`, ""},
		{"a value comes", `"enum":["voice","video"]`, `"enum":["voice","video","text"]`, ""},
		{"a field comes", `"kind":{`, `"sort":{"type":"string"},"kind":{`, ""},
		{"an error goes", `,"404":{}`, ``, ""},
	} {
		fresh := strings.Replace(smallDescription, c.from, c.to, 1)
		if c.from != "" && fresh == smallDescription {
			t.Fatalf("%s: nothing was replaced", c.what)
		}
		got := strings.Join(breaking(parse(t, []byte(smallDescription)), parse(t, []byte(fresh))), "; ")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: found %q, want %q", c.what, got, c.want)
		}
	}
}
