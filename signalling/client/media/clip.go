package media

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

//go:embed clips/*.ogg clips/*.levels clips/*.ivf
var files embed.FS

// The clips' pace, and the RTP clocks of Opus (RFC 7587) and VP8 (RFC 7741).
const (
	soundEvery  = 20 * time.Millisecond
	soundTicks  = 960 // of 48 kHz
	framesASec  = 15
	frameEvery  = time.Second / framesASec
	frameTicks  = 90000 / framesASec
	silence     = 127 // dBov, RFC 6464
	headerPages = 1   // OpusTags; the reader takes OpusHead itself
)

// rids are the simulcast encodings, lowest first.
var rids = [...]string{"q", "h", "f"}

// Clip is what one bot says and shows, over and over. It does not change and
// may be sent by any number of connections at a time.
type Clip struct {
	// Name is the first name that the clip says and shows.
	Name     string
	sounds   []sound
	pictures [len(rids)]picture
}

// sound is one Opus packet of 20 ms.
type sound struct {
	payload []byte
	level   uint8 // -dBov: 0 is loudest, 127 is silence
}

// picture is one simulcast encoding.
type picture struct {
	width, height int
	frames        []frame
}

// frame is one VP8 frame.
type frame struct {
	data []byte
	key  bool
}

// Clips returns the embedded clips.
var Clips = sync.OnceValues(func() ([]*Clip, error) {
	var clips []*Clip
	for _, name := range []string{"Alba", "Bruno", "Celia"} {
		c, err := readClip(name)
		if err != nil {
			return nil, fmt.Errorf("read the clip of %s: %w", name, err)
		}
		clips = append(clips, c)
	}
	return clips, nil
})

func readClip(name string) (*Clip, error) {
	c := &Clip{Name: name}
	stem := "clips/" + strings.ToLower(name)
	ogg, err := files.ReadFile(stem + ".ogg")
	if err != nil {
		return nil, err
	}
	levels, err := files.ReadFile(stem + ".levels")
	if err != nil {
		return nil, err
	}
	if c.sounds, err = readSounds(ogg, levels); err != nil {
		return nil, err
	}
	for i, rid := range rids {
		ivf, err := files.ReadFile(stem + "-" + rid + ".ivf")
		if err != nil {
			return nil, err
		}
		if c.pictures[i], err = readPicture(ivf); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// readSounds reads an Ogg file with one Opus packet a page.
func readSounds(ogg, levels []byte) ([]sound, error) {
	pages, err := oggreader.NewWithOptions(bytes.NewReader(ogg))
	if err != nil {
		return nil, fmt.Errorf("open the Ogg file: %w", err)
	}
	loudness := strings.Fields(string(levels))
	var sounds []sound
	for page := 0; ; page++ {
		payload, _, err := pages.ParseNextPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read page %d: %w", page, err)
		}
		if page < headerPages {
			continue
		}
		s := sound{payload: payload, level: silence}
		if i := len(sounds); i < len(loudness) {
			level, err := strconv.ParseUint(loudness[i], 10, 7)
			if err != nil {
				return nil, fmt.Errorf("read level %d: %w", i, err)
			}
			s.level = uint8(level)
		}
		sounds = append(sounds, s)
	}
	if len(sounds) == 0 {
		return nil, errors.New("the Ogg file has no sound")
	}
	return sounds, nil
}

func readPicture(ivf []byte) (picture, error) {
	reader, header, err := ivfreader.NewWith(bytes.NewReader(ivf))
	if err != nil {
		return picture{}, fmt.Errorf("open the IVF file: %w", err)
	}
	p := picture{width: int(header.Width), height: int(header.Height)}
	for {
		data, _, err := reader.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return picture{}, fmt.Errorf("read frame %d: %w", len(p.frames), err)
		}
		// RFC 6386, section 9.1: the lowest bit of the first byte is 0 in a key frame.
		p.frames = append(p.frames, frame{data: data, key: len(data) > 0 && data[0]&1 == 0})
	}
	if len(p.frames) == 0 || !p.frames[0].key {
		return picture{}, errors.New("the IVF file does not begin with a key frame")
	}
	return p, nil
}

// nextKey returns the first key frame at or after frame i of the loop.
func (p *picture) nextKey(i int) int {
	for range p.frames {
		i %= len(p.frames)
		if p.frames[i].key {
			return i
		}
		i++
	}
	return 0
}
