package media

import (
	"fmt"
	"net"
	"sync"

	"github.com/pion/webrtc/v4"

	"pronto/signalling/wire"
)

// How many slots a connection to the SFU receives in.
const (
	audioSlots = 6
	videoSlots = 9
)

// Routed is a connection to the SFU. Its methods other than those of SetMedia,
// Path, Stats and Close are for one goroutine at a time.
type Routed struct {
	*connection

	mu    sync.Mutex // guards slots
	slots map[string]Flow
}

// Routed makes a connection to the SFU.
func (e *Engine) Routed(o Options) (*Routed, error) {
	o.ICE.RelayOnly = false // the SFU is no other person
	c, err := e.openConnection(o, len(rids))
	if err != nil {
		return nil, err
	}
	r := &Routed{connection: c, slots: map[string]Flow{}}
	c.whose = r.owner
	if err := r.addSections(); err != nil {
		c.Close()
		return nil, err
	}
	return r, nil
}

func (r *Routed) addSections() error {
	if err := r.addSenders(webrtc.RTPTransceiverDirectionSendonly); err != nil {
		return err
	}
	for i := range audioSlots + videoSlots {
		kind := webrtc.RTPCodecTypeAudio
		if i >= audioSlots {
			kind = webrtc.RTPCodecTypeVideo
		}
		if _, err := r.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionRecvonly,
		}); err != nil {
			return fmt.Errorf("add a slot: %w", err)
		}
	}
	return nil
}

// Offer makes the one offer, or one that restarts ICE, and says which media section carries
// which source. It has no candidates: the SFU wants none.
func (r *Routed) Offer(restart bool) (Description, []wire.Send, error) {
	offer, err := r.offer(restart)
	if err != nil {
		return Description{}, nil, err
	}
	var sends []wire.Send
	for i, t := range r.pc.GetTransceivers()[:len(sources)] {
		sends = append(sends, wire.Send{Mid: t.Mid(), Source: sources[i]})
	}
	return offer, sends, nil
}

// Answered takes in the SFU's answer.
func (r *Routed) Answered(sdp string) error {
	if err := r.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("set the remote description: %w", err)
	}
	return nil
}

// Slots takes in who flows in which media section; it is the whole list.
func (r *Routed) Slots(list []wire.Slot) {
	slots := make(map[string]Flow, len(list))
	for _, s := range list {
		slots[s.Mid] = Flow{s.Participant, s.Source}
	}
	r.mu.Lock()
	r.slots = slots
	r.mu.Unlock()

	c := r.connection
	c.mu.Lock()
	defer c.mu.Unlock()
	for mid, receiver := range c.receivers {
		receiver.flow.Store(c.flow(slots[mid]))
	}
}

func (r *Routed) owner(mid string) Flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.slots[mid]
}

func isLoopback(ip net.IP) bool { return ip.IsLoopback() }
