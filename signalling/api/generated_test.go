package api_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pronto/signalling/signallingtest"
)

// generator makes clients of descriptions. Like the tools of make check it is
// fetched as a Go module of this version.
const generator = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"

// The client is made anew each time, in a module of its own, so that no generated
// code has to be kept; testdata/generated has what is done with it.
func TestAClientMadeOfTheDescriptionDrivesTheAPI(t *testing.T) {
	dir := t.TempDir()
	description, err := filepath.Abs("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	drive, err := os.ReadFile(filepath.Join("testdata", "generated", "drive.go"))
	if err != nil {
		t.Fatal(err)
	}
	module := "module generated\n\ngo 1.26.0\n\nrequire github.com/oapi-codegen/runtime v1.8.0\n"
	for name, text := range map[string][]byte{"go.mod": []byte(module), "drive.go": drive} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tool := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", args[0], err, out)
		}
	}
	tool("run", generator, "-generate", "types,client", "-package", "main", "-o", "client.go", description)
	tool("build", "-o", "drive", ".")

	s := signallingtest.Start(t, signallingtest.Options{})
	if out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "drive"), s.URL, key(t, s)).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
