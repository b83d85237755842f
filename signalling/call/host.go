package call

import (
	"slices"

	"pronto/signalling/wire"
)

// hosts tells whether a participant has the host's rights: who started the
// call, in that of a link its owner and who came by the host link, in that of a
// group its admins.
func (s *state) hosts(l *leg) bool {
	if s.Group != "" {
		return slices.Contains(s.Admins, l.User)
	}
	return l.Participant == s.Host || l.Hosts
}

// tendHost makes the one who has been in the call for the longest its host, when the
// host has left. The hosts of a link's call are its owner and who came by the host link, the hosts of a group's call
// are the group's admins, and a queue's call has none.
func (s *state) tendHost(fx *effects) {
	if s.Host != "" || s.Link != "" || s.Group != "" || s.Queue != "" || s.Phase == wire.PhaseEnded {
		return
	}
	var oldest *leg
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && !l.Guest && (oldest == nil || l.Joined.Before(oldest.Joined)) {
			oldest = l
		}
	}
	if oldest == nil {
		return
	}
	s.Host, fx.durable = oldest.Participant, true
	s.broadcast(fx, wire.HostChanged{Host: s.Host})
}
