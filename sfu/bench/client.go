//go:build linux

package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"

	"pronto/sfu/forward"
)

// The header extensions of an offer.
const (
	extMid, extLevel, extTWCC = 1, 2, 3
	ptAudio, ptVideo, ptRTX   = 111, 96, 97
)

// client is one participant: what a browser does on the wire, and nothing else.
type client struct {
	id        string
	number    uint32
	room      string
	socket    *socket
	agent     *ice.Agent
	ice       *ice.Conn
	dtls      *dtls.Conn
	remote    *net.UDPAddr
	up        *srtp.Context // owned by who sends, all in one goroutine
	down      *srtp.Context // owned by the goroutine that drains
	reports   *srtp.Context // owned by the goroutine that drains
	connected atomic.Bool
	keyFrame  atomic.Bool // wished for

	began time.Time
	first atomic.Int64 // ns from the beginning to the first packet

	// Owned by the goroutine that drains.
	highest  map[uint32]uint32 // sequence number by SSRC
	reported time.Time
	arrivals *twcc.Recorder
	answered time.Time // when the arrivals were reported
	measured
}

// measured is what came of the packets that were sent within the window.
type measured struct {
	received int
	added    []time.Duration
	bad      int
}

var silent = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}

func newClient(number int) (*client, error) {
	s, err := newSocket()
	if err != nil {
		return nil, err
	}
	return &client{id: fmt.Sprint("c", number), number: uint32(number), room: "bench", socket: s, highest: map[uint32]uint32{}, arrivals: twcc.NewRecorder(1)}, nil
}

// join negotiates and connects.
func (c *client) join(ctx context.Context, server *server, s scenario, sends bool) error {
	c.began = time.Now()
	certificate, err := selfsign.GenerateSelfSigned()
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	checkEvery := 20 * time.Millisecond // so that a join does not wait for the client
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: c.socket, Logger: silent.NewLogger("ice")})
	c.agent, err = ice.NewAgentWithOptions(
		ice.WithUDPMux(mux), ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}), ice.WithCheckInterval(checkEvery),
		ice.WithIncludeLoopback(), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled), ice.WithLoggerFactory(silent),
	)
	if err != nil {
		return fmt.Errorf("make an agent: %w", err)
	}
	ufrag, pwd, err := c.agent.GetLocalUserCredentials()
	if err != nil {
		return err
	}
	gathered := make(chan struct{})
	if err := c.agent.OnCandidate(func(candidate ice.Candidate) {
		if candidate == nil {
			close(gathered)
		}
	}); err != nil {
		return err
	}
	if err := c.agent.GatherCandidates(); err != nil {
		return fmt.Errorf("gather: %w", err)
	}
	<-gathered
	answer, err := server.join(ctx, c.id, c.room, offer(s, sends, c.number, ufrag, pwd, sha256.Sum256(certificate.Certificate[0])))
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	if err := c.connect(ctx, answer); err != nil {
		return err
	}
	return c.handshake(ctx,
		dtls.WithInsecureSkipVerify(true), // the server's process is our child
		dtls.WithCertificates(certificate), dtls.WithLoggerFactory(silent), dtls.WithFlightInterval(100*time.Millisecond),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
	)
}

// connect runs ICE against the candidates of an answer.
func (c *client) connect(ctx context.Context, answer string) error {
	var ufrag, pwd string
	for line := range strings.Lines(answer) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok {
			ufrag = v
		} else if v, ok := strings.CutPrefix(line, "a=ice-pwd:"); ok {
			pwd = v
		} else if v, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			candidate, err := ice.UnmarshalCandidate(v)
			if err != nil {
				return fmt.Errorf("read a candidate: %w", err)
			}
			c.remote = &net.UDPAddr{IP: net.ParseIP(candidate.Address()), Port: candidate.Port()}
			if err := c.agent.AddRemoteCandidate(candidate); err != nil {
				return err
			}
		}
	}
	if err := c.agent.SetRemoteICELite(true); err != nil {
		return err
	}
	var err error
	if c.ice, err = c.agent.Dial(ctx, ufrag, pwd); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}

func (c *client) handshake(ctx context.Context, options ...dtls.ClientOption) error {
	var err error
	if c.dtls, err = dtls.ClientWithOptions(dtlsnet.PacketConnFromConn(c.ice), c.remote, options...); err != nil {
		return fmt.Errorf("begin DTLS: %w", err)
	}
	if err := c.dtls.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("DTLS: %w", err)
	}
	state, _ := c.dtls.ConnectionState()
	profile, ok := c.dtls.SelectedSRTPProtectionProfile()
	if !ok || profile != dtls.SRTP_AEAD_AES_128_GCM {
		return errors.New("AEAD_AES_128_GCM was not selected")
	}
	keys := srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
	if err := keys.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		return fmt.Errorf("take the keys: %w", err)
	}
	for _, context := range []**srtp.Context{&c.up, &c.reports} {
		if *context, err = srtp.CreateContext(keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt, keys.Profile); err != nil {
			return err
		}
	}
	if c.down, err = srtp.CreateContext(keys.Keys.RemoteMasterKey, keys.Keys.RemoteMasterSalt, keys.Profile); err != nil {
		return err
	}
	c.connected.Store(true)
	return nil
}

func (c *client) close() {
	if c.dtls != nil {
		_ = c.dtls.Close()
	}
	if c.agent != nil {
		_ = c.agent.Close()
	}
	_ = c.socket.Close()
}

// heard takes one datagram from the socket.
func (c *client) heard(packet []byte, at time.Time, in func(sent time.Time) bool) {
	if len(packet) < 12 || packet[0] < 128 || packet[0] > 191 {
		select {
		case c.socket.aside <- append([]byte(nil), packet...):
		default: // as a full queue in a kernel
		}
		return
	}
	if !c.connected.Load() {
		return
	}
	if packet[1] >= 192 && packet[1] <= 223 {
		c.heardReport(packet)
		return
	}
	plain, err := c.down.DecryptRTP(packet[:0:0], packet, nil)
	if err != nil {
		c.bad++
		return
	}
	if c.first.Load() == 0 {
		c.first.Store(int64(at.Sub(c.began)))
	}
	h, err := forward.ParseHeader(plain)
	if err != nil {
		c.bad++
		return
	}
	if number := h.Extension(extTWCC); len(number) == 2 {
		c.arrivals.Record(h.SSRC, binary.BigEndian.Uint16(number), at.UnixMicro())
	}
	if payload, err := h.Unpad(plain[h.Size:]); err == nil && (len(payload) == 0 || h.PayloadType == ptRTX) {
		return // it probes the bandwidth
	}
	c.highest[binary.BigEndian.Uint32(plain[8:])] = uint32(binary.BigEndian.Uint16(plain[2:]))
	sent, ok := stamped(plain)
	if !ok {
		c.bad++
		return
	}
	if in(sent) {
		c.received++
		c.added = append(c.added, at.Sub(sent))
	}
}

func (c *client) heardReport(packet []byte) {
	plain, err := c.down.DecryptRTCP(nil, packet, nil)
	if err != nil {
		c.bad++
		return
	}
	packets, err := rtcp.Unmarshal(plain)
	if err != nil {
		c.bad++
		return
	}
	for _, p := range packets {
		switch p.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			c.keyFrame.Store(true)
		}
	}
}

// reportEvery and answerEvery are how often browsers report what they receive, and when each packet came.
const reportEvery, answerEvery = time.Second, 100 * time.Millisecond

// report sends what browsers report.
func (c *client) report(now time.Time) {
	if !c.connected.Load() {
		return
	}
	if now.Sub(c.answered) >= answerEvery {
		c.answered = now
		for _, p := range c.arrivals.BuildFeedbackPacket() {
			if plain, err := p.Marshal(); err == nil {
				c.send(plain)
			}
		}
	}
	if now.Sub(c.reported) < reportEvery {
		return
	}
	c.reported = now
	r := rtcp.ReceiverReport{SSRC: 1}
	for ssrc, seq := range c.highest {
		if len(r.Reports) < 31 {
			r.Reports = append(r.Reports, rtcp.ReceptionReport{SSRC: ssrc, LastSequenceNumber: seq})
		}
	}
	if plain, err := r.Marshal(); err == nil {
		c.send(plain)
	}
}

// send seals a report and sends it.
func (c *client) send(plain []byte) {
	if sealed, err := c.reports.EncryptRTCP(nil, plain, nil); err == nil {
		_, _ = c.socket.WriteTo(sealed, c.remote)
	}
}
