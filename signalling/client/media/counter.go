package media

import "sync/atomic"

// Counter counts the packets of one direction of one source.
type Counter struct {
	packets, bytes, frames, keys, opened atomic.Uint64
	height                               atomic.Uint32
}

// Count is a Counter as it stood.
type Count struct {
	// Packets and Bytes count RTP packets and their payload.
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
	// Frames counts video frames and packets of sound.
	Frames uint64 `json:"frames"`
	// KeyFrames counts VP8 key frames.
	KeyFrames uint64 `json:"keyFrames"`
	// Opened counts the frames that were unsealed, in calls that are encrypted.
	Opened uint64 `json:"opened"`
	// Height is that of the newest key frame that was opened, in pixels; 0 if unknown.
	Height uint32 `json:"-"`
}

func (c *Counter) add(bytes int, frame bool) {
	c.packets.Add(1)
	c.bytes.Add(uint64(bytes))
	if frame {
		c.frames.Add(1)
	}
}

// Read returns the counts as they stand.
func (c *Counter) Read() Count {
	return Count{
		Packets: c.packets.Load(), Bytes: c.bytes.Load(), Frames: c.frames.Load(),
		KeyFrames: c.keys.Load(), Opened: c.opened.Load(), Height: c.height.Load(),
	}
}

// Plus adds two counts.
func (c Count) Plus(d Count) Count {
	return Count{c.Packets + d.Packets, c.Bytes + d.Bytes, c.Frames + d.Frames, c.KeyFrames + d.KeyFrames, c.Opened + d.Opened, max(c.Height, d.Height)}
}
