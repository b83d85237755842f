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
	var diagnoses []diagnosis
	if text, err := os.ReadFile("/proc/sys/net/core/rmem_max"); err == nil {
		if size, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil { // it is a number everywhere
			diagnoses = append(diagnoses, ofBuffers(size, unix.Geteuid() == 0))
		}
	}
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err == nil {
		diagnoses = append(diagnoses, ofFiles(files.Max))
	}
	return diagnoses
}

// ofBuffers is for how many bytes may wait in a socket; root may ask for more.
func ofBuffers(size int, root bool) diagnosis {
	const check, want = "UDP buffers", 4 << 20 // half a second of 64 Mbit/s
	if size < want && !root {
		return unwell(doubt, check, "sysctl -w net.core.rmem_max=16777216 net.core.wmem_max=16777216",
			"%d bytes may wait: a busy moment loses sound", size)
	}
	return well(check, "%d bytes may wait, or more for root", size)
}

// ofFiles is for how many files a process may have open.
func ofFiles(most uint64) diagnosis {
	const check, want = "open files", 65536 // a socket each for so many people, less a few
	if most < want {
		return unwell(doubt, check, "Raise the limit: LimitNOFILE=65536 in a systemd unit, or ulimit -Hn.", "%d at most: so many people and no more", most)
	}
	return well(check, "%d at most", most)
}

// lookAtClock asks the system whether its clock is kept right. Tokens and
// certificates are good for a time only.
func lookAtClock(context.Context, config) []diagnosis {
	status, err := unix.Adjtimex(&unix.Timex{})
	if err != nil {
		return nil // a container may not ask
	}
	return []diagnosis{ofClock(status)}
}

// ofClock is for the state of the system's clock, as adjtimex(2) returns it.
func ofClock(status int) diagnosis {
	const check = "clock"
	if status == unix.TIME_ERROR {
		return unwell(doubt, check, "Let the system keep time: timedatectl set-ntp true, or chrony.", "nothing keeps it right")
	}
	return well(check, "the system keeps it right")
}
