package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

// built is the folder of the program that build has made, if any test needed it.
var built string

// build builds the program once for all tests that run it.
var build = sync.OnceValues(func() (_ string, err error) {
	if built, err = os.MkdirTemp("", "pronto-test-"); err != nil {
		return "", err
	}
	binary := filepath.Join(built, "pronto")
	out, err := exec.Command("go", "build", "-o", binary, "pronto/cmd/pronto").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// process is a running server.
type process struct {
	cmd  *exec.Cmd
	page string
	done chan struct{}

	mu   sync.Mutex // guards said
	said []string   // the log
}

// log is what the server has logged.
func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n")
}

// freePort finds a port that a server can have again and again.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startProcess runs the server and waits until it is ready.
func startProcess(t testing.TB, dir, listen string, more ...string) *process {
	t.Helper()
	return startCommand(t, "serve", dir, listen, more...)
}

// startCommand runs the program with a command that serves, in dir, and waits until it is ready.
func startCommand(t testing.TB, command, dir, listen string, more ...string) *process {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, command)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PRONTO_DEMO=true", "PRONTO_LOG=json", "PRONTO_DATA=" + dir, "PRONTO_LISTEN=" + listen, "PRONTO_PUBLIC_IPS=127.0.0.1",
		"PRONTO_MEDIA_LISTEN=127.0.0.1:0", "PRONTO_TURN_LISTEN=127.0.0.1:0", "PRONTO_METRICS_LISTEN=127.0.0.1:0",
	}, more...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	ready := make(chan string, 1)
	go func() {
		defer close(p.done)
		lines := bufio.NewScanner(stderr)
		isReady := false
		for lines.Scan() {
			var line struct{ Msg, Page string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "pronto is ready" {
				ready <- line.Page
				isReady = true
			}
			p.mu.Lock()
			p.said = append(p.said, lines.Text())
			p.mu.Unlock()
		}
		_ = cmd.Wait()
		if !isReady {
			t.Logf("the server said %s", p.log())
			ready <- ""
		}
	}()
	select {
	case p.page = <-ready:
	case <-time.After(30 * time.Second):
	}
	if p.page == "" {
		t.Fatal("the server did not start")
	}
	t.Cleanup(p.kill)
	return p
}

// kill ends the process at once, by SIGKILL.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// person signs in to a demo server.
func person(t *testing.T, page, user string) *client.Client {
	t.Helper()
	cfg := demoClient(page, user, "test")
	cfg.DeviceName, cfg.Encryption = "test", wire.EncryptionVersion
	cfg.MinBackOff, cfg.MaxBackOff = 10*time.Millisecond, 100*time.Millisecond
	c, err := client.Dial(t.Context(), cfg)
	if err != nil {
		t.Fatalf("sign in as %s: %v", user, err)
	}
	t.Cleanup(c.Close)
	return c
}

// demoClient is a device of somebody of a demo server.
func demoClient(page, user string, device wire.DeviceID) client.Config {
	return client.Config{
		URL: socketURL(page), Device: device, Logger: slog.New(slog.DiscardHandler),
		Token: func(ctx context.Context) (string, error) { return demoToken(ctx, page, user) },
	}
}

func demoToken(ctx context.Context, page, user string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, page+"/v1/demo/sign-in", strings.NewReader(`{"user":"`+user+`"}`))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	var body struct{ Token string }
	if err := json.Unmarshal(data, &body); err != nil || body.Token == "" {
		return "", fmt.Errorf("sign in: %s %s", response.Status, data)
	}
	return body.Token, nil
}

func must[Reply any](t *testing.T, c *client.Client, body any) Reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		reply, err := client.Request[Reply](ctx, c, body)
		if err == nil {
			return reply
		}
		if !errors.Is(err, client.ErrSessionLost) {
			t.Fatalf("%T: %v", body, err)
		}
	}
}

// ledger is what the server has acknowledged.
type ledger struct {
	blocked map[wire.UserID]bool
	links   map[wire.LinkID]bool
	privacy wire.Privacy
	maybe   *wire.SetPrivacy // sent, but not answered
}

// write changes blocks, links and settings until the server dies.
func (l *ledger) write(ctx context.Context, c *client.Client, round int) (acknowledged int) {
	for i := 0; ; i++ {
		user := wire.UserID(fmt.Sprintf("u%d_%d", round, i))
		if _, err := client.Request[wire.People](ctx, c, wire.Block{User: user}); err != nil {
			return acknowledged
		}
		l.blocked[user] = true
		link, err := client.Request[wire.Link](ctx, c, wire.CreateLink{Kind: wire.KindVideo, Terms: wire.LinkTerms{Title: string(user)}})
		if err != nil {
			return acknowledged
		}
		l.links[link.Link] = true
		l.maybe = &wire.SetPrivacy{WhoMayCall: wire.MayCallContacts, HideAddress: i%2 == 0, IfVersion: l.privacy.Version}
		p, err := client.Request[wire.Privacy](ctx, c, *l.maybe)
		if err != nil {
			return acknowledged
		}
		l.privacy, l.maybe = p, nil
		acknowledged += 3
	}
}

// check compares the server with the ledger.
func (l *ledger) check(t *testing.T, c *client.Client) {
	t.Helper()
	blocked := map[wire.UserID]bool{}
	for _, p := range must[wire.People](t, c, wire.GetPeople{}).Blocked {
		blocked[p.User] = true
	}
	for user := range l.blocked {
		if !blocked[user] {
			t.Errorf("the block of %s is lost", user)
		}
	}
	links := map[wire.LinkID]bool{}
	for _, link := range must[wire.Links](t, c, wire.GetLinks{}).Links {
		links[link.Link] = true
	}
	for link := range l.links {
		if !links[link] {
			t.Error("a link is lost")
		}
	}
	got := must[wire.Privacy](t, c, wire.GetPrivacy{})
	done := l.maybe != nil && got.Version == l.privacy.Version+1 && got.HideAddress == l.maybe.HideAddress
	if got != l.privacy && !done {
		t.Errorf("the settings are %+v, acknowledged were %+v", got, l.privacy)
	}
	l.privacy, l.maybe = got, nil
}

// The server is killed 20 times while somebody changes blocks, links and
// settings, and two others are in a call.
func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	const kills = 20
	dir, listen := t.TempDir(), freePort(t)
	p := startProcess(t, dir, listen)
	ana, bia, carlo := person(t, p.page, "ana"), person(t, p.page, "bia"), person(t, p.page, "carlo")
	call := must[wire.CallState](t, ana, wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	must[wire.CallState](t, bia, wire.Accept{Call: call})
	l := ledger{blocked: map[wire.UserID]bool{}, links: map[wire.LinkID]bool{}, privacy: must[wire.Privacy](t, carlo, wire.GetPrivacy{})}
	acknowledged := 0
	for round := range kills {
		ctx, cancel := context.WithCancel(t.Context())
		written := make(chan int)
		go func() { written <- l.write(ctx, carlo, round) }()
		<-time.After(time.Duration(5+rand.IntN(200)) * time.Millisecond) // the moment of the kill is the point
		p.kill()
		cancel()
		acknowledged += <-written
		p = startProcess(t, dir, listen)
		l.check(t, carlo)
		for name, c := range map[string]*client.Client{"ana": ana, "bia": bia} {
			state := must[wire.CallState](t, c, wire.Sync{Call: call})
			if state.Phase != wire.PhaseConnecting || state.Epoch != uint32(round+2) {
				t.Fatalf("after kill %d %s's call is %s, epoch %d", round+1, name, state.Phase, state.Epoch)
			}
		}
	}
	t.Logf("%d kills, %d changes acknowledged, none lost", kills, acknowledged)
	if acknowledged < kills {
		t.Errorf("only %d changes were acknowledged: the test has shown little", acknowledged)
	}
}
