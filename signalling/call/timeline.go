package call

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"pronto/metrics/emodel"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Timeline is what an engineer sees of a call whose support code he was told:
// steps, causes and quality. It names nobody: participants have the numbers
// that they had in the call.
type Timeline struct {
	// Trace is what logs and exemplars call the call.
	Trace    string        `json:"trace,omitzero"`
	Kind     wire.Kind     `json:"kind"`
	Topology wire.Topology `json:"topology"` // at its end
	Started  time.Time     `json:"started"`
	// Experiment is what the call tried out, and Arm the part that it had drawn; absent
	// for nothing.
	Experiment Experiment `json:"experiment,omitzero"`
	Arm        wire.Arm   `json:"arm,omitzero"`
	// Steps are in order. After MaxSteps no more are written down but the end.
	Steps []Step `json:"steps"`
	// Left counts the steps that were not written down.
	Left int `json:"left,omitzero"`
}

// Step is one thing that happened.
type Step struct {
	// AtMs is when, in milliseconds since Started.
	AtMs int64 `json:"atMs"`
	// Who is a participant's number in the call; empty for the call itself.
	Who wire.ParticipantID `json:"who,omitzero"`
	// Role is host, member or guest.
	Role string `json:"role,omitzero"`
	// What is the type of the event or of the participant's own request, as in
	// the protocol.
	What string `json:"what"`
	// Detail is the event's own word: a reason, a phase, a way.
	Detail string `json:"detail,omitzero"`
	// TookMs is how long the step took, where somebody measured it.
	TookMs int64 `json:"tookMs,omitzero"`
	// Quality is how the last seconds were.
	Quality *Quality `json:"quality,omitzero"`
}

// Quality is a client's report in an engineer's units.
type Quality struct {
	Path      wire.Path `json:"path,omitzero"`
	RTTMs     int64     `json:"rttMs,omitzero"`
	MOS       float64   `json:"mos,omitzero"`       // of sound, by the E-model; absent if unknown
	Concealed float64   `json:"concealed,omitzero"` // 0 to 1
	Loss      float64   `json:"loss,omitzero"`      // 0 to 1, of sound, before repair
	UpLoss    float64   `json:"upLoss,omitzero"`    // 0 to 1, of what the participant sends
	Kbps      int64     `json:"kbps,omitzero"`      // what the way to the participant carries, by the SFU
	BufferMs  int64     `json:"bufferMs,omitzero"`
	GoodMs    int64     `json:"goodMs,omitzero"` // of pictures
	FairMs    int64     `json:"fairMs,omitzero"`
	PoorMs    int64     `json:"poorMs,omitzero"`
	Height    int64     `json:"height,omitzero"`
	FrozenMs  int64     `json:"frozenMs,omitzero"`
	LimitedBy string    `json:"limitedBy,omitzero"` // what kept our picture small: cpu, bandwidth
}

// MaxSteps is how many steps a timeline has: an hour of ten people's reports.
const MaxSteps = 4000

// SupportCode is what people of a call read to an engineer: 40 bits of a hash
// of its id, which nobody outside the call knows, in letters that are not
// mistaken for each other.
func SupportCode(id wire.CallID) string {
	sum := sha256.Sum256([]byte("support code of " + id))
	text := codeLetters.EncodeToString(sum[:5])
	return text[:4] + "-" + text[4:]
}

// codeLetters are Crockford's base 32.
var codeLetters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// TimelineKey is where the timeline of a code is kept. It forgives what people
// mistake, and is empty for what is no code.
func TimelineKey(code string) string {
	text := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
	if raw, err := codeLetters.DecodeString(text); err != nil || len(text) != 8 || len(raw) != 5 {
		return ""
	}
	sum := sha256.Sum256([]byte("timeline of " + text))
	return hex.EncodeToString(sum[:16])
}

// trace writes a call's timeline. It belongs to the call's actor.
type trace struct {
	started time.Time
	steps   []Step
	left    int
}

// take writes down what a change tells the participants and the metrics. s is
// the state after it, and before it the one until now: who leaves is in no
// other.
func (t *trace) take(before, s *state, fx *effects, now time.Time) {
	if t.started.IsZero() {
		t.started = s.Created
	}
	t.note(before, s, fx.notes, now)
	for i, out := range fx.frames {
		if out.body == nil || out.seq == 0 {
			continue
		}
		step, ok := stepOf(out.body)
		if !ok || i > 0 && fx.frames[i-1].seq > 0 && alike(step, fx.frames[i-1].body) {
			continue // the same told to each in his own words
		}
		step.Role = roleOf(before, s, step.Who)
		t.add(step, now)
	}
}

// note writes down what is no event.
func (t *trace) note(before, s *state, notes []Step, now time.Time) {
	for _, note := range notes {
		note.Role = roleOf(before, s, note.Who)
		t.add(note, now)
	}
}

// restarted says that the steps until now are lost: the server went down, and has
// taken up what was left of the call.
func (t *trace) restarted(created, now time.Time) {
	t.started = created
	t.add(Step{What: "serverRestarted"}, now)
}

func alike(step Step, body any) bool {
	other, ok := stepOf(body)
	return ok && other == step
}

func (t *trace) add(step Step, now time.Time) {
	if len(t.steps) >= MaxSteps && step.What != endStep {
		t.left++
		return
	}
	step.AtMs = max(0, now.Sub(t.started).Milliseconds())
	t.steps = append(t.steps, step)
}

// timeline is what is kept of an ended call.
func (t *trace) timeline(s *state) (*store.Timeline, error) {
	line := Timeline{Trace: s.Trace, Kind: s.Kind, Topology: s.Topology, Started: t.started, Experiment: s.Experiment, Arm: s.Arm, Steps: t.steps, Left: t.left}
	for {
		body, err := json.Marshal(line)
		if err != nil {
			return nil, fmt.Errorf("timeline of a call: %w", err)
		}
		if len(body) <= store.MaxTimeline {
			return &store.Timeline{Key: TimelineKey(SupportCode(s.ID)), Body: string(body)}, nil
		}
		// The set-up and the end tell more than the middle.
		cut := len(line.Steps) / 4
		line.Steps = slices.Delete(slices.Clone(line.Steps), cut, 2*cut)
		line.Left += cut
	}
}

const endStep = "callEnded"

// stepOf is an event of the call as a step; not all are of interest.
func stepOf(body any) (Step, bool) {
	switch e := body.(type) {
	case wire.ParticipantInvited:
		return Step{What: "participantInvited", Who: e.Participant.Participant}, true
	case wire.ParticipantRinging:
		return Step{What: "participantRinging", Who: e.Participant}, true
	case wire.InviteUnanswered:
		step := Step{What: "inviteUnanswered", Who: e.Participant}
		if e.Busy {
			step.Detail = "busy"
		}
		return step, true
	case wire.ParticipantJoined:
		return Step{What: "participantJoined", Who: e.Participant.Participant}, true
	case wire.ParticipantLeft:
		return Step{What: "participantLeft", Who: e.Participant, Detail: string(e.Reason)}, true
	case wire.PresenceChanged:
		return Step{What: "presenceChanged", Who: e.Participant, Detail: string(e.Presence)}, true
	case wire.HoldChanged:
		return Step{What: "holdChanged", Who: e.Participant, Detail: onOff(e.On)}, true
	case wire.TroubleChanged:
		return Step{What: "troubleChanged", Who: e.Participant, Detail: string(e.Trouble) + " " + onOff(e.On)}, true
	case wire.MediaChanged:
		return Step{What: "mediaChanged", Who: e.Participant, Detail: sends(e.Media)}, true
	case wire.PhaseChanged:
		return Step{What: "phaseChanged", Detail: string(e.Phase)}, true
	case wire.TopologyChanged:
		return Step{What: "topologyChanged", Detail: string(e.Topology)}, true
	case wire.CallEnded:
		return Step{What: endStep, Detail: string(e.Reason), TookMs: int64(e.DurationMs)}, true
	}
	return Step{}, false
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func sends(m wire.Media) string {
	var list []string
	for source, on := range map[wire.Source]bool{
		wire.SourceMicrophone: m.Microphone, wire.SourceCamera: m.Camera, wire.SourceScreen: m.Screen,
	} {
		if on {
			list = append(list, string(source))
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func roleOf(before, s *state, p wire.ParticipantID) string {
	l := s.legOf(p)
	if l == nil && before != nil {
		l = before.legOf(p)
	}
	switch {
	case l == nil:
		return ""
	case l.Guest:
		return "guest"
	case p == s.Host:
		return "host"
	}
	return "member"
}

// inUnits is a report as an engineer reads it.
func inUnits(m *wire.ReportQuality) *Quality {
	q := &Quality{Path: m.Path, RTTMs: int64(m.RTTMs)}
	for _, up := range m.Up {
		q.UpLoss = max(q.UpLoss, float64(up.PerMille)/1000)
	}
	if s := m.Sound; s != nil && s.PlayedMs > 0 {
		q.Concealed = float64(s.ConcealedMs) / float64(s.PlayedMs)
		q.BufferMs = int64(s.BufferMs)
		if s.Packets+s.Lost > 0 {
			q.Loss = float64(s.Lost) / (float64(s.Packets) + float64(s.Lost))
		}
		if m.RTTMs > 0 {
			q.MOS = emodel.MOS(emodel.Sound{
				RTT: milliseconds(m.RTTMs), JitterBuffer: milliseconds(s.BufferMs), Concealed: q.Concealed, Repaired: s.Repaired,
			})
		}
	}
	for _, p := range m.Pictures {
		q.GoodMs += int64(p.GoodMs)
		q.FairMs += int64(p.FairMs)
		q.PoorMs += int64(p.PoorMs)
		q.FrozenMs += int64(p.FrozenMs)
		q.Height = max(q.Height, int64(p.Height))
	}
	if s := m.Sent; s != nil && s.SentMs > 0 {
		switch {
		case s.CPUMs > s.SentMs/2:
			q.LimitedBy = "cpu"
		case s.BandwidthMs > s.SentMs/2:
			q.LimitedBy = "bandwidth"
		}
	}
	return q
}
