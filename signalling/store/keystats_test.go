package store_test

import (
	"slices"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestWhatIsCountedForAKeyIsThatOfItsLine(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, id := range []string{"ck_shop", "ck_clinic"} {
			value(s.CreateKey(ctx, store.NewKey{ID: id, Name: id, Secret: []byte("cs_1")}))(t)
		}
		value(s.RotateKey(ctx, "ck_shop", "ck_shop2", []byte("cs_2"), time.Hour, time.Time{}))(t)
		hour := time.Now().UTC().Truncate(time.Hour)
		of := func(key, by string, n int64) store.KeyStat {
			return store.KeyStat{Key: key, Hour: hour, Tally: store.TallySetUp, By: by, N: n}
		}
		ok(t, s.AddKeyStats(ctx, []store.KeyStat{
			of("ck_shop", "connected", 3), of("ck_shop2", "connected", 4), of("ck_shop", "missed", 1), of("ck_clinic", "connected", 90),
			of("pronto", "connected", 500), of("", "connected", 500), // the server's own
		}))
		ok(t, s.AddKeyStats(ctx, []store.KeyStat{of("ck_shop", "connected", 5)}))
		for key, want := range map[string][]int64{"ck_shop": {12, 1}, "ck_shop2": {12, 1}, "ck_clinic": {90}, "pronto": nil} {
			var got []int64
			for _, one := range value(s.KeyStats(ctx, key, hour))(t) {
				got = append(got, one.N)
			}
			if !slices.Equal(got, want) {
				t.Errorf("counted for %s: %v, want %v", key, got, want)
			}
		}
		if later := value(s.KeyStats(ctx, "ck_shop", hour.Add(time.Hour)))(t); len(later) != 0 {
			t.Errorf("of an hour that is not yet: %v", later)
		}
		ok(t, s.AddKeyStats(ctx, []store.KeyStat{{Key: "ck_shop", Hour: hour.Add(-store.KeyStatsKept), Tally: store.TallySetUp, N: 1}}))
		if n, err := s.SweepKeyStats(ctx); n != 1 || err != nil {
			t.Errorf("%d were swept, %v", n, err)
		}
		if left := value(s.KeyStats(ctx, "ck_shop", time.Time{}))(t); len(left) != 2 {
			t.Errorf("after the sweep: %v", left)
		}
	})
}
