package sfu

import (
	"slices"

	"pronto/sfu/forward"
)

// tellCodecs tells every peer which codecs of pictures all who receive can decode, if that has changed, and a
// newcomer in any case. Who sends changes to one of them without another offer. The caller holds r.mu.
func (r *Room) tellCodecs(newcomer *Peer) {
	common := r.commonCodecs()
	changed := !slices.Equal(common, r.common)
	r.common = common
	for _, p := range r.peers {
		if changed || p == newcomer {
			p.events.put(Codecs{Video: slices.Clone(common)})
		}
	}
}

// commonCodecs returns the codecs of pictures that everybody who receives any can decode.
func (r *Room) commonCodecs() []string {
	var common []string
	for _, codec := range forward.VideoCodecs() {
		receivers, able := 0, true
		for _, p := range r.peers {
			if len(p.videoSlots) > 0 {
				receivers++
				able = able && p.videoSlots[0].formats.media[codec] != 0
			}
		}
		if able && receivers > 0 {
			common = append(common, codecNames[codec])
		}
	}
	return common
}
