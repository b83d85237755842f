package wire

// MaxReports is how many pictures' reports one report of quality has: one for
// cameras, one for screens.
const MaxReports = 2

// ReportQuality tells how a call was since the last report, from the browser's
// own counters (W3C webrtc-stats). It goes out every 10 s, is counted, and is
// not kept; what is absent is unknown, which is not the same as poor. The
// reply is [Done].
type ReportQuality struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// SpanMs is how much time the report covers, in milliseconds.
	SpanMs uint32 `json:"spanMs" limit:"1000..15000"`
	// Path is the way that media takes.
	Path Path `json:"path,omitzero"`
	// RTTMs is the round-trip time to the other end of the connection, in
	// milliseconds, at least 1.
	RTTMs uint32 `json:"rttMs,omitzero" limit:"0..60000"`
	// Sound is what we heard of the others, all of them together.
	Sound *HeardSound `json:"sound,omitzero"`
	// Pictures is what we saw, one for cameras and one for screens.
	Pictures []SeenPictures `json:"pictures" limit:"0..2"`
	// Sent is what kept our own camera's picture small.
	Sent *SentPicture `json:"sent,omitzero"`
	// Switches is how often media changed its way, to another network or
	// relay, without a new connection.
	Switches uint32 `json:"switches,omitzero" limit:"0..1000"`
	// Up is what was lost of what we send, as its receiver tells, one for each
	// kind of media.
	Up []SentLoss `json:"up,omitzero" limit:"0..3"`
	// Moments are what happened once, the most telling first; what has no room
	// in a report of 1,000 bytes is in the next one.
	Moments []Moment `json:"moments,omitzero" limit:"0..16"`
	// MomentsLeft is how many more there were that no report has.
	MomentsLeft uint32 `json:"momentsLeft,omitzero" limit:"0..1000"`
}

// SentLoss is what was lost of what we send.
type SentLoss struct {
	// Source is microphone, camera or screen.
	Source Source `json:"source"`
	// PerMille is the part that was lost before repair, in thousandths.
	PerMille uint32 `json:"perMille" limit:"0..1000"`
}

// Moment is something that happened once at a client, for counting.
type Moment struct {
	// What is what.
	What MomentKind `json:"what"`
	// TookMs is how long it took or lasted, in milliseconds, where that is
	// something.
	TookMs uint32 `json:"tookMs,omitzero" limit:"0..600000"`
}

// MomentKind is what may happen once.
type MomentKind string

// The moments.
const (
	MomentFirstSound       MomentKind = "firstSound"       // the first sample of a participant's sound was played, TookMs after it was announced
	MomentFirstCamera      MomentKind = "firstCamera"      // the first frame of a camera was decoded, likewise
	MomentFirstScreen      MomentKind = "firstScreen"      // the first frame of a screen was decoded, likewise
	MomentGapNetwork       MomentKind = "gapNetwork"       // nothing came for TookMs, over a second, while the connection did not work
	MomentGapSwitch        MomentKind = "gapSwitch"        // likewise, while media went over to another connection
	MomentGapOther         MomentKind = "gapOther"         // likewise, for another reason
	MomentResumed          MomentKind = "resumed"          // the session was taken up again on another socket
	MomentResumeFailed     MomentKind = "resumeFailed"     // it could not be
	MomentRestarted        MomentKind = "restarted"        // a restart of ICE has helped
	MomentRestartFailed    MomentKind = "restartFailed"    // none has
	MomentRebuilt          MomentKind = "rebuilt"          // a new connection took over for a broken one
	MomentMutedSpeaking    MomentKind = "mutedSpeaking"    // somebody spoke while muted
	MomentNoMicrophone     MomentKind = "noMicrophone"     // the microphone gave no sound
	MomentDeviceLost       MomentKind = "deviceLost"       // a microphone or camera went away
	MomentCPULimited       MomentKind = "cpuLimited"       // the machine kept our picture small for half of ten seconds
	MomentPermissionDenied MomentKind = "permissionDenied" // the person did not give the microphone or camera
)

// Values lists all moments.
func (MomentKind) Values() []string {
	return []string{
		string(MomentFirstSound), string(MomentFirstCamera), string(MomentFirstScreen), string(MomentGapNetwork),
		string(MomentGapSwitch), string(MomentGapOther), string(MomentResumed), string(MomentResumeFailed),
		string(MomentRestarted), string(MomentRestartFailed), string(MomentRebuilt), string(MomentMutedSpeaking),
		string(MomentNoMicrophone), string(MomentDeviceLost), string(MomentCPULimited), string(MomentPermissionDenied),
	}
}

// ReportEnd is the last report of a participant's stay in a call: when he
// leaves, when the call is over, or when his page goes, which then sends it to
// /v1/report without waiting for an answer. It is counted once for each stay,
// up to ten minutes after its end. The reply is [Done].
type ReportEnd struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// SentKB is how much was sent, in kilobytes of 1,000 bytes, headers of all
	// layers included.
	SentKB uint32 `json:"sentKB"`
	// ReceivedKB is how much was received, likewise.
	ReceivedKB uint32 `json:"receivedKB"`
	// Moments are those that no other report has had.
	Moments []Moment `json:"moments,omitzero" limit:"0..16"`
	// MomentsLeft is how many more there were that no report has.
	MomentsLeft uint32 `json:"momentsLeft,omitzero" limit:"0..1000"`
}

// HeardSound are the counters of received sound. Sound that is muted or that
// is silent by discontinuous transmission is not in them.
type HeardSound struct {
	// PlayedMs is how much sound was played, in milliseconds, summed over the
	// participants.
	PlayedMs uint32 `json:"playedMs" limit:"0..1500000"`
	// ConcealedMs is how much of it the decoder made up, silence not counted.
	ConcealedMs uint32 `json:"concealedMs" limit:"0..1500000"`
	// Packets is how many packets came.
	Packets uint32 `json:"packets"`
	// Lost is how many did not, before repair.
	Lost uint32 `json:"lost"`
	// JitterMs is the interarrival jitter (RFC 3550, section 6.4.1), in
	// milliseconds, of the participant who has the most.
	JitterMs uint32 `json:"jitterMs" limit:"0..60000"`
	// BufferMs is how long the jitter buffer held a frame on average, in
	// milliseconds.
	BufferMs uint32 `json:"bufferMs" limit:"0..60000"`
	// Repaired says that forward error correction or redundancy came with it.
	Repaired bool `json:"repaired,omitzero"`
}

// SeenPictures are the counters of received pictures of one source.
type SeenPictures struct {
	// Source is camera or screen.
	Source Source `json:"source"`
	// GoodMs is for how long pictures were good, in milliseconds, summed over
	// the participants: frozen for less than 1 % of the time, at 80 % or more
	// of the best frame rate that this picture had in the call, of which 24 is
	// enough, and as high as was asked for, of which 360 is enough.
	GoodMs uint32 `json:"goodMs" limit:"0..1500000"`
	// FairMs is for how long they were neither good nor poor.
	FairMs uint32 `json:"fairMs" limit:"0..1500000"`
	// PoorMs is for how long they were poor: frozen for more than 5 % of the
	// time, under 10 frames a second (a screen: under 3 while it changes), or
	// without a frame for 2 s.
	PoorMs uint32 `json:"poorMs" limit:"0..1500000"`
	// UnknownMs is for how long nobody could tell: the page was hidden, or the
	// picture had just begun.
	UnknownMs uint32 `json:"unknownMs" limit:"0..1500000"`
	// FramesPerSecond is the frame rate of the largest of them.
	FramesPerSecond uint32 `json:"framesPerSecond" limit:"0..240"`
	// Height is the height of the largest of them, in pixels.
	Height uint32 `json:"height" limit:"0..8640"`
	// Freezes is how many times a picture froze.
	Freezes uint32 `json:"freezes" limit:"0..100000"`
	// FrozenMs is for how long, in milliseconds.
	FrozenMs uint32 `json:"frozenMs" limit:"0..1500000"`
	// Packets is how many packets came.
	Packets uint32 `json:"packets"`
	// Lost is how many did not, before repair.
	Lost uint32 `json:"lost"`
	// JitterMs is the interarrival jitter in milliseconds, of the participant
	// who has the most.
	JitterMs uint32 `json:"jitterMs" limit:"0..60000"`
	// BufferMs is how long the jitter buffer held a frame on average, in
	// milliseconds.
	BufferMs uint32 `json:"bufferMs" limit:"0..60000"`
}

// SentPicture is for how long something kept the picture of our camera smaller
// than it could be (qualityLimitationDurations of W3C webrtc-stats; Chromium
// alone tells).
type SentPicture struct {
	// SentMs is for how long a picture was sent, in milliseconds.
	SentMs uint32 `json:"sentMs" limit:"0..15000"`
	// BandwidthMs is for how long the network was the limit.
	BandwidthMs uint32 `json:"bandwidthMs" limit:"0..15000"`
	// CPUMs is for how long the machine was.
	CPUMs uint32 `json:"cpuMs" limit:"0..15000"`
	// OtherMs is for how long something else was.
	OtherMs uint32 `json:"otherMs" limit:"0..15000"`
}

// Transport is what carries packets to the other end or to the relay.
type Transport string

// The transports.
const (
	TransportUDP Transport = "udp"
	TransportTCP Transport = "tcp"
	TransportTLS Transport = "tls"
)

// Values lists all transports.
func (Transport) Values() []string {
	return []string{string(TransportUDP), string(TransportTCP), string(TransportTLS)}
}

// Family is a family of addresses.
type Family string

// The families.
const (
	FamilyV4 Family = "v4"
	FamilyV6 Family = "v6"
)

// Values lists all families.
func (Family) Values() []string { return []string{string(FamilyV4), string(FamilyV6)} }

// ReportConnection tells how a connection for media came about, once for each.
// What is absent is unknown. The reply is [Done].
type ReportConnection struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Generation is the generation it belongs to.
	Generation uint32 `json:"generation"`
	// Path is the way it takes.
	Path Path `json:"path"`
	// Transport is what carries it on our side.
	Transport Transport `json:"transport"`
	// Family is the family of the address on our side.
	Family Family `json:"family,omitzero"`
	// RelayMs is the time to the first relayed candidate, in milliseconds.
	RelayMs uint32 `json:"relayMs,omitzero" limit:"0..600000"`
	// ICEMs is the time from the first candidate pair to a connected one, in
	// milliseconds (RTCIceTransport: checking to connected).
	ICEMs uint32 `json:"iceMs,omitzero" limit:"0..600000"`
	// DTLSMs is the time of the DTLS handshake, in milliseconds
	// (RTCDtlsTransport: connecting to connected).
	DTLSMs uint32 `json:"dtlsMs,omitzero" limit:"0..600000"`
}

// RatingReason is what somebody did not like about a call.
type RatingReason string

// The reasons.
const (
	RatingEcho    RatingReason = "echo"
	RatingNoise   RatingReason = "noise"
	RatingCutOut  RatingReason = "cutOut"
	RatingDelay   RatingReason = "delay"
	RatingBlurry  RatingReason = "blurry"
	RatingFrozen  RatingReason = "frozen"
	RatingDropped RatingReason = "dropped"
	RatingElse    RatingReason = "else"
)

// Values lists all reasons.
func (RatingReason) Values() []string {
	return []string{
		string(RatingEcho), string(RatingNoise), string(RatingCutOut), string(RatingDelay),
		string(RatingBlurry), string(RatingFrozen), string(RatingDropped), string(RatingElse),
	}
}

// RateCall says how somebody liked a call that is over for him: once, within
// ten minutes. It is counted and not kept, and nobody can tell whose it was.
// The reply is [Done].
type RateCall struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
	// Stars is from 1, bad, to 5, very good.
	Stars uint32 `json:"stars" limit:"1..5"`
	// Reasons are what was not good; may be empty.
	Reasons []RatingReason `json:"reasons" limit:"0..8"`
}
