package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestTheLogShowsNothingThatNamesAnybody(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: redact}))
	canaries := []string{
		"203.0.113.77", "2001:db8:77::cafe", "cal_canary00001", "ses_canary00002", "canary@example.com", "+39 06 5550 0177",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln", "eyJhbGciOiJIUzI1NiJ8", "canary-user", "canary-secret", "whsec_canary000003",
	}
	for _, canary := range canaries[:8] {
		log.Debug("saw " + canary + " there")
		log.Info("a text", "what", "with "+canary, "err", errors.New("read udp "+canary+": refused"))
		log.With("peer", canary).WithGroup("g").Warn("grouped", "cause", any(canary))
	}
	log.Info("keys", "user", canaries[8], "Secret", canaries[9], slog.Group("inner", "token", canaries[9], "device", canaries[8]))
	log.Info("secret of a webhook", "text", canaries[10])
	for _, canary := range canaries {
		if strings.Contains(out.String(), canary) {
			t.Errorf("the log shows %s:\n%s", canary, out.String())
		}
	}
	out.Reset()
	log.Info("pronto is ready", "media", shown("192.0.2.1:3479"), "afterMs", 12, "trace", "0123456789abcdef", "outcome", "connected")
	for _, kept := range []string{`"192.0.2.1:3479"`, `"afterMs":12`, `"trace":"0123456789abcdef"`, `"outcome":"connected"`, `"time":"20`} {
		if !strings.Contains(out.String(), kept) {
			t.Errorf("the log lost %s: %s", kept, out.String())
		}
	}
}
