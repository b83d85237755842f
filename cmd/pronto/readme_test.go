package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the README's tables anew")

const (
	root          = "../.."
	tableBegins   = "<!-- made by make generate -->\n"
	commandsBegin = "<!-- commands, made by make generate -->\n"
	tableEnds     = "<!-- end -->\n"
)

func TestTheReadmesTableOfVariablesIsFresh(t *testing.T) { isFresh(t, tableBegins, variableTable()) }

func TestTheReadmesTableOfCommandsIsFresh(t *testing.T) {
	table, err := commandTable()
	if err != nil {
		t.Fatal(err)
	}
	isFresh(t, commandsBegin, table)
}

// isFresh looks at a part of the README that is made of something else, or with
// -update writes it.
func isFresh(t *testing.T, begins, want string) {
	path := filepath.Join(root, "README.md")
	before, rest, ok := strings.Cut(readme(t), begins)
	got, after, ok2 := strings.Cut(rest, tableEnds)
	if !ok || !ok2 {
		t.Fatal("the README has lost the marks around its table")
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Error("the README's table is old; run: make generate")
	}
}

// readmeCommands tells how each command of the README is tested. A command
// that is not here fails the test.
var readmeCommands = map[string]func(t *testing.T, command string){
	"make run":              runs,
	"make build":            succeeds,
	"make test":             hasRecipe, // this is a part of it
	"make bench":            hasRecipe, // minutes
	"make bench-call":       measures,
	"make bench-keys":       hasRecipe, // minutes
	"make bench-signalling": setsUp,
	"make bench-links":      makesLinks,
	"make lab":              hasRecipe, // minutes
	".bin/pronto demo":      entertains,
	".bin/pronto load --calls 2 --duration 5s":                                     loads,
	"curl -s localhost:9464/metrics":                                               scrapes,
	".bin/pronto doctor":                                                           examines,
	".bin/pronto keys create my-app":                                               signs,
	".bin/pronto token --key ck_yours ana":                                         signs,
	`curl -s -H "Authorization: Bearer ck_yours.cs_yours" localhost:8080/v1/calls`: lists,
	`.bin/pronto link create --owner ana --title "Your appointment" --qr`:          comesTo("/j/"),
	".bin/pronto webhook listen":                                                   comesTo("listening at "),
	// It needs a Docker engine, which cannot be relied on; the tests of compose.yaml stand for it.
	"docker compose up --build": func(t *testing.T, _ string) { loadCompose(t) },
}

func TestEveryCommandOfTheReadmeWorks(t *testing.T) {
	commands := shellCommands(readme(t))
	for command := range readmeCommands {
		if !slices.Contains(commands, command) {
			t.Errorf("the README has no longer %q", command)
		}
	}
	for _, command := range commands {
		t.Run(command, func(t *testing.T) {
			test := readmeCommands[command]
			if test == nil {
				t.Fatalf("nothing tests %q", command)
			}
			test(t, command)
		})
	}
}

func TestTheReadmeNamesEveryEventOfWebhooks(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "signalling", "api", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var description struct{ Webhooks map[string]any }
	if err := json.Unmarshal(text, &description); err != nil || len(description.Webhooks) < 10 {
		t.Fatalf("the description has %d webhooks (%v)", len(description.Webhooks), err)
	}
	_, table, _ := strings.Cut(readme(t), "| event | when |")
	table, _, _ = strings.Cut(table, "\n\n")
	named := map[string]bool{}
	for _, name := range regexp.MustCompile("`([a-z]+\\.[a-z]+)`").FindAllStringSubmatch(table, -1) {
		named[name[1]] = true
		if description.Webhooks[name[1]] == nil {
			t.Errorf("there is no event %s", name[1])
		}
	}
	for name := range description.Webhooks {
		if !named[name] {
			t.Errorf("the README has no event %s", name)
		}
	}
}

func TestTheReadmesLinksLeadSomewhere(t *testing.T) {
	for _, part := range strings.Split(readme(t), "](")[1:] {
		target, _, _ := strings.Cut(part, ")")
		if strings.Contains(target, "://") {
			continue
		}
		file, heading, inside := strings.Cut(target, "#")
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Error(err)
			continue
		}
		if inside && !slices.Contains(headings(t, file), heading) {
			t.Errorf("%s has no heading %s", file, heading)
		}
	}
	for _, part := range strings.Split(readme(t), `<img src="`)[1:] {
		file, _, _ := strings.Cut(part, `"`)
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Error(err)
		}
	}
}

// headings are a page's as addresses name them.
func headings(t *testing.T, file string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if title := strings.TrimLeft(line, "#"); title != line {
			all = append(all, strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), " ", "-"))
		}
	}
	return all
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shellCommands are the lines of all blocks that are marked as sh.
func shellCommands(text string) []string {
	var commands []string
	for _, block := range strings.Split(text, "```sh\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		commands = append(commands, strings.Split(strings.TrimSpace(block), "\n")...)
	}
	return commands
}

// succeeds runs a command at the root.
func succeeds(t *testing.T, command string) {
	if out, err := shell(t, command).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// measures has one call of each kind measured instead of twenty.
func measures(t *testing.T, command string) {
	out, err := shell(t, "RUNS=1 "+command).CombinedOutput()
	for _, scenario := range []string{"p2p", "sfu"} {
		if err != nil || !strings.Contains(string(out), `{"scenario":"`+scenario+`","answerToAudioP50Ms":`) {
			t.Fatalf("%s: %v\n%s", scenario, err, out)
		}
	}
}

// setsUp has fewer people set up fewer calls.
func setsUp(t *testing.T, command string) {
	out, err := shell(t, "SESSIONS=100 RATE=50 SECONDS=2 "+command).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"scenario":"setups"`) || !strings.Contains(string(out), `"failed":0`) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// makesLinks has fewer links made.
func makesLinks(t *testing.T, command string) {
	out, err := shell(t, "LINKS=100 RATE=20 SECONDS=1 "+command).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"scenario":"links"`) || !strings.Contains(string(out), `"failed":0`) || !strings.Contains(string(out), `"lookFailed":0`) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// hasRecipe has make say what it would do, for what takes too long.
func hasRecipe(t *testing.T, command string) {
	out, err := shell(t, strings.Replace(command, "make ", "make -n ", 1)).CombinedOutput()
	if err != nil || len(out) == 0 {
		t.Fatalf("%v\n%s", err, out)
	}
}

// runs starts a server by a command, opens its page, and stops it as Ctrl-C
// does.
func runs(t *testing.T, command string) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // it may have to build everything
	defer cancel()
	cmd := shell(t, command)
	cmd.Env = append(os.Environ(), "PRONTO_LISTEN=127.0.0.1:0", "PRONTO_MEDIA_LISTEN=127.0.0.1:0", "PRONTO_TURN_LISTEN=127.0.0.1:0",
		"PRONTO_METRICS_LISTEN=127.0.0.1:0", "PRONTO_PUBLIC_IPS=127.0.0.1", "PRONTO_LOG=json", "PRONTO_DATA="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) } // an error means that it is gone
	defer context.AfterFunc(ctx, stop)()
	page := ""
	for lines := bufio.NewScanner(said); lines.Scan(); {
		var line struct{ Msg, Page string }
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Msg != "pronto is ready" {
			continue
		}
		page = line.Page
		if body := get(t, page); !strings.Contains(body, "<title>Pronto") {
			t.Errorf("the page is %.200q", body)
		}
		stop()
	}
	_ = cmd.Wait() // make calls an interruption an error
	if page == "" {
		t.Error("the server was not ready in time")
	}
}

// entertains starts the demo, and waits until its bots talk.
func entertains(t *testing.T, command string) {
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "exec "+strings.Replace(command, ".bin/pronto", binary, 1))
	cmd.Env = append(os.Environ(), "PRONTO_LISTEN=127.0.0.1:0", "PRONTO_MEDIA_LISTEN=127.0.0.1:0", "PRONTO_TURN_LISTEN=127.0.0.1:0",
		"PRONTO_METRICS_LISTEN=127.0.0.1:0", "PRONTO_PUBLIC_IPS=127.0.0.1")
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = cmd.Process.Signal(os.Interrupt) } // an error means that it is gone
	defer time.AfterFunc(time.Minute, stop).Stop()
	talking := regexp.MustCompile(`[1-9][0-9]* phones in them · [1-9]`)
	talked := false
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if !talked && talking.MatchString(lines.Text()) {
			talked = true
			stop()
		}
	}
	if err := cmd.Wait(); err != nil || !talked {
		t.Errorf("the bots talked: %v; the demo ended with %v", talked, err)
	}
}

// loads runs the command against a server of its own.
func loads(t *testing.T, command string) {
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	server := startProcess(t, t.TempDir(), "127.0.0.1:0")
	out, err := shell(t, strings.Replace(command, ".bin/pronto load", binary+" load --url "+server.page, 1)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"failures":{}`) || strings.Contains(string(out), `"setUp":0`) {
		t.Errorf("%v\n%s", err, out)
	}
}

// scrapes runs the command against a server of its own, to which one person is
// connected.
func scrapes(t *testing.T, command string) {
	metrics := freePort(t)
	server := startProcess(t, t.TempDir(), "127.0.0.1:0", "PRONTO_METRICS_LISTEN="+metrics)
	person(t, server.page, "ana")
	out, err := shell(t, strings.Replace(command, "localhost:9464", metrics, 1)).Output()
	if err != nil || !strings.Contains(string(out), "\npronto_ws_connections{client=\"other\"} 1\n") {
		t.Errorf("%v\n%.500s", err, out)
	}
}

// examines runs the command where no server runs, which it must find out.
func examines(t *testing.T, command string) {
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := shell(t, strings.Replace(command, ".bin/pronto", binary, 1))
	cmd.Env = append(os.Environ(), "PRONTO_DATA="+t.TempDir(), "PRONTO_LISTEN="+freePort(t), "PRONTO_MEDIA_LISTEN="+freePort(t), "PRONTO_TURN_LISTEN=off",
		"PRONTO_METRICS_LISTEN=off")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "the server does not run") {
		t.Errorf("%v\n%s", err, out)
	}
}

// lists asks a server of its own for its calls, by a key of its own.
func lists(t *testing.T, command string) {
	dir := t.TempDir()
	server := startProcess(t, dir, "127.0.0.1:0")
	command = strings.Replace(command, "ck_yours.cs_yours", newKey(t, dir), 1)
	out, err := shell(t, strings.Replace(command, "localhost:8080", strings.TrimPrefix(server.page, "http://"), 1)).Output()
	if err != nil || strings.TrimSpace(string(out)) != `{"items":[]}` {
		t.Errorf("%v\n%.500s", err, out)
	}
}

// comesTo runs a command that comes to a server of its own, and looks for what it
// prints. What would go on for ever is stopped as by Ctrl-C.
func comesTo(want string) func(t *testing.T, command string) {
	return func(t *testing.T, command string) {
		binary, err := build()
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		server := startProcess(t, dir, "127.0.0.1:0", "PRONTO_WEBHOOKS_PRIVATE=true")
		cmd := shell(t, "exec "+strings.Replace(command, ".bin/pronto", binary, 1))
		cmd.Env = append(os.Environ(), "PRONTO_URL="+server.page, "PRONTO_API_KEY="+newKey(t, dir))
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stop := func() { _ = cmd.Process.Signal(os.Interrupt) } // an error means that it is gone
		defer time.AfterFunc(5*time.Second, stop).Stop()
		if err := cmd.Wait(); err != nil || !strings.Contains(said.String(), want) {
			t.Errorf("%v: %s", err, said.String())
		}
	}
}

// signs makes a key and a token, beside a server that runs.
func signs(t *testing.T, command string) {
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	startProcess(t, dir, "127.0.0.1:0")
	run := func(command string) string {
		cmd := shell(t, strings.Replace(command, ".bin/pronto", binary, 1))
		cmd.Env = append(os.Environ(), "PRONTO_DATA="+dir)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		return string(out)
	}
	key := strings.Fields(run(".bin/pronto keys create my-app"))
	if len(key) != 4 || key[0] != "key" || key[2] != "secret" {
		t.Fatalf("keys create printed %d words", len(key))
	}
	if !strings.Contains(command, "token") {
		return
	}
	token := strings.TrimSpace(run(strings.Replace(command, "ck_yours", key[1], 1)))
	if strings.Count(token, ".") != 2 {
		t.Error("what was printed is no JWT")
	}
}

func shell(t *testing.T, command string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = root
	return cmd
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		t.Error(err)
	}
	return string(body)
}
