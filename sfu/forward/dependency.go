package forward

import "errors"

// ErrDependency says that bytes are not a dependency descriptor, or one of a structure that is not known.
var ErrDependency = errors.New("forward: not a dependency descriptor")

// DependencyURI names the header extension that carries dependency descriptors.
const DependencyURI = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

// Dependencies reads the dependency descriptors of one stream (RTP Payload Format For AV1, appendix A). They say of
// every packet, outside what may be encrypted, to which frame it belongs, and who needs that. Chromium sends them with any
// codec once they are negotiated. The zero value is ready; it belongs to one goroutine.
type Dependencies struct {
	known     bool
	structure structure
	since     uint16  // number of the frame with which the structure came, or one later
	newest    uint16  // number of the newest frame
	active    Targets // that are made at present
	fresh     structure
}

// Read fills in what a descriptor says; what it does not say is left as it is. The decode targets' bits are
// the structure's. [ErrDependency] leaves the frame unchanged.
func (d *Dependencies) Read(descriptor []byte, f *Frame) error {
	r := bitReader{b: descriptor}
	start, end := r.flag(), r.flag()
	id, number := uint8(r.read(6)), uint16(r.read(16))
	var custom struct{ active, dtis, refs, chains, structure bool }
	if len(descriptor) > 3 {
		custom.structure = r.flag()
		custom.active, custom.dtis, custom.refs, custom.chains = r.flag(), r.flag(), r.flag(), r.flag()
	}
	s := &d.structure
	if custom.structure {
		if s = &d.fresh; !s.read(&r) {
			return ErrDependency
		}
	} else if !d.known {
		return ErrDependency
	}
	active := d.active
	if custom.structure {
		active = s.active(1<<s.targets - 1)
	}
	if custom.active {
		active = s.active(r.read(s.targets))
	}
	index := int(id-s.offset) & (maxTemplates - 1)
	if index >= s.count {
		return ErrDependency
	}
	t := &s.templates[index]
	targets, switches, refCount, refs := t.targets, t.switches, t.refCount, t.refs
	if custom.dtis {
		var dti indications
		for j := range s.targets {
			dti[j] = uint8(r.read(2))
		}
		targets, switches = s.understand(&dti)
	}
	if custom.refs {
		refCount = 0
		for size := r.read(2); size != 0; size = r.read(2) {
			if refCount == maxRefs {
				return ErrDependency
			}
			refs[refCount] = uint16(r.read(4*int(size))) + 1
			refCount++
		}
	}
	if r.short { // the chains of the frame, which come last, are not read
		return ErrDependency
	}
	if custom.structure {
		// A retransmission may come after the structure that follows.
		if d.known && int16(number-d.since) < 0 {
			return ErrDependency
		}
		if !d.known {
			d.newest = number
		}
		d.structure, d.since, d.known = d.fresh, number, true
		s = &d.structure
	}
	// A late frame may tell less than what is made by now; the next puts it right.
	d.active = active
	f.Layer, f.Start, f.End = t.layer, start, end
	f.Key = start && custom.structure && refCount == 0 && t.layer.Spatial == 0
	f.Targets, f.Switch, f.Active = targets, switches, active
	f.numbered, f.above, f.Number, f.refCount, f.refs = true, false, number, refCount, refs
	if h := s.heights[t.layer.Spatial]; start && h != 0 {
		f.Height = h
	}
	d.follow(number)
	return nil
}

// follow keeps the numbers close enough to each other to be compared.
func (d *Dependencies) follow(number uint16) {
	if int16(number-d.newest) > 0 {
		d.newest = number
	}
	const far = 1 << 14
	if d.newest-d.since > far {
		d.since = d.newest - far
	}
}

// Heights returns the heights of the sizes that the newest structure has, in pixels, 0 where it does not say.
func (d *Dependencies) Heights() []int { return d.structure.heights[:d.structure.sizes] }
