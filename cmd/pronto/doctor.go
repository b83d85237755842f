package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"
)

// doctorCmd looks at the machine and at the server that runs on it, with the
// server's own environment, and says what keeps calls from working.
type doctorCmd struct {
	Timeout time.Duration `default:"5s" help:"How long each look may take."`
}

// health is what a look comes to.
type health string

const (
	healthy health = "ok"
	doubt   health = "warning" // calls work, but not for everybody or not for long
	ill     health = "failed"  // calls do not work
)

// diagnosis is what one look has shown.
type diagnosis struct {
	// Check names what was looked at; the names are stable.
	Check string `json:"check"`
	State health `json:"state"`
	// Found is what was seen.
	Found string `json:"found"`
	// Next is what to do about it; empty if nothing is.
	Next string `json:"next,omitempty"`
}

// errIll says that something was found which keeps calls from working.
var errIll = errors.New("calls will not work as things are")

// Run implements the command.
func (d doctorCmd) Run(ctx context.Context, s *screen) error { return d.run(ctx, os.Environ(), s) }

func (d doctorCmd) run(ctx context.Context, environ []string, s *screen) error {
	cfg, err := loadConfig(environ)
	if err != nil {
		return err
	}
	diagnoses := examine(ctx, cfg, d.Timeout)
	if err := s.show(diagnoses, func(out io.Writer) error { return printDiagnoses(out, diagnoses, s.coloured()) }); err != nil {
		return err
	}
	for _, f := range diagnoses {
		if f.State == ill {
			return errIll
		}
	}
	return nil
}

// examine looks at everything, in the order in which it is mended best.
func examine(ctx context.Context, cfg config, patience time.Duration) []diagnosis {
	var diagnoses []diagnosis
	for _, look := range []func(context.Context, config) []diagnosis{
		lookAtData, lookAtDatabase, lookAtPorts, lookAtLimits, lookAtAddresses, lookAtClock, lookAtPage, lookAtRelay,
	} {
		ctx, cancel := context.WithTimeout(ctx, patience)
		diagnoses = append(diagnoses, look(ctx, cfg)...)
		cancel()
	}
	return diagnoses
}

// colours are those of a state: green, yellow, red. All are as long, so that columns
// stay in line.
var colours = map[health]string{healthy: "\x1b[32m", doubt: "\x1b[33m", ill: "\x1b[31m"}

func printDiagnoses(out io.Writer, diagnoses []diagnosis, coloured bool) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, f := range diagnoses {
		state, blank := string(f.State), ""
		if coloured {
			const plain = "\x1b[0m"
			state, blank = colours[f.State]+state+plain, colours[f.State]+plain
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", state, f.Check, f.Found)
		if f.Next != "" {
			fmt.Fprintf(table, "%s\t\t→ %s\n", blank, f.Next)
		}
	}
	return table.Flush()
}

// well is a diagnosis that leaves nothing to do.
func well(check, format string, args ...any) diagnosis {
	return diagnosis{Check: check, State: healthy, Found: fmt.Sprintf(format, args...)}
}

// unwell is a diagnosis that somebody must do something about.
func unwell(state health, check, next, format string, args ...any) diagnosis {
	return diagnosis{Check: check, State: state, Found: fmt.Sprintf(format, args...), Next: next}
}
