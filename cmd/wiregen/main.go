package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	check := flag.Bool("check", false, "write nothing; say which files are old and fail if any is")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "wiregen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	files, err := Generate(root)
	if err != nil {
		return err
	}
	stale, err := Stale(root, files)
	if err != nil {
		return err
	}
	if check && len(stale) > 0 {
		return fmt.Errorf("old: %v; run: go run ./cmd/wiregen", stale)
	}
	for _, path := range stale {
		target := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if err := os.WriteFile(target, files[path], 0o644); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		fmt.Println("wrote", path)
	}
	return nil
}

// Generate makes all files from the repository at root. Their names are
// relative to root. It reads only the comments and constants of signalling/wire
// there; the types are those compiled in.
func Generate(root string) (map[string][]byte, error) {
	src, err := readSource(filepath.Join(root, "signalling", "wire"))
	if err != nil {
		return nil, err
	}
	p, err := newProtocol(src)
	if err != nil {
		return nil, err
	}
	schema, err := p.schema()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		filepath.Join("web", "sdk", "src", "wire.gen.ts"):      p.typeScript(),
		filepath.Join("signalling", "wire", "schema.gen.json"): schema,
		filepath.Join("signalling", "wire", "PROTOCOL.gen.md"): p.markdown(),

		filepath.Join("web", "demo", "src", "reserved.gen.ts"): ownNames(),
	}
	return files, errors.Join(p.faults...)
}

// Stale lists the files that are missing under root or differ, by name.
func Stale(root string, files map[string][]byte) ([]string, error) {
	var stale []string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		old, err := os.ReadFile(filepath.Join(root, path))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("read: %w", err)
		}
		if err != nil || !bytes.Equal(old, files[path]) {
			stale = append(stale, path)
		}
	}
	return stale, nil
}

// findRoot is the nearest folder upwards that has a go.mod.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find the repository: no go.mod in this folder or above")
		}
		dir = parent
	}
}
