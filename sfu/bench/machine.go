//go:build linux

package main

import (
	"os"
	"strconv"
	"strings"
)

// machine is what the processors of the machine have done so far, in ticks.
type machine struct{ busy, all float64 }

// newMachine reads it; all zero where the system does not tell.
func newMachine() (m machine) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return m
	}
	line, _, _ := strings.Cut(string(b), "\n")
	for i, field := range strings.Fields(line) {
		n, err := strconv.ParseFloat(field, 64)
		if i == 0 || i > 8 || err != nil { // the name of the line; guests, who are counted among the users
			continue
		}
		m.all += n
		if i != 4 && i != 5 { // neither idle nor waiting for a disk
			m.busy += n
		}
	}
	return m
}

// share is which share of the time since then the processors were in use.
func (m machine) share() float64 {
	now := newMachine()
	if now.all <= m.all {
		return 0
	}
	return (now.busy - m.busy) / (now.all - m.all)
}
