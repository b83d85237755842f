package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a new pseudo terminal: what a command writes to screen can be read
// from glass.
func terminal(t *testing.T) (glass, screen *os.File) {
	t.Helper()
	glass, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = glass.Close() })
	fd := int(glass.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if screen, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	return glass, screen
}

// reading reads all that comes, until nobody holds the other end open any more.
func reading(glass *os.File) <-chan string {
	seen := make(chan string, 1)
	go func() {
		data, _ := io.ReadAll(glass) // of a terminal the end is EIO
		seen <- string(data)
	}()
	return seen
}

// toldWhile runs a command that tells how far it is, with its output in a pipe, and
// returns what both got. Its errors go to a terminal, or to a pipe as well.
func toldWhile(t *testing.T, onTerminal bool, args ...string) (out, errs string) {
	t.Helper()
	var glass, tells *os.File
	var err error
	if onTerminal {
		glass, tells = terminal(t)
	} else if glass, tells, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	seen := reading(glass)
	var o strings.Builder
	if code := runOn(t.Context(), args, &o, tells); code != 0 {
		t.Errorf("it ends with %d", code)
	}
	_ = tells.Close()
	return o.String(), <-seen
}

func TestProgressIsToldOnATerminalOnly(t *testing.T) {
	p := startProcess(t, t.TempDir(), "127.0.0.1:0")
	load := []string{"load", "--url", p.page, "--calls=1", "--duration=3s", "--stay=100ms", "--no-media"}
	for name, c := range map[string]struct {
		onTerminal bool
		more       []string
		told       bool
	}{
		"on a terminal":           {true, nil, true},
		"on a terminal, for JSON": {true, []string{"--json"}, false},
		"in a pipe":               {false, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errs := toldWhile(t, c.onTerminal, append(slices.Clone(load), c.more...)...)
			if !c.told && errs != "" {
				t.Errorf("it is told %q", errs)
			}
			// Each line is drawn over the one before, and nothing is left of the last.
			if c.told && (!strings.Contains(errs, "\r\x1b[Kload: 1 of 3 s") || !strings.HasSuffix(errs, "\r\x1b[K") || strings.Contains(errs, "\n")) {
				t.Errorf("it is told %q", errs)
			}
			if strings.Contains(out, "load:") || strings.ContainsAny(out, "\r\x1b") || !strings.Contains(out, "setUp") {
				t.Errorf("the output, which is a pipe, gets %q", out)
			}
		})
	}
}

func TestNoColorIsHeeded(t *testing.T) {
	for value, coloured := range map[string]bool{"": true, "1": false} {
		t.Setenv("NO_COLOR", value)
		glass, screen := terminal(t)
		seen := reading(glass)
		if code := runOn(t.Context(), []string{"link", "qr", "https://calls.example.com/j/abc"}, screen, io.Discard); code != 0 {
			t.Errorf("it ends with %d", code)
		}
		_ = screen.Close()
		if got := <-seen; strings.Contains(got, "\x1b[") != coloured || !coloured && !strings.Contains(got, "█") {
			t.Errorf("with NO_COLOR=%q the terminal shows %.60q", value, got)
		}
	}
}
