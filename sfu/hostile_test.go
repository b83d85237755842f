package sfu_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"pronto/sfu"
	"pronto/sfu/sfutest"
)

const (
	// attackFor is how many packets of others' sound an attack lasts: a second.
	attackFor = 50
	// attackStep is how many packets are sent at once, a thousand times a second if the machine can: up to 90 Mbit/s.
	attackStep = 10
	// lostAtMost is how many packets of others' sound may be lost. It should be none; but where the system gives a socket
	// no longer queue than its usual, a machine that does not let the server run loses some, attack or not.
	lostAtMost = 1
	// longestGap is what nobody may be kept from hearing others for. A busy machine takes its time with clients,
	// too, so that it is far above what is usual.
	longestGap = time.Second
	// heapGrowth is what an attack may leave behind.
	heapGrowth = 16 << 20
)

// attacks are what a hostile participant, who has keys and may be there, can send.
func attacks() map[string]func(evil *sfutest.Client, n uint32) {
	junk := make([]byte, 1100)
	return map[string]func(evil *sfutest.Client, n uint32){
		"random SSRCs in RTP": func(evil *sfutest.Client, n uint32) {
			evil.WriteRaw(&rtp.Header{Version: 2, PayloadType: 111, SSRC: rand.Uint32(), SequenceNumber: uint16(n)}, junk[:80])
		},
		"random SSRCs in RTCP": func(evil *sfutest.Client, _ uint32) { evil.NameSSRC(rand.Uint32()) },
		"a flood of reports": func(evil *sfutest.Client, _ uint32) {
			_ = evil.PC.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1, Reports: make([]rtcp.ReceptionReport, 31)}})
		},
		"a storm of NACKs": func(evil *sfutest.Client, n uint32) {
			nacks := make([]rtcp.NackPair, 60)
			for i := range nacks {
				nacks[i] = rtcp.NackPair{PacketID: uint16(n) + uint16(i)*17, LostPackets: 0xffff}
			}
			media := evil.From("ana", sfu.Camera).Last().SSRC
			_ = evil.PC.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: media, Nacks: nacks}})
		},
		"a storm of wishes for key frames": func(evil *sfutest.Client, n uint32) {
			media := evil.From("ana", sfu.Camera).Last().SSRC
			_ = evil.PC.WriteRTCP([]rtcp.Packet{
				&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: media},
				&rtcp.FullIntraRequest{SenderSSRC: 1, MediaSSRC: media, FIR: []rtcp.FIREntry{{SSRC: media, SequenceNumber: uint8(n)}}},
			})
		},
		"far more than an uplink": func(evil *sfutest.Client, n uint32) {
			evil.WriteCamera(&rtp.Packet{Header: rtp.Header{Version: 2, Timestamp: n * 90}, Payload: append(sfutest.VP8(n == 0, true, uint16(n)&0x7fff, 0, 180), junk...)})
		},
		"malformed packets": func(evil *sfutest.Client, n uint32) {
			h := rtp.Header{
				Version: 2, PayloadType: uint8(96 + n%2), SSRC: n%8 + 1, SequenceNumber: uint16(n),
				Padding: n%3 == 0, Extension: true, ExtensionProfile: []uint16{0xbede, 0x1000, 0x1001, 7}[n%4],
			}
			_ = h.SetExtension(uint8(n%14+1), junk[:n%16]) // what cannot be set is left out
			payload := make([]byte, n%40)
			for i := range payload {
				payload[i] = byte(rand.Uint32())
			}
			evil.WriteRaw(&h, payload)
		},
		"handshakes, checks and junk": func(evil *sfutest.Client, n uint32) {
			b := make([]byte, 20+n%100)
			for i := range b {
				b[i] = byte(rand.Uint32())
			}
			b[0] = []byte{22, 0, 200, 128, 64, 144}[n%6]
			evil.WriteDatagram(b)
		},
	}
}

func TestNobodyIsHeardLessForWhatAHostileParticipantSends(t *testing.T) {
	s := start(t, nil)
	r := room(t, s)
	ana := sfutest.Join(t, r, "ana", 1, usual)
	bia := sfutest.Join(t, r, "bia", 2, usual)
	ana.Speak(20)
	ana.Film(0)
	bia.Speak(30)
	sfutest.Wait(t, "the others hear each other", func() bool {
		return ana.From("bia", sfu.Microphone).Len() > 5 && bia.From("ana", sfu.Microphone).Len() > 5
	})
	for name, attack := range attacks() {
		t.Run(name, func(t *testing.T) {
			evil := sfutest.Join(t, r, "evil", 6, usual)
			sfutest.Wait(t, "the hostile one sees something", func() bool { return evil.From("ana", sfu.Camera).Len() > 5 })
			before := heap()
			asked := ana.PLIs(0)
			began := time.Now()
			sound := []*sfutest.Track{ana.From("bia", sfu.Microphone), bia.From("ana", sfu.Microphone)}
			from := []int{sound[0].Len(), sound[1].Len()}
			var work sync.WaitGroup
			stop := make(chan struct{})
			work.Go(func() { flood(stop, func(n uint32) { attack(evil, n) }) })
			for i, track := range sound {
				sfutest.Wait(t, "a second of sound", func() bool { return track.Len() >= from[i]+attackFor })
			}
			close(stop)
			work.Wait()
			for i, track := range sound {
				gap := track.LongestGap(from[i])
				if gap > longestGap {
					t.Errorf("there was no sound for %v", gap)
				}
				packets := track.Packets()[from[i]:]
				lost := int(packets[len(packets)-1].Seq-packets[0].Seq) + 1 - len(packets)
				if lost > lostAtMost {
					t.Errorf("%d packets of sound were lost", lost)
				}
				t.Logf("the longest time without sound was %v, and %d packets were lost", gap, lost)
			}
			// Two a second and encoding, and one at either end.
			if n, most := ana.PLIs(0)-asked, uint64(2*time.Since(began).Seconds())+2; n > most {
				t.Errorf("ana was asked for %d key frames, not %d", n, most)
			}
			evil.Close()
			evil.Peer.Close()
			<-evil.Peer.Done()
			if after := heap(); after > before+heapGrowth {
				t.Errorf("the heap grew by %d MiB", (after-before)>>20)
			}
		})
	}
}

// flood attacks until it is stopped.
func flood(stop <-chan struct{}, attack func(n uint32)) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := uint32(0); ; {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for range attackStep {
			attack(n)
			n++
		}
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
