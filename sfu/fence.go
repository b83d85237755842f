package sfu

import (
	"time"

	"pronto/sfu/forward"
)

// resendsPerSecond is how many packets a peer may ask for again. A NACK of a few bytes names many packets
// (RFC 4585, section 6.2.1), so that feedback would otherwise multiply traffic.
const resendsPerSecond = 400

// othersPerSecond is how many packets of a peer that are neither RTP nor RTCP go on: checks of ICE and DTLS. They all
// pass one queue, in which others' wait too; a handshake takes some ten of them, and checks are a few a second.
const othersPerSecond = 100

// leastCharged is as how many bytes a shorter packet counts: it costs those who forward it as much.
const leastCharged = 160

// audioShare is which part of the uplink of a second is left to sound when all else is used up: 250 kbit/s of 5 Mbit/s,
// more than a microphone and the sound of a screen send.
const audioShare = 20

// fence stands between the authentic packets of one peer and what they may cost. It counts the SSRCs that
// a client names, in RTP or only inside RTCP: each could cost memory until the session ends. Too many of
// them are abuse. It also enforces the rates of a peer. The worker owns it.
type fence struct {
	limits Limits
	count  *counters
	abuse  func() // must not block

	named   map[uint32]struct{}
	uplink  bucket // bits
	reports bucket // RTCP packets
	resends bucket // packets asked for by NACK
	others  bucket // packets of ICE and DTLS
}

func newFence(limits Limits, count *counters, abuse func()) *fence {
	return &fence{
		limits: limits, count: count, abuse: abuse, named: map[uint32]struct{}{},
		// Half a second of burst lets a key frame pass.
		uplink:  newBucket(limits.UplinkBps, limits.UplinkBps/2+limits.UplinkBps/audioShare),
		reports: newBucket(limits.RTCPPerSecond, limits.RTCPPerSecond),
		resends: newBucket(resendsPerSecond, resendsPerSecond),
		others:  newBucket(othersPerSecond, othersPerSecond),
	}
}

// name counts an SSRC that the client chose. It reports false when that is one too many.
func (f *fence) name(ssrc uint32) bool {
	if _, known := f.named[ssrc]; known {
		return true
	}
	if len(f.named) >= f.limits.SSRCs {
		f.count.droppedSSRC.Add(1)
		f.abuse()
		return false
	}
	f.named[ssrc] = struct{}{}
	return true
}

// admit decides whether RTP of the given length passes, before it is opened: a flood must cost less than what it
// keeps from others. Nothing is charged yet, for anybody can write the address of another on a packet.
// What is left last is for sound alone, so that a camera above the limit does not silence its microphone.
func (f *fence) admit(bytes int, audio bool, now time.Time) bool {
	bits := bitsCharged(bytes)
	if !audio {
		bits += f.limits.UplinkBps / audioShare
	}
	if f.uplink.has(bits, now) {
		return true
	}
	f.count.droppedUplink.Add(1)
	return false
}

// charge takes an authentic packet that was admitted into account.
func (f *fence) charge(bytes int, now time.Time) { f.uplink.take(bitsCharged(bytes), now) }

func bitsCharged(bytes int) int { return max(bytes, leastCharged) * 8 }

// pass decides whether a packet of ICE or DTLS passes.
func (f *fence) pass(now time.Time) bool { return f.others.take(1, now) }

// listens decides whether an RTCP packet is opened; nothing is charged yet.
func (f *fence) listens(now time.Time) bool {
	if f.reports.has(1, now) {
		return true
	}
	f.count.droppedRTCP.Add(1)
	return false
}

// heed decides whether an authentic compound RTCP packet passes.
func (f *fence) heed(compound []byte, now time.Time) bool {
	if f.reports.take(1, now) && f.resends.take(asked(compound), now) {
		return true
	}
	f.count.droppedRTCP.Add(1)
	return false
}

// asked returns how many packets a compound RTCP packet asks to be sent again.
func asked(compound []byte) (n int) {
	for {
		r, rest, ok := forward.NextReport(compound)
		if !ok {
			return n
		}
		n += r.NACKs().Len()
		compound = rest
	}
}
