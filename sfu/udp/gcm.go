package udp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// Labels of the key derivation (RFC 3711, section 4.3).
const (
	labelRTPKey, labelRTPSalt   = 0x00, 0x02
	labelRTCPKey, labelRTCPSalt = 0x03, 0x05
)

const (
	gcmKey, gcmSalt, gcmTag = 16, 12, 16
	// encryptedBit says that an SRTCP packet is encrypted (RFC 3711, section 3.4).
	encryptedBit = 1 << 31
)

// gcm is AEAD_AES_128_GCM (RFC 7714) in one direction.
type gcm struct {
	rtp, rtcp         cipher.AEAD
	rtpSalt, rtcpSalt [gcmSalt]byte
	nonce             [gcmSalt]byte
	aad               [rtcpHeader + 4]byte
}

func newGCM(key, salt []byte) (*gcm, error) {
	if len(key) != gcmKey || len(salt) != gcmSalt {
		return nil, fmt.Errorf("a key of %d and a salt of %d bytes", len(key), len(salt))
	}
	master, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	g := &gcm{}
	if g.rtp, err = sealer(derive(master, salt, labelRTPKey, gcmKey)); err != nil {
		return nil, err
	}
	if g.rtcp, err = sealer(derive(master, salt, labelRTCPKey, gcmKey)); err != nil {
		return nil, err
	}
	copy(g.rtpSalt[:], derive(master, salt, labelRTPSalt, gcmSalt))
	copy(g.rtcpSalt[:], derive(master, salt, labelRTCPSalt, gcmSalt))
	return g, nil
}

func sealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// derive is the key derivation with a rate of zero (RFC 3711, sections 4.3.1 and 4.3.3); n is at most one block.
func derive(master cipher.Block, salt []byte, label byte, n int) []byte {
	var x [aes.BlockSize]byte
	copy(x[:14], salt) // RFC 7714, section 11: the salt is padded at its end
	x[7] ^= label
	master.Encrypt(x[:], x[:])
	return x[:n]
}

// rtpNonce is the initialisation vector of RFC 7714, section 8.1.
func (g *gcm) rtpNonce(header []byte, roc uint32) []byte {
	n := &g.nonce
	n[0], n[1] = 0, 0
	copy(n[2:6], header[8:12])
	binary.BigEndian.PutUint32(n[6:], roc)
	copy(n[10:12], header[2:4])
	for i := range n {
		n[i] ^= g.rtpSalt[i]
	}
	return n[:]
}

func (g *gcm) openRTP(packet []byte, n int, roc uint32) ([]byte, error) {
	plain, err := g.rtp.Open(packet[n:n], g.rtpNonce(packet, roc), packet[n:], packet[:n])
	if err != nil {
		return nil, ErrSRTP
	}
	return plain, nil
}

func (g *gcm) sealRTP(header, payload []byte, roc uint32) ([]byte, error) {
	return g.rtp.Seal(header, g.rtpNonce(header, roc), payload, header), nil
}

// rtcpNonce is the initialisation vector of RFC 7714, section 9.1.
func (g *gcm) rtcpNonce(header []byte, index uint32) []byte {
	n := &g.nonce
	*n = [gcmSalt]byte{}
	copy(n[2:6], header[4:8])
	binary.BigEndian.PutUint32(n[8:], index)
	for i := range n {
		n[i] ^= g.rtcpSalt[i]
	}
	return n[:]
}

func (g *gcm) openRTCP(packet []byte) ([]byte, uint32, error) {
	end := len(packet) - 4
	if end < rtcpHeader+gcmTag {
		return nil, 0, ErrSRTP
	}
	word := binary.BigEndian.Uint32(packet[end:])
	if word&encryptedBit == 0 {
		return nil, 0, ErrSRTP // never sent by anybody with these profiles
	}
	index := word &^ encryptedBit
	copy(g.aad[:], packet[:rtcpHeader])
	copy(g.aad[rtcpHeader:], packet[end:])
	_, err := g.rtcp.Open(packet[rtcpHeader:rtcpHeader], g.rtcpNonce(packet, index), packet[rtcpHeader:end], g.aad[:])
	if err != nil {
		return nil, 0, ErrSRTP
	}
	return packet[:end-gcmTag], index, nil
}

func (g *gcm) sealRTCP(plain []byte, index uint32) ([]byte, error) {
	copy(g.aad[:], plain[:rtcpHeader])
	binary.BigEndian.PutUint32(g.aad[rtcpHeader:], index|encryptedBit)
	out := g.rtcp.Seal(plain[:rtcpHeader], g.rtcpNonce(plain, index), plain[rtcpHeader:], g.aad[:])
	return binary.BigEndian.AppendUint32(out, index|encryptedBit), nil
}
