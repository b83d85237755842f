package sfu

import (
	"fmt"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

const (
	// dtlsRetransmission is the interval of a lost handshake flight; pion's default of a second
	// would be felt at each join over a lossy network.
	dtlsRetransmission = 100 * time.Millisecond
)

// settings are those of one peer's transport. ICE-lite (RFC 8445, section 2.5): the
// server sends checks to nobody, so that no client can make it probe an address.
func (s *SFU) settings(keys *keyring) (webrtc.SettingEngine, error) {
	var e webrtc.SettingEngine
	e.LoggerFactory = silentLogs()
	e.SetLite(true)
	e.SetICEUDPMux(s.mux)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetICETimeouts(0, 0, 0) // the media path hears when a peer is silent; see link.listen
	e.SetDTLSRetransmissionInterval(dtlsRetransmission)
	e.SetDTLSKeyLogWriter(keys)
	e.SetDTLSServerHelloMessageHook(keys.hello)
	e.SetSRTPProtectionProfiles(
		dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	if err := e.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return e, fmt.Errorf("set the DTLS role: %w", err)
	}
	return e, nil
}
