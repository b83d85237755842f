package sfu

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

// captured returns the packets of a capture of package forward, as one encoding of the wires' camera.
func captured(t testing.TB, name string) (packets []*rtp.Packet) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("forward", "testdata", "chromium-"+name+".rtp"))
	if err != nil {
		t.Fatal(err)
	}
	first := uint32(0)
	for len(data) > 0 {
		n := int(binary.BigEndian.Uint16(data))
		p := new(rtp.Packet)
		if err := p.Unmarshal(bytes.Clone(data[2 : 2+n])); err != nil {
			t.Fatal(err)
		}
		data = data[2+n:]
		if first == 0 {
			first = p.SSRC
		}
		if p.SSRC != first {
			continue
		}
		dependency := bytes.Clone(p.GetExtension(wireDependency))
		p.Extension, p.Extensions, p.ExtensionProfile = false, nil, 0
		if err := p.SetExtension(wireDependency, dependency); err != nil {
			t.Fatal(err)
		}
		p.SSRC = wireSSRC
		packets = append(packets, p)
	}
	return packets
}

// rest returns what comes until no media does: media, and how many key frames were asked for.
func (w *wire) rest() (media []*rtp.Packet, keyFrames int) {
	w.t.Helper()
	for until := time.Now().Add(quiet); time.Now().Before(until); {
		p, reports := w.next(quiet)
		if p != nil && w.slot != nil && p.SSRC == w.slot.ssrc { // not what probes the way
			media = append(media, p)
			until = time.Now().Add(quiet)
		}
		for _, r := range reports {
			if _, ok := r.(*rtcp.PictureLossIndication); ok {
				keyFrames++
			}
		}
	}
	return media, keyFrames
}

// quiet is how long nothing comes when nothing is left to come.
const quiet = 300 * time.Millisecond

// feed has the worker take packets of a wire as one batch each, at 30 a second by its clock.
func (w *wire) feed(packets []*rtp.Packet) {
	w.t.Helper()
	s := w.peer.sfu
	for _, p := range packets {
		sealed := w.seal(p)
		s.worker.do(func() {
			s.worker.takeFrom(w.peer.link, sealed)
			s.worker.forward()
			s.worker.slab.Flush()
		})
	}
}

func TestOneSizeOfAStreamInLayersFlowsWithoutAGapAndEndsItsPictures(t *testing.T) {
	for name, described := range map[string]bool{"vp9-l3t3key": false, "av1-l3t3key": true} {
		_, r := startWired(t, Limits{UplinkBps: 1e9})
		ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
		r.sfu.worker.do(func() { bia.slot.dependency = 12 })
		bia.peer.View([]ViewItem{{Participant: "ana", Source: Camera, Height: 360}})
		all := captured(t, name)
		ana.feed(all)
		got, _ := bia.rest()
		if len(got) < 40 || len(got) > len(all)/2 {
			t.Fatalf("%s: %d of %d packets came", name, len(got), len(all))
		}
		timestamps := 0
		var frame uint16
		for i, p := range got {
			if i > 0 && p.SequenceNumber != got[i-1].SequenceNumber+1 {
				t.Fatalf("%s, packet %d: number %d after %d", name, i, p.SequenceNumber, got[i-1].SequenceNumber)
			}
			if i > 0 && got[i-1].Marker != (p.Timestamp != got[i-1].Timestamp) {
				t.Errorf("%s, packet %d: the picture before it ends with marker %v", name, i, got[i-1].Marker)
			}
			if p.Marker {
				timestamps++
			}
			descriptor := p.GetExtension(12)
			if described != (descriptor != nil) {
				t.Fatalf("%s, packet %d: descriptor % x", name, i, descriptor)
			}
			if described {
				if n := binary.BigEndian.Uint16(descriptor[1:]); i > 0 && int16(n-frame) < 0 {
					t.Errorf("packet %d: frame %d after %d", i, n, frame)
				}
				frame = binary.BigEndian.Uint16(descriptor[1:])
			}
		}
		if timestamps < 30 {
			t.Errorf("%s: %d pictures", name, timestamps)
		}
		up := r.sfu.Stats().LayersUp
		bia.peer.View([]ViewItem{{Participant: "ana", Source: Camera, Height: 720}})
		again := captured(t, name)
		for _, p := range again { // the capture once more, as what comes next
			p.SequenceNumber += all[len(all)-1].SequenceNumber - all[0].SequenceNumber + 1
			p.Timestamp += all[len(all)-1].Timestamp - all[0].Timestamp + 3000
		}
		ana.feed(again)
		more, _ := bia.rest()
		if len(more) < 60 || more[0].SequenceNumber != got[len(got)-1].SequenceNumber+1 {
			t.Fatalf("%s: %d packets of the larger size", name, len(more))
		}
		if r.sfu.Stats().LayersUp == up {
			t.Errorf("%s: no switch was counted", name)
		}
	}
}

func TestManyWhoAwaitALargerSizeAskForOneKeyFrame(t *testing.T) {
	t.Parallel()
	s, r := startWired(t, Limits{UplinkBps: 1e9})
	ana := joinWired(t, r, "ana", true, gcm)
	var viewers []*wire
	for _, id := range []string{"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"} {
		v := joinWired(t, r, id, false, gcm)
		v.peer.View([]ViewItem{{Participant: "ana", Source: Camera, Height: 180}})
		viewers = append(viewers, v)
	}
	all := captured(t, "vp9-l3t3key")
	ana.feed(all[:100])
	for _, v := range viewers {
		if got, _ := v.rest(); len(got) == 0 {
			t.Fatal("nothing came")
		}
	}
	before, sent := s.Stats().KeyFrames, time.Now()
	for _, v := range viewers {
		v.peer.View([]ViewItem{{Participant: "ana", Source: Camera, Height: 720}})
	}
	after := before
	for i := 100; i < 170 && after.Sent == before.Sent; i++ { // the next key frame is the 171st packet
		ana.feed(all[i : i+1])
		ana.next(20 * time.Millisecond)
		after = s.Stats().KeyFrames
	}
	if most := 2 * (1 + uint64(time.Since(sent)/time.Second)); after.Sent == before.Sent || after.Sent-before.Sent > most {
		t.Errorf("%d requests, at most %d in this time", after.Sent-before.Sent, most)
	}
	if after.Switch-before.Switch < 2 || after.Switch-before.Switch-(after.Merged-before.Merged) != 1 {
		t.Errorf("%d wishes, of which %d were merged", after.Switch-before.Switch, after.Merged-before.Merged)
	}
}

func TestAnotherCodecOfTheSameSourceGoesOnInItsSlot(t *testing.T) {
	t.Parallel()
	_, r := startWired(t, Limits{UplinkBps: 1e9})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	var seq uint16
	var timestamp uint32
	var last *rtp.Packet
	for _, step := range []struct {
		codec forward.Codec
		media []*rtp.Packet
	}{
		{forward.CodecVP8, []*rtp.Packet{video(1), video(2), video(3)}},
		{forward.CodecH264, captured(t, "h264-simulcast")[:20]},
		{forward.CodecVP9, captured(t, "vp9-l3t3key")[:20]},
		{forward.CodecAV1, captured(t, "av1-l3t3key")[:20]},
		{forward.CodecVP8, []*rtp.Packet{video(1), video(2), video(3)}},
	} {
		first := step.media[0].Timestamp
		for _, p := range step.media {
			seq++
			p.SequenceNumber, p.Timestamp = seq, p.Timestamp-first+timestamp+3000
		}
		timestamp = step.media[len(step.media)-1].Timestamp
		ana.feed(step.media)
		got, _ := bia.rest()
		if len(got) < 3 {
			t.Fatalf("%v: %d packets came", step.codec, len(got))
		}
		for _, p := range got {
			if p.PayloadType != wireFormats().media[step.codec] || p.SSRC != 2000 {
				t.Fatalf("%v came as payload type %d", step.codec, p.PayloadType)
			}
			if last != nil && (p.SequenceNumber != last.SequenceNumber+1 || int32(p.Timestamp-last.Timestamp) < 0) {
				t.Fatalf("%v: %d at %d after %d at %d", step.codec, p.SequenceNumber, p.Timestamp, last.SequenceNumber, last.Timestamp)
			}
			last = p
		}
	}
}

func TestWhoCannotDecodeACodecGetsNothingOfItAndNoKeyFrameIsAskedForHim(t *testing.T) {
	s, r := startWired(t, Limits{UplinkBps: 1e9})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	s.worker.do(func() { bia.slot.formats.media[forward.CodecVP9] = 0 })
	ana.feed(captured(t, "vp9-l3t3key")[:100])
	if got, _ := bia.rest(); len(got) != 0 {
		t.Errorf("%d packets came", len(got))
	}
	if _, asked := ana.rest(); asked != 0 {
		t.Errorf("%d key frames were asked for", asked)
	}
}

// joinSound has somebody join who speaks, or hears.
func joinSound(t testing.TB, r *Room, id string, speaks bool) *wire {
	t.Helper()
	var f formats
	f.media[forward.CodecOpus], f.red = 111, 63
	w := joinWired(t, r, id, false, gcm)
	if speaks {
		w.peer.publish([]*stream{{peer: w.peer, source: Microphone, mid: "0", formats: f, ssrcs: []uint32{wireSSRC}}}, extensionIDs{mid: 1, twcc: wireTWCC})
		return w
	}
	w.slot = newSlot(w.peer, true, "slot-1")
	w.slot.mid, w.slot.formats, w.slot.ssrc = "1", f, 3000
	r.sfu.worker.do(func() { w.peer.link.addSlots([]*slot{w.slot}) })
	r.mu.Lock()
	w.peer.audioSlots = append(w.peer.audioSlots, w.slot)
	r.assign(time.Now())
	r.mu.Unlock()
	return w
}

// sound returns one packet of sound.
func sound(seq uint16) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 111, SequenceNumber: seq, Timestamp: uint32(seq) * 960, SSRC: wireSSRC},
		Payload: bytes.Repeat([]byte{byte(seq)}, 80),
	}
}

func TestWhoLosesSoundGetsItTwiceAndTheSpeakerHearsOfTheWorst(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia, carlo := joinSound(t, r, "ana", true), joinSound(t, r, "bia", false), joinSound(t, r, "carlo", false)
	seq := uint16(0)
	speak := func(n int) {
		for range n {
			seq++
			ana.feed([]*rtp.Packet{sound(seq)})
		}
	}
	speak(10)
	report := func(w *wire, lost uint8) {
		w.report(&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 3000, FractionLost: lost}}})
		for heard := false; !heard; {
			r.sfu.worker.do(func() { heard = w.slot.loss.Fraction() > 0 })
		}
	}
	heard := func(w *wire) (plain, red int) {
		got, _ := w.rest()
		for i, p := range got {
			if i > 0 && p.SequenceNumber != got[i-1].SequenceNumber+1 {
				t.Errorf("number %d after %d", p.SequenceNumber, got[i-1].SequenceNumber)
			}
			switch p.PayloadType {
			case 111:
				plain++
			case 63:
				red++
				// One block before it: its header, the header of the packet's own, both payloads.
				now := p.Payload[len(p.Payload)-1]
				want := append([]byte{0x80 | 111, byte(960 >> 6), byte(960 << 2 & 0xff), 80, 111}, bytes.Repeat([]byte{now - 1}, 80)...)
				if !bytes.Equal(p.Payload, append(want, bytes.Repeat([]byte{now}, 80)...)) {
					t.Errorf("% x", p.Payload[:10])
				}
			}
		}
		return plain, red
	}
	if plain, red := heard(bia); plain != 10 || red != 0 {
		t.Errorf("without losses: %d plain, %d redundant", plain, red)
	}
	report(bia, 256*6/100)
	report(carlo, 256*1/100)
	speak(2) // from the second on they are kept
	speak(9)
	if plain, red := heard(bia); red != 9 || plain != 2 {
		t.Errorf("at 6 %%: %d plain, %d redundant", plain, red)
	}
	if plain, red := heard(carlo); plain != 21 || red != 0 {
		t.Errorf("at 1 %%: %d plain, %d redundant", plain, red)
	}
	ana.hear("a report of the worst loss", func(p rtcp.Packet) bool {
		rr, ok := p.(*rtcp.ReceiverReport)
		if !ok || len(rr.Reports) == 0 || rr.Reports[0].FractionLost == 0 {
			return false
		}
		if b := rr.Reports[0]; b.FractionLost < 8 || b.FractionLost > 16 || b.TotalLost != 0 {
			t.Errorf("%+v", b)
		}
		return true
	})
}

func TestNothingIsAllocatedForAPacketOfAnyCodec(t *testing.T) {
	for name, packet := range map[string]func(seq uint16) *rtp.Packet{
		"VP9": func(seq uint16) *rtp.Packet {
			p := video(seq)
			p.PayloadType, p.Payload[0] = 98, 0xcc // I, P, B, E
			if seq == 1 {
				p.Payload[0] = 0x8c
			}
			binary.BigEndian.PutUint16(p.Payload[1:], 0x8000|seq)
			return p
		},
		"AV1 with dependency descriptors": func(seq uint16) *rtp.Packet {
			p := video(seq)
			p.PayloadType, p.Payload[0] = 45, 0x10
			kind, structure := byte(0xc3), []byte(nil) // S0 T2
			if seq == 1 {
				p.Extension, p.Extensions, p.ExtensionProfile = true, nil, 0x1000
				kind, p.Payload[0] = 0xc0, 0x18
				structure = captured(t, "av1-l3t3key")[0].GetExtension(wireDependency)[3:]
			}
			if err := p.SetExtension(wireDependency, append([]byte{kind, byte(seq >> 8), byte(seq)}, structure...)); err != nil {
				t.Fatal(err)
			}
			return p
		},
		"H264": func(seq uint16) *rtp.Packet {
			p := video(seq)
			p.PayloadType, p.Payload[0] = 102, 0x61
			if seq == 1 {
				p.Payload[0] = 0x67
			}
			return p
		},
		"VP8 in layers": func(seq uint16) *rtp.Packet {
			p := video(seq)
			copy(p.Payload, []byte{0x90, 0xf0, 0x80 | byte(seq>>8), byte(seq), byte(seq / 4), []byte{0, 0xa0, 0x60, 0x80}[seq%4], 1})
			if seq == 1 {
				p.Payload[5], p.Payload[6] = 0, 0
			}
			return p
		},
	} {
		s, r := startWired(t, Limits{UplinkBps: 1e9})
		ana := joinWired(t, r, "ana", true, gcm)
		for i, id := range []string{"v0", "v1", "v2"} {
			v := joinWired(t, r, id, false, gcm)
			s.worker.do(func() { v.slot.dependency = uint8(12 * (i % 2)) })
			v.peer.View([]ViewItem{{Participant: "ana", Source: Camera, Height: 180}})
		}
		if allocs, out := allocated(s, ana, 1000, packet); allocs != 0 || out == 0 {
			t.Errorf("%s: %v allocations, %d packets", name, allocs, out)
		}
	}
	s, r := startWired(t, Limits{})
	ana, bia := joinSound(t, r, "ana", true), joinSound(t, r, "bia", false)
	s.worker.do(func() {
		for range 20 {
			bia.slot.loss.Heard(80, time.Now())
		}
	})
	if allocs, out := allocated(s, ana, 1000, sound); allocs != 0 || out == 0 {
		t.Errorf("redundant sound: %v allocations, %d packets", allocs, out)
	}
}

// allocated returns how many allocations a packet costs, and how many went out.
func allocated(s *SFU, from *wire, runs int, packet func(seq uint16) *rtp.Packet) (allocs float64, out uint64) {
	warm := 600 // histories and tables grow to their size
	var sealed [][]byte
	for seq := range uint16(runs + warm + 1) {
		sealed = append(sealed, from.seal(packet(seq+1)))
	}
	w, at, addr := s.worker, 0, from.addr()
	one := func() {
		w.now = w.now.Add(7 * time.Millisecond)
		w.take(udp.Packet{From: addr, Data: sealed[at]})
		at++
		w.forward()
		w.slab.Flush()
		w.tell()
	}
	before := s.Stats().Out
	w.do(func() {
		w.now = time.Now()
		for range warm {
			one()
		}
		allocs = testing.AllocsPerRun(runs, one)
	})
	after := s.Stats().Out
	return allocs, after.VideoPackets + after.AudioPackets - before.VideoPackets - before.AudioPackets
}
