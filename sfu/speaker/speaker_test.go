package speaker_test

import (
	"slices"
	"testing"
	"time"

	"pronto/sfu/speaker"
)

// stage plays levels to a tracker in steps of 100 ms, as a room does.
type stage struct {
	*speaker.Tracker[string]
	now    time.Time
	levels map[string]uint8
}

func newStage() *stage {
	return &stage{speaker.NewTracker[string](), time.Unix(1_700_000_000, 0), map[string]uint8{}}
}

func (s *stage) play(d time.Duration, each func()) {
	for end := s.now.Add(d); s.now.Before(end); s.now = s.now.Add(100 * time.Millisecond) {
		for _, who := range []string{"ana", "bia", "caio"} {
			if level, on := s.levels[who]; on {
				s.Heard(who, level, s.now)
			}
		}
		if each != nil {
			each()
		}
	}
}

func TestWhoSpeaksIsNamedLoudestFirst(t *testing.T) {
	s := newStage()
	s.levels = map[string]uint8{"ana": 30, "bia": 20, "caio": 90}
	s.play(500*time.Millisecond, nil)
	if got := s.Speaking(s.now); !slices.Equal(got, []string{"bia", "ana"}) {
		t.Fatalf("speaking: %v", got)
	}
}

func TestAShortPauseDoesNotEndSpeaking(t *testing.T) {
	s := newStage()
	s.levels["ana"] = 25
	s.play(time.Second, nil)
	s.levels["ana"] = 127
	s.play(500*time.Millisecond, func() {
		if len(s.Speaking(s.now)) == 0 {
			t.Fatal("silent within half a second")
		}
	})
	s.play(3*time.Second, func() { s.Speaking(s.now) })
	if got := s.Speaking(s.now); len(got) > 0 {
		t.Fatalf("still speaking: %v", got)
	}
}

func TestWhoSendsNothingFallsSilent(t *testing.T) {
	s := newStage()
	s.levels["ana"] = 25
	s.play(time.Second, nil)
	delete(s.levels, "ana")
	s.play(4*time.Second, func() { s.Speaking(s.now) })
	if got := s.Speaking(s.now); len(got) > 0 {
		t.Fatalf("still speaking: %v", got)
	}
}

func TestTheRankingDoesNotFlutter(t *testing.T) {
	s := newStage()
	changes := 0
	var last []string
	step := 0
	s.play(20*time.Second, func() {
		step++ // two who are about equally loud, in turns
		s.levels["ana"], s.levels["bia"] = uint8(30+step%5), uint8(30+(step+2)%5)
		if got := s.Ranking(s.now); !slices.Equal(got, last) {
			changes++
			last = got
		}
	})
	if changes > 3 {
		t.Errorf("the ranking changed %d times", changes)
	}
}

func TestALoudVoicePassesAQuietOneAndStaysAWhile(t *testing.T) {
	s := newStage()
	s.levels = map[string]uint8{"ana": 60, "bia": 120}
	s.play(time.Second, func() { s.Ranking(s.now) })
	if got := s.Ranking(s.now); got[0] != "ana" {
		t.Fatalf("ranking: %v", got)
	}
	s.levels["bia"] = 20
	s.play(500*time.Millisecond, func() { s.Ranking(s.now) })
	if got := s.Ranking(s.now); got[0] != "bia" {
		t.Fatalf("ranking: %v", got)
	}
	s.levels["ana"] = 0
	s.play(300*time.Millisecond, func() { s.Ranking(s.now) })
	if got := s.Ranking(s.now); got[0] != "bia" {
		t.Fatalf("the place was kept for less than a second: %v", got)
	}
	s.play(2*time.Second, func() { s.Ranking(s.now) })
	if got := s.Ranking(s.now); got[0] != "ana" {
		t.Fatalf("ranking: %v", got)
	}
	s.Gone("ana")
	if got := s.Ranking(s.now); !slices.Equal(got, []string{"bia"}) {
		t.Fatalf("ranking: %v", got)
	}
}

func FuzzLevel(f *testing.F) {
	f.Add([]byte{0x80 | 30})
	f.Add([]byte{})
	f.Add([]byte{127, 0, 0, 0})
	f.Fuzz(func(t *testing.T, extension []byte) {
		level, voice, ok := speaker.ParseLevel(extension)
		if level > speaker.Silence {
			t.Fatalf("level %d", level)
		}
		if ok != (len(extension) >= 1 && len(extension) <= 4) {
			t.Fatalf("%d bytes: %v", len(extension), ok)
		}
		if ok && voice != (extension[0] >= 0x80) {
			t.Fatal("voice")
		}
	})
}
