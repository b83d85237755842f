package sfutest

import (
	"net"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// tapped is a track beside which the test can write what no track would.
type tapped struct {
	*webrtc.TrackLocalStaticRTP
	client *Client
}

// Bind implements [webrtc.TrackLocal].
func (t *tapped) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.client.mu.Lock()
	t.client.raw = ctx.WriteStream()
	t.client.mu.Unlock()
	return t.TrackLocalStaticRTP.Bind(ctx)
}

func (c *Client) tap(track *webrtc.TrackLocalStaticRTP) webrtc.TrackLocal {
	if track.RID() != "" {
		return track // the others of a simulcast must be of the same type
	}
	return &tapped{track, c}
}

// WriteRaw seals a packet with the client's keys and sends it, whatever its header says. It does nothing before the
// client is connected.
func (c *Client) WriteRaw(header *rtp.Header, payload []byte) {
	c.mu.Lock()
	raw := c.raw
	c.mu.Unlock()
	if raw != nil {
		_, _ = raw.WriteRTP(header, payload)
	}
}

// WriteDatagram sends bytes from where the client sends everything, to where it sends it.
func (c *Client) WriteDatagram(b []byte) {
	c.gate.mu.Lock()
	conn, to := c.gate.newest, c.gate.to
	c.gate.mu.Unlock()
	if conn != nil {
		_, _ = conn.WriteTo(b, to)
	}
}

// sent notes where a datagram went.
func (g *gate) sent(from *gatedConn, to net.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.newest, g.to = from.UDPConn, to
}
