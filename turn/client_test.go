package turn

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"pronto/turn/credential"
)

// rawClient speaks TURN message by message, so that a test can say what no
// well-behaved client says.
type rawClient struct {
	t     *testing.T
	conn  net.Conn
	cred  credential.Credential
	realm string
	nonce string
}

func dialRaw(t *testing.T, s running, network string, cred credential.Credential) *rawClient {
	t.Helper()
	return dialRawFrom(t, s, network, "127.0.0.1", cred)
}

func dialRawFrom(t *testing.T, s running, network, from string, cred credential.Credential) *rawClient {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}}
	if network == "tcp" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := dialer.DialContext(t.Context(), network, s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &rawClient{t: t, conn: conn, cred: cred, realm: testRealm}
}

// raw is an attribute with this very value.
type raw struct {
	attr  stun.AttrType
	value []byte
}

func (r raw) AddTo(m *stun.Message) error {
	m.Add(r.attr, r.value)
	return nil
}

// peerAddr is XOR-PEER-ADDRESS (RFC 8656, section 18.3), IPv4-mapped addresses
// spelled as IPv6.
type peerAddr netip.AddrPort

func (p peerAddr) AddTo(m *stun.Message) error {
	at := netip.AddrPort(p)
	mask := append([]byte{0x21, 0x12, 0xA4, 0x42}, m.TransactionID[:]...)
	value := binary.BigEndian.AppendUint16([]byte{0, 2}, at.Port()^0x2112)
	if at.Addr().Is4() {
		value[1] = 1
	}
	for i, b := range at.Addr().AsSlice() {
		value = append(value, b^mask[i])
	}
	m.Add(stun.AttrXORPeerAddress, value)
	return nil
}

var (
	transportUDP = raw{stun.AttrRequestedTransport, []byte{17, 0, 0, 0}}
	transportTCP = raw{stun.AttrRequestedTransport, []byte{6, 0, 0, 0}}
	familyV6     = raw{stun.AttrRequestedAddressFamily, []byte{2, 0, 0, 0}}
)

func lifetime(d time.Duration) raw {
	return raw{stun.AttrLifetime, binary.BigEndian.AppendUint32(nil, uint32(d/time.Second))}
}

func channel(number uint16) raw {
	return raw{stun.AttrChannelNumber, binary.BigEndian.AppendUint16(nil, number)[:2:2]}.padded()
}

func (r raw) padded() raw { return raw{r.attr, append(r.value, 0, 0)} }

func (c *rawClient) send(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the next message; nil if the server closed the connection or none
// came within wait.
func (c *rawClient) read(wait time.Duration) []byte {
	c.t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		c.t.Fatal(err)
	}
	buf := make([]byte, 2048)
	if _, ok := c.conn.(*net.UDPConn); ok {
		n, err := c.conn.Read(buf)
		if err != nil {
			return nil
		}
		return buf[:n]
	}
	if _, err := io.ReadFull(c.conn, buf[:4]); err != nil {
		return nil
	}
	size, err := frameSize(buf)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := io.ReadFull(c.conn, buf[4:size]); err != nil {
		return nil
	}
	return buf[:size]
}

// ask sends a request and returns its response, nil if none comes. Other messages
// are skipped.
func (c *rawClient) ask(method stun.Method, wait time.Duration, attrs ...stun.Setter) *stun.Message {
	c.t.Helper()
	setters := append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attrs...)
	request, err := stun.Build(setters...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(request.Raw)
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); {
		b := c.read(time.Until(deadline))
		if b == nil {
			return nil
		}
		response := &stun.Message{Raw: b}
		if isChannelData(b) || response.Decode() != nil || response.TransactionID != request.TransactionID {
			continue
		}
		return response
	}
	return nil
}

// challenge fetches a nonce.
func (c *rawClient) challenge() {
	c.t.Helper()
	response := c.ask(stun.MethodAllocate, patience, transportUDP)
	if codeOf(response) != 401 {
		c.t.Fatalf("a bare Allocate was answered %d, want 401", codeOf(response))
	}
	var nonce stun.Nonce
	if err := nonce.GetFrom(response); err != nil {
		c.t.Fatal(err)
	}
	c.nonce = nonce.String()
}

// signed is ask with credentials.
func (c *rawClient) signed(method stun.Method, attrs ...stun.Setter) *stun.Message {
	c.t.Helper()
	if c.nonce == "" {
		c.challenge()
	}
	return c.ask(method, patience, append(attrs,
		stun.NewUsername(c.cred.Username), stun.NewRealm(c.realm), stun.NewNonce(c.nonce),
		stun.NewLongTermIntegrity(c.cred.Username, c.realm, c.cred.Password))...)
}

// allocate asks for a relay and returns the error code, 0 for success.
func (c *rawClient) allocate(attrs ...stun.Setter) (netip.AddrPort, int) {
	c.t.Helper()
	response := c.signed(stun.MethodAllocate, append([]stun.Setter{transportUDP}, attrs...)...)
	if code := codeOf(response); code != 0 {
		return netip.AddrPort{}, code
	}
	var relayed stun.XORMappedAddress
	if err := relayed.GetFromAs(response, stun.AttrXORRelayedAddress); err != nil {
		c.t.Fatal(err)
	}
	ip, _ := netip.AddrFromSlice(relayed.IP)
	return netip.AddrPortFrom(ip.Unmap(), uint16(relayed.Port)), 0
}

// mustAllocate is allocate that fails the test if it is refused.
func (c *rawClient) mustAllocate(attrs ...stun.Setter) netip.AddrPort {
	c.t.Helper()
	relayed, code := c.allocate(attrs...)
	if code != 0 {
		c.t.Fatalf("Allocate was answered %d", code)
	}
	return relayed
}

func (c *rawClient) permission(at netip.AddrPort) int {
	c.t.Helper()
	return codeOf(c.signed(stun.MethodCreatePermission, peerAddr(at)))
}

func (c *rawClient) bindChannel(number uint16, at netip.AddrPort) int {
	c.t.Helper()
	return codeOf(c.signed(stun.MethodChannelBind, channel(number), peerAddr(at)))
}

// indicate sends payload to a peer in a Send indication.
func (c *rawClient) indicate(at netip.AddrPort, payload []byte) {
	c.t.Helper()
	m, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication),
		peerAddr(at), raw{stun.AttrData, payload})
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(m.Raw)
}

// channelData sends payload to a peer by its channel.
func (c *rawClient) channelData(number uint16, payload []byte) {
	c.t.Helper()
	b := binary.BigEndian.AppendUint16(nil, number)
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	b = append(b, payload...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	c.send(b)
}

// codeOf is the error code of a response: 0 for success, -1 for silence.
func codeOf(m *stun.Message) int {
	if m == nil {
		return -1
	}
	var code stun.ErrorCodeAttribute
	if err := code.GetFrom(m); err != nil {
		return 0
	}
	return int(code.Code)
}

// closedBy reports whether the server closed the connection within wait.
func closedBy(t *testing.T, conn net.Conn, wait time.Duration) bool {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	_, err := io.Copy(io.Discard, conn)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// peerSocket is a peer on 127.0.0.1.
func peerSocket(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// hears reads the next datagram of a peer, "" if none comes within wait.
func hears(t *testing.T, conn *net.UDPConn, wait time.Duration) (string, netip.AddrPort) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2048)
	n, from, err := conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		return "", netip.AddrPort{}
	}
	return string(buf[:n]), unmap(from)
}
