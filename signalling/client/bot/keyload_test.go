package bot_test

import (
	"testing"
	"time"

	"pronto/signalling/client/bot"
	"pronto/signalling/wire"
)

// TestWhoComesAndGoesIsFollowedByAllAndNoFrameIsLost is make bench-keys in short.
func TestWhoComesAndGoesIsFollowedByAllAndNoFrameIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sealed)
	users := []wire.UserID{"ana", "bia", "carlo", "dora", "ezio"}
	r, err := bot.LoadKeys(t.Context(), bot.KeysConfig{
		Members: len(users), Speakers: 2, Every: 1200 * time.Millisecond, Settle: time.Second, Duration: 3 * time.Second,
		Phone: func(i int) bot.PhoneConfig {
			cfg := w.config(users[i], i%2)
			if i >= 2 && i < len(users)-1 {
				cfg.Engine, cfg.Clip = nil, nil
			}
			return cfg
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	if r.Joins < 2 || r.Leaves < 2 || r.Agreed.P50 <= 0 || r.Opened.P50 <= 0 || r.Left.P50 <= 0 {
		t.Errorf("the load measured %+v", r)
	}
	if r.Agreed.P50 >= 1000 {
		t.Errorf("nobody was let in with the key package that he brought: %.0f ms, when all but the first time a second is waited for a commit", r.Agreed.P50)
	}
	if r.Unopened > 0 || r.Passed == 0 {
		t.Errorf("those who stayed opened %d frames, and %d not", r.Passed, r.Unopened)
	}
}
