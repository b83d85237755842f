package sfu_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

func TestARefusedOfferChangesNothing(t *testing.T) {
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0, 1, 2)
	sfutest.Wait(t, "bia sees ana", func() bool { return bia.From("ana", sfu.Camera).Len() > 5 })
	good := ana.PC.LocalDescription().SDP
	for what, offer := range map[string]string{
		"nonsense":          "nonsense",
		"a bomb":            good + strings.Repeat("a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n", 20000),
		"other sections":    strings.Replace(good, "a=mid:1\r\n", "a=mid:x\r\n", 1),
		"fewer sections":    good[:strings.LastIndex(good, "m=")],
		"another direction": strings.Replace(good, "a=sendonly", "a=recvonly", 1),
	} {
		var broken *sfu.SDPError
		if _, err := ana.Peer.Negotiate(t.Context(), sfu.Offer{SDP: offer}); !errors.As(err, &broken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	seen := bia.From("ana", sfu.Camera).Len()
	sfutest.Wait(t, "bia goes on seeing ana", func() bool { return bia.From("ana", sfu.Camera).Len() > seen+10 })
	ana.Negotiate()
}

func TestAnOfferThatIsRepeatedIsAnsweredAgain(t *testing.T) {
	// Its answer may have been lost on the way.
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	ana.Speak(30)
	ana.Film(0)
	bia := sfutest.Join(t, r, "bia", 2, sfutest.Options{AudioSlots: 1, VideoSlots: 1})
	bia.AddSlots(0, 3)
	offered := ""
	bia.NegotiateWith(func(offer string) string {
		offered = offer
		if _, err := bia.Peer.Negotiate(t.Context(), sfu.Offer{SDP: offer}); err != nil {
			t.Fatal(err)
		}
		return offer
	})
	seen := bia.From("ana", sfu.Camera).Len()
	sfutest.Wait(t, "media goes on", func() bool { return bia.From("ana", sfu.Camera).Len() > seen+20 })
	answer, err := bia.Peer.Negotiate(t.Context(), sfu.Offer{SDP: offered})
	if err != nil || strings.Count(answer.SDP, "m=") != strings.Count(offered, "m=") {
		t.Errorf("%d sections were answered of %d: %v", strings.Count(answer.SDP, "m="), strings.Count(offered, "m="), err)
	}
}

func TestSourcesMustBeAmongTheSectionsThatSend(t *testing.T) {
	r := room(t, start(t, nil))
	c := sfutest.New(t, "ana", 1, usual)
	peer, err := r.Join("ana", c.On)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := c.PC.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, mids := range map[string]map[sfu.Source]string{
		"no such section":            {sfu.Microphone: "99"},
		"a section of another kind":  {sfu.Microphone: "1"},
		"a section that receives":    {sfu.Microphone: "4"},
		"one section for two":        {sfu.Camera: "1", sfu.Screen: "1"},
		"a source that is not known": {"smell": "0"},
	} {
		if _, err := peer.Negotiate(t.Context(), sfu.Offer{SDP: offer.SDP, Mids: mids}); !errors.Is(err, sfu.ErrSDP) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := peer.Negotiate(t.Context(), sfu.Offer{SDP: offer.SDP, Mids: map[sfu.Source]string{sfu.Camera: "1", sfu.Microphone: "0"}}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsClosedSaysSo(t *testing.T) {
	s := start(t, func(cfg *sfu.Config) { cfg.Limits.Rooms, cfg.Limits.PeersPerRoom = 1, 1 })
	r := room(t, s)
	if _, err := s.Room("another"); !errors.Is(err, sfu.ErrFull) {
		t.Errorf("a second room: %v", err)
	}
	peer, err := r.Join("ana", func(sfu.PeerEvent) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Join("bia", func(sfu.PeerEvent) {}); !errors.Is(err, sfu.ErrFull) {
		t.Errorf("a second peer: %v", err)
	}
	r.Close()
	<-peer.Done()
	if _, err := r.Join("ana", func(sfu.PeerEvent) {}); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("a join of a closed room: %v", err)
	}
	c := sfutest.New(t, "x", 1, usual)
	offer, err := c.PC.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Negotiate(t.Context(), sfu.Offer{SDP: offer.SDP}); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("an offer of a closed peer: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Room("late"); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("a room of a closed SFU: %v", err)
	}
}

// TestTheDearestOfferThatPassesIsStillCheap fills an offer to its limits and has it answered.
func TestTheDearestOfferThatPassesIsStillCheap(t *testing.T) {
	r := room(t, start(t, nil))
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n" +
		"a=fingerprint:sha-256 " + strings.Repeat("00:", 31) + "00\r\na=setup:actpass\r\n")
	mids := []string{}
	for i := range 49 {
		mids = append(mids, fmt.Sprint(i))
	}
	b.WriteString("a=group:BUNDLE " + strings.Join(mids, " ") + "\r\n")
	for _, mid := range mids {
		b.WriteString("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:" + mid + "\r\na=recvonly\r\na=rtcp-mux\r\n" +
			"a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n")
		for i := range 60 {
			fmt.Fprintf(&b, "a=ssrc:%d cname:x\r\n", i+1)
		}
	}
	offer := b.String()
	if len(offer) > 64<<10 {
		t.Fatalf("%d bytes", len(offer))
	}
	peer, err := r.Join("ana", func(sfu.PeerEvent) {})
	if err != nil {
		t.Fatal(err)
	}
	before := processorTime(t)
	if _, err := peer.Negotiate(t.Context(), sfu.Offer{SDP: offer}); err != nil {
		t.Fatal(err)
	}
	spent := processorTime(t) - before
	t.Logf("%d bytes, 49 slots: %v of processor time", len(offer), spent)
	if spent > time.Second { // with the race detector; a few milliseconds without
		t.Errorf("it took %v", spent)
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestOffersOfManyPeersAndTheirClosingDoNotWaitForEachOther(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := fmt.Sprint("p", i%4) // half of them replace the others
			c := sfutest.New(t, id, byte(i), sfutest.Options{AudioSlots: 1, VideoSlots: 1})
			peer, err := r.Join(id, func(sfu.PeerEvent) {})
			if err != nil {
				t.Error(err)
				return
			}
			offer, err := c.PC.CreateOffer(nil)
			if err != nil {
				t.Error(err)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := peer.Negotiate(ctx, sfu.Offer{SDP: offer.SDP}); err != nil && !errors.Is(err, sfu.ErrClosed) {
				t.Error(err)
			}
			peer.Close()
			<-peer.Done()
		})
	}
	wg.Wait()
	if stats := s.Stats(); stats.Peers != 0 || stats.Connected != 0 || stats.Tracks != 0 {
		t.Errorf("left: %+v", stats)
	}
}
