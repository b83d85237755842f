package main

import (
	"encoding/json"
	"errors"
	"go/constant"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pronto/signalling/wire"
)

const root = "../.."

var (
	pagePath   = filepath.Join("signalling", "wire", "PROTOCOL.gen.md")
	schemaPath = filepath.Join("signalling", "wire", "schema.gen.json")
	typesPath  = filepath.Join("web", "sdk", "src", "wire.gen.ts")
)

func generate(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := Generate(root)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestGeneratedFilesAreFresh(t *testing.T) {
	stale, err := Stale(root, generate(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("old: %v; run: go run ./cmd/wiregen", stale)
	}
}

func TestStaleNamesWhatIsMissingAndWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"same": "a", "differs": "b"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string][]byte{"same": []byte("a"), "differs": []byte("c"), "missing": []byte("d")}
	got, err := Stale(dir, files)
	if want := []string{"differs", "missing"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v %v, want %v", got, err, want)
	}
}

// changed is a root with a copy of signalling/wire in which one text stands in
// place of another.
func changed(t *testing.T, from, to string) string {
	t.Helper()
	dir, found := t.TempDir(), false
	wireDir := filepath.Join("signalling", "wire")
	if err := os.MkdirAll(filepath.Join(dir, wireDir), 0o700); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(root, wireDir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found = found || strings.Contains(string(data), from)
		data = []byte(strings.ReplaceAll(string(data), from, to))
		if err := os.WriteFile(filepath.Join(dir, wireDir, filepath.Base(path)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !found {
		t.Fatalf("signalling/wire does not say %q", from)
	}
	return dir
}

func TestAChangedCommentMakesAllFilesOld(t *testing.T) {
	files, err := Generate(changed(t, "// Low is true once per crossing.", "// Low is true once per crossing of 5 %."))
	if err != nil {
		t.Fatal(err)
	}
	stale, err := Stale(root, files)
	if want := []string{pagePath, schemaPath, typesPath}; err != nil || !reflect.DeepEqual(stale, want) {
		t.Errorf("got %v %v, want %v", stale, err, want)
	}
}

func TestAFieldThatLosesItsCommentIsRefusedByName(t *testing.T) {
	_, err := Generate(changed(t, "// Low is true once per crossing.", ""))
	if err == nil || !strings.Contains(err.Error(), "BatteryChanged.Low: it has no comment") {
		t.Errorf("got %v", err)
	}
}

func TestGeneratingTwiceGivesTheSameBytes(t *testing.T) {
	if a, b := generate(t), generate(t); !reflect.DeepEqual(a, b) {
		t.Error("the files differ")
	}
}

// Embedded and the fields around it are what a definition must not be.
type (
	Embedded struct{ Fine string }
	Bad      struct {
		NoComment   string            `json:"noComment"`
		NoTag       string            //
		Snake       string            `json:"snake_case"`
		Empty       string            `json:"empty,omitempty"`
		Int         int               `json:"int"`
		Int64       int64             `json:"int64"`
		Uint64s     []uint64          `json:"uint64s"`
		Map         map[string]string `json:"map"`
		Any         any               `json:"any"`
		Raw         json.RawMessage   `json:"raw"`
		Pointer     *Embedded         `json:"pointer"`
		PointerText *string           `json:"pointerText,omitzero"`
		Pointers    []*Embedded       `json:"pointers"`
		Lists       [][]string        `json:"lists"`
		Func        func()            `json:"func"`
		Array       [2]string         `json:"array"`
		LimitedBool bool              `json:"limitedBool" limit:"0..1"`
		BadLimit    string            `json:"badLimit" limit:"many"`
		//lint:ignore U1000 the generator must speak of fields that JSON does not have
		hidden string
		Embedded
	}
	Unbounded struct {
		Text  string        `json:"text"`
		List  []wire.UserID `json:"list"`
		Count uint32        `json:"count"`
		User  wire.UserID   `json:"user"`
		Inner Inner         `json:"inner"`
	}
	Inner struct {
		Deep []string `json:"deep"`
	}
)

func TestDefinitionsThatWouldSurpriseAReaderAreRefusedByName(t *testing.T) {
	want := map[string]string{
		"NoComment": "no comment", "NoTag": "json tag", "Snake": "json tag", "Empty": "json tag",
		"Int": "64-bit", "Int64": "64-bit", "Uint64s": "64-bit", "Map": "every reader", "Any": "every reader",
		"Raw": "every reader", "Pointer": "could be null", "PointerText": "only point to a struct", "Pointers": "could be null",
		"Lists": "could be null", "Func": "every reader", "Array": "every reader", "LimitedBool": "limit means nothing",
		"BadLimit": "no dots", "hidden": "exported", "Embedded": "a name of its own",
	}
	bad := reflect.TypeFor[Bad]()
	p := &protocol{src: &source{docs: map[string]string{"Bad": "Bad is bad."}}}
	for i := range bad.NumField() {
		if name := bad.Field(i).Name; name != "NoComment" {
			p.src.docs["Bad."+name] = name + " has a comment."
		}
	}
	p.define(bad)
	got := map[string]string{}
	for _, fault := range p.faults {
		name, reason, _ := strings.Cut(fault.Error(), ": ")
		got[strings.TrimPrefix(name, "Bad.")] = reason
	}
	for i := range bad.NumField() {
		name := bad.Field(i).Name
		if want[name] == "" || !strings.Contains(got[name], want[name]) {
			t.Errorf("Bad.%s: got %q, want %q", name, got[name], want[name])
		}
	}
}

func TestWhatAClientMaySendMustBeBounded(t *testing.T) {
	docs := map[string]string{}
	for _, name := range []string{"Unbounded", "Unbounded.Text", "Unbounded.List", "Unbounded.Count", "Unbounded.User", "Unbounded.Inner", "Inner", "Inner.Deep", "UserID"} {
		docs[name] = "A comment."
	}
	for _, request := range []bool{true, false} {
		p := &protocol{src: &source{docs: docs}}
		p.collect(reflect.TypeFor[Unbounded](), request)
		got := errors.Join(p.faults...)
		if !request {
			if got != nil {
				t.Errorf("of a reply: %v", got)
			}
			continue
		}
		for _, name := range []string{"Unbounded.Text", "Unbounded.List", "Inner.Deep"} {
			if got == nil || !strings.Contains(got.Error(), name+":") {
				t.Errorf("%s is missing in: %v", name, got)
			}
		}
		if len(p.faults) != 3 {
			t.Errorf("got %v", got)
		}
	}
}

func TestAValueThatAnEnumDoesNotListIsRefused(t *testing.T) {
	docs := map[string]string{"Kind": "Kind is a kind."}
	p := &protocol{src: &source{docs: docs, consts: []constDef{{Name: "KindSmell", Type: "Kind", Value: constant.MakeString("smell")}}}}
	p.define(reflect.TypeFor[wire.Kind]())
	if got := errors.Join(p.faults...); got == nil || !strings.Contains(got.Error(), "KindSmell") {
		t.Errorf("got %v", got)
	}
}

func TestADeadLinkInACommentIsRefused(t *testing.T) {
	p := &protocol{src: &source{docs: map[string]string{}}}
	p.prose("See [Nowhere] and [Nowhere.Field].", func(text, _ string) string { return text })
	if len(p.faults) != 2 {
		t.Errorf("got %v", p.faults)
	}
}

func TestEveryLinkOfThePageLeadsToOneHeading(t *testing.T) {
	page := string(generate(t)[pagePath])
	anchors := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		anchors[anchor(strings.Map(func(r rune) rune {
			if strings.ContainsRune("`.,", r) {
				return -1
			}
			return r
		}, m[1]))]++
	}
	links := regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(page, -1)
	if len(links) < 100 {
		t.Fatalf("only %d links", len(links))
	}
	for _, link := range links {
		if n := anchors[link[1]]; n != 1 {
			t.Errorf("#%s stands for %d headings", link[1], n)
		}
	}
}

func TestEveryMessageIsInAllThreeFiles(t *testing.T) {
	files := generate(t)
	var names []string
	for _, r := range wire.Requests {
		names = append(names, r.Type, r.Reply)
	}
	for _, e := range wire.Events {
		names = append(names, e.Type)
	}
	for _, name := range names {
		for path, want := range map[string]string{
			typesPath:  `readonly type: "` + name + `"`,
			schemaPath: `"const": "` + name + `"`,
			pagePath:   "`" + name + "`",
		} {
			if !strings.Contains(string(files[path]), want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
}

func TestTypeScriptSaysWhatTheGoDefinitionSays(t *testing.T) {
	types := string(generate(t)[typesPath])
	for _, want := range []string{
		"export type UserID = string;",
		"export type UnixMs = number;",
		`export type Kind = "voice" | "video";`,
		"  readonly users: readonly UserID[];",
		"  readonly resume?: Resume;",
		"  /** GraceMs is how long a session lives without a socket, in milliseconds. */\n  readonly graceMs: number;",
		" * - lost: not heard of for the grace period",
		"export const maxFrameBytes = 131072;",
		"  unauthenticated: 4001,",
		`  readonly ring: { readonly body: Ring; readonly reply: CallState; readonly replyType: "callState" };`,
		`{ readonly type: "callEnded"; readonly id?: never; readonly serial: number; readonly call: CallID; readonly epoch: number; readonly seq: number; readonly body: CallEnded }`,
		`{ readonly type: "slots"; readonly id?: never; readonly serial: number; readonly call: CallID; readonly body: Slots }`,
		`{ readonly type: "restarting"; readonly id?: never; readonly serial: number; readonly body: Restarting }`,
		`{ readonly type: "problem"; readonly id?: string; readonly serial?: number; readonly body: Problem }`,
	} {
		if !strings.Contains(types, want) {
			t.Errorf("missing: %s", want)
		}
	}
}
