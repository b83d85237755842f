package udp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/pion/srtp/v3"
)

var profiles = map[string]srtp.ProtectionProfile{
	"AEAD_AES_128_GCM":       srtp.ProtectionProfileAeadAes128Gcm,
	"AEAD_AES_256_GCM":       srtp.ProtectionProfileAeadAes256Gcm,
	"AES128_CM_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
}

// pair returns a session and what its client has: contexts of pion/srtp.
func pair(t testing.TB, profile srtp.ProtectionProfile) (*Session, *srtp.Context, *srtp.Context) {
	t.Helper()
	keyLen, err := profile.KeyLen()
	if err != nil {
		t.Fatal(err)
	}
	saltLen, err := profile.SaltLen()
	if err != nil {
		t.Fatal(err)
	}
	some := func(n int, first byte) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = first + byte(i)*7
		}
		return b
	}
	keys := Keys{profile, some(keyLen, 1), some(saltLen, 50), some(keyLen, 100), some(saltLen, 150)}
	session, err := NewSession(keys)
	if err != nil {
		t.Fatal(err)
	}
	up, err := srtp.CreateContext(keys.ClientKey, keys.ClientSalt, profile)
	if err != nil {
		t.Fatal(err)
	}
	down, err := srtp.CreateContext(keys.ServerKey, keys.ServerSalt, profile)
	if err != nil {
		t.Fatal(err)
	}
	return session, up, down
}

func packet(seq uint16, payload ...byte) []byte {
	p := make([]byte, rtpHeader, rtpHeader+len(payload))
	p[0], p[1] = 0x80, 96
	binary.BigEndian.PutUint16(p[2:], seq)
	binary.BigEndian.PutUint32(p[8:], 0x01020304)
	return append(p, payload...)
}

func TestPacketsOfAnotherImplementationAreOpenedAcrossARollOverAndInAnyOrder(t *testing.T) {
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			session, up, _ := pair(t, profile)
			source := NewSource(0x01020304)
			var sealed [][]byte
			for i := range uint16(40) {
				s, err := up.EncryptRTP(nil, packet(65516+i, byte(i), 1, 2, 3), nil)
				if err != nil {
					t.Fatal(err)
				}
				sealed = append(sealed, s)
			}
			for i := 1; i < len(sealed); i += 5 {
				sealed[i], sealed[i-1] = sealed[i-1], sealed[i]
			}
			for _, s := range sealed {
				again := bytes.Clone(s)
				payload, err := session.OpenRTP(source, s, rtpHeader)
				if err != nil {
					t.Fatal(err)
				}
				if want := []byte{byte(binary.BigEndian.Uint16(s[2:]) - 65516), 1, 2, 3}; !bytes.Equal(payload, want) {
					t.Fatalf("% x, want % x", payload, want)
				}
				if _, err := session.OpenRTP(source, again, rtpHeader); !errors.Is(err, ErrSRTP) {
					t.Fatalf("a packet was accepted twice: %v", err)
				}
			}
		})
	}
}

func TestAnotherImplementationOpensWhatIsSealedAcrossARollOver(t *testing.T) {
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			session, _, down := pair(t, profile)
			var sink Sink
			room := make([]byte, MTU)
			for i := range uint16(40) {
				header := room[:rtpHeader]
				copy(header, packet(65516+i))
				sealed, err := session.SealRTP(&sink, header, []byte{byte(i), 9})
				if err != nil {
					t.Fatal(err)
				}
				plain, err := down.DecryptRTP(nil, sealed, nil)
				if err != nil || !bytes.Equal(plain[rtpHeader:], []byte{byte(i), 9}) {
					t.Fatalf("packet %d: % x, %v", i, plain, err)
				}
				if len(sealed) > rtpHeader+2+Overhead {
					t.Fatalf("it grew to %d", len(sealed))
				}
			}
		})
	}
}

func TestReportsAreOpenedOnceAndSealedForOthers(t *testing.T) {
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			session, up, down := pair(t, profile)
			report := []byte{0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7}
			sealed, err := up.EncryptRTCP(nil, report, nil)
			if err != nil {
				t.Fatal(err)
			}
			again := bytes.Clone(sealed)
			plain, err := session.OpenRTCP(sealed)
			if err != nil || !bytes.Equal(plain, report) {
				t.Fatalf("% x, %v", plain, err)
			}
			if _, err := session.OpenRTCP(again); !errors.Is(err, ErrSRTP) {
				t.Fatalf("a report was accepted twice: %v", err)
			}
			for range 3 {
				room := make([]byte, MTU)
				out, err := session.SealRTCP(room[:copy(room, report)])
				if err != nil {
					t.Fatal(err)
				}
				if got, err := down.DecryptRTCP(nil, out, nil); err != nil || !bytes.Equal(got, report) {
					t.Fatalf("% x, %v", got, err)
				}
			}
		})
	}
}

func TestForgedPacketsChangeNothing(t *testing.T) {
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			session, up, _ := pair(t, profile)
			source := NewSource(0x01020304)
			good, err := up.EncryptRTP(nil, packet(7, 1, 2, 3), nil)
			if err != nil {
				t.Fatal(err)
			}
			for at := range good {
				forged := bytes.Clone(good)
				forged[at] ^= 0x40
				if at == 0 {
					continue // then it has another length of header
				}
				if _, err := session.OpenRTP(source, forged, rtpHeader); !errors.Is(err, ErrSRTP) {
					t.Fatalf("byte %d changed: %v", at, err)
				}
			}
			for n := range good {
				if _, err := session.OpenRTP(source, bytes.Clone(good[:n]), rtpHeader); !errors.Is(err, ErrSRTP) {
					t.Fatalf("%d bytes: %v", n, err)
				}
				if _, err := session.OpenRTCP(bytes.Clone(good[:n])); !errors.Is(err, ErrSRTP) {
					t.Fatalf("%d bytes as a report: %v", n, err)
				}
			}
			if source.Begun() {
				t.Error("a forged packet began the source")
			}
			if _, err := session.OpenRTP(source, good, rtpHeader); err != nil {
				t.Errorf("the good one: %v", err)
			}
		})
	}
}

func TestNothingIsAllocatedForAPacket(t *testing.T) {
	session, up, _ := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	source, sink := NewSource(0x01020304), new(Sink)
	var sealed [][]byte
	for i := range uint16(600) {
		s, err := up.EncryptRTP(nil, packet(i, make([]byte, 1000)...), nil)
		if err != nil {
			t.Fatal(err)
		}
		sealed = append(sealed, s)
	}
	room := make([]byte, MTU)
	at := 0
	allocs := testing.AllocsPerRun(500, func() {
		payload, err := session.OpenRTP(source, sealed[at], rtpHeader)
		if err != nil {
			t.Fatal(err)
		}
		copy(room, sealed[at][:rtpHeader])
		if _, err := session.SealRTP(sink, room[:rtpHeader], payload); err != nil {
			t.Fatal(err)
		}
		at++
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(packet(1, 2, 3), 12)
	f.Add([]byte{0x80, 200, 0, 1, 0, 0, 0, 1, 0x80, 0, 0, 1}, 30)
	f.Fuzz(func(t *testing.T, b []byte, header int) {
		for _, profile := range profiles {
			session, _, _ := pair(t, profile)
			if _, err := session.OpenRTP(NewSource(1), bytes.Clone(b), header); err == nil {
				t.Fatal("nobody has the key")
			}
			if _, err := session.OpenRTCP(bytes.Clone(b)); err == nil {
				t.Fatal("nobody has the key")
			}
		}
	})
}
