// Package again does work again and again: it asks what is due, sweeps what has expired.
package again

import (
	"context"
	"log/slog"
	"time"
)

// Every calls round each time an interval is over, until ctx is done. What round fails
// with is logged as a warning, and round is called again; what the end of ctx made fail
// is not.
func Every(ctx context.Context, interval time.Duration, log *slog.Logger, warning string, round func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := round(ctx); err != nil && ctx.Err() == nil {
			log.Warn(warning, "err", err)
		}
	}
}
