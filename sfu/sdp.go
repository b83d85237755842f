package sfu

import (
	"errors"
	"strconv"
	"strings"
)

// ErrSDP is the cause of every refusal of an offer for what it says.
var ErrSDP = errors.New("sfu: offer refused")

// SDPError says which limit an offer broke. It never quotes the offer.
type SDPError struct {
	// Limit names what was wrong, from a fixed set of short phrases.
	Limit string
}

// Error names the limit.
func (e *SDPError) Error() string { return "sfu: offer refused: " + e.Limit }

// Is makes every SDPError an [ErrSDP].
func (e *SDPError) Is(target error) bool { return target == ErrSDP }

// Limits of an offer. An SDP parser that compares each line with each other takes
// half a minute for 360 kB of repeated codecs, so everything that may repeat is counted before.
const (
	maxSDP          = 64 << 10 // bytes
	maxLine         = 4 << 10  // bytes
	maxSections     = 80
	maxPayloadTypes = 64 // a section
	maxCandidates   = 64 // an offer
	maxExtensions   = 32 // a section
	maxRIDs         = 3  // a section
	maxFeedback     = 256
	maxSSRCLines    = 64 // a section
	maxMid          = 16 // bytes
	maxCredential   = 256
	maxAudioSlots   = 16
	maxVideoSlots   = 49
)

// section is one media section of an offer, as far as the SFU cares.
type section struct {
	mid   string
	audio bool
	send  bool // the client sends: a source; else a slot
	rids  []string

	formats    formats
	kept       []string // the payload types of formats, in the order of preference
	ssrcs      []uint32
	nack       bool         // lost packets may be asked for
	twcc       uint8        // extension id of the transport-wide number, 0 if its arrivals are not reported
	dependency uint8        // extension id of the dependency descriptor, 0 if the client takes none
	extensions extensionIDs // of the whole offer: all sections share one transport
}

// sameAs tells whether both are the same section in two offers of a client.
func (s section) sameAs(o section) bool {
	return s.mid == o.mid && s.audio == o.audio && s.send == o.send
}

// readOffer checks an offer in linear time and returns its sections and an offer with no more in it
// than is needed: no candidates, no codecs, extensions and attributes that would not be negotiated.
func readOffer(offer string) (string, []section, error) {
	if len(offer) > maxSDP {
		return "", nil, &SDPError{"longer than 64 KiB"}
	}
	if strings.IndexByte(offer, 0) >= 0 {
		return "", nil, &SDPError{"NUL in it"}
	}
	r := offerReader{mids: map[string]bool{}, extensions: map[string]string{}}
	for line := range strings.Lines(offer) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if err := r.line(line); err != nil {
			return "", nil, err
		}
	}
	if err := r.end(); err != nil {
		return "", nil, err
	}
	return r.out.String(), r.sections, nil
}

// offerReader reads an offer line by line, section by section.
type offerReader struct {
	out        strings.Builder
	sections   []section
	mids       map[string]bool
	extensions map[string]string // name by id: all sections share one transport
	candidates int
	audioSlots int
	videoSlots int
	sources    int

	media   *mediaReader // nil before the first m-line
	session mediaReader  // what is said for all sections
	mixed   bool         // header extensions in both forms may be mixed (RFC 8285, section 6)
}

func (r *offerReader) line(line string) error {
	switch {
	case len(line) > maxLine:
		return &SDPError{"line longer than 4 KiB"}
	case len(line) < 2 || line[1] != '=':
		return &SDPError{"not a session description"}
	case strings.HasPrefix(line, "m="):
		return r.startMedia(line[2:])
	case line[0] != 'a':
		if r.media == nil {
			r.write(line)
		}
		return nil
	}
	key, value, _ := strings.Cut(line[2:], ":")
	if key == "candidate" {
		if r.candidates++; r.candidates > maxCandidates {
			return &SDPError{"more than 64 candidates"}
		}
		return nil
	}
	if r.media == nil {
		return r.sessionAttribute(line, key, value)
	}
	return r.media.attribute(line, key, value)
}

func (r *offerReader) write(line string) {
	r.out.WriteString(line)
	r.out.WriteString("\r\n")
}

func (r *offerReader) sessionAttribute(line, key, value string) error {
	switch key {
	case "ice-lite":
		return &SDPError{"ICE-lite"}
	case "group", "msid-semantic", "extmap-allow-mixed":
		r.mixed = r.mixed || key == "extmap-allow-mixed"
		r.write(line)
		return nil
	case "sendrecv", "sendonly", "recvonly", "inactive":
		return nil
	}
	if err := r.session.transport(key, value); err != nil {
		return err
	}
	if transportAttribute(key) {
		r.write(line)
	}
	return nil
}

func (r *offerReader) startMedia(value string) error {
	if err := r.endMedia(); err != nil {
		return err
	}
	if len(r.sections) >= maxSections {
		return &SDPError{"more than 80 media sections"}
	}
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return &SDPError{"media section without payload types"}
	}
	m := &mediaReader{audio: fields[0] == "audio", rejected: fields[1] == "0", payloadTypes: map[string]bool{}}
	switch {
	case fields[0] == "application":
		return &SDPError{"data channel"}
	case !m.audio && fields[0] != "video":
		return &SDPError{"medium other than audio and video"}
	case fields[2] != "UDP/TLS/RTP/SAVPF":
		return &SDPError{"transport other than UDP/TLS/RTP/SAVPF"}
	case len(fields)-3 > maxPayloadTypes:
		return &SDPError{"more than 64 payload types"}
	}
	for _, pt := range fields[3:] {
		if n, err := strconv.ParseUint(pt, 10, 7); err != nil || strconv.FormatUint(n, 10) != pt {
			return &SDPError{"payload type out of range"}
		}
		if m.payloadTypes[pt] {
			return &SDPError{"payload type twice"}
		}
		m.payloadTypes[pt] = true
		m.order = append(m.order, pt)
	}
	r.media = m
	return nil
}

// endMedia judges the section that ends, and writes it.
func (r *offerReader) endMedia() error {
	m := r.media
	if m == nil {
		return nil
	}
	kept, err := m.finish(r.session)
	if err != nil {
		return err
	}
	if r.mids[m.mid] {
		return &SDPError{"mid twice"}
	}
	r.mids[m.mid] = true
	for id, uri := range m.extensions {
		if known, ok := r.extensions[id]; ok && known != uri {
			return &SDPError{"header extension with two meanings"}
		}
		r.extensions[id] = uri
	}
	switch {
	case m.direction == "sendonly":
		r.sources++
	case m.audio:
		r.audioSlots++
	default:
		r.videoSlots++
	}
	if r.sources > len(Sources()) || r.audioSlots > maxAudioSlots || r.videoSlots > maxVideoSlots {
		return &SDPError{"more sources or slots than allowed"}
	}
	s := m.section(kept)
	r.sections = append(r.sections, s)
	m.writeTo(&r.out, s.kept)
	return nil
}

func (r *offerReader) end() error {
	if err := r.endMedia(); err != nil {
		return err
	}
	if len(r.sections) == 0 {
		return &SDPError{"no media section"}
	}
	ids := extensionIDsOf(r.extensions)
	for i := range r.sections {
		r.sections[i].extensions = ids
		if !r.mixed {
			r.sections[i].dependency = 0 // a long one needs the two-byte form
		}
	}
	return nil
}
