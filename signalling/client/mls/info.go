package mls

import "fmt"

// Extension is one of a group info (RFC 9420, section 12.4.3), of a type that the
// application has chosen: 0xF000 to 0xFFFF are free (section 17.3).
type Extension struct {
	Type uint16
	Data []byte
}

// Info is what an MLSMessage with a group info says. None of it is verified: that is
// done by [JoinExternal] and [MembersOf].
type Info struct {
	// Group and Epoch are which group it is of, and when.
	Group []byte
	Epoch uint64
	// Confirmation is as in [Group.Confirmation].
	Confirmation []byte
	// Tree is the ratchet tree, for [Join]; nil if there is none.
	Tree       []byte
	extensions []extension
}

// ParseInfo reads an MLSMessage with a group info.
func ParseInfo(info []byte) (Info, error) {
	m, err := parseMessage(info)
	if err != nil {
		return Info{}, err
	}
	g := m.groupInfo
	if g == nil {
		return Info{}, fmt.Errorf("%w: no group info", ErrMalformed)
	}
	t, _ := findExtension(g.extensions, extRatchetTree)
	return Info{g.context.group, g.context.epoch, g.confirmation, t, g.extensions}, nil
}

// Extension returns what an extension says; ok is false if it is not there.
func (i Info) Extension(kind uint16) (data []byte, ok bool) { return findExtension(i.extensions, kind) }

// MembersOf returns the members of the group that an MLSMessage with a group info is of,
// once all of it is verified.
func MembersOf(cfg Config, info []byte) ([]Member, error) {
	g, err := outside(cfg, info, nil)
	if err != nil {
		return nil, err
	}
	return g.Members(), nil
}
