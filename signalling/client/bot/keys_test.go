package bot_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/bot"
	"pronto/signalling/client/sframe"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// sealed are the options of a server all of whose calls are encrypted.
var sealed = signallingtest.Options{Encryption: "required"}

// opens waits until frames of n others are opened in the call, anew.
func opens(t *testing.T, c *bot.Call, n int) {
	t.Helper()
	before := c.Stats().Received
	until(t, "the others' frames are opened", func() bool {
		voices, pictures := map[wire.ParticipantID]bool{}, map[wire.ParticipantID]bool{}
		for flow, count := range c.Stats().Received {
			opened := count.Opened - before[flow].Opened
			if flow.Participant == "" || flow.Participant == c.State().Self {
				continue
			}
			if flow.Source == wire.SourceMicrophone && opened > 30 {
				voices[flow.Participant] = true
			}
			if flow.Source == wire.SourceCamera && opened > 10 {
				pictures[flow.Participant] = true
			}
		}
		return len(voices) == n && len(pictures) == n
	})
}

// agree waits until all have the same keys and nobody else has.
func agree(t *testing.T, calls ...*bot.Call) {
	t.Helper()
	until(t, "all have the same keys", func() bool {
		code := calls[0].Keys().Code()
		for _, c := range calls {
			if c.Keys().Code() != code || len(c.Keys().Holders()) != len(calls) {
				return false
			}
		}
		return code != ""
	})
}

func TestTwoTalkSealedOverADirectConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sealed)
	ana, bia := w.phone("ana", 0), w.phone("bia", 1)
	w.know("ana", "bia")
	made := ring(t, ana, wire.KindVideo, "bia")
	taken := accept(t, bia)
	opens(t, made, 1)
	opens(t, taken, 1)
	agree(t, made, taken)
	if made.State().Topology != wire.TopologyDirect || !made.State().Encrypted {
		t.Errorf("the call is %+v", made.State())
	}
	for _, h := range made.Keys().Holders() {
		if h.Participant == "" || h.Account != "ana" && h.Account != "bia" {
			t.Errorf("a holder is %+v", h)
		}
	}
}

func TestKeysGoOnWhenAThirdComesAndGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sealed)
	ana, bia, carlo := w.phone("ana", 0), w.phone("bia", 1), w.phone("carlo", 2)
	w.know("ana", "bia", "carlo")
	made := ring(t, ana, wire.KindVideo, "bia")
	taken := accept(t, bia)
	opens(t, made, 1)
	opens(t, taken, 1)
	if err := made.Invite(t.Context(), "carlo"); err != nil {
		t.Fatalf("invite: %v", err)
	}
	third := accept(t, carlo)
	for _, c := range []*bot.Call{made, taken, third} {
		opens(t, c, 2)
	}
	agree(t, made, taken, third)
	with := made.Keys().Code()
	if err := third.Leave(t.Context()); err != nil {
		t.Errorf("leave: %v", err)
	}
	agree(t, made, taken)
	if made.Keys().Code() == with {
		t.Error("the keys are still those that he who left has")
	}
	opens(t, made, 1)
	opens(t, taken, 1)
}

func TestTheEchoIsSealedAnew(t *testing.T) {
	t.Parallel()
	o := sealed
	o.RingTimeout = 2 * time.Second
	w := newWorld(t, o)
	_, call, end := ringsEcho(t, w)
	opens(t, call, 1)
	end()
}

func TestASealedDirectCallOutlivesTheServer(t *testing.T) {
	t.Parallel()
	calls := killedWith(t, sealed, []wire.UserID{"ana", "bia"}, func(_ *world, p []*phone) []*bot.Call {
		made := ring(t, p[0], wire.KindVideo, "bia")
		calls := []*bot.Call{made, accept(t, p[1])}
		for _, c := range calls {
			opens(t, c, 1)
		}
		return calls
	}, func(calls []*bot.Call) {
		for _, c := range calls {
			opens(t, c, 1)
		}
	})
	agree(t, calls...)
	for _, c := range calls {
		opens(t, c, 1)
	}
}

func TestASealedGroupCallIsSetUpAnewAfterTheServerWasKilled(t *testing.T) {
	t.Parallel()
	calls := killedWith(t, sealed, []wire.UserID{"ana", "bia", "carlo"}, func(_ *world, p []*phone) []*bot.Call {
		made := ring(t, p[0], wire.KindVideo, "bia", "carlo")
		calls := []*bot.Call{made, accept(t, p[1]), accept(t, p[2])}
		for _, c := range calls {
			opens(t, c, 2)
		}
		return calls
	}, func([]*bot.Call) {})
	agree(t, calls...)
	for _, c := range calls {
		opens(t, c, 2)
	}
}

func TestALinksSecretKeepsOutWhoDoesNotKnowIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sealed)
	ana, bia, carlo := w.phone("ana", 0), w.phone("bia", 1), w.phone("carlo", 2)
	link, err := client.Request[wire.Link](t.Context(), ana.Client(), wire.CreateLink{Kind: wire.KindVideo})
	if err != nil {
		t.Fatalf("create a link: %v", err)
	}
	join := func(p *phone, secret string) *bot.Call {
		c, err := p.JoinLink(t.Context(), link.Link, secret, both)
		if err != nil {
			t.Fatalf("join: %v", err)
		}
		return c
	}
	first, second := join(ana, "a secret"), join(bia, "a secret")
	opens(t, first, 1)
	opens(t, second, 1)
	agree(t, first, second)
	without := join(carlo, "")
	until(t, "he who does not know it waits for keys", func() bool { return len(client.Joined(new(without.State()))) == 3 })
	opens(t, first, 1) // the others go on
	for flow, count := range without.Stats().Received {
		if count.Opened > 0 && flow.Participant != without.State().Self {
			t.Errorf("he has opened frames of %s", flow.Participant)
		}
	}
	if _, ok := without.Keys().Epoch(); ok {
		t.Error("he has keys")
	}
}

// TestWhoComesOpensNothingOfBeforeAndWhoHasGoneNothingOfAfter gives what was recorded of a call to somebody who came
// later, and to somebody who had left, with all the keys that they ever had.
func TestWhoComesOpensNothingOfBeforeAndWhoHasGoneNothingOfAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sealed)
	ana, bia, carlo := w.silent("ana"), w.silent("bia"), w.silent("carlo")
	link, err := client.Request[wire.Link](t.Context(), ana.Client(), wire.CreateLink{Kind: wire.KindVideo})
	if err != nil {
		t.Fatalf("create a link: %v", err)
	}
	join := func(p *phone) *bot.Call {
		t.Helper()
		c, err := p.JoinLink(t.Context(), link.Link, "", wire.Media{})
		if err != nil {
			t.Fatalf("join: %v", err)
		}
		return c
	}
	record := func(c *bot.Call) (frames [][]byte) {
		t.Helper()
		for i := range 50 {
			sealed, err := c.Keys().Seal(wire.SourceCamera, i == 0, []byte("what is seen"))
			if err != nil {
				t.Fatalf("seal: %v", err)
			}
			frames = append(frames, sealed)
		}
		return frames
	}
	opened := func(c *bot.Call, frames [][]byte) (n int) {
		for _, f := range frames {
			if plain, _, err := c.Keys().Open(wire.SourceCamera, f); err == nil && string(plain) == "what is seen" {
				n++
			}
		}
		return n
	}
	// sealsAnew waits until what somebody seals cannot be opened any more with what was there before.
	sealsAnew := func(c *bot.Call, epoch uint32) {
		t.Helper()
		until(t, "he seals with the new keys", func() bool {
			sealed, err := c.Keys().Seal(wire.SourceMicrophone, false, []byte("x"))
			if err != nil {
				t.Fatalf("seal: %v", err)
			}
			h, _, err := sframe.ParseHeader(sealed)
			name, ok := sframe.ParseKID(h.KID)
			return err == nil && ok && name.Epoch == uint8(epoch)
		})
	}
	first, second := join(ana), join(bia)
	agree(t, first, second)
	epoch, _ := first.Keys().Epoch()
	sealsAnew(first, epoch)
	before := record(first)
	third := join(carlo)
	agree(t, first, second, third)
	epoch, _ = first.Keys().Epoch()
	sealsAnew(first, epoch)
	during := record(first)
	if err := third.Leave(t.Context()); err != nil {
		t.Fatalf("leave: %v", err)
	}
	agree(t, first, second)
	epoch, _ = first.Keys().Epoch()
	sealsAnew(first, epoch)
	after := record(first)
	for what, c := range map[string]struct {
		who    *bot.Call
		frames [][]byte
		want   int
	}{
		"bia, before": {second, before, 50}, "bia, during": {second, during, 50}, "bia, after": {second, after, 50},
		"carlo, before": {third, before, 0}, "carlo, during": {third, during, 50}, "carlo, after": {third, after, 0},
	} {
		if got := opened(c.who, c.frames); got != c.want {
			t.Errorf("%s: %d of %d frames were opened, want %d", what, got, len(c.frames), c.want)
		}
	}
	if n := opened(second, after); n != 0 {
		t.Errorf("%d frames were opened twice", n)
	}
}

// TestKeysSurviveAStormOfComingAndGoing has people come to a call and leave it as fast as they can,
// some without a word.
func TestKeysSurviveAStormOfComingAndGoing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sealed)
	users := []wire.UserID{"ana", "bia", "carlo", "dario", "ezio"}
	var phones []*phone
	for _, user := range users {
		phones = append(phones, w.silent(user))
	}
	link, err := client.Request[wire.Link](t.Context(), phones[0].Client(), wire.CreateLink{Kind: wire.KindVoice})
	if err != nil {
		t.Fatalf("create a link: %v", err)
	}
	join := func(p *phone) *bot.Call {
		for {
			c, err := p.JoinLink(t.Context(), link.Link, "", wire.Media{})
			if err == nil {
				return c
			}
			if p, ok := errors.AsType[*wire.Problem](err); !ok || p.Code != wire.CodeRateLimited {
				t.Errorf("join: %v", err)
				return nil
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	first := join(phones[0])
	calls := make([]*bot.Call, len(phones))
	calls[0] = first
	var storm sync.WaitGroup
	for i, p := range phones[1:] {
		storm.Go(func() {
			for n := range 3 {
				c := join(p)
				if c == nil {
					return
				}
				calls[i+1] = c
				if n == 2 {
					return
				}
				if (i+n)%2 == 0 { // has got his keys; or else leaves on his way in
					until(t, "he has keys", func() bool { _, ok := c.Keys().Epoch(); return ok })
				}
				if err := c.Leave(t.Context()); err != nil {
					t.Errorf("leave: %v", err)
				}
				<-c.Done()
			}
		})
	}
	storm.Wait()
	if !t.Failed() {
		agree(t, calls...)
	}
}
