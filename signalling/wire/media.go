package wire

// Limits of media set-up.
const (
	// MaxSDPBytes is the largest session description.
	MaxSDPBytes = 48 << 10
	// MaxCandidates is how many ICE candidates one request may carry.
	MaxCandidates = 32
	// MaxViews is how many pictures one page may ask for.
	MaxViews = 49
)

// ICE is what a client gives to RTCPeerConnection. There are no servers but
// Pronto's own.
type ICE struct {
	// Servers are TURN servers with credentials for this call only.
	Servers []ICEServer `json:"servers"`
	// RelayOnly says to use relayed candidates only (iceTransportPolicy
	// "relay") on a direct way, because one side hides its address or the two are not in each
	// other's contacts.
	RelayOnly bool `json:"relayOnly,omitzero"`
}

// ICEServer is an RTCIceServer (W3C webrtc-pc, section 4.2.4).
type ICEServer struct {
	// URLs are turn: URIs (RFC 7065).
	URLs []string `json:"urls"`
	// Username is the TURN user name; it holds its own expiry.
	Username string `json:"username"`
	// Credential is the TURN password.
	Credential string `json:"credential"`
}

// SDPType is a kind of session description (W3C webrtc-pc, RTCSdpType).
type SDPType string

// The kinds of session description.
const (
	SDPOffer  SDPType = "offer"
	SDPAnswer SDPType = "answer"
)

// Values lists all kinds.
func (SDPType) Values() []string { return []string{string(SDPOffer), string(SDPAnswer)} }

// Describe sends a session description to the other participant of a direct
// call. Only once the callee's own device has accepted. The reply is [Done].
type Describe struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Type is offer or answer.
	Type SDPType `json:"type"`
	// SDP is the description (RFC 8866).
	SDP string `json:"sdp" limit:"1..49152"`
	// Binding is our device's signature over the description's DTLS
	// fingerprints, for an encrypted call: a signalling server that swaps them is
	// found before media.
	Binding Blob `json:"binding,omitzero" limit:"0..4096"`
}

// Described is a session description from the other participant.
type Described struct {
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Type is offer or answer.
	Type SDPType `json:"type"`
	// SDP is the description (RFC 8866).
	SDP string `json:"sdp"`
	// Binding is as in [Describe.Binding].
	Binding Blob `json:"binding,omitzero"`
}

// Trickle sends ICE candidates to the other participant of a direct call (RFC
// 8838). The reply is [Done].
type Trickle struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Generation is the generation they belong to.
	Generation uint32 `json:"generation"`
	// Candidates are the candidates; an empty candidate means no more follow.
	Candidates []Candidate `json:"candidates" limit:"1..32"`
}

// Trickled are ICE candidates from the other participant.
type Trickled struct {
	// Generation is the generation they belong to.
	Generation uint32 `json:"generation"`
	// Candidates are the candidates.
	Candidates []Candidate `json:"candidates"`
}

// Candidate is an RTCIceCandidateInit (W3C webrtc-pc, section 4.8.1).
type Candidate struct {
	// Candidate is the candidate attribute (RFC 8839).
	Candidate string `json:"candidate" limit:"0..512"`
	// SDPMid is the media section it belongs to.
	SDPMid string `json:"sdpMid" limit:"0..16"`
	// UsernameFragment is the ICE user name fragment it belongs to.
	UsernameFragment string `json:"usernameFragment,omitzero" limit:"0..256"`
}

// Source is one thing that a participant can send.
type Source string

// The sources.
const (
	SourceMicrophone  Source = "microphone"
	SourceCamera      Source = "camera"
	SourceScreen      Source = "screen"
	SourceScreenAudio Source = "screenAudio"
)

// Values lists all sources.
func (Source) Values() []string {
	return []string{string(SourceMicrophone), string(SourceCamera), string(SourceScreen), string(SourceScreenAudio)}
}

// Negotiate offers our one connection to the SFU. It is sent once when a call
// takes the way through the SFU, and again only to restart ICE or to open more
// receive slots. The reply is [Negotiated].
type Negotiate struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// SDP is the offer. Its candidates are not used.
	SDP string `json:"sdp" limit:"1..49152"`
	// Sends says which media section carries which source.
	Sends []Send `json:"sends" limit:"0..4"`
	// DownlinkBps is what our downlink carries, in bit/s, as far as we know from
	// before; absent if we do not. The SFU begins with that.
	DownlinkBps uint32 `json:"downlinkBps,omitzero" limit:"0..1000000000"`
}

// Send joins a media section to what it carries.
type Send struct {
	// Mid is the media section (RFC 8843).
	Mid string `json:"mid" limit:"1..16"`
	// Source is what it carries.
	Source Source `json:"source"`
}

// Negotiated is the SFU's answer.
type Negotiated struct {
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// SDP is the answer.
	SDP string `json:"sdp"`
}

// View says whose pictures the page shows, and how large, most important
// first. What is not named is not sent. The reply is [Done].
type View struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Items are the pictures.
	Items []ViewItem `json:"items" limit:"0..49"`
}

// ViewItem is one picture that a page shows.
type ViewItem struct {
	// Participant is whose.
	Participant ParticipantID `json:"participant" limit:"1..64"`
	// Source is camera or screen.
	Source Source `json:"source"`
	// Height is how high it is shown, in device pixels.
	Height uint32 `json:"height" limit:"1..4320"`
	// Pinned puts it before all others where there is not room for all, also before
	// who speaks.
	Pinned bool `json:"pinned,omitzero"`
}

// Slots says what flows in which receive slot of our connection to the SFU:
// always the whole list.
type Slots struct {
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Slots are the slots in use.
	Slots []Slot `json:"slots"`
}

// Codecs says which codecs of pictures everybody in the call who receives any can
// decode, the most common first. We may send any of them through the SFU, and change between
// them without another offer.
type Codecs struct {
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Video are the codecs.
	Video []VideoCodec `json:"video"`
}

// VideoCodec is a codec of pictures.
type VideoCodec string

// The codecs of pictures that the SFU forwards (RFC 7741, RFC 9628, RTP Payload
// Format For AV1, RFC 6184).
const (
	VideoCodecVP8  VideoCodec = "vp8"
	VideoCodecVP9  VideoCodec = "vp9"
	VideoCodecAV1  VideoCodec = "av1"
	VideoCodecH264 VideoCodec = "h264"
)

// Values returns all codecs of pictures.
func (VideoCodec) Values() []string {
	return []string{string(VideoCodecVP8), string(VideoCodecVP9), string(VideoCodecAV1), string(VideoCodecH264)}
}

// Slot is one receive slot in use.
type Slot struct {
	// Mid is the media section (RFC 8843).
	Mid string `json:"mid"`
	// Participant is whose media flows in it.
	Participant ParticipantID `json:"participant"`
	// Source is what of his.
	Source Source `json:"source"`
}

// Speakers says who speaks, loudest first.
type Speakers struct {
	// Participants are those who speak now.
	Participants []ParticipantID `json:"participants"`
}

// SetMedia says what we send from now on; the others are told. The reply is
// [Done].
type SetMedia struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Media is what we send.
	Media Media `json:"media"`
}

// SetBattery says that our battery is under 5 % and not charging, or no longer
// so. The reply is [Done].
type SetBattery struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Low is true under 5 % without a charger.
	Low bool `json:"low"`
}

// Path is the kind of the local candidate that carries media (RFC 8445,
// section 5.1.1; peer reflexive counts as server reflexive).
type Path string

// The paths.
const (
	PathHost  Path = "host"
	PathSrflx Path = "srflx"
	PathRelay Path = "relay"
)

// Values lists all paths.
func (Path) Values() []string {
	return []string{string(PathHost), string(PathSrflx), string(PathRelay)}
}

// MediaFlows says that we hear the others for the first time on this way. The
// reply is [Done].
type MediaFlows struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Path is the way it takes.
	Path Path `json:"path"`
	// AfterMs is the time from accept or join to the first decoded audio, in
	// milliseconds.
	AfterMs uint32 `json:"afterMs" limit:"0..600000"`
}

// MediaFailed says that no connection came about or that it was lost for good,
// after restarts of ICE. The reply is [Done].
type MediaFailed struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Cause is what went wrong, as far as we know.
	Cause MediaFailure `json:"cause,omitzero"`
}

// MediaFailure is what kept media from flowing.
type MediaFailure string

// The failures.
const (
	MediaFailureICE   MediaFailure = "ice"   // no candidate pair worked
	MediaFailureDTLS  MediaFailure = "dtls"  // a pair worked, but no DTLS handshake came about
	MediaFailureCodec MediaFailure = "codec" // the descriptions do not go together
	MediaFailureKeys  MediaFailure = "keys"  // frames came, and none could be opened
	MediaFailureSlow  MediaFailure = "slow"  // no candidate pair works yet: the SFU is to carry media until the direct way was tried for longer
)

// Values lists all failures.
func (MediaFailure) Values() []string {
	return []string{string(MediaFailureICE), string(MediaFailureDTLS), string(MediaFailureCodec), string(MediaFailureKeys), string(MediaFailureSlow)}
}
