package bot_test

import (
	"testing"
	"time"

	"pronto/signalling/client/bot"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// longestGap is for how long at most somebody may hear nothing while a call moves, and
// for how long whoever has it now.
const longestGap = time.Second

// voices is how much sound of others has come into a call. Of a sealed call only what
// could be opened counts.
func voices(c *bot.Call, sealed bool) (n uint64) {
	for flow, count := range c.Stats().Received {
		switch {
		case flow.Source != wire.SourceMicrophone:
		case sealed:
			n += uint64(count.Opened)
		default:
			n += uint64(count.Packets)
		}
	}
	return n
}

// silence watches for how long at most no sound comes into a call.
type silence struct {
	stop    chan struct{}
	longest chan time.Duration
}

func listen(c *bot.Call, sealed bool) silence {
	s := silence{make(chan struct{}), make(chan time.Duration, 1)}
	go func() {
		last, since, longest := voices(c, sealed), time.Now(), time.Duration(0)
		for {
			select {
			case <-s.stop:
				s.longest <- max(longest, time.Since(since))
				return
			case <-time.After(5 * time.Millisecond):
			}
			if now := voices(c, sealed); now != last {
				longest = max(longest, time.Since(since))
				last, since = now, time.Now()
			}
		}
	}()
	return s
}

func (s silence) end() time.Duration {
	close(s.stop)
	return <-s.longest
}

// A call of two moves from a phone to a tablet and back, over real media: who is talked
// with hears no gap of more than a second, and the devices that have it in turn hear him
// within a second, also where new keys are made. A machine that is busy with other
// things may be slow now and then.
func TestACallMovesToAnotherDeviceWithoutAGap(t *testing.T) {
	t.Parallel()
	for _, o := range []signallingtest.Options{{Encryption: "off"}, sealed} {
		t.Run("encryption "+string(o.Encryption), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			ana, phone := w.phone("ana", 0), w.phone("bia", 1)
			other := w.config("bia", 2)
			other.Client.Device, other.Client.DeviceName = "tablet", "Bia's tablet"
			tablet := w.open(other)
			w.know("ana", "bia")
			var worst time.Duration
			for range 5 {
				worst = 0
				made := ring(t, ana, wire.KindVoice, "bia")
				taken := accept(t, phone)
				<-made.Flows()
				<-taken.Flows()
				devices := []*phoneIn{{tablet, nil}, {phone, taken}}
				for turn := range 4 { // from the direct way to the SFU, and then from device to device
					worst = max(worst, moves(t, made, devices[(turn+1)%2], devices[turn%2], o.Encryption == "required"))
				}
				if worst <= longestGap {
					return
				}
				if err := made.Leave(t.Context()); err != nil {
					t.Fatalf("leave: %v", err)
				}
			}
			t.Errorf("somebody hears nothing for %s while a call moves", worst)
		})
	}
}

// phoneIn is a device, and the call that it has or had.
type phoneIn struct {
	*phone
	call *bot.Call
}

// moves has to take the call over from from, and returns for how long who stayed heard
// nothing, or the new device nothing of him.
func moves(t *testing.T, far *bot.Call, from, to *phoneIn, sealed bool) time.Duration {
	t.Helper()
	watch := listen(far, sealed)
	var err error
	to.call, err = to.MoveHere(t.Context(), far.ID(), wire.Media{Microphone: true})
	if err != nil {
		t.Fatalf("move here: %v", err)
	}
	for name, over := range map[string]<-chan struct{}{"the new device hears": to.call.Flows(), "the old one is out of it": from.call.Over()} {
		select {
		case <-over:
		case <-time.After(patience):
			t.Fatalf("it never came about that %s", name)
		}
	}
	before := voices(far, sealed) // the old device is gone: what comes now is of the new one
	until(t, "who stayed hears the new device", func() bool { return voices(far, sealed) > before+25 })
	gap, came := watch.end(), to.call.FlowsAfter()
	t.Logf("who stayed heard nothing for %s at most; the new device heard him after %s", gap, came)
	return max(gap, came)
}
