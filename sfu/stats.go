package sfu

import (
	"sync/atomic"

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

	// LayersUp and LayersDown count switches of one subscriber to a higher and to a lower layer.
	LayersUp, LayersDown uint64

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
	// Unsealed: not sealed as an end-to-end encrypted call asks.
	Unsealed Unsealed
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
	layersUp, layersDown, pauses                                 atomic.Uint64
	unsealed                                                     [seal.Verdicts]atomic.Uint64
}

func (c *counters) snapshot() Stats {
	return Stats{
		Rooms: c.rooms.Load(), Peers: c.peers.Load(), Connected: c.connected.Load(), Tracks: c.tracks.Load(),
		In:  Media{c.audioIn.Load(), c.audioInBytes.Load(), c.videoIn.Load(), c.videoInBytes.Load()},
		Out: Media{c.audioOut.Load(), c.audioOutBytes.Load(), c.videoOut.Load(), c.videoOutBytes.Load()},
		Dropped: Dropped{
			Uplink: c.droppedUplink.Load(), RTCP: c.droppedRTCP.Load(),
			SSRC: c.droppedSSRC.Load(), Handover: c.droppedHandover.Load(), Malformed: c.droppedMalformed.Load(),
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
	}
}
