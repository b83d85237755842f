package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// screen is where a command prints: text for people, or with --json a line of
// JSON for programs. Results go to out; progress and errors to errs.
type screen struct {
	out, errs io.Writer
	json      bool
}

// show prints a result: v as one line of JSON, or what text writes.
func (s *screen) show(v any, text func(io.Writer) error) error {
	var err error
	if s.json {
		err = json.NewEncoder(s.out).Encode(v)
	} else {
		err = text(s.out)
	}
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// coloured tells whether out may have colours: it is a terminal, and NO_COLOR
// (no-color.org) is not set.
func (s *screen) coloured() bool { return isTerminal(s.out) && os.Getenv("NO_COLOR") == "" }

// progress tells on a terminal, and nowhere else, how far something is that takes
// so long. The returned function ends it.
func (s *screen) progress(what string, span time.Duration) (stop func()) {
	if s.json || !isTerminal(s.errs) {
		return func() {}
	}
	begun, done, gone := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				fmt.Fprint(s.errs, "\r\x1b[K")
				return
			case <-tick.C:
				fmt.Fprintf(s.errs, "\r\x1b[K%s: %.0f of %.0f s", what, time.Since(begun).Seconds(), span.Seconds())
			}
		}
	}()
	return func() {
		close(done)
		<-gone
	}
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
