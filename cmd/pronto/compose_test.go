package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// There is no Docker engine where these tests run, so that nobody starts
// compose.yaml. They read it as Docker does and hold it against everything that
// it speaks of.

func loadCompose(t *testing.T, environment ...string) *types.Project {
	t.Helper()
	dir, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: dir, ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml")}},
		Environment: types.NewMapping(environment),
	}, func(o *loader.Options) { o.SetProjectName("pronto", true) })
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeMountsOnlyWhatIsThere(t *testing.T) {
	project, mounted := loadCompose(t), 0
	for name, service := range project.Services {
		for _, v := range service.Volumes {
			switch v.Type {
			case types.VolumeTypeBind:
				mounted++
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("%s mounts what is not there: %v", name, err)
				}
				if !v.ReadOnly {
					t.Errorf("%s may write to %s", name, v.Source)
				}
			case types.VolumeTypeVolume:
				if _, ok := project.Volumes[v.Source]; !ok {
					t.Errorf("%s mounts the volume %s, which is not declared", name, v.Source)
				}
			}
		}
	}
	if mounted == 0 {
		t.Error("nothing is mounted")
	}
}

func TestComposePublishesThePortsOfTheReadme(t *testing.T) {
	got := map[string]string{}
	relays := composeRelays(t)
	for _, service := range loadCompose(t).Services {
		for _, p := range service.Ports {
			if p.Published != fmt.Sprint(p.Target) {
				t.Errorf("port %d is published as %s", p.Target, p.Published)
			}
			whom := "to everybody"
			if p.HostIP == "127.0.0.1" {
				whom = "to this machine"
			}
			if port := fmt.Sprint(p.Target); relays.published(t, port) {
				got[relays.row()] = whom
			} else {
				got[port+" "+strings.ToUpper(p.Protocol)] = whom
			}
		}
	}
	if relays.left != 0 {
		t.Errorf("%d ports of relays are not published", relays.left)
	}
	rows := regexp.MustCompile(`(?m)^\| ([0-9–]+) \| (TCP|UDP) \| .* \| ([a-z ]+) \|$`).FindAllStringSubmatch(readme(t), -1)
	if len(rows) < 5 {
		t.Fatalf("the README's table of ports has %d rows", len(rows))
	}
	for _, row := range rows {
		port := row[1] + " " + row[2]
		whom, ok := got[port]
		if !ok {
			whom = "no"
		}
		if whom != row[3] {
			t.Errorf("port %s: the README says that it is published %q, but it is %q", port, row[3], whom)
		}
		delete(got, port)
	}
	for port := range got {
		t.Errorf("port %s is published, but the README does not know it", port)
	}
}

// relayPorts are those at which TURN relays in compose.yaml.
type relayPorts struct {
	portRange
	left int // that were not published
}

func composeRelays(t *testing.T) *relayPorts {
	t.Helper()
	r := new(relayPorts)
	if err := r.UnmarshalText([]byte(*loadCompose(t).Services["pronto"].Environment["PRONTO_TURN_PORTS"])); err != nil {
		t.Fatal(err)
	}
	r.left = int(r.max) - int(r.min) + 1
	return r
}

// published counts a published port, if it is one of them.
func (r *relayPorts) published(t *testing.T, port string) bool {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	if n < int(r.min) || n > int(r.max) {
		return false
	}
	r.left--
	return true
}

// row is how the README names them.
func (r *relayPorts) row() string { return fmt.Sprintf("%d–%d UDP", r.min, r.max) }

func TestOnlyPrometheusOfComposeReachesTheMetrics(t *testing.T) {
	project := loadCompose(t)
	listen := *project.Services["pronto"].Environment["PRONTO_METRICS_LISTEN"]
	port, ok := strings.CutPrefix(listen, ":")
	if !ok {
		t.Fatalf("metrics listen on %s, where another container cannot reach them", listen)
	}
	config, err := os.ReadFile(filepath.Join(root, "metrics/prometheus/prometheus.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if target := fmt.Sprintf("%q", "pronto:"+port); !strings.Contains(string(config), target) {
		t.Errorf("prometheus.yml does not ask %s", target)
	}
	for _, p := range project.Services["pronto"].Ports {
		if fmt.Sprint(p.Target) == port {
			t.Error("the metrics are published")
		}
	}
}

func TestTheServerAcceptsItsEnvironmentInCompose(t *testing.T) {
	for _, environment := range [][]string{
		nil, // to try it out
		{"PRONTO_DEMO=false", "PRONTO_PUBLIC_URL=https://calls.example.com", "PRONTO_PUBLIC_IPS=203.0.113.5"},
	} {
		var list []string
		for name, value := range loadCompose(t, environment...).Services["pronto"].Environment {
			list = append(list, name+"="+*value)
		}
		cfg, err := loadConfig(list)
		if err != nil {
			t.Errorf("%v: %v", environment, err)
		}
		if want := environment == nil; cfg.Demo != want {
			t.Errorf("%v: demo mode is %v", environment, cfg.Demo)
		}
	}
}

func TestTheServerIsConfinedInCompose(t *testing.T) {
	s := loadCompose(t).Services["pronto"]
	if !s.ReadOnly || s.Privileged || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Error("the server may do more than it needs")
	}
	if s.NetworkMode == "host" {
		t.Error("the server is not in a network of its own")
	}
}

func TestComposePinsImagesOfOthers(t *testing.T) {
	for name, service := range loadCompose(t).Services {
		if service.Build != nil {
			continue
		}
		if _, tag, _ := strings.Cut(service.Image, ":"); tag == "" || tag == "latest" {
			t.Errorf("%s takes whatever %s is today", name, service.Image)
		}
	}
}

func TestGrafanaOfComposeFindsItsDashboard(t *testing.T) {
	grafana := loadCompose(t).Services["grafana"]
	home := *grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	provider, err := os.ReadFile(filepath.Join(root, "metrics/grafana/provisioning/dashboards/pronto.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(provider), "path: "+filepath.Dir(home)+"\n") {
		t.Errorf("Grafana is not told to look in %s", filepath.Dir(home))
	}
	for _, v := range grafana.Volumes {
		if v.Target == filepath.Dir(home) {
			if _, err := os.Stat(filepath.Join(v.Source, filepath.Base(home))); err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Errorf("nothing is mounted at %s", filepath.Dir(home))
}

func TestTheImageIsBuiltFromWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	build := loadCompose(t).Services["pronto"].Build
	if build == nil || build.Dockerfile != "cmd/pronto/Dockerfile" {
		t.Error("compose.yaml builds something else")
	}
	copied, user, base := 0, "", ""
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && words[0] == "FROM":
			user, base = "", words[1]
		case len(words) > 1 && words[0] == "USER":
			user = words[1]
		case len(words) > 2 && words[0] == "COPY" && !strings.HasPrefix(words[1], "--from"):
			for _, name := range words[1 : len(words)-1] {
				copied++
				if _, err := os.Stat(filepath.Join(root, name)); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if copied == 0 || base != "scratch" || user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		t.Errorf("%d files are copied; the last image is made from %q and runs as %q", copied, base, user)
	}
	for _, folder := range []string{"cmd", "metrics", "sfu", "signalling", "turn", "web"} {
		if !strings.Contains(string(text), "\nCOPY "+folder+" "+folder+"\n") {
			t.Errorf("the server's code in %s is not copied", folder)
		}
	}
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))[1]
	if !strings.Contains(string(text), "FROM golang:"+version+"-") {
		t.Errorf("the image is not built by Go %s", version)
	}
}
