package main

import (
	"context"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lookAtLimits looks at what the system grants: how much may wait in a socket,
// and how many files may be open.
func lookAtLimits(context.Context, config) []diagnosis {
	const (
		wantQueue = 4 << 20 // half a second of 64 Mbit/s
		wantFiles = 65536   // a socket each for so many people, less a few
	)
	var diagnoses []diagnosis
	if text, err := os.ReadFile("/proc/sys/net/core/rmem_max"); err == nil {
		size, err := strconv.Atoi(strings.TrimSpace(string(text)))
		switch {
		case err != nil: // not the number that it is everywhere
		case size < wantQueue && unix.Geteuid() != 0:
			diagnoses = append(diagnoses, unwell(doubt, "UDP buffers", "sysctl -w net.core.rmem_max=16777216 net.core.wmem_max=16777216",
				"%d bytes may wait: a busy moment loses sound", size))
		default:
			diagnoses = append(diagnoses, well("UDP buffers", "%d bytes may wait, or more for root", size))
		}
	}
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err == nil {
		if files.Max < wantFiles {
			diagnoses = append(diagnoses, unwell(doubt, "open files", "Raise the limit: LimitNOFILE=65536 in a systemd unit, or ulimit -Hn.", "%d at most: so many people and no more", files.Max))
		} else {
			diagnoses = append(diagnoses, well("open files", "%d at most", files.Max))
		}
	}
	return diagnoses
}

// lookAtClock asks the system whether its clock is kept right. Tokens and
// certificates are good for a time only.
func lookAtClock(context.Context, config) []diagnosis {
	const check = "clock"
	var state unix.Timex
	status, err := unix.Adjtimex(&state)
	switch {
	case err != nil:
		return nil // a container may not ask
	case status == unix.TIME_ERROR:
		return []diagnosis{unwell(doubt, check, "Let the system keep time: timedatectl set-ntp true, or chrony.", "nothing keeps it right")}
	}
	return []diagnosis{well(check, "the system keeps it right")}
}
