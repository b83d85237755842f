package cmd

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = ".."
	module = "pronto/"
)

// floors are the packages from the top of the house to its cellar. A package
// imports packages of lower floors only, or those that sideways names.
var floors = [][]string{
	{"web/embed/examples/go-tokens", "cmd/pronto", "cmd/wiregen", "sfu/bench", "sfu/lab"},
	{"metrics/prometheus", "metrics/ops"},
	{"signalling", "signalling/api", "metrics", "metrics/grafana"},
	{"signalling/call", "signalling/notify"},
	{"signalling/client/bot"},
	{"signalling/client/keys"},
	{"sfu", "turn", "signalling/policy", "signalling/identity", "signalling/link", "signalling/enrol", "signalling/contact", "signalling/avatar", "signalling/client", "signalling/client/media"},
	{
		"signalling/store", "signalling/bus", "signalling/wire", "signalling/framing", "signalling/hook", "signalling/source", "signalling/again",
		"signalling/client/mls", "signalling/client/sframe",
		"sfu/forward", "sfu/layer", "sfu/speaker", "sfu/estimate", "sfu/udp", "sfu/seal", "sfu/impair",
		"metrics/emodel", "turn/credential", "web",
	},
}

// sideways are the imports on one floor that are meant, with the reason.
var sideways = map[string][]string{
	"metrics": {"signalling"}, // hears its events
}

// helpers are for tests of other packages; nothing that is shipped imports
// them. They stand on no floor.
var helpers = []string{"signalling/framing/framingtest", "signalling/store/storetest", "signalling/signallingtest", "sfu/sfutest"}

// clients is the folder whose packages nothing imports that serves: keys to what
// people say and show are a client's business.
const clients = "signalling/client"

// topLevel are the names beside the dotfiles that the repository has at its
// root, and no others.
var topLevel = []string{"Makefile", "README.md", "cmd", "compose.yaml", "go.mod", "go.sum", "metrics", "sfu", "signalling", "turn", "web"}

func TestImportsPointDown(t *testing.T) {
	files := goFiles(t)
	if len(files) < 10 {
		t.Fatalf("only %d Go files found", len(files))
	}
	for _, file := range files {
		pkg := path.Dir(file)
		test := strings.HasSuffix(file, "_test.go")
		if pkg != "cmd" && floor(pkg) < 0 && !slices.Contains(helpers, pkg) {
			t.Errorf("%s: the package %s stands on no floor", file, pkg)
			continue
		}
		for _, imported := range imports(t, file) {
			if reason := forbidden(pkg, imported, test); reason != "" {
				t.Errorf("%s imports %s: %s", file, imported, reason)
			}
		}
	}
}

func TestTheTopOfTheRepositoryHasOnlyItsFixedNames(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		// data is what make run keeps; git does not see it.
		if name := entry.Name(); !strings.HasPrefix(name, ".") && name != "data" && !slices.Contains(topLevel, name) {
			t.Errorf("%s does not belong at the top of the repository", name)
		}
	}
}

func TestTheFloorsForbidWhatTheyShould(t *testing.T) {
	tests := []struct {
		pkg, imported string
		test, allowed bool
	}{
		{"cmd/pronto", "signalling", false, true},
		{"signalling", "signalling/wire", false, true},
		{"signalling/call", "sfu", false, true},
		{"metrics", "signalling", false, true},
		{"signalling", "metrics", false, false},
		{"signalling", "signalling/client/mls", false, false},
		{"signalling/call", "signalling/client/mls", false, false},
		{"sfu", "signalling/client/sframe", false, false},
		{"sfu", "signalling/client/sframe", true, true},
		{"signalling/client/bot", "signalling/client/mls", false, true},
		{"sfu", "signalling/call", false, false},
		{"sfu", "turn", false, false},
		{"signalling/wire", "signalling/store", false, false},
		{"signalling/api", "signalling", false, false},
		{"sfu", "somewhere/else", false, false},
		{"sfu", "sfu/sfutest", false, false},
		{"cmd/pronto", "sfu/sfutest", false, false},
		{"sfu", "sfu/sfutest", true, true},
		{"sfu", "sfu", true, true},
		{"signalling/client", "sfu", true, true},
		{"signalling/wire", "signalling", true, false},
		{"sfu/sfutest", "sfu", false, true},
		{"sfu/sfutest", "cmd/pronto", false, false},
		{"signalling/signallingtest", "sfu/sfutest", false, true},
	}
	for _, test := range tests {
		if reason := forbidden(test.pkg, test.imported, test.test); (reason == "") != test.allowed {
			t.Errorf("%s imports %s (in a test: %v): %q", test.pkg, test.imported, test.test, reason)
		}
	}
}

// forbidden says why pkg may not import another package of ours, or nothing. A
// test may also import its own floor, for instance to drive two packages
// against each other, and the helpers.
func forbidden(pkg, imported string, test bool) string {
	helper := slices.Contains(helpers, pkg)
	switch from, to := floor(pkg), floor(imported); {
	case slices.Contains(helpers, imported):
		if !test && !helper {
			return "it is for tests only"
		}
	case to < 0:
		return "it stands on no floor"
	case helper && to == 0:
		return "programs are imported by nobody"
	case helper:
	case to < from:
		return "it stands higher"
	case strings.HasPrefix(imported, clients) && !strings.HasPrefix(pkg, clients) && from > 0 && !test:
		return "it is a client's, and no server's"
	case to == from && !test && !slices.Contains(sideways[pkg], imported):
		return "it stands on the same floor"
	}
	return ""
}

// floor counts from the top, from 0; -1 is none.
func floor(pkg string) int {
	return slices.IndexFunc(floors, func(names []string) bool { return slices.Contains(names, pkg) })
}

// goFiles are all Go files, named from the root with slashes.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
		if entry.IsDir() && (hidden || entry.Name() == "node_modules" || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// imports are the packages of ours that a file imports, without the module.
func imports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(file)), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(name, module); ok {
			ours = append(ours, rest)
		}
	}
	return ours
}
