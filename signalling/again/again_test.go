package again_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/again"
)

func TestARoundThatFailsIsSaidAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		ctx, end := context.WithCancel(t.Context())
		began, times := time.Now(), []time.Duration{}
		again.Every(ctx, time.Minute, slog.New(slog.NewTextHandler(&out, nil)), "it cannot be done", func(context.Context) error {
			times = append(times, time.Since(began))
			if len(times) == 3 {
				end()
			}
			return errors.New("no store")
		})
		if len(times) != 3 || times[0] != time.Minute || times[2] != 3*time.Minute {
			t.Errorf("the rounds were at %v", times)
		}
		if n := strings.Count(out.String(), `level=WARN msg="it cannot be done" err="no store"`); n != 2 {
			t.Errorf("%d failures are said, not 2, for the last one is the end's: %s", n, out.String())
		}
	})
}
