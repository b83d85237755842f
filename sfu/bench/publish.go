//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"time"
)

const (
	videoPackets   = 5    // a frame
	keyPackets     = 15   // a key frame
	videoPayload   = 1150 // bytes
	audioPayload   = 88
	keyEvery       = 150 // frames
	stampLen       = 24
	stampMagic     = 0x50524f4e
	framesInSecond = 30
)

// publisher sends what a client sends. It belongs to one goroutine.
type publisher struct {
	client       *client
	audio, video bool
	audioMid     byte
	videoMid     byte

	twcc, audioSeq, videoSeq, picture uint16
	audioTS, videoTS                  uint32
	frames                            int
	number                            uint64
	packet, sealed                    []byte
	sent                              func(at time.Time)
}

func newPublisher(c *client, s scenario, sent func(time.Time)) *publisher {
	p := &publisher{
		client: c, audio: s.Audio, video: s.Video, audioMid: '0', videoMid: '0', sent: sent,
		packet: make([]byte, 0, 1500), sealed: make([]byte, 0, 1600),
	}
	if s.Audio {
		p.videoMid = '1'
	}
	return p
}

// run sends until ctx ends.
func (p *publisher) run(ctx context.Context) {
	const step = time.Second / 600 // divides both intervals
	// Publishers begin at different times of a frame.
	begin := time.Now().Add(time.Duration(p.client.number) * 3700 * time.Microsecond % (100 * time.Millisecond))
	for n := 0; ; n++ {
		next := begin.Add(time.Duration(n) * step)
		audio, video := p.audio && n%(600/50) == 0, p.video && n%(600/framesInSecond) == 0
		if !audio && !video {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(next)):
		}
		if audio {
			p.sendAudio()
		}
		if video {
			p.sendFrame()
		}
	}
}

func (p *publisher) sendAudio() {
	p.begin(ptAudio, p.audioSeq, p.audioTS, ssrcOf(p.client.number, false), true, p.audioMid)
	p.audioSeq++
	p.audioTS += 960
	p.finish(audioPayload)
}

func (p *publisher) sendFrame() {
	packets, key := videoPackets, p.client.keyFrame.Swap(false) || p.frames%keyEvery == 0
	if key {
		packets = keyPackets
	}
	p.frames++
	p.picture = (p.picture + 1) & 0x7fff
	for i := range packets {
		p.begin(ptVideo, p.videoSeq, p.videoTS, ssrcOf(p.client.number, true), i == packets-1, p.videoMid)
		p.videoSeq++
		first, kind := byte(0x80), byte(0x01)
		if i == 0 {
			first = 0x90
		}
		if key {
			kind = 0x00
		}
		p.packet = append(p.packet, first, 0x80, 0x80|byte(p.picture>>8), byte(p.picture), kind)
		n := videoPayload - 5
		if 2*i > packets {
			n++ // browsers cut a picture into packets that differ by a byte, the longer ones last
		}
		p.finish(n)
	}
	p.videoTS += 90000 / framesInSecond
}

// begin writes a header with the extensions that browsers send.
func (p *publisher) begin(pt byte, seq uint16, ts, ssrc uint32, marker bool, mid byte) {
	if marker {
		pt |= 0x80
	}
	b := append(p.packet[:0], 0x90, pt)
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, ts)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, 0xbe, 0xde, 0, 2, extMid<<4, mid, extLevel<<4, 30, extTWCC<<4|1)
	b = binary.BigEndian.AppendUint16(b, p.twcc)
	p.packet = append(b, 0)
	p.twcc++
}

// finish fills the payload with n bytes, the last of them the time, and sends.
func (p *publisher) finish(n int) {
	b := append(p.packet, make([]byte, n-stampLen)...)
	now := time.Now()
	b = binary.BigEndian.AppendUint32(b, stampMagic)
	b = binary.BigEndian.AppendUint32(b, p.client.number)
	b = binary.BigEndian.AppendUint64(b, uint64(now.UnixNano()))
	b = binary.BigEndian.AppendUint64(b, p.number)
	p.number++
	p.packet = b
	sealed, err := p.client.up.EncryptRTP(p.sealed[:0], b, nil)
	if err != nil {
		return
	}
	p.sealed = sealed
	if _, err := p.client.socket.WriteTo(sealed, p.client.remote); err == nil {
		p.sent(now)
	}
}

// stamped returns when a packet was sent.
func stamped(packet []byte) (time.Time, bool) {
	if n := len(packet); n > 0 && packet[0]&0x20 != 0 { // padded
		packet = packet[:n-min(n, int(packet[n-1]))]
	}
	if len(packet) < stampLen {
		return time.Time{}, false
	}
	s := packet[len(packet)-stampLen:]
	if binary.BigEndian.Uint32(s) != stampMagic {
		return time.Time{}, false
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(s[8:]))), true
}
