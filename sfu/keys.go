package sfu

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/srtp/v3"

	"pronto/sfu/udp"
)

var errNoKeys = errors.New("sfu: the handshake left no keys")

// keyring learns the SRTP keys of one DTLS handshake in which this side is the server: pion has no exporter, but
// tells the master secret to a key log and the server's random to a hook, which is all that the
// exporter of RFC 5764, section 4.2, is made of. The keys are used once the handshake has succeeded, the
// fingerprint included.
type keyring struct {
	mu           sync.Mutex        // guards what follows
	masters      map[string][]byte // by client random, in hexadecimal digits
	clientRandom string            // of the newest
	serverRandom []byte
	suite        uint16
	profile      dtls.SRTPProtectionProfile
}

// maxHandshakes is how many handshakes are remembered; there is one, but for one that failed.
const maxHandshakes = 4

// Write takes a line of the key log: CLIENT_RANDOM, the client's random, the master secret.
func (k *keyring) Write(line []byte) (int, error) {
	fields := strings.Fields(string(line))
	if len(fields) != 3 || fields[0] != "CLIENT_RANDOM" {
		return len(line), nil
	}
	master, err := hex.DecodeString(fields[2])
	if err != nil {
		return len(line), nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.masters == nil || len(k.masters) >= maxHandshakes {
		k.masters = map[string][]byte{}
	}
	k.masters[fields[1]] = master
	k.clientRandom = fields[1]
	return len(line), nil
}

// hello is the hook that sees the server's first message; it leaves it as it is.
func (k *keyring) hello(m handshake.MessageServerHello) handshake.Message {
	random := m.Random.MarshalFixed()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.serverRandom = random[:]
	if m.CipherSuiteID != nil {
		k.suite = *m.CipherSuiteID
	}
	for _, e := range m.Extensions {
		if use, ok := e.(*extension.UseSRTP); ok && len(use.ProtectionProfiles) > 0 {
			k.profile = use.ProtectionProfiles[0]
		}
	}
	return &m
}

// take returns the keys of the handshake that has succeeded, once: then it forgets them.
func (k *keyring) take() (udp.Keys, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer func() { k.masters = nil }()
	master := k.masters[k.clientRandom]
	client, err := hex.DecodeString(k.clientRandom)
	if err != nil || len(master) == 0 || len(k.serverRandom) == 0 {
		return udp.Keys{}, errNoKeys
	}
	profile := srtp.ProtectionProfile(k.profile)
	keyLen, err := profile.KeyLen()
	if err != nil {
		return udp.Keys{}, fmt.Errorf("look at the SRTP profile: %w", err)
	}
	saltLen, err := profile.SaltLen()
	if err != nil {
		return udp.Keys{}, fmt.Errorf("look at the SRTP profile: %w", err)
	}
	seed := append([]byte("EXTRACTOR-dtls_srtp"), client...)
	seed = append(seed, k.serverRandom...)
	material, err := prf.PHash(master, seed, 2*(keyLen+saltLen), suiteHash(k.suite))
	if err != nil {
		return udp.Keys{}, fmt.Errorf("derive the SRTP keys: %w", err)
	}
	cut := func(n int) (b []byte) {
		b, material = material[:n:n], material[n:]
		return b
	}
	return udp.Keys{
		Profile:   profile,
		ClientKey: cut(keyLen), ServerKey: cut(keyLen),
		ClientSalt: cut(saltLen), ServerSalt: cut(saltLen),
	}, nil
}

// suiteHash is the hash of a cipher suite's pseudo-random function.
func suiteHash(suite uint16) func() hash.Hash {
	switch dtls.CipherSuiteID(suite) {
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
		return sha512.New384
	}
	return sha256.New
}
