package sfu

import (
	"testing"
	"time"

	"pronto/sfu/speaker"
)

// mic is a connected peer's microphone, watched in steps of a room's looks.
type mic struct {
	peer *Peer
	now  time.Time
}

func newMic() *mic {
	p := &Peer{events: newMailbox(), everUp: true}
	p.sending.Store(true)
	s := &stream{peer: p, source: Microphone}
	p.streams = []*stream{s}
	s.get(0)
	return &mic{p, time.Unix(1_700_000_000, 0)}
}

// play has packets of a level come for a while; a negative level means none, one above
// silence means packets that do not say how loud they are.
func (m *mic) play(level int, d time.Duration) {
	for end := m.now.Add(d); m.now.Before(end); {
		m.now = m.now.Add(tickEvery)
		if level >= 0 {
			m.peer.streams[0].encodings[0].Load().heardAt.Store(m.now.UnixNano())
		}
		if level >= 0 && level <= speaker.Silence {
			m.peer.hearing.level(uint8(level), m.now)
		}
		m.peer.checkHeard(m.now)
	}
}

func (m *mic) torn(on bool) { m.peer.streams[0].encodings[0].Load().torn.Store(on) }

const noPackets, noLevels = -1, 128

func TestAMicrophoneIsUnheardWhenItBringsNoPacketsOrFromTheBeginningOnlySilence(t *testing.T) {
	for _, row := range []struct {
		name  string
		story func(m *mic)
		want  bool
	}{
		{"it speaks", func(m *mic) { m.play(30, time.Minute) }, false},
		{"no packet ever", func(m *mic) { m.play(noPackets, 3*time.Second) }, true},
		{"a device that is still being opened", func(m *mic) { m.play(noPackets, 2*time.Second) }, false},
		{"it stops", func(m *mic) { m.play(30, time.Minute); m.play(noPackets, 3*time.Second) }, true},
		{"it comes back", func(m *mic) { m.play(noPackets, time.Minute); m.play(30, 200*time.Millisecond) }, false},
		{"a dead device", func(m *mic) { m.play(speaker.Silence, 3*time.Second) }, true},
		{"a dead device after a false start", func(m *mic) { m.play(noPackets, 2*time.Second); m.play(speaker.Silence, time.Second) }, true},
		{"a dead device that wakes", func(m *mic) { m.play(speaker.Silence, time.Minute); m.play(80, 200*time.Millisecond) }, false},
		{"a noise gate", func(m *mic) { m.play(60, time.Second); m.play(speaker.Silence, 20*time.Second) }, false},
		{"a device that dies", func(m *mic) { m.play(60, time.Second); m.play(speaker.Silence, 31*time.Second) }, true},
		{"a whisper", func(m *mic) { m.play(speaker.Silence-1, time.Minute) }, false},
		{"a client that sends no levels", func(m *mic) { m.play(noLevels, time.Minute) }, false},
		{"a muted one", func(m *mic) { m.peer.hearing.muted = true; m.play(noPackets, time.Minute) }, false},
		{"most of it is lost", func(m *mic) { m.play(30, 3*time.Second); m.torn(true); m.play(30, 200*time.Millisecond) }, true},
		{"what was lost comes again", func(m *mic) {
			m.torn(true)
			m.play(30, 5*time.Second)
			m.torn(false)
			m.play(30, 200*time.Millisecond)
		}, false},
		{"one on hold", func(m *mic) { m.peer.sending.Store(false); m.play(noPackets, time.Minute) }, false},
		{"one who was never connected", func(m *mic) { m.peer.everUp = false; m.play(noPackets, time.Minute) }, false},
		{"muted after it died", func(m *mic) {
			m.play(noPackets, time.Minute)
			m.peer.hearing.muted = true
			m.play(noPackets, 200*time.Millisecond)
		}, false},
		{"just unmuted", func(m *mic) {
			m.peer.hearing.muted = true
			m.play(noPackets, time.Minute)
			m.peer.hearing.muted = false
			m.play(noPackets, 2*time.Second)
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newMic()
			row.story(m)
			told := false
			for e, _ := m.peer.events.take(); e != nil; e, _ = m.peer.events.take() {
				told = e.(Unheard).On
			}
			if m.peer.hearing.unheard != row.want || told != row.want {
				t.Errorf("unheard %v, told %v, want %v", m.peer.hearing.unheard, told, row.want)
			}
		})
	}
}

func TestASoundIsTornWhenMostOfTwoSecondsIsLostForGood(t *testing.T) {
	for _, row := range []struct {
		name  string
		steps [][2]int64 // what should have come in each second, and has
		want  bool
	}{
		{"nothing is lost", [][2]int64{{50, 50}, {50, 50}}, false},
		{"half of it", [][2]int64{{50, 25}, {50, 25}}, false},
		{"more", [][2]int64{{50, 24}, {50, 25}}, true},
		{"more, but since a moment", [][2]int64{{50, 50}, {50, 10}}, false},
		{"and again", [][2]int64{{50, 50}, {50, 10}, {50, 10}}, true},
		{"it is over", [][2]int64{{50, 10}, {50, 10}, {50, 50}}, false},
		{"pauses with a packet now and then", [][2]int64{{3, 0}, {3, 1}}, false},
		{"nothing comes", [][2]int64{{50, 10}, {50, 10}, {0, 0}, {0, 0}}, false},
		{"more comes than should, by repetition", [][2]int64{{50, 60}, {50, 60}}, false},
	} {
		var s tear
		var all counted
		got := false
		for _, step := range row.steps {
			all = counted{all.expected + step[0], all.received + step[1]}
			got = s.turn(all.expected, all.received)
		}
		if got != row.want {
			t.Errorf("%s: torn %v, want %v", row.name, got, row.want)
		}
	}
}
