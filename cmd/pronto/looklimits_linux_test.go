package main

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTheDoctorSaysWhatTheSystemGrants(t *testing.T) {
	for name, c := range map[string]struct {
		d     diagnosis
		check string
		state health
		next  string // in the next step
	}{
		"buffers as a system comes":    {ofBuffers(212_992, false), "UDP buffers", doubt, "sysctl -w net.core.rmem_max="},
		"buffers for a busy server":    {ofBuffers(4<<20, false), "UDP buffers", healthy, ""},
		"root needs no system's leave": {ofBuffers(212_992, true), "UDP buffers", healthy, ""},
		"few files":                    {ofFiles(1024), "open files", doubt, "LimitNOFILE=65536"},
		"many files":                   {ofFiles(65_536), "open files", healthy, ""},
		"a clock that nobody keeps":    {ofClock(unix.TIME_ERROR), "clock", doubt, "timedatectl set-ntp true"},
		"a clock that is kept":         {ofClock(unix.TIME_OK), "clock", healthy, ""},
		"a second to be put in":        {ofClock(unix.TIME_INS), "clock", healthy, ""},
	} {
		if c.d.Check != c.check || c.d.State != c.state || !strings.Contains(c.d.Next, c.next) || (c.next == "") != (c.d.Next == "") {
			t.Errorf("%s: %+v", name, c.d)
		}
	}
}

// The same of this very system, in a shell that grants few files, and of a page whose
// certificate the system's authorities vouch for no more: a doctor who finds what keeps
// calls from working ends with 1.
func TestTheDoctorAsksTheSystem(t *testing.T) {
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	by := newCertifier(t)
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `ulimit -n 1024 && exec "$0" doctor --json`, binary)
	cmd.Env = []string{
		"PRONTO_DATA=" + t.TempDir(), "PRONTO_LISTEN=" + freePort(t), "PRONTO_PUBLIC_IPS=127.0.0.1", "PRONTO_MEDIA_LISTEN=127.0.0.1:0",
		"PRONTO_TURN_LISTEN=off", "PRONTO_METRICS_LISTEN=off", "PRONTO_PUBLIC_URL=" + by.page(t, "localhost", -time.Hour),
		"SSL_CERT_FILE=" + by.file, "SSL_CERT_DIR=" + t.TempDir(),
	}
	out, _ := cmd.Output()
	var list []diagnosis
	if err := json.Unmarshal(out, &list); err != nil || cmd.ProcessState.ExitCode() != exitFailed {
		t.Fatalf("it ends with %d and prints %q: %v", cmd.ProcessState.ExitCode(), out, err)
	}
	said := map[string]diagnosis{}
	for _, d := range list {
		said[d.Check] = d
	}
	if d := said["certificate"]; d.State != ill || !strings.Contains(d.Found, "expired") {
		t.Errorf("the certificate: %+v", d)
	}
	if d := said["open files"]; d.State != doubt || !strings.HasPrefix(d.Found, "1024 ") {
		t.Errorf("open files: %+v", d)
	}
	if d := said["UDP buffers"]; d.State == "" {
		t.Error("nothing is said of UDP buffers")
	}
	status, err := unix.Adjtimex(&unix.Timex{})
	if d, want := said["clock"], ofClock(status); err == nil && d != want || err != nil && d.Check != "" {
		t.Errorf("the clock: %+v, want %+v (%v)", d, want, err)
	}
}
