package media

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

func TestTheClipsAreWhatTheirNamesSay(t *testing.T) {
	clips, err := Clips()
	if err != nil {
		t.Fatal(err)
	}
	if len(clips) != 3 {
		t.Fatalf("there are %d clips, want 3", len(clips))
	}
	for _, c := range clips {
		loud := 0
		for _, s := range c.sounds {
			if s.level < 60 {
				loud++
			}
		}
		if n := len(c.sounds); n < 350 || n > 450 || loud < n/4 {
			t.Errorf("%s talks in %d of %d packets of sound", c.Name, loud, n)
		}
		for i, want := range [][2]int{{160, 90}, {320, 180}, {640, 360}} {
			p := c.pictures[i]
			if p.width != want[0] || p.height != want[1] || len(p.frames) != 6*framesASec {
				t.Errorf("%s in %s is %dx%d with %d frames", c.Name, rids[i], p.width, p.height, len(p.frames))
			}
		}
	}
}

// written is a connection that keeps packets instead of sending them.
type written struct {
	mu      sync.Mutex
	packets []*rtp.Packet
}

func (w *written) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.packets = append(w.packets, &rtp.Packet{Header: h.Clone(), Payload: payload})
	return len(payload), nil
}

func (w *written) Write([]byte) (int, error) { return 0, nil }

// bound is a context of a section that negotiated everything.
type bound struct{ out *written }

func (b bound) CodecParameters() []webrtc.RTPCodecParameters {
	return []webrtc.RTPCodecParameters{
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, PayloadType: 111},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, PayloadType: 96},
	}
}

func (bound) HeaderExtensions() []webrtc.RTPHeaderExtensionParameter {
	return []webrtc.RTPHeaderExtensionParameter{
		{URI: levelURI, ID: 1}, {URI: "urn:ietf:params:rtp-hdrext:sdes:mid", ID: 2},
		{URI: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", ID: 3},
	}
}
func (bound) SSRC() webrtc.SSRC                       { return 7 }
func (bound) SSRCRetransmission() webrtc.SSRC         { return 0 }
func (bound) SSRCForwardErrorCorrection() webrtc.SSRC { return 0 }
func (b bound) WriteStream() webrtc.TrackLocalWriter  { return b.out }
func (bound) ID() string                              { return "x" }
func (bound) RTCPReader() interceptor.RTCPReader      { return nil }

func TestSoundIsOneStreamOverTheEndOfTheLoop(t *testing.T) {
	clips, err := Clips()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		out := &written{}
		var sent Counter
		v := &voice{clip: clips[0], track: newTrack(webrtc.RTPCodecTypeAudio, "microphone", "", &sent)}
		if _, err := v.track.Bind(bound{out}); err != nil {
			t.Fatal(err)
		}
		v.on.Store(true)
		s := newScheduler()
		began := time.Now()
		j := s.add(soundEvery, v.send)
		time.Sleep(25*time.Second + soundEvery/2)
		j.end()
		s.close()

		if want := int(time.Since(began)/soundEvery) + 1; len(out.packets) != want {
			t.Fatalf("%d packets were sent in %s, want %d", len(out.packets), time.Since(began), want)
		}
		loop := len(clips[0].sounds)
		for i, p := range out.packets[1:] {
			before := out.packets[i]
			if p.SequenceNumber != before.SequenceNumber+1 || p.Timestamp != before.Timestamp+soundTicks || p.Marker {
				t.Fatalf("packet %d does not follow the one before it", i+1)
			}
			if i+1 >= loop && string(p.Payload) != string(out.packets[i+1-loop].Payload) {
				t.Fatalf("packet %d is not that of the loop before", i+1)
			}
			if level := p.GetExtension(1); len(level) != 1 || level[0]&0x7f != clips[0].sounds[(i+1)%loop].level {
				t.Fatalf("packet %d says the level %v", i+1, level)
			}
		}
		if !out.packets[0].Marker {
			t.Error("the first packet has no marker")
		}
		if got := sent.Read().Packets; got != uint64(len(out.packets)) {
			t.Errorf("%d packets were counted, %d sent", got, len(out.packets))
		}
	})
}

func TestThePictureIsOneStreamOverTheEndOfTheLoopAndOverKeyFrameRequests(t *testing.T) {
	clips, err := Clips()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		out := &written{}
		var sent Counter
		tr := newTrack(webrtc.RTPCodecTypeVideo, "camera", "h", &sent)
		tr.mid = func() string { return "1" }
		f := newFilm(&clips[1].pictures[1], tr)
		if _, err := tr.Bind(bound{out}); err != nil {
			t.Fatal(err)
		}
		f.on.Store(true)
		s := newScheduler()
		j := s.add(frameEvery, f.send)
		time.Sleep(10 * time.Second)
		before := sent.Read()
		tr.keyWanted.Store(true)
		time.Sleep(frameEvery)
		synctest.Wait()
		if after := sent.Read(); after.KeyFrames != before.KeyFrames+1 {
			t.Errorf("%d key frames came with the frame after the request", after.KeyFrames-before.KeyFrames)
		}
		time.Sleep(5 * time.Second)
		j.end()
		s.close()

		stamp := out.packets[0].Timestamp
		last := true // the packet before ended a frame
		picture := uint16(0)
		for i, p := range out.packets {
			if i > 0 && p.SequenceNumber != out.packets[i-1].SequenceNumber+1 {
				t.Fatalf("packet %d does not follow the one before it", i)
			}
			id := uint16(p.Payload[2]&0x7f)<<8 | uint16(p.Payload[3])
			if last && i > 0 {
				stamp += frameTicks
				picture++
			}
			if p.Timestamp != stamp || id != picture {
				t.Fatalf("packet %d has timestamp %d and picture %d, want %d and %d", i, p.Timestamp, id, stamp, picture)
			}
			if string(p.GetExtension(2)) != "1" || string(p.GetExtension(3)) != "h" {
				t.Fatalf("packet %d does not say which encoding it belongs to", i)
			}
			last = p.Marker
		}
		if !keyFrameBegins(out.packets[0].Payload) {
			t.Error("the first frame is no key frame")
		}
	})
}

func TestAStalledSchedulerSkipsInsteadOfCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler()
		var steps []int64
		j := s.add(20*time.Millisecond, func(step int64) {
			steps = append(steps, step)
			if step == 10 {
				time.Sleep(time.Second) // the machine stalls
			}
		})
		time.Sleep(2*time.Second - time.Millisecond)
		j.end()
		s.close()
		if last := steps[len(steps)-1]; last != 99 {
			t.Errorf("after 2 s the last step is %d, want 99", last)
		}
		if len(steps) > 70 {
			t.Errorf("%d steps were made in the 1 s that the machine ran", len(steps))
		}
		for i := range steps[1:] {
			if steps[i+1] <= steps[i] {
				t.Fatalf("step %d came after %d", steps[i+1], steps[i])
			}
		}
	})
}

func TestContinuityTellsGapsFromLatePacketsAndLeaps(t *testing.T) {
	type packet struct {
		seq   uint16
		stamp uint32
	}
	for _, row := range []struct {
		name       string
		in         []packet
		gaps, jump int
		lost       int64
	}{
		{"in order, around both ends", []packet{{65534, 0xfffffc40}, {65535, 0}, {0, 960}, {1, 1920}}, 0, 0, 0},
		{"one is missing", []packet{{1, 0}, {3, 1920}}, 1, 0, 1},
		{"one comes late", []packet{{1, 0}, {3, 1920}, {2, 960}, {4, 2880}}, 1, 0, 0},
		{"the timestamp goes back", []packet{{1, 5000}, {2, 4000}}, 0, 1, 0},
		{"the timestamp leaps", []packet{{1, 0}, {2, 1 << 30}}, 0, 1, 0},
		{"an older one than the first", []packet{{5, 0}, {4, 0}, {6, 0}}, 0, 0, -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			var c continuity
			gaps, jumps := 0, 0
			for _, p := range row.in {
				gap, jump := c.note(p.seq, p.stamp)
				if gap {
					gaps++
				}
				if jump {
					jumps++
				}
			}
			if lost := c.lost(uint64(len(row.in))); gaps != row.gaps || jumps != row.jump || lost != row.lost {
				t.Errorf("%d gaps, %d leaps, %d lost; want %d, %d, %d", gaps, jumps, lost, row.gaps, row.jump, row.lost)
			}
		})
	}
}

func FuzzKeyFrameBegins(f *testing.F) {
	f.Add([]byte{0x90, 0x80, 0x80, 0x01, 0x00})
	f.Add([]byte{0x10, 0x00})
	f.Add([]byte{0x90, 0xf0, 0xff})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if keyFrameBegins(payload) && len(payload) < 2 {
			t.Errorf("a key frame began in %d bytes", len(payload))
		}
	})
}
