package sfutest

import (
	"context"
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// The fields of a synthetic payload after the codec's own bytes.
const (
	tagAt, layerAt, frameAt = 0, 1, 2
	tagSize                 = 6
)

// Heights are those of the encodings of a camera, in pixels.
var Heights = [3]int{180, 360, 720}

// publisher sends one source.
type publisher struct {
	client   *Client
	sender   *webrtc.RTPSender
	t        *webrtc.RTPTransceiver
	tracks   []*webrtc.TrackLocalStaticRTP
	layers   []*layerState
	video    bool
	level    atomic.Uint32 // of sound, in −dBov
	interval time.Duration
	kind     byte // as sealed frames have it
}

// layerState is one encoding. Owned by the goroutine that sends, but for the atomic fields.
type layerState struct {
	on      atomic.Bool
	key     atomic.Bool   // a key frame is wished for
	plis    atomic.Uint64 // requests for key frames that came
	seq     uint16
	ts      uint32
	frame   uint32
	picture uint16
	tl0     uint8
	filling int
}

func (c *Client) addSource(ctx context.Context, name, mime string, rids []string) *publisher {
	c.t.Helper()
	p := &publisher{client: c, video: mime == webrtc.MimeTypeVP8, interval: 20 * time.Millisecond}
	if p.video {
		p.interval = 33 * time.Millisecond
	}
	p.level.Store(127)
	p.kind = map[string]byte{"microphone": 1, "camera": 2, "screen": 3, "screenAudio": 4}[name]
	capability := webrtc.RTPCodecCapability{MimeType: mime}
	options := [][]func(*webrtc.TrackLocalStaticRTP){nil}
	if len(rids) > 0 {
		options = nil
		for _, rid := range rids {
			options = append(options, []func(*webrtc.TrackLocalStaticRTP){webrtc.WithRTPStreamID(rid)})
		}
	}
	for i, option := range options {
		track, err := webrtc.NewTrackLocalStaticRTP(capability, name, c.ID, option...)
		must(c.t, err)
		p.tracks = append(p.tracks, track)
		p.layers = append(p.layers, &layerState{
			seq: uint16(i+1) * 20000, ts: uint32(i+1) * 1e9, picture: uint16(i) * 9000, tl0: uint8(i) * 70,
		})
		if i == 0 {
			p.t, err = c.PC.AddTransceiverFromTrack(c.tap(track), webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
			must(c.t, err)
			p.sender = p.t.Sender()
			continue
		}
		must(c.t, p.sender.AddEncoding(track))
	}
	c.work.Go(func() { p.run(ctx) })
	for i := range p.layers {
		go p.readFeedback(i, rids)
	}
	return p
}

// Speak has the microphone send at a level in −dBov, 0 (loudest) to 127.
func (c *Client) Speak(level uint8) {
	c.mic.level.Store(uint32(level))
	c.mic.layers[0].on.Store(true)
}

// Mute stops the microphone.
func (c *Client) Mute() { c.mic.layers[0].on.Store(false) }

// Film has the camera send the given encodings and no others; 0 is the lowest.
func (c *Client) Film(layers ...int) { c.camera.only(layers) }

// Share has the screen send, or not.
func (c *Client) Share(on bool) {
	if on {
		c.screen.only([]int{0})
		return
	}
	c.screen.only(nil)
}

// PLIs returns how many requests for key frames came for an encoding of the camera.
func (c *Client) PLIs(layer int) uint64 { return c.camera.layers[layer].plis.Load() }

// only switches the given encodings on and the others off; one that comes on begins with a key frame.
func (p *publisher) only(layers []int) {
	for i, l := range p.layers {
		on := false
		for _, wanted := range layers {
			on = on || wanted == i
		}
		if on && !l.on.Load() {
			l.key.Store(true)
		}
		l.on.Store(on)
	}
}

func (p *publisher) readFeedback(layer int, rids []string) {
	buf := make([]byte, 1500)
	for {
		var n int
		var err error
		if len(rids) > 0 {
			n, _, err = p.sender.ReadSimulcast(buf, rids[layer])
		} else {
			n, _, err = p.sender.Read(buf)
		}
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			if _, ok := packet.(*rtcp.PictureLossIndication); ok {
				p.layers[layer].plis.Add(1)
				p.layers[layer].key.Store(true)
			}
		}
	}
}

func (p *publisher) run(ctx context.Context) {
	ticker := time.NewTicker(p.interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for i, l := range p.layers {
			if l.on.Load() && p.t.Mid() != "" {
				p.send(i, l)
			}
		}
	}
}

// send sends one frame: one packet of sound, two of a picture.
func (p *publisher) send(i int, l *layerState) {
	tag := make([]byte, tagSize)
	tag[tagAt], tag[layerAt] = p.client.Tag, byte(i)
	binary.BigEndian.PutUint32(tag[frameAt:], l.frame)
	l.frame++
	if !p.video {
		l.ts += 960
		if s := p.client.sealing.Load(); s != nil {
			tag = append(s.header(p.kind, l.frame), tag...)
		}
		p.write(i, l, true, append(tag, make([]byte, 60)...))
		return
	}
	key := l.key.Swap(false) || l.frame == 1
	l.ts += 2970
	l.picture = (l.picture + 1) & 0x7fff
	l.tl0++
	for _, first := range []bool{true, false} {
		payload := VP8(key, first, l.picture, l.tl0, Heights[i])
		if s := p.client.sealing.Load(); s != nil {
			payload = s.vp8(p.kind, key, first, l.picture, l.tl0, l.frame)
		}
		payload = append(payload, make([]byte, l.filling)...)
		p.write(i, l, !first, append(payload, tag...))
	}
}

func (p *publisher) write(i int, l *layerState, marker bool, payload []byte) {
	p.writePacket(i, l, &rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: marker, SequenceNumber: l.seq, Timestamp: l.ts},
		Payload: payload,
	})
}

// writePacket adds the header extensions that a browser adds, and sends.
func (p *publisher) writePacket(i int, l *layerState, packet *rtp.Packet) {
	l.seq++
	for _, extension := range p.sender.GetParameters().HeaderExtensions {
		var value []byte
		switch extension.URI {
		case sdp.SDESMidURI:
			value = []byte(p.t.Mid())
		case sdp.SDESRTPStreamIDURI:
			value = []byte(p.tracks[i].RID())
		case sdp.AudioLevelURI:
			value = []byte{byte(p.level.Load())}
		}
		if len(value) > 0 {
			must(p.client.t, packet.Header.SetExtension(uint8(extension.ID), value))
		}
	}
	_ = p.tracks[i].WriteRTP(packet) // fails only while the connection closes
}

// VP8 returns a payload descriptor (RFC 7741) with a 15-bit picture id, TL0PICIDX and TID 0, and for the
// first packet of a frame the bytes with which a frame of that kind begins (RFC 6386).
func VP8(key, first bool, picture uint16, tl0 uint8, height int) []byte {
	b := []byte{0x80, 0xe0, 0x80 | byte(picture>>8), byte(picture), tl0, 0x00}
	if !first {
		return append(b, 0xaa)
	}
	b[0] |= 0x10
	if !key {
		return append(b, 0x11, 0x00, 0x00)
	}
	b = append(b, 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a)
	b = binary.LittleEndian.AppendUint16(b, uint16(height*16/9))
	return binary.LittleEndian.AppendUint16(b, uint16(height))
}
