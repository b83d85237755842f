package bot_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pronto/signalling/client/bot"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTwoTalkDirectlyAndHangUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{})
	ana, bia := w.phone("ana", 0), w.phone("bia", 1)
	w.know("ana", "bia")
	made := ring(t, ana, wire.KindVideo, "bia")
	taken := accept(t, bia)
	hears(t, made, 1)
	hears(t, taken, 1)
	until(t, "both are told that the call is active", func() bool {
		return made.State().Phase == wire.PhaseActive && taken.State().Phase == wire.PhaseActive
	})
	if got := made.State().Topology; got != wire.TopologyDirect {
		t.Errorf("the topology is %s, want direct", got)
	}
	if taken.FlowsAfter() <= 0 || taken.FlowsAfter() > patience {
		t.Errorf("sound came after %s", taken.FlowsAfter())
	}
	if err := made.Leave(t.Context()); err != nil {
		t.Errorf("leave: %v", err)
	}
	<-made.Done()
	<-taken.Done()
	if taken.Reason() != wire.EndHangup {
		t.Errorf("the call ended by %q, want hangup", taken.Reason())
	}
	if len(ana.Calls()) != 0 || len(bia.Calls()) != 0 || w.engine.Connections() != 0 {
		t.Errorf("calls or connections are left")
	}
}

func TestStrangersTalkThroughTheRelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{})
	ana, ezio := w.phone("ana", 0), w.phone("ezio", 1)
	made := ring(t, ana, wire.KindVideo, "ezio")
	taken := accept(t, ezio)
	hears(t, made, 1)
	hears(t, taken, 1)
	if !made.State().ICE.RelayOnly {
		t.Error("strangers may see each other's addresses")
	}
}

func TestAThirdMovesTheCallToTheSFUAndNobodyIsCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{})
	ana, bia, carlo := w.phone("ana", 0), w.phone("bia", 1), w.phone("carlo", 2)
	w.know("ana", "bia", "carlo")
	made := ring(t, ana, wire.KindVideo, "bia")
	taken := accept(t, bia)
	hears(t, made, 1)
	hears(t, taken, 1)
	if err := made.Invite(t.Context(), "carlo"); err != nil {
		t.Fatalf("invite: %v", err)
	}
	third := accept(t, carlo)
	for _, c := range []*bot.Call{made, taken, third} {
		hears(t, c, 2)
		if got := c.State().Topology; got != wire.TopologySFU {
			t.Errorf("the topology is %s, want sfu", got)
		}
	}
	until(t, "the direct connections are closed", func() bool { return w.engine.Connections() == 3 })
	if err := third.Leave(t.Context()); err != nil {
		t.Errorf("leave: %v", err)
	}
	until(t, "the others see him leave", func() bool { return len(made.State().Participants) == 2 })
	until(t, "the two go back to the direct way", func() bool {
		return made.State().Topology == wire.TopologyDirect && taken.State().Topology == wire.TopologyDirect
	})
	until(t, "the connections to the SFU are closed", func() bool { return w.engine.Connections() == 2 })
	for _, c := range []*bot.Call{made, taken} {
		heard := func() (packets uint64) {
			for flow, count := range c.Stats().Received {
				if flow.Participant != "" && flow.Source == wire.SourceMicrophone {
					packets += uint64(count.Packets)
				}
			}
			return packets
		}
		before := heard()
		until(t, "sound goes on by the direct way", func() bool { return heard() > before+50 })
	}
}

func TestAMutedBotIsNotHeardAndIsShownAsMuted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{})
	ana, bia := w.phone("ana", 0), w.phone("bia", 1)
	w.know("ana", "bia")
	made := ring(t, ana, wire.KindVideo, "bia")
	taken := accept(t, bia)
	hears(t, made, 1)
	if err := taken.SetMedia(t.Context(), wire.Media{Camera: true}); err != nil {
		t.Fatalf("set media: %v", err)
	}
	until(t, "ana is shown that bia is muted", func() bool {
		for _, p := range made.State().Participants {
			if p.User == "bia" {
				return !p.Media.Microphone && p.Media.Camera
			}
		}
		return false
	})
}

func TestADeclinedCallIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{})
	ana, bia := w.phone("ana", 0), w.phone("bia", 1)
	w.know("ana", "bia")
	made := ring(t, ana, wire.KindVoice, "bia")
	if err := bia.Decline(t.Context(), bia.incoming(t).Call); err != nil {
		t.Fatalf("decline: %v", err)
	}
	<-made.Done()
	if made.Reason() != wire.EndDeclined {
		t.Errorf("the call ended by %q, want declined", made.Reason())
	}
}

func TestBotsCallEachOtherOverAndOver(t *testing.T) {
	t.Parallel()
	// Whoever is rung before he has signed in is not found; the call rings out.
	w := newWorld(t, signallingtest.Options{RingTimeout: 2 * time.Second})
	var mu sync.Mutex
	var all []bot.Went
	on := func(went bot.Went) { mu.Lock(); defer mu.Unlock(); all = append(all, went) }
	scripts := map[wire.UserID]bot.Script{
		"ana": {Rings: [][]wire.UserID{{"bia"}, {"bia", "carlo"}}, Kinds: []wire.Kind{wire.KindVideo, wire.KindVoice},
			Stay: bot.Between{Least: time.Second}, Mute: bot.Between{Least: 300 * time.Millisecond}},
		"bia":   {Answers: true},
		"carlo": {Answers: true, Answer: bot.Between{Least: time.Millisecond, Most: 50 * time.Millisecond}, Everyone: true},
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for user, script := range scripts {
		b, err := bot.New(bot.Config{Phone: w.config(user, 0), Script: script, On: on})
		if err != nil {
			t.Fatalf("new bot: %v", err)
		}
		running.Go(func() {
			if err := b.Run(ctx); err != nil {
				t.Errorf("%s: %v", user, err)
			}
		})
	}
	until(t, "ana has made a call of two and one of three, and all were heard", func() bool {
		mu.Lock()
		defer mu.Unlock()
		made, flowed := 0, 0
		for _, went := range all {
			if went.Made && went.Flowed {
				made++
			}
			if went.Flowed {
				flowed++
			}
		}
		return made >= 2 && flowed >= 5
	})
	stop()
	running.Wait()
	if n := w.engine.Connections(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

func TestTheEchoAnswersAnybodyAndSendsHisVoiceBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{RingTimeout: 2 * time.Second})
	e, call, end := ringsEcho(t, w)
	hears(t, call, 1)
	if err := call.Leave(t.Context()); err != nil {
		t.Errorf("leave: %v", err)
	}
	until(t, "the echo is free again", func() bool { return len(e.Calls()) == 0 })
	end()
}
