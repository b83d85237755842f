package sfu

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"pronto/sfu/forward"
)

// The header extensions that are negotiated, in both kinds of sections.
const (
	extMid        = "urn:ietf:params:rtp-hdrext:sdes:mid"
	extRID        = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
	extRRID       = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
	extAudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	extTWCC       = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	extDependency = forward.DependencyURI
)

// mediaReader reads one media section of an offer.
type mediaReader struct {
	audio        bool
	rejected     bool // port 0, and not because the section only has the port of its bundle
	payloadTypes map[string]bool
	order        []string // of payload types

	mid, direction string
	rids           []string
	lines          []string          // that are kept as they are
	extensions     map[string]string // that are kept: name by id
	rtpmap, fmtp   map[string]string // by payload type
	feedback       [][2]string       // payload type, value
	extmaps, ssrcs int
	named          []uint32 // SSRCs

	ufrag, pwd, fingerprint, setup bool
}

// transportAttribute tells whether a line describes the transport.
func transportAttribute(key string) bool {
	switch key {
	case "ice-ufrag", "ice-pwd", "ice-options", "fingerprint", "setup":
		return true
	}
	return false
}

// transport checks an attribute of the transport.
func (m *mediaReader) transport(key, value string) error {
	switch key {
	case "ice-ufrag":
		m.ufrag = true
	case "ice-pwd":
		m.pwd = true
	case "fingerprint":
		m.fingerprint = true
		if !strings.HasPrefix(strings.ToLower(value), "sha-256 ") {
			return &SDPError{"fingerprint other than SHA-256"}
		}
	case "setup":
		m.setup = true
		if value != "actpass" && value != "active" {
			return &SDPError{"DTLS role other than client"}
		}
	}
	if transportAttribute(key) && len(value) > maxCredential {
		return &SDPError{"credential longer than 256 bytes"}
	}
	return nil
}

func (m *mediaReader) attribute(line, key, value string) error {
	if err := m.transport(key, value); err != nil {
		return err
	}
	switch key {
	case "mid":
		if m.mid != "" || !isToken(value, maxMid) {
			return &SDPError{"mid out of range"}
		}
		m.mid = value
		m.lines = append(m.lines, line)
	case "sendrecv", "sendonly", "recvonly", "inactive":
		if m.direction != "" {
			return &SDPError{"direction twice"}
		}
		m.direction = key
		m.lines = append(m.lines, line)
	case "bundle-only": // RFC 9143, section 6; Firefox
		m.rejected = false
	case "rid":
		return m.rid(line, value)
	case "extmap":
		return m.extmap(value)
	case "rtpmap", "fmtp", "rtcp-fb":
		return m.codec(key, value)
	case "ssrc", "ssrc-group":
		if m.ssrcs++; m.ssrcs > maxSSRCLines {
			return &SDPError{"more than 64 ssrc lines"}
		}
		// pion is not told: it would wait for packets of each.
		m.ssrc(key, value)
	case "msid", "rtcp-mux", "rtcp-rsize", "simulcast":
		if slices.Contains(m.lines, line) {
			return nil
		}
		if len(m.lines) > 2*maxSSRCLines {
			return &SDPError{"more attributes than allowed"}
		}
		m.lines = append(m.lines, line)
	default:
		if transportAttribute(key) {
			if len(m.lines) > 2*maxSSRCLines {
				return &SDPError{"more attributes than allowed"}
			}
			m.lines = append(m.lines, line)
		}
	}
	return nil
}

// ssrc remembers which SSRC the section sends (RFC 5576, section 4.1), retransmissions included.
func (m *mediaReader) ssrc(key, value string) {
	if key != "ssrc" {
		return
	}
	id, _, _ := strings.Cut(value, " ")
	n, err := strconv.ParseUint(id, 10, 32)
	if err == nil && !slices.Contains(m.named, uint32(n)) {
		m.named = append(m.named, uint32(n))
	}
}

func (m *mediaReader) rid(line, value string) error {
	rid, rest, _ := strings.Cut(value, " ")
	switch {
	case !isToken(rid, maxMid):
		return &SDPError{"rid out of range"}
	case !strings.HasPrefix(rest, "send"):
		return nil // said again from the other side; it changes nothing
	}
	if len(m.rids) >= maxRIDs {
		return &SDPError{"more than 3 rid"}
	}
	if slices.Contains(m.rids, rid) {
		return &SDPError{"rid twice"}
	}
	m.rids = append(m.rids, rid)
	m.lines = append(m.lines, line)
	return nil
}

func (m *mediaReader) extmap(value string) error {
	if m.extmaps++; m.extmaps > maxExtensions {
		return &SDPError{"more than 32 header extensions"}
	}
	fields := strings.Fields(value)
	if len(fields) < 2 {
		return &SDPError{"header extension without a name"}
	}
	id, _, _ := strings.Cut(fields[0], "/")
	switch uri := fields[1]; uri {
	case extMid, extRID, extRRID, extAudioLevel, extTWCC, extDependency:
		if n, err := strconv.ParseUint(id, 10, 8); err != nil || n == 0 || n == 15 || strconv.FormatUint(n, 10) != id {
			return &SDPError{"header extension id out of range"}
		}
		if m.extensions == nil {
			m.extensions = map[string]string{}
		}
		if _, twice := m.extensions[id]; twice {
			return &SDPError{"header extension id twice"}
		}
		m.extensions[id] = uri
		m.lines = append(m.lines, "a=extmap:"+id+" "+uri)
	}
	return nil
}

func (m *mediaReader) codec(key, value string) error {
	pt, rest, _ := strings.Cut(value, " ")
	if key == "rtcp-fb" {
		if len(m.feedback) >= maxFeedback {
			return &SDPError{"more than 256 rtcp-fb lines"}
		}
		m.feedback = append(m.feedback, [2]string{pt, rest})
		return nil
	}
	if !m.payloadTypes[pt] {
		return nil // Firefox leaves lines of codecs that it was told not to offer
	}
	if m.rtpmap == nil {
		m.rtpmap, m.fmtp = map[string]string{}, map[string]string{}
	}
	into := m.rtpmap
	if key == "fmtp" {
		into = m.fmtp
	}
	if _, twice := into[pt]; twice {
		return &SDPError{"codec described twice"}
	}
	into[pt] = rest
	return nil
}

// finish judges the whole section and returns the codecs that are kept.
func (m *mediaReader) finish(session mediaReader) ([]format, error) {
	switch {
	case m.rejected:
		return nil, &SDPError{"rejected media section"}
	case m.mid == "":
		return nil, &SDPError{"media section without mid"}
	case m.direction != "sendonly" && m.direction != "recvonly":
		return nil, &SDPError{"direction other than sendonly and recvonly"}
	case !m.ufrag && !session.ufrag || !m.pwd && !session.pwd:
		return nil, &SDPError{"no ICE credentials"}
	case !m.fingerprint && !session.fingerprint:
		return nil, &SDPError{"no fingerprint"}
	case len(m.rids) > 0 && (m.audio || m.direction != "sendonly"):
		return nil, &SDPError{"rid where there is no simulcast"}
	}
	kept := m.formats()
	if len(kept) == 0 {
		return nil, &SDPError{"no common codec"}
	}
	return kept, nil
}

// formats returns the codecs that are kept, VP8 first: everybody has it. Of sound it is Opus.
func (m *mediaReader) formats() (kept []format) {
	for _, pt := range m.order {
		for _, codec := range codecsOf(m.audio) {
			w := &wanted[codec]
			if !strings.EqualFold(m.rtpmap[pt], w.rtpmap) || !w.suits(m.fmtp[pt]) ||
				slices.ContainsFunc(kept, func(f format) bool { return f.codec == codec }) {
				continue
			}
			f := format{codec: codec, pt: pt}
			for _, rtx := range m.order {
				if !m.audio && strings.EqualFold(m.rtpmap[rtx], "rtx/90000") && parameter(m.fmtp[rtx], "apt", "") == pt {
					f.rtx = rtx
					break
				}
			}
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b format) int { return cmp.Compare(rank(a), rank(b)) })
	return kept
}

// rank is 0 for what everybody has.
func rank(f format) int {
	if f.codec == forward.CodecVP8 {
		return 0
	}
	return 1
}

func codecsOf(audio bool) []forward.Codec {
	if audio {
		return []forward.Codec{forward.CodecOpus}
	}
	return forward.VideoCodecs()
}

// red returns the payload type with which redundant Opus may be sent to the client, "" if there is none.
func (m *mediaReader) red(opus string) string {
	for _, pt := range m.order {
		if m.audio && m.direction == "recvonly" && strings.EqualFold(m.rtpmap[pt], "red/48000/2") && m.fmtp[pt] == opus+"/"+opus {
			return pt
		}
	}
	return ""
}

// section is what is kept of a section that has those codecs.
func (m *mediaReader) section(kept []format) section {
	number := func(pt string) uint8 {
		n, _ := strconv.ParseUint(pt, 10, 7) // startMedia has looked
		return uint8(n)
	}
	s := section{mid: m.mid, audio: m.audio, send: m.direction == "sendonly", rids: m.rids, ssrcs: m.named}
	for _, f := range kept {
		s.formats.media[f.codec] = number(f.pt)
		s.kept = append(s.kept, f.pt)
		if f.rtx != "" {
			s.formats.rtx[f.codec] = number(f.rtx)
			s.kept = append(s.kept, f.rtx)
		}
	}
	if red := m.red(kept[0].pt); red != "" {
		s.formats.red = number(red)
		s.kept = append(s.kept, red)
	}
	reported := false
	for _, fb := range m.feedback {
		mine := fb[0] == kept[0].pt || fb[0] == "*"
		s.nack = s.nack || mine && fb[1] == "nack"
		reported = reported || mine && fb[1] == "transport-cc"
	}
	for id, name := range m.extensions {
		switch n := number(id); {
		case n >= 15: // as the one-byte form has it
		case reported && name == extTWCC:
			s.twcc = n
		case name == extDependency:
			s.dependency = n
		}
	}
	return s
}

// extensionIDsOf picks the header extensions that are read out of the names by id.
func extensionIDsOf(names map[string]string) (ids extensionIDs) {
	for id, name := range names {
		n, _ := strconv.ParseUint(id, 10, 8) // extmap has looked
		switch name {
		case extMid:
			ids.mid = uint8(n)
		case extRID:
			ids.rid = uint8(n)
		case extRRID:
			ids.rrid = uint8(n)
		case extAudioLevel:
			ids.level = uint8(n)
		case extTWCC:
			ids.twcc = uint8(n)
		case extDependency:
			ids.dependency = uint8(n)
		}
	}
	return ids
}

func (m *mediaReader) writeTo(out *strings.Builder, kept []string) {
	kind := "video"
	if m.audio {
		kind = "audio"
	}
	write := func(parts ...string) {
		for _, part := range parts {
			out.WriteString(part)
		}
		out.WriteString("\r\n")
	}
	write("m=", kind, " 9 UDP/TLS/RTP/SAVPF ", strings.Join(kept, " "))
	write("c=IN IP4 0.0.0.0")
	for _, line := range m.lines {
		write(line)
	}
	for _, pt := range kept {
		write("a=rtpmap:", pt, " ", m.rtpmap[pt])
		if fmtp := m.fmtp[pt]; fmtp != "" {
			write("a=fmtp:", pt, " ", fmtp)
		}
		var written []string
		for _, fb := range m.feedback {
			if (fb[0] == pt || fb[0] == "*") && len(written) < 16 && !slices.Contains(written, fb[1]) {
				written = append(written, fb[1])
				write("a=rtcp-fb:", pt, " ", fb[1])
			}
		}
	}
}

// isToken tells whether s is a non-empty token (RFC 8866) of at most max bytes.
func isToken(s string, max int) bool {
	if s == "" || len(s) > max {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]`, c) >= 0 {
			return false
		}
	}
	return true
}
