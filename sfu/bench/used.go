//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"golang.org/x/sys/unix"
)

// used tells what this process has used so far; threads that have ended count too.
func used(id string) reply {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return reply{ID: id, Error: err.Error()}
	}
	return reply{
		ID: id, CPU: time.Duration(u.Utime.Nano() + u.Stime.Nano()), Switches: int(u.Nvcsw + u.Nivcsw),
	}
}

// profiler writes a profile of the processor's time into a file, from the first call of toggle to the second.
type profiler struct {
	name string // "" for none
	file *os.File
}

func (p *profiler) toggle() error {
	if p.name == "" {
		return nil
	}
	if p.file != nil {
		pprof.StopCPUProfile()
		p.name = ""
		return p.file.Close()
	}
	file, err := os.Create(p.name)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	p.file = file
	return pprof.StartCPUProfile(file)
}
