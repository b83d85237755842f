package sfu_test

import (
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

func goroutines() int { return runtime.NumGoroutine() }

func impatient(cfg *sfu.Config) {
	cfg.Limits.DisconnectedAfter = 700 * time.Millisecond
	cfg.Limits.FailedAfter = 700 * time.Millisecond
}

func TestAPeerThatVanishesIsNoticedAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, impatient))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	caio := sfutest.Join(t, r, "caio", 3, usual)
	ana.Film(0, 1, 2)
	bia.Speak(30)
	sfutest.Wait(t, "the others see and hear", func() bool {
		return caio.From("ana", sfu.Camera).Len() > 5 && bia.From("ana", sfu.Camera).Len() > 5
	})
	sfutest.Wait(t, "bia is connected and heard", func() bool {
		return bia.Heard(func(e sfu.PeerEvent) bool { return e == sfu.Connected{} }) &&
			bia.Heard(func(e sfu.PeerEvent) bool { return e == sfu.FirstMedia{} })
	})
	bia.StopTransport()
	sfutest.Wait(t, "it is noticed", func() bool {
		return bia.Heard(func(e sfu.PeerEvent) bool { return e == sfu.Disconnected{} })
	})
	sfutest.Wait(t, "it is given up", func() bool {
		return bia.Heard(func(e sfu.PeerEvent) bool { return e == sfu.Failed{Reason: sfu.ReasonTransport} })
	})
	seen := caio.From("ana", sfu.Camera).Len()
	sfutest.Wait(t, "the others go on", func() bool { return caio.From("ana", sfu.Camera).Len() > seen+20 })
	bia.Peer.Close()
	sfutest.Wait(t, "its slot is empty", func() bool { return caio.Mid("bia", sfu.Microphone) == "" })
}

func TestAClientThatNeverConnectsIsGivenUp(t *testing.T) {
	r := room(t, start(t, func(cfg *sfu.Config) { cfg.Limits.ConnectWithin = 300 * time.Millisecond }))
	c := sfutest.New(t, "ana", 1, usual)
	peer, err := r.Join("ana", c.On)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := c.PC.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Negotiate(t.Context(), sfu.Offer{SDP: offer.SDP}); err != nil {
		t.Fatal(err)
	}
	sfutest.Wait(t, "it is given up", func() bool {
		return c.Heard(func(e sfu.PeerEvent) bool { return e == sfu.Failed{Reason: sfu.ReasonTransport} })
	})
}

func TestAnICERestartKeepsEverythingFlowing(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, nil))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0, 1, 2)
	bia.Film(0, 1, 2)
	both := func(n int) func() bool {
		a, b := ana.From("bia", sfu.Camera).Len(), bia.From("ana", sfu.Camera).Len()
		return func() bool {
			return ana.From("bia", sfu.Camera).Len() > a+n && bia.From("ana", sfu.Camera).Len() > b+n
		}
	}
	sfutest.Wait(t, "they see each other", both(10))
	credentials := func() string {
		return ana.PC.RemoteDescription().SDP[strings.Index(ana.PC.RemoteDescription().SDP, "a=ice-ufrag:"):][:20]
	}
	before, mid := credentials(), ana.Mid("bia", sfu.Camera)
	ssrc := ana.Track(mid).Last().SSRC
	ana.RestartICE()
	if credentials() == before {
		t.Error("the answer has the old credentials")
	}
	sfutest.Wait(t, "they go on seeing each other", both(60))
	if ana.Mid("bia", sfu.Camera) != mid || ana.Track(mid).Last().SSRC != ssrc {
		t.Error("a slot or its SSRC changed")
	}
}

func TestAPeerThatFailedComesBackWithAnICERestart(t *testing.T) {
	t.Parallel()
	r := room(t, start(t, impatient))
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Film(0, 1, 2)
	sfutest.Wait(t, "bia sees ana", func() bool { return bia.From("ana", sfu.Camera).Len() > 5 })
	resume := bia.BlockTransport()
	sfutest.Wait(t, "it is given up", func() bool {
		return bia.Heard(func(e sfu.PeerEvent) bool { return e == sfu.Failed{Reason: sfu.ReasonTransport} })
	})
	resume()
	bia.RestartICE()
	seen := bia.From("ana", sfu.Camera).Len()
	sfutest.Wait(t, "bia sees ana again", func() bool { return bia.From("ana", sfu.Camera).Len() > seen+20 })
}

func TestAFloodOfSSRCsClosesOnlyItsPeer(t *testing.T) {
	var mu sync.Mutex
	var gone []sfu.Reason
	s := start(t, func(cfg *sfu.Config) {
		cfg.Events = func(e sfu.Event) {
			if e, ok := e.(sfu.PeerGone); ok {
				mu.Lock()
				defer mu.Unlock()
				gone = append(gone, e.Reason)
			}
		}
	})
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	evil := sfutest.Join(t, r, "evil", 6, usual)
	ana.Film(0, 1, 2)
	sfutest.Wait(t, "bia sees ana", func() bool { return bia.From("ana", sfu.Camera).Len() > 5 })
	sfutest.Wait(t, "the third is connected", func() bool {
		return evil.PC.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	abused := func() bool {
		return evil.Heard(func(e sfu.PeerEvent) bool { return e == sfu.Failed{Reason: sfu.ReasonAbuse} })
	}
	ssrc := uint32(1000)
	sfutest.Wait(t, "the flood is noticed", func() bool {
		for range 100 {
			ssrc++
			evil.NameSSRC(ssrc)
		}
		return abused()
	})
	<-evil.Peer.Done()
	seen := bia.From("ana", sfu.Camera).Len()
	sfutest.Wait(t, "the others go on", func() bool { return bia.From("ana", sfu.Camera).Len() > seen+20 })
	mu.Lock()
	defer mu.Unlock()
	if len(gone) != 1 || gone[0] != sfu.ReasonAbuse {
		t.Errorf("gone: %v", gone)
	}
	if s.Stats().Dropped.SSRC == 0 {
		t.Error("nothing was counted")
	}
	var after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 20<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

func TestCandidatesOfAClientAreNeverSentTo(t *testing.T) {
	t.Parallel()
	trap, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	r := room(t, start(t, nil))
	c := sfutest.New(t, "ana", 1, usual)
	if c.Peer, err = r.Join("ana", c.On); err != nil {
		t.Fatal(err)
	}
	port := trap.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	c.NegotiateWith(func(offer string) string {
		return offer + "a=candidate:1 1 udp 2130706431 127.0.0.1 " + strconv.Itoa(int(port)) + " typ host\r\n"
	})
	bia := sfutest.Join(t, r, "bia", 2, usual)
	c.Speak(20)
	sfutest.Wait(t, "a second of media", func() bool { return bia.From("ana", sfu.Microphone).Len() > 50 })
	// In the future: after a deadline that is past not even what has come is read.
	if err := trap.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, _, err := trap.ReadFrom(make([]byte, 1500)); err == nil {
		t.Errorf("%d bytes were sent to an address that a client named", n)
	}
}

func TestUplinkAboveTheLimitIsDropped(t *testing.T) {
	s := start(t, func(cfg *sfu.Config) { cfg.Limits.UplinkBps = 100_000 })
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	sfutest.Join(t, r, "bia", 2, usual)
	sfutest.Wait(t, "ana is connected", func() bool {
		return ana.PC.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
	began := time.Now()
	sfutest.Wait(t, "it is dropped", func() bool {
		ana.WriteCamera(&rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, 1000)})
		return s.Stats().Dropped.Uplink > 100
	})
	most := uint64(time.Since(began).Seconds()*100_000/8) + 100_000/8
	if in := s.Stats().In.VideoBytes; in > most {
		t.Errorf("%d bytes came through, at most %d should", in, most)
	}
}

func TestAnnouncedAddressesAreThoseOfTheConfiguration(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	addrs := s.Addrs()
	if len(addrs) != 1 || !addrs[0].Addr().IsLoopback() {
		t.Fatalf("addresses %v", addrs)
	}
	answer := ana.PC.RemoteDescription().SDP
	if n := strings.Count(answer, "a=candidate:"); n != 1 || !strings.Contains(answer, "127.0.0.1 "+strconv.Itoa(int(addrs[0].Port()))+" typ host") {
		t.Errorf("%d candidates in the answer", n)
	}
	for _, want := range []string{"a=ice-lite", "a=setup:passive"} {
		if !strings.Contains(answer, want) {
			t.Errorf("the answer has no %s", want)
		}
	}
}
