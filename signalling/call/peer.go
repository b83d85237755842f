package call

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pronto/sfu"
	"pronto/signalling/wire"
)

// peer is a participant's connection to the SFU.
type peer struct {
	Peer
	generation uint32
	speakers   []wire.ParticipantID // as last told
	// origin is the session id of its offers: another one comes from another
	// RTCPeerConnection, of a page that was loaded again.
	origin string
	using  sfu.DataUse
}

// describe hands a session description to the other participant of a direct
// call. Both have joined by their own act before it may be sent.
func (c *Call) describe(ctx context.Context, who Who, m *wire.Describe) error {
	return c.toOther(ctx, who, m.Generation, wire.Described{Generation: m.Generation, Type: m.Type, SDP: m.SDP, Binding: m.Binding})
}

// trickle hands ICE candidates to the other participant of a direct call.
func (c *Call) trickle(ctx context.Context, who Who, m *wire.Trickle) error {
	return c.toOther(ctx, who, m.Generation, wire.Trickled{Generation: m.Generation, Candidates: m.Candidates})
}

func (c *Call) toOther(ctx context.Context, who Who, generation uint32, body any) error {
	return c.do(ctx, func() error {
		var fx effects
		if err := c.state.toOther(&fx, who, generation, body); err != nil {
			return err
		}
		c.release(&fx, time.Now())
		who.Reply(wire.Done{})
		return nil
	})
}

// negotiate answers a participant's offer to the SFU. The actor only finds the
// peer; the work is done by the caller's goroutine.
func (c *Call) negotiate(ctx context.Context, who Who, m *wire.Negotiate) error {
	var p *peer
	offer := sfu.Offer{SDP: m.SDP, Mids: map[sfu.Source]string{}}
	err := c.do(ctx, func() (err error) {
		offer.DownlinkBps = c.state.startBps(int(m.DownlinkBps))
		p, err = c.peerFor(who, m.Generation, origin(m.SDP))
		return err
	})
	if err != nil {
		return err
	}
	for _, send := range m.Sends {
		offer.Mids[sfu.Source(send.Source)] = send.Mid
	}
	answer, err := p.Negotiate(ctx, offer)
	switch {
	case errors.Is(err, sfu.ErrSDP):
		_ = c.do(ctx, func() error { c.blame(CauseCodec); return nil }) // a call that is over needs none
		return wire.Problemf(wire.CodeBadDescription, "%s", err)
	case errors.Is(err, sfu.ErrClosed):
		return errStale
	case err != nil:
		return err
	}
	who.Reply(wire.Negotiated{Generation: m.Generation, SDP: answer.SDP})
	return nil
}

// origin is the sess-id of a description's o= line (RFC 8866, section 5.2),
// which stays the same for as long as a PeerConnection lives (RFC 8829, section
// 5.2.2); empty if there is none.
func origin(sdp string) string {
	for line := range strings.Lines(sdp) {
		if rest, ok := strings.CutPrefix(line, "o="); ok {
			if fields := strings.Fields(rest); len(fields) > 1 {
				return fields[1]
			}
			return ""
		}
	}
	return ""
}

// peerFor returns the participant's peer of this generation, a new one if need
// be: a page that was loaded again offers a new connection, often before the
// end of the old one is noticed, and the old one cannot answer it. Only for run.
func (c *Call) peerFor(who Who, generation uint32, origin string) (*peer, error) {
	l, err := c.state.onWay(who, generation, wire.TopologySFU)
	if err != nil {
		return nil, err
	}
	if p := c.peers[l.Participant]; p != nil && p.generation == generation && p.origin == origin {
		return p, nil
	}
	id := l.Participant
	c.keepUse(id)
	p := &peer{generation: generation, origin: origin}
	p.Peer, err = c.cfg.Media.Join(c.id, id, func(e sfu.PeerEvent) { c.heardFrom(id, p, e) })
	switch {
	case errors.Is(err, sfu.ErrFull):
		c.blame(CauseCapacity)
		c.cfg.Events(AdmissionRefused{Reason: AdmissionMedia})
		return nil, wire.Problemf(wire.CodeCallFull, "the server has no room for more media")
	case err != nil:
		return nil, err
	}
	c.peers[id] = p
	if err := c.use(id); err != nil {
		return nil, err
	}
	if l.NoSound { // what the connection before had to say is over
		if err := c.unheard(id, false); err != nil {
			return nil, err
		}
	}
	c.key(id)
	c.allow(id)
	c.keepApart()
	return p, nil
}

// blame notes what keeps media from flowing. Only for run.
func (c *Call) blame(cause Cause) {
	_ = c.change(context.Background(), func(s *state, _ *effects, _ time.Time) error { // writes nothing
		s.blame(cause)
		return nil
	})
}

// allow has the SFU forward a participant's media, or nothing of it and
// nothing to him while he is on hold, and nothing of his microphone while it is
// off, by his own hand or the host's.
func (c *Call) allow(id wire.ParticipantID) {
	if p, l := c.peers[id], c.state.legOf(id); p != nil && l != nil {
		p.Allow(!l.OnHold, !l.OnHold && (c.state.Keys == nil || l.opens))
		p.Mute(!l.Media.Microphone)
	}
}

// key tells the SFU what a participant's frames must be sealed with. Only for
// run.
func (c *Call) key(id wire.ParticipantID) {
	p, l, k := c.peers[id], c.state.legOf(id), c.state.Keys
	if p == nil || l == nil || k == nil {
		return
	}
	leaf, holds := c.state.ownLeaf(l)
	p.Seal(sfu.Seal{Required: true, Holds: holds, Leaf: uint8(max(0, leaf)), Epoch: uint8(k.First + k.Epoch)})
}

// keyPeers is key for all, and lets media through to who can open it by now.
// Only for run.
func (c *Call) keyPeers() {
	for id := range c.peers {
		c.key(id)
		c.allow(id)
	}
}

// heardFrom takes an event of a peer into the actor.
func (c *Call) heardFrom(id wire.ParticipantID, p *peer, e sfu.PeerEvent) {
	_ = c.do(context.Background(), func() error { // fails only when the call is over
		if c.peers[id] != p {
			return nil
		}
		if p.generation != c.state.Generation { // kept only until another way carries media
			if _, failed := e.(sfu.Failed); failed {
				c.dropPeer(id)
			}
			return nil
		}
		switch e := e.(type) {
		case sfu.Slots:
			slots := make([]wire.Slot, 0, len(e.Slots))
			for _, s := range e.Slots {
				slots = append(slots, wire.Slot{Mid: s.Mid, Participant: wire.ParticipantID(s.Participant), Source: wire.Source(s.Source)})
			}
			c.tellPeer(id, wire.Slots{Generation: p.generation, Slots: slots})
		case sfu.Codecs:
			video := make([]wire.VideoCodec, 0, len(e.Video))
			for _, codec := range e.Video {
				video = append(video, wire.VideoCodec(codec))
			}
			c.tellPeer(id, wire.Codecs{Generation: p.generation, Video: video})
		case sfu.Speakers:
			speakers := make([]wire.ParticipantID, 0, len(e.Participants))
			for _, s := range e.Participants {
				if speaker := wire.ParticipantID(s); !c.state.hides(c.state.legOf(id), speaker) {
					speakers = append(speakers, speaker)
				}
			}
			if len(c.state.Apart) > 0 && slices.Equal(speakers, p.speakers) {
				return nil // somebody spoke whom this one must not notice
			}
			p.speakers = speakers
			c.tellPeer(id, wire.Speakers{Participants: speakers})
		case sfu.Paused, sfu.Encodings, sfu.Data:
			c.tellPeer(id, bandwidthOf(p.generation, e))
		case sfu.Connected:
			return c.mediaLost(id, false)
		case sfu.Disconnected:
			return c.mediaLost(id, true)
		case sfu.Failed:
			c.keepUse(id)
			delete(c.peers, id)
			return c.mediaLost(id, true)
		case sfu.Unheard:
			return c.unheard(id, e.On)
		case sfu.Measured:
			return c.measured(id, e.Leg)
		}
		return nil
	})
}

// unheard takes the SFU's word on whether a participant's microphone comes through.
// Only for run.
func (c *Call) unheard(id wire.ParticipantID, on bool) error {
	return c.change(context.Background(), func(s *state, fx *effects, _ time.Time) error {
		if l := s.legOf(id); l != nil && l.in() {
			s.setUnheard(fx, l, on)
		}
		return nil
	})
}

// measured writes into the timeline how a connection was by the SFU's own
// measure, for a client that does not report itself. Only for run.
func (c *Call) measured(id wire.ParticipantID, leg sfu.Leg) error {
	return c.change(context.Background(), func(s *state, fx *effects, now time.Time) error {
		if l := s.legOf(id); l != nil && l.in() && now.Sub(l.Reported) > 2*sfu.MeasureEvery {
			fx.notes = append(fx.notes, Step{What: "measured", Who: id, Quality: &Quality{
				RTTMs: leg.RTT.Milliseconds(), Loss: leg.Down.Loss, UpLoss: leg.Up.Loss, Kbps: leg.Bps / 1000,
			}})
		}
		return nil
	})
}

func (c *Call) tellPeer(id wire.ParticipantID, body any) {
	l := c.state.legOf(id)
	if l == nil {
		return
	}
	var fx effects
	c.state.toPeer(&fx, l.Session, body)
	c.release(&fx, time.Now())
}

func (c *Call) mediaLost(id wire.ParticipantID, lost bool) error {
	return c.change(context.Background(), func(s *state, fx *effects, now time.Time) error {
		s.mediaLost(fx, id, lost, now)
		return nil
	})
}

// look tells the SFU what a participant's page shows.
func (c *Call) look(ctx context.Context, who Who, m *wire.View) error {
	return c.do(ctx, func() error {
		l, err := c.state.member(who)
		if err != nil {
			return err
		}
		items := make([]sfu.ViewItem, 0, len(m.Items))
		for _, item := range m.Items {
			items = append(items, sfu.ViewItem{Participant: string(item.Participant), Source: sfu.Source(item.Source), Height: int(item.Height), Pinned: item.Pinned})
		}
		if p := c.peers[l.Participant]; p != nil {
			p.View(items)
		}
		who.Reply(wire.Done{})
		return nil
	})
}

// dropPeer closes a participant's media. Only for run.
func (c *Call) dropPeer(id wire.ParticipantID) {
	if p := c.peers[id]; p != nil {
		c.keepUse(id)
		delete(c.peers, id)
		p.Close()
	}
}

func (c *Call) closePeers() {
	c.dropPeers()
	c.cfg.Media.End(c.id)
}

// dropPeers closes everybody's media. Only for run.
func (c *Call) dropPeers() {
	ids := make([]wire.ParticipantID, 0, len(c.peers))
	for id := range c.peers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		c.dropPeer(id)
	}
}
