package mls

import (
	"crypto/ed25519"
	"crypto/hmac"
	"fmt"
)

// Wire formats, senders and contents (RFC 9420, section 6).
const (
	formatPublic     = 1
	formatPrivate    = 2
	formatWelcome    = 3
	formatGroupInfo  = 4
	formatKeyPackage = 5

	senderMember            = 1
	senderExternal          = 2
	senderNewMemberProposal = 3
	senderNewMemberCommit   = 4

	contentApplication = 1
	contentProposal    = 2
	contentCommit      = 3
)

type sender struct {
	kind  uint8
	index uint32 // of a member's leaf, or of an external sender
}

func readSender(r *reader) sender {
	s := sender{kind: r.u8()}
	switch s.kind {
	case senderMember, senderExternal:
		s.index = r.u32()
	case senderNewMemberProposal, senderNewMemberCommit:
	default:
		r.fail("a sender is of type %d", s.kind)
	}
	return s
}

func (s sender) write(w *writer) {
	w.u8(s.kind)
	if s.kind == senderMember || s.kind == senderExternal {
		w.u32(s.index)
	}
}

// content is FramedContent: what is said, where and by whom.
type content struct {
	group             []byte
	epoch             uint64
	sender            sender
	authenticatedData []byte
	application       []byte // one of the three
	proposal          *proposal
	commit            *commit
}

func readContent(r *reader) *content {
	c := &content{group: r.vec(), epoch: r.u64(), sender: readSender(r), authenticatedData: r.vec()}
	switch kind := r.u8(); kind {
	case contentApplication:
		c.application = r.vec()
	case contentProposal:
		c.proposal = readProposal(r)
	case contentCommit:
		c.commit = readCommit(r)
	default:
		r.fail("a content is of type %d", kind)
	}
	return c
}

func (c *content) write(w *writer) {
	w.vec(c.group)
	w.u64(c.epoch)
	c.sender.write(w)
	w.vec(c.authenticatedData)
	switch {
	case c.commit != nil:
		w.u8(contentCommit)
		c.commit.write(w)
	case c.proposal != nil:
		w.u8(contentProposal)
		c.proposal.write(w)
	default:
		w.u8(contentApplication)
		w.vec(c.application)
	}
}

// authenticated is AuthenticatedContent, and with membershipTag PublicMessage (RFC
// 9420, section 6.2).
type authenticated struct {
	format        uint16
	content       *content
	signature     []byte
	confirmation  []byte // of a commit
	membershipTag []byte // of a member
}

func (a *authenticated) readAuth(r *reader) {
	a.signature = r.vec()
	if a.content.commit != nil {
		a.confirmation = r.vec()
	}
}

func (a *authenticated) writeAuth(w *writer) {
	w.vec(a.signature)
	if a.content.commit != nil {
		w.vec(a.confirmation)
	}
}

func readPublic(r *reader) *authenticated {
	a := &authenticated{format: formatPublic, content: readContent(r)}
	a.readAuth(r)
	if a.content.sender.kind == senderMember {
		a.membershipTag = r.vec()
	}
	return a
}

func (a *authenticated) writePublic(w *writer) {
	a.content.write(w)
	a.writeAuth(w)
	if a.content.sender.kind == senderMember {
		w.vec(a.membershipTag)
	}
}

// writeContent is AuthenticatedContent, by which proposals are named.
func (a *authenticated) writeContent(w *writer) {
	w.u16(a.format)
	a.content.write(w)
	a.writeAuth(w)
}

// ref names a proposal.
func (a *authenticated) ref() []byte {
	return refHash(labels+"Proposal Reference", encode(a.writeContent))
}

func (a *authenticated) signed(context groupContext) []byte {
	return encode(func(w *writer) {
		w.u16(version)
		w.u16(a.format)
		a.content.write(w)
		if k := a.content.sender.kind; k == senderMember || k == senderNewMemberCommit {
			context.write(w)
		}
	})
}

func (a *authenticated) sign(key ed25519.PrivateKey, context groupContext) {
	a.signature = signWithLabel(key, "FramedContentTBS", a.signed(context))
}

func (a *authenticated) verify(key []byte, context groupContext) error {
	if !verifyWithLabel(key, "FramedContentTBS", a.signed(context), a.signature) {
		return fmt.Errorf("%w: a message's signature", ErrUnverified)
	}
	return nil
}

func (a *authenticated) membership(key []byte, context groupContext) []byte {
	return mac(key, append(a.signed(context), encode(a.writeAuth)...))
}

func (a *authenticated) verifyMembership(key []byte, context groupContext) error {
	if !hmac.Equal(a.membership(key, context), a.membershipTag) {
		return fmt.Errorf("%w: a message is not from a member", ErrUnverified)
	}
	return nil
}

// message is MLSMessage: one of its fields.
type message struct {
	public     *authenticated
	welcome    *welcome
	groupInfo  *groupInfo
	keyPackage *KeyPackage
}

// parseMessage reads an MLSMessage. Private messages are refused: none are sent.
func parseMessage(b []byte) (message, error) {
	return decode(b, func(r *reader) message {
		if v := r.u16(); r.err == nil && v != version {
			r.fail("a message of version %d", v)
		}
		var m message
		switch format := r.u16(); format {
		case formatPublic:
			m.public = readPublic(r)
		case formatWelcome:
			m.welcome = readWelcome(r)
		case formatGroupInfo:
			m.groupInfo = readGroupInfo(r)
		case formatKeyPackage:
			m.keyPackage = readKeyPackage(r)
		default:
			r.fail("a message of format %d", format)
		}
		return m
	})
}

func (m message) bytes() []byte {
	return encode(func(w *writer) {
		w.u16(version)
		switch {
		case m.public != nil:
			w.u16(formatPublic)
			m.public.writePublic(w)
		case m.welcome != nil:
			w.u16(formatWelcome)
			m.welcome.write(w)
		case m.groupInfo != nil:
			w.u16(formatGroupInfo)
			m.groupInfo.write(w)
		case m.keyPackage != nil:
			w.u16(formatKeyPackage)
			m.keyPackage.write(w)
		}
	})
}
