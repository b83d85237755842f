package main

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// diagnosed runs the doctor and returns what he says of each thing.
func diagnosed(t *testing.T, environ []string) (map[string]diagnosis, error) {
	t.Helper()
	var out strings.Builder
	err := doctorCmd{Timeout: 20 * time.Second}.run(t.Context(), environ, &screen{out: &out, json: true})
	var list []diagnosis
	if out.Len() > 0 {
		if err := json.Unmarshal([]byte(out.String()), &list); err != nil {
			t.Fatal(err)
		}
	}
	said := map[string]diagnosis{}
	for _, d := range list {
		said[d.Check] = d
		if (d.State == healthy) != (d.Next == "") {
			t.Errorf("%s is %s, and the next step is %q", d.Check, d.State, d.Next)
		}
	}
	return said, err
}

func TestTheDoctorFindsAServerHealthy(t *testing.T) {
	dir := t.TempDir()
	page, relay := freePort(t), freePort(t)
	more := []string{"PRONTO_TURN_LISTEN=" + relay, "PRONTO_PUBLIC_URL=http://" + page, "PRONTO_DEMO=false", "PRONTO_METRICS_LISTEN=off"}
	startProcess(t, dir, page, more...)
	environ := append([]string{
		"PRONTO_DATA=" + dir, "PRONTO_LISTEN=" + page, "PRONTO_PUBLIC_IPS=127.0.0.1", "PRONTO_MEDIA_LISTEN=127.0.0.1:0",
	}, more...)
	said, err := diagnosed(t, environ)
	if err != nil {
		t.Error(err)
	}
	for _, check := range []string{"data", "database", "port of the page", "port of TURN", "port of TURN over TCP", "public URL", "WebSocket", "TURN over udp", "TURN over tcp"} {
		if d := said[check]; d.State != healthy {
			t.Errorf("%s: %+v", check, d)
		}
	}
	for _, check := range []string{"port of media", "public address", "certificate"} { // of a server for this machine alone
		if d := said[check]; d.State != doubt {
			t.Errorf("%s: %+v", check, d)
		}
	}
}

func TestTheDoctorSaysWhatIsWrong(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() { // another program, which answers nobody
		for {
			conn, err := other.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	taken := other.Addr().String()
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/master.key", make([]byte, masterKeyBytes), 0o644); err != nil {
		t.Fatal(err)
	}
	environ := []string{
		"PRONTO_DATA=" + dir, "PRONTO_LISTEN=" + taken, "PRONTO_PUBLIC_IPS=10.1.2.3", "PRONTO_MEDIA_LISTEN=127.0.0.1:0",
		"PRONTO_TURN_LISTEN=" + freePort(t), "PRONTO_TURN_HOST=127.0.0.1", "PRONTO_METRICS_LISTEN=off", "PRONTO_PUBLIC_URL=http://" + taken,
	}
	said, err := diagnosed(t, environ)
	if !errors.Is(err, errIll) {
		t.Errorf("the doctor is content: %v", err)
	}
	for check, state := range map[string]health{
		"data": doubt, "database": doubt, "port of the page": ill, "port of media": doubt, "public address": doubt, "public URL": ill, "TURN over tcp": ill,
	} {
		if d := said[check]; d.State != state {
			t.Errorf("%s is not %s: %+v", check, state, d)
		}
	}
}

func TestTheDoctorRefusesAConfigurationThatMakesNoSense(t *testing.T) {
	if _, err := diagnosed(t, []string{"PRONTO_LISTEN=nowhere"}); err == nil || !isConfig(err) {
		t.Errorf("the error is %v", err)
	}
}

func TestADiagnosisIsReadable(t *testing.T) {
	var out strings.Builder
	list := []diagnosis{well("data", "fine"), unwell(ill, "TURN", "Open it.", "shut")}
	if err := printDiagnoses(&out, list, false); err != nil {
		t.Fatal(err)
	}
	const want = "ok      data  fine\nfailed  TURN  shut\n              → Open it.\n"
	if out.String() != want {
		t.Errorf("it reads\n%q, not\n%q", out.String(), want)
	}
}
