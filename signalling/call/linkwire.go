package call

import (
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// LinkOf is a link as its owner sees it.
func LinkOf(l store.Link) wire.Link {
	ms := func(t time.Time) wire.UnixMs {
		if t.IsZero() {
			return 0
		}
		return wire.UnixMs(t.UnixMilli())
	}
	return wire.Link{
		Link: wire.LinkID(l.ID), Kind: wire.Kind(l.Kind), CreatedMs: ms(l.Created), EndsMs: ms(l.Ends()), RevokedMs: ms(l.Revoked),
		Uses: uint32(l.Uses), UsedMs: ms(l.Used), Sequence: uint32(l.Sequence), Unencrypted: l.Unencrypted, HasHostLink: l.HasHost, BookedFrom: wire.LinkID(l.BookedFrom),
		Terms: wire.LinkTerms{
			Title: l.Title, Sealed: l.Sealed, Lobby: wire.LobbyMode(l.Lobby), OpensMs: ms(l.Opens), ExpiresMs: ms(l.Expires),
			IdleSeconds: uint32(l.Idle / time.Second), MaxUses: uint32(l.MaxUses), MaxParticipants: uint32(l.MaxPeople),
			JoinMuted: l.JoinMuted, RingHost: l.RingHost,
		},
	}
}

// latest is the end of the year 9000, in Unix milliseconds: a link that is idle for
// a year after it opens must still end in a year of four digits (RFC 3339).
const latest = 221_876_927_999_999

// TermsOf are what the store keeps of the terms of a link.
func TermsOf(t wire.LinkTerms) (store.LinkTerms, error) {
	if t.Title != "" {
		if err := identity.CheckTitle(t.Title); err != nil {
			return store.LinkTerms{}, wire.Problemf(wire.CodeInvalid, "terms title %s", err)
		}
	}
	if !isBase64URL(t.Sealed) {
		return store.LinkTerms{}, wire.Problemf(wire.CodeInvalid, "terms sealed is not base64url without padding")
	}
	if max(t.OpensMs, t.ExpiresMs) > latest {
		return store.LinkTerms{}, wire.Problemf(wire.CodeInvalid, "terms opensMs or expiresMs is after the year 9000")
	}
	if t.ExpiresMs != 0 && t.ExpiresMs <= t.OpensMs {
		return store.LinkTerms{}, wire.Problemf(wire.CodeInvalid, "terms expiresMs is not after opensMs")
	}
	return store.LinkTerms{
		Title: t.Title, Sealed: t.Sealed, Lobby: store.Lobby(t.Lobby), Opens: at(t.OpensMs), Expires: at(t.ExpiresMs),
		Idle: time.Duration(t.IdleSeconds) * time.Second, MaxUses: int64(t.MaxUses), MaxPeople: int64(t.MaxParticipants),
		JoinMuted: t.JoinMuted, RingHost: t.RingHost,
	}, nil
}

// at is a time that may be absent.
func at(ms wire.UnixMs) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

func isBase64URL(text string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// SlotsOf are the times of a link as its hosts see them, or others: those do not
// learn when somebody has an appointment.
func SlotsOf(slots []store.Slot, host bool) wire.LinkSlots {
	list := wire.LinkSlots{Slots: make([]wire.LinkSlot, 0, len(slots))}
	for _, s := range slots {
		if host || !s.Booked {
			list.Slots = append(list.Slots, wire.LinkSlot{FromMs: wire.UnixMs(s.From.UnixMilli()), ToMs: wire.UnixMs(s.To.UnixMilli()), Booked: s.Booked})
		}
	}
	return list
}
