package udp

import (
	"encoding/binary"
	"fmt"

	"github.com/pion/srtp/v3"
)

// other is a profile that pion/srtp serves, in one direction. Its context counts roll-overs and RTCP
// by itself, and keeps nothing about packets that are not authentic.
type other struct {
	context *srtp.Context
	tag     int // bytes of authentication behind an RTCP index
	out     []byte
}

func newOther(profile srtp.ProtectionProfile, key, salt []byte) (*other, error) {
	tag, err := profile.AuthTagRTCPLen()
	if err != nil {
		return nil, fmt.Errorf("the length of the tag: %w", err)
	}
	// Replays are the business of Session.
	context, err := srtp.CreateContext(key, salt, profile, srtp.SRTPNoReplayProtection(), srtp.SRTCPNoReplayProtection())
	if err != nil {
		return nil, err
	}
	return &other{context: context, tag: tag, out: make([]byte, 0, 2*MTU)}, nil
}

func (o *other) openRTP(packet []byte, n int, _ uint32) ([]byte, error) {
	plain, err := o.context.DecryptRTP(o.out[:0], packet, nil)
	if err != nil || len(plain) < n || len(plain) > len(packet) {
		return nil, ErrSRTP
	}
	return packet[n : n+copy(packet[n:], plain[n:])], nil
}

func (o *other) sealRTP(header, payload []byte, _ uint32) ([]byte, error) {
	sealed, err := o.context.EncryptRTP(o.out[:0], append(header, payload...), nil)
	if err != nil {
		return nil, fmt.Errorf("udp: seal a packet: %w", err)
	}
	return append(header[:0], sealed...), nil
}

func (o *other) openRTCP(packet []byte) ([]byte, uint32, error) {
	at := len(packet) - o.tag - 4
	if at < rtcpHeader {
		return nil, 0, ErrSRTP
	}
	index := binary.BigEndian.Uint32(packet[at:]) &^ encryptedBit
	plain, err := o.context.DecryptRTCP(o.out[:0], packet, nil)
	if err != nil {
		return nil, 0, ErrSRTP
	}
	return packet[:copy(packet, plain)], index, nil
}

func (o *other) sealRTCP(plain []byte, _ uint32) ([]byte, error) {
	sealed, err := o.context.EncryptRTCP(o.out[:0], plain, nil)
	if err != nil {
		return nil, fmt.Errorf("udp: seal a report: %w", err)
	}
	return append(plain[:0], sealed...), nil
}
