package sfu

import (
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// readFeedback reads the RTCP of a peer until it closes. pion's interceptors see it on the
// way and answer what is theirs: NACKs and reports.
func (p *Peer) readFeedback(sender *webrtc.RTPSender) {
	defer p.work.Done()
	buf := make([]byte, mtu)
	for {
		n, _, err := sender.Read(buf)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			p.sfu.count.droppedMalformed.Add(1)
			continue
		}
		for _, packet := range packets {
			p.handleFeedback(packet)
		}
	}
}

func (p *Peer) handleFeedback(packet rtcp.Packet) {
	switch packet := packet.(type) {
	case *rtcp.PictureLossIndication:
		p.wantKeyFrame(packet.MediaSSRC)
	case *rtcp.FullIntraRequest:
		for _, entry := range packet.FIR {
			p.wantKeyFrame(entry.SSRC)
		}
	}
}

// wantKeyFrame passes on that the peer cannot decode what flows in a slot.
func (p *Peer) wantKeyFrame(ssrc uint32) {
	slots := p.bySSRC.Load()
	if slots == nil {
		return
	}
	s := (*slots)[ssrc]
	if s == nil || s.audio || !p.receives() {
		return
	}
	if e := s.flowing(); e != nil {
		p.sfu.count.keyFeedback.Add(1)
		if e.feedback.Swap(true) {
			p.sfu.count.keyMerged.Add(1)
			return
		}
		p.room.kick()
	}
}
