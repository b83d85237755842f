package forward

// Limits of a template dependency structure. Those of 64 templates and 32 targets are the format's own.
const (
	maxTemplates = 64
	maxTargets   = 32
)

// Decode target indications (RTP Payload Format For AV1, section A.8.4.2).
const (
	indicatesNothing = 0
	indicatesSwitch  = 2
)

// template is what frames of one kind have in common.
type template struct {
	layer    Layer
	targets  Targets
	switches Targets
	refCount uint8
	refs     [maxRefs]uint16
}

// structure is the template dependency structure (RTP Payload Format For AV1, section A.8.3): how the frames of a
// stream depend on each other until the next structure comes.
type structure struct {
	offset    uint8 // of template ids
	count     int   // of templates
	templates [maxTemplates]template
	targets   int               // number of decode targets
	layers    [maxTargets]Layer // of each decode target
	chains    uint32            // number of them
	heights   [maxSpatial]int   // of the sizes, 0 where not said
	sizes     uint8             // number of them
}

// indications are those of one frame or template: by decode target.
type indications [maxTargets]uint8

// read reads a structure. It returns false when it is cut off or beyond the limits.
func (s *structure) read(r *bitReader) bool {
	*s = structure{offset: uint8(r.read(6)), targets: int(r.read(5)) + 1}
	if !s.readLayers(r) {
		return false
	}
	var dtis [maxTemplates]indications
	for i := range s.count {
		for j := range s.targets {
			dtis[i][j] = uint8(r.read(2))
		}
	}
	for i := range s.count {
		t := &s.templates[i]
		for r.flag() {
			if t.refCount == maxRefs {
				return false
			}
			t.refs[t.refCount] = uint16(r.read(4)) + 1
			t.refCount++
		}
	}
	s.readChains(r)
	s.placeTargets(&dtis)
	for i := range s.count {
		t := &s.templates[i]
		t.targets, t.switches = s.understand(&dtis[i])
	}
	if r.flag() {
		for i := range s.sizes {
			r.read(16)
			s.heights[i] = int(r.read(16)) + 1
		}
	}
	return !r.short
}

func (s *structure) readLayers(r *bitReader) bool {
	var at Layer
	for {
		if s.count == maxTemplates || at.Spatial >= maxSpatial || at.Temporal >= maxTemporal || r.short {
			return false
		}
		s.templates[s.count].layer = at
		s.count++
		switch r.read(2) {
		case 1:
			at.Temporal++
		case 2:
			at.Spatial, at.Temporal = at.Spatial+1, 0
		case 3:
			s.sizes = at.Spatial + 1
			return true
		}
	}
}

// readChains skips the chains: whether a switch can be made is told by what has been sent.
func (s *structure) readChains(r *bitReader) {
	if s.chains = r.nonSymmetric(uint32(s.targets) + 1); s.chains == 0 {
		return
	}
	for range s.targets {
		r.nonSymmetric(s.chains)
	}
	for range s.count * int(s.chains) {
		r.read(4)
	}
}

// placeTargets finds the layer of each decode target: the highest of the frames that it needs.
func (s *structure) placeTargets(dtis *[maxTemplates]indications) {
	for i := range s.count {
		for j := range s.targets {
			if dtis[i][j] != indicatesNothing {
				l := s.templates[i].layer
				s.layers[j].Spatial = max(s.layers[j].Spatial, l.Spatial)
				s.layers[j].Temporal = max(s.layers[j].Temporal, l.Temporal)
			}
		}
	}
}

// understand turns indications into sets of layers.
func (s *structure) understand(dti *indications) (targets, switches Targets) {
	for j := range s.targets {
		if dti[j] == indicatesNothing {
			continue
		}
		targets |= target(s.layers[j])
		if dti[j] == indicatesSwitch {
			switches |= target(s.layers[j])
		}
	}
	return targets, switches
}

// active turns a mask of decode targets into a set of layers.
func (s *structure) active(mask uint32) (t Targets) {
	for j := range s.targets {
		if mask>>j&1 == 1 {
			t |= target(s.layers[j])
		}
	}
	return t
}
