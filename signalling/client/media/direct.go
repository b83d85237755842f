package media

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pion/webrtc/v4"

	"pronto/signalling/wire"
)

// maxCandidates is how many candidates of the other side are heeded in all.
const maxCandidates = 128

// Description is a session description to send to the other side.
type Description struct {
	// Type is offer or answer.
	Type wire.SDPType
	// SDP is the description (RFC 8866).
	SDP string
}

// Direct is a connection to one other person. Its methods other than those of
// SetMedia, Path, Stats and Close are for one goroutine at a time.
type Direct struct {
	*connection
	polite     bool
	candidates []wire.Candidate // until there is a remote description
	heeded     int
}

// Direct makes a connection to the participant other. The polite side makes the
// first offer, and gives way when both offer at a time (W3C webrtc-pc, section 10.7).
func (e *Engine) Direct(o Options, other wire.ParticipantID, polite bool) (*Direct, error) {
	c, err := e.openConnection(o, 1)
	if err != nil {
		return nil, err
	}
	c.whose = func(mid string) Flow { return Flow{other, c.sourceOf(mid)} }
	if o.Echo {
		c.echo = newEcho(c)
	}
	if err := c.addSenders(webrtc.RTPTransceiverDirectionSendrecv); err != nil {
		c.Close()
		return nil, err
	}
	c.pc.OnICECandidate(func(found *webrtc.ICECandidate) {
		if found == nil {
			c.on(Found{})
			return
		}
		init := found.ToJSON()
		candidate := wire.Candidate{Candidate: init.Candidate}
		if init.SDPMid != nil {
			candidate.SDPMid = *init.SDPMid
		}
		if init.UsernameFragment != nil {
			candidate.UsernameFragment = *init.UsernameFragment
		}
		c.on(Found{candidate})
	})
	return &Direct{connection: c, polite: polite}, nil
}

// sourceOf says what the other side sends in a media section, by its position.
func (c *connection) sourceOf(mid string) wire.Source {
	i := slices.IndexFunc(c.pc.GetTransceivers(), func(t *webrtc.RTPTransceiver) bool { return t.Mid() == mid })
	if i < 0 || i >= len(sources) {
		return ""
	}
	return sources[i]
}

// Offer makes an offer; restart makes it one that restarts ICE.
func (d *Direct) Offer(restart bool) (Description, error) {
	if d.pc.SignalingState() != webrtc.SignalingStateStable {
		return Description{}, errors.New("offer: an offer is under way")
	}
	return d.connection.offer(restart)
}

func (c *connection) offer(restart bool) (Description, error) {
	offer, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return Description{}, fmt.Errorf("create an offer: %w", err)
	}
	if err := c.pc.SetLocalDescription(offer); err != nil {
		return Description{}, fmt.Errorf("set the local description: %w", err)
	}
	return Description{wire.SDPOffer, offer.SDP}, nil
}

// Described takes in a description of the other side. The answer is nil if there is
// nothing to send: after an answer, and when offers crossed and theirs gives way.
func (d *Direct) Described(theirs Description) (answer *Description, err error) {
	state := d.pc.SignalingState()
	switch {
	case theirs.Type == wire.SDPAnswer && state != webrtc.SignalingStateHaveLocalOffer:
		return nil, nil // to an offer that was taken back
	case theirs.Type == wire.SDPOffer && state == webrtc.SignalingStateHaveLocalOffer && !d.polite:
		return nil, nil
	case theirs.Type == wire.SDPOffer && state == webrtc.SignalingStateHaveLocalOffer:
		if err := d.rollBack(); err != nil {
			return nil, err
		}
	}
	kind := webrtc.SDPTypeOffer
	if theirs.Type == wire.SDPAnswer {
		kind = webrtc.SDPTypeAnswer
	}
	if err := d.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: theirs.SDP}); err != nil {
		return nil, fmt.Errorf("set the remote description: %w", err)
	}
	d.addCandidates(d.candidates)
	d.candidates = nil
	if theirs.Type == wire.SDPAnswer {
		return nil, nil
	}
	ours, err := d.pc.CreateAnswer(nil)
	if err != nil {
		return nil, fmt.Errorf("create an answer: %w", err)
	}
	if err := d.pc.SetLocalDescription(ours); err != nil {
		return nil, fmt.Errorf("set the local description: %w", err)
	}
	return &Description{wire.SDPAnswer, ours.SDP}, nil
}

// rollBack takes our offer back, as setLocalDescription({type: "rollback"}) does
// in a browser. pion cannot do that; but an answer that says again what the other side
// last said ends the offer as well, and their offer, which follows, restarts ICE in
// any case. Offers cross only in restarts, so there is such a description.
func (d *Direct) rollBack() error {
	last := d.pc.CurrentRemoteDescription()
	if last == nil {
		return errors.New("take the offer back: it was the first")
	}
	if err := d.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: last.SDP}); err != nil {
		return fmt.Errorf("take the offer back: %w", err)
	}
	return nil
}

// Trickled takes in candidates of the other side. Those that make no sense are
// left out.
func (d *Direct) Trickled(candidates []wire.Candidate) {
	candidates = candidates[:min(len(candidates), maxCandidates-d.heeded)]
	d.heeded += len(candidates)
	if d.pc.RemoteDescription() == nil {
		d.candidates = append(d.candidates, candidates...)
		return
	}
	d.addCandidates(candidates)
}

func (d *Direct) addCandidates(candidates []wire.Candidate) {
	for _, c := range candidates {
		init := webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: &c.SDPMid}
		if c.UsernameFragment != "" {
			init.UsernameFragment = &c.UsernameFragment
		}
		if err := d.pc.AddICECandidate(init); err != nil {
			d.engine.logger.Debug("a candidate was left out")
		}
	}
}
