package sfu

import (
	"sync/atomic"
	"time"

	"pronto/sfu/seal"
)

// Stats is a snapshot of counters since the start and of how many things exist.
type Stats struct {
	// Rooms, Peers, Connected and Tracks exist now. Connected are the peers whose ICE and DTLS
	// are up; Tracks are the encodings that have been received and whose peer is there.
	Rooms, Peers, Connected, Tracks int64

	// In and Out count media packets by kind: received ones after the uplink limit, retransmissions included, and
	// forwarded ones without retransmissions.
	In, Out Media

	// Dropped counts packets that went no further, by reason.
	Dropped Dropped

	// KeyFrames counts requests for key frames.
	KeyFrames KeyFrames

	// AudioTracks are those of Tracks that are sound. AudioSlots and VideoSlots are the receive slots that have
	// something to carry now.
	AudioTracks, AudioSlots, VideoSlots int64

	// Repair counts packets that were lost and asked for again.
	Repair Repair

	// Delay is how long batches took from being read to the last packet that followed from them.
	Delay Delay

	// LayersUp and LayersDown count switches of one subscriber to a higher and to a lower layer. UpForRoom and
	// DownForRoom are those of them that came while his way carries less, or no less, than he would be sent: the
	// others have to do with what he shows.
	LayersUp, LayersDown, UpForRoom, DownForRoom uint64

	// Pauses counts pictures that stopped flowing to one viewer for want of room.
	Pauses uint64
}

// Media counts packets and bytes of RTP payload by kind.
type Media struct{ AudioPackets, AudioBytes, VideoPackets, VideoBytes uint64 }

// Dropped counts packets that went no further.
type Dropped struct {
	// Uplink: above [Limits.UplinkBps].
	Uplink uint64
	// RTCP: above [Limits.RTCPPerSecond], or asking for more retransmissions than one peer may have.
	RTCP uint64
	// SSRC: streams that were refused as above [Limits.SSRCs].
	SSRC uint64
	// Handover: more than a worker could take from the others.
	Handover uint64
	// Malformed: not a packet of its codec.
	Malformed uint64
	// Replay: seen before, or not of the peer.
	Replay uint64
	// Unsealed: not sealed as an end-to-end encrypted call asks.
	Unsealed Unsealed
}

// Repair counts packets that were lost on the way from publishers, and to subscribers.
type Repair struct {
	// NACKsIn were asked for by subscribers, NACKsOut of publishers.
	NACKsIn, NACKsOut uint64
	// AgainIn came from publishers again, and were new; AgainOut were sent to subscribers again.
	AgainIn, AgainOut uint64
}

// DelayBounds are the upper bounds of [Delay.Counts].
var DelayBounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 350 * time.Microsecond, 500 * time.Microsecond,
	750 * time.Microsecond, time.Millisecond, 1500 * time.Microsecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
}

// Delay counts batches by how long they took.
type Delay struct {
	// Counts are those within each of [DelayBounds] and not within the one before; the last are above all of them.
	Counts [len(DelayBounds) + 1]uint64
	// Sum is how long all of them took together.
	Sum time.Duration
}

// Unsealed counts packets of encrypted calls that went no further.
type Unsealed struct {
	// Envelope: no known envelope and SFrame header where a frame begins.
	Envelope uint64
	// Keyless: of a peer who holds no leaf.
	Keyless uint64
	// Leaf, Epoch and Kind: sealed as another leaf, in an epoch that is not, or
	// as another kind of stream.
	Leaf, Epoch, Kind uint64
}

// KeyFrames counts requests for key frames.
type KeyFrames struct {
	// Sent went to publishers, each for one encoding.
	Sent uint64
	// Feedback and Switch are wishes by cause: a subscriber asked (PLI or FIR), or a slot
	// waits for a source or layer. Repeat counts those of Sent that asked again.
	Feedback, Switch, Repeat uint64
	// Merged were wishes for a key frame that had been asked for already.
	Merged uint64
	// Received are the key frames that came, asked for or not.
	Received uint64
}

// counters is what Stats is read from.
type counters struct {
	rooms, peers, connected, tracks                              atomic.Int64
	audioIn, audioInBytes, videoIn, videoInBytes                 atomic.Uint64
	audioOut, audioOutBytes, videoOut, videoOutBytes             atomic.Uint64
	droppedUplink, droppedRTCP, droppedSSRC, droppedMalformed    atomic.Uint64
	droppedHandover                                              atomic.Uint64
	keySent, keyFeedback, keySwitch, keyRepeat, keyMerged, keyIn atomic.Uint64
	layersUp, layersDown, pauses, upForRoom, downForRoom         atomic.Uint64
	audioTracks, audioSlots, videoSlots                          atomic.Int64
	nacksIn, nacksOut, againIn, againOut, droppedReplay          atomic.Uint64
	delays                                                       [len(DelayBounds) + 1]atomic.Uint64
	delayed                                                      atomic.Int64 // ns, sum
	unsealed                                                     [seal.Verdicts]atomic.Uint64
}

// took counts a batch.
func (c *counters) took(d time.Duration) {
	i := 0
	for i < len(DelayBounds) && d > DelayBounds[i] {
		i++
	}
	c.delays[i].Add(1)
	c.delayed.Add(int64(d))
}

func (c *counters) snapshot() Stats {
	s := c.counts()
	for i := range c.delays {
		s.Delay.Counts[i] = c.delays[i].Load()
	}
	s.Delay.Sum = time.Duration(c.delayed.Load())
	s.Repair = Repair{NACKsIn: c.nacksIn.Load(), NACKsOut: c.nacksOut.Load(), AgainIn: c.againIn.Load(), AgainOut: c.againOut.Load()}
	return s
}

func (c *counters) counts() Stats {
	return Stats{
		AudioTracks: c.audioTracks.Load(), AudioSlots: c.audioSlots.Load(), VideoSlots: c.videoSlots.Load(),
		Rooms: c.rooms.Load(), Peers: c.peers.Load(), Connected: c.connected.Load(), Tracks: c.tracks.Load(),
		In:  Media{c.audioIn.Load(), c.audioInBytes.Load(), c.videoIn.Load(), c.videoInBytes.Load()},
		Out: Media{c.audioOut.Load(), c.audioOutBytes.Load(), c.videoOut.Load(), c.videoOutBytes.Load()},
		Dropped: Dropped{
			Uplink: c.droppedUplink.Load(), RTCP: c.droppedRTCP.Load(),
			SSRC: c.droppedSSRC.Load(), Handover: c.droppedHandover.Load(), Malformed: c.droppedMalformed.Load(), Replay: c.droppedReplay.Load(),
			Unsealed: Unsealed{
				Envelope: c.unsealed[seal.Envelope].Load(), Keyless: c.unsealed[seal.Keyless].Load(), Leaf: c.unsealed[seal.Leaf].Load(),
				Epoch: c.unsealed[seal.Epoch].Load(), Kind: c.unsealed[seal.OfKind].Load(),
			},
		},
		KeyFrames: KeyFrames{
			Sent: c.keySent.Load(), Feedback: c.keyFeedback.Load(), Switch: c.keySwitch.Load(),
			Repeat: c.keyRepeat.Load(), Merged: c.keyMerged.Load(), Received: c.keyIn.Load(),
		},
		LayersUp: c.layersUp.Load(), LayersDown: c.layersDown.Load(), Pauses: c.pauses.Load(),
		UpForRoom: c.upForRoom.Load(), DownForRoom: c.downForRoom.Load(),
	}
}
