package metrics

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write METRICS.md anew")

func TestTheTableOfMetricsIsFresh(t *testing.T) {
	const path = "METRICS.md"
	want := []byte(table())
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is old; run: make generate", path)
	}
}

// table is METRICS.md.
func table() string {
	var b strings.Builder
	b.WriteString(`# Metrics

Made from the definitions in this folder by ` + "`make generate`" + `; do not edit.

Pronto serves these at ` + "`/metrics`" + `, with those of the Go runtime and of the process beside them.
Times are in seconds and sizes in bytes. No label names a person, an address or a call. What does not fit
the listed values is counted with ` + "`other`" + ` in every label and in ` + "`pronto_telemetry_suppressed_total`" + `.

| name | type | labels | meaning |
| --- | --- | --- | --- |
`)
	for _, def := range Definitions() {
		var labels []string
		for _, l := range def.Labels {
			values := strings.Join(l.Values, ", ")
			if values == "" {
				values = "patterns of routes, their first two parts"
			}
			if def.Name == "pronto_build_info" {
				values = "of the binary"
			}
			labels = append(labels, fmt.Sprintf("`%s`: %s", l.Name, strings.TrimPrefix(values, ", ")))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", def.Name, def.Type, strings.Join(labels, "<br>"), def.Help)
	}
	return b.String()
}
