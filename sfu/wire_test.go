package sfu

import (
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

// What wires publish and receive as.
const (
	wireSSRC, wireRTX = 1000, 1001
	wireTWCC          = 3
	wireDependency    = 13
	wirePT, wireRTXPT = 96, 97
)

// wire is the far end of a peer that has no PeerConnection: what ICE and DTLS would have found is given to the
// media path, and every packet on the network is in the test's hands.
type wire struct {
	t        testing.TB
	peer     *Peer
	slot     *slot // nil for a publisher
	conn     *net.UDPConn
	to       *net.UDPAddr
	up, down *srtp.Context
}

func startWired(t testing.TB, limits Limits) (*SFU, *Room) {
	t.Helper()
	s, err := New(Config{Conn: listenLoopback(t), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r, err := s.Room("a room")
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func listenLoopback(t testing.TB) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// joinWired has somebody join who sends a camera, or receives one.
func joinWired(t testing.TB, r *Room, id string, publishes bool, profile srtp.ProtectionProfile) *wire {
	t.Helper()
	return joinWiredOn(t, r, id, publishes, profile, func(PeerEvent) {})
}

// joinWiredOn is joinWired with somebody who hears what happens to the peer.
func joinWiredOn(t testing.TB, r *Room, id string, publishes bool, profile srtp.ProtectionProfile, on func(PeerEvent)) *wire {
	t.Helper()
	peer, err := r.Join(id, on)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, peer: peer, conn: listenLoopback(t), to: r.worker.socket.LocalAddr().(*net.UDPAddr)}
	t.Cleanup(func() { _ = w.conn.Close() })
	keyLen, _ := profile.KeyLen()
	saltLen, _ := profile.SaltLen()
	key, salt := make([]byte, keyLen), make([]byte, saltLen)
	copy(key, id)
	keys := udp.Keys{Profile: profile, ClientKey: key, ClientSalt: salt, ServerKey: key, ServerSalt: salt}
	session, err := udp.NewSession(keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, context := range []**srtp.Context{&w.up, &w.down} {
		if *context, err = srtp.CreateContext(key, salt, profile); err != nil {
			t.Fatal(err)
		}
	}
	r.worker.do(func() { peer.link.connect(session, w.addr()) })
	if publishes {
		peer.publish([]*stream{{
			peer: peer, source: Camera, mid: "1", formats: wireFormats(), ssrcs: []uint32{wireSSRC, wireRTX}, nack: true,
		}}, extensionIDs{mid: 1, twcc: wireTWCC, dependency: wireDependency})
	} else {
		w.slot = newSlot(peer, false, "slot-0")
		w.slot.mid, w.slot.formats, w.slot.ssrc, w.slot.rtxSSRC = "0", wireFormats(), 2000, 2001
		w.slot.twcc = wireTWCC
		r.worker.do(func() { peer.link.addSlots([]*slot{w.slot}) })
		r.mu.Lock()
		peer.videoSlots = append(peer.videoSlots, w.slot)
		r.assign(time.Now())
		r.mu.Unlock()
	}
	peer.onConnected(time.Now())
	return w
}

// wireFormats are those of all sections of video: every codec with retransmissions, as in the captures of package forward.
func wireFormats() (f formats) {
	f.media = [codecs]uint8{forward.CodecVP8: wirePT, forward.CodecVP9: 98, forward.CodecAV1: 45, forward.CodecH264: 102}
	f.rtx = [codecs]uint8{forward.CodecVP8: wireRTXPT, forward.CodecVP9: 99, forward.CodecAV1: 46, forward.CodecH264: 103}
	return f
}

func (w *wire) addr() netip.AddrPort { return w.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// video returns a packet of one frame by itself; the first is a key frame.
func video(seq uint16) *rtp.Packet {
	kind := byte(1)
	if seq == 1 {
		kind = 0
	}
	p := &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: wirePT, SequenceNumber: seq, Timestamp: uint32(seq) * 3000, SSRC: wireSSRC, Marker: true},
		Payload: append([]byte{0x90, 0x80, 0x80, byte(seq), kind}, make([]byte, 995)...),
	}
	binary.BigEndian.PutUint16(p.Payload[900:], seq)
	if err := p.SetExtension(wireTWCC, binary.BigEndian.AppendUint16(nil, seq)); err != nil {
		panic(err)
	}
	return p
}

// retransmission returns video(seq) as RFC 4588 has it sent again.
func retransmission(seq, rtxSeq uint16) *rtp.Packet {
	p := video(seq)
	p.PayloadType, p.SSRC, p.SequenceNumber = wireRTXPT, wireRTX, rtxSeq
	p.Payload = append(binary.BigEndian.AppendUint16(nil, seq), p.Payload...)
	return p
}

func (w *wire) seal(p *rtp.Packet) []byte {
	w.t.Helper()
	b, err := p.Marshal()
	if err != nil {
		w.t.Fatal(err)
	}
	sealed, err := w.up.EncryptRTP(nil, b, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return sealed
}

func (w *wire) send(packets ...*rtp.Packet) {
	w.t.Helper()
	for _, p := range packets {
		w.write(w.seal(p))
	}
}

func (w *wire) write(b []byte) {
	w.t.Helper()
	if _, err := w.conn.WriteTo(b, w.to); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) report(packets ...rtcp.Packet) {
	w.t.Helper()
	b, err := rtcp.Marshal(packets)
	if err != nil {
		w.t.Fatal(err)
	}
	sealed, err := w.up.EncryptRTCP(nil, b, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(sealed)
}

// next returns the next packet that comes: one of RTP, or those of a compound of RTCP.
func (w *wire) next(within time.Duration) (*rtp.Packet, []rtcp.Packet) {
	w.t.Helper()
	if err := w.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		w.t.Fatal(err)
	}
	buf := make([]byte, 2*udp.MTU)
	n, err := w.conn.Read(buf)
	if err != nil {
		return nil, nil
	}
	if buf[1] >= 192 && buf[1] <= 223 {
		plain, err := w.down.DecryptRTCP(nil, buf[:n], nil)
		if err != nil {
			w.t.Fatal(err)
		}
		packets, err := rtcp.Unmarshal(plain)
		if err != nil {
			w.t.Fatal(err)
		}
		return nil, packets
	}
	plain, err := w.down.DecryptRTP(nil, buf[:n], nil)
	if err != nil {
		w.t.Fatal(err)
	}
	p := new(rtp.Packet)
	if err := p.Unmarshal(plain); err != nil {
		w.t.Fatal(err)
	}
	return p, nil
}

const wirePatience = 10 * time.Second

// media returns the next packet of media.
func (w *wire) media() *rtp.Packet {
	w.t.Helper()
	for {
		p, reports := w.next(wirePatience)
		if p != nil {
			return p
		}
		if reports == nil {
			w.t.Fatal("no media came")
		}
	}
}

// hear waits for a report for which is true.
func (w *wire) hear(what string, is func(rtcp.Packet) bool) {
	w.t.Helper()
	for {
		p, reports := w.next(wirePatience)
		if p == nil && reports == nil {
			w.t.Fatalf("waited in vain for: %s", what)
		}
		for _, r := range reports {
			if is(r) {
				return
			}
		}
	}
}

// raw returns the next packet of media as it comes.
func (w *wire) raw() []byte {
	w.t.Helper()
	if err := w.conn.SetReadDeadline(time.Now().Add(wirePatience)); err != nil {
		w.t.Fatal(err)
	}
	buf := make([]byte, 2*udp.MTU)
	for {
		n, err := w.conn.Read(buf)
		if err != nil {
			w.t.Fatal(err)
		}
		if buf[1] < 192 || buf[1] > 223 {
			return buf[:n]
		}
	}
}

// What a peer has used is every packet of media and of reports that its client sent and received, whatever
// they carry: the client counts them too, and both must come to the same.
func TestWhatAPeerHasUsedIsEveryPacketOnTheWire(t *testing.T) {
	_, r := startWired(t, Limits{})
	ana, bia := joinWired(t, r, "ana", true, gcm), joinWired(t, r, "bia", false, gcm)
	want := map[*wire]int64{}
	var reports int
	for seq := range uint16(200) {
		sealed := ana.seal(video(seq + 1))
		ana.write(sealed)
		want[ana] += int64(len(sealed) + beneath)
		for _, w := range []*wire{ana, bia} {
			_ = w.conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
			for buf := make([]byte, 2*udp.MTU); ; {
				n, err := w.conn.Read(buf)
				if err != nil {
					break
				}
				want[w] += int64(n + beneath)
				if w == ana && buf[1] >= 192 && buf[1] <= 223 {
					reports++
				}
			}
		}
	}
	if reports < 5 {
		t.Fatalf("only %d reports came", reports)
	}
	for name, w := range map[string]*wire{"ana": ana, "bia": bia} {
		var got int64
		for deadline := time.Now().Add(time.Minute); got != want[w] && time.Now().Before(deadline); {
			if packet := w.size(10 * time.Millisecond); packet > 0 { // one that was on its way
				want[w] += int64(packet + beneath)
			}
			r.worker.do(func() { got = w.peer.link.path.moved })
		}
		if got != want[w] {
			t.Errorf("%s has used %d bytes on the wire, and %d are counted", name, want[w], got)
		}
	}
}

// size is that of the next packet that comes; 0 for none.
func (w *wire) size(within time.Duration) int {
	_ = w.conn.SetReadDeadline(time.Now().Add(within))
	n, _ := w.conn.Read(make([]byte, 2*udp.MTU))
	return n
}
