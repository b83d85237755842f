package framing_test

import (
	"bytes"
	"testing"

	"pronto/signalling/framing"
)

// FuzzParse reads anything as everything. What is read lies within the data,
// and a credential is written as it was read.
func FuzzParse(f *testing.F) {
	for _, data := range group(f) {
		f.Add(data)
	}
	f.Add([]byte("\x01\x03ana\x02d1" + string(make([]byte, 33))))
	f.Fuzz(func(t *testing.T, data []byte) {
		framing.NoteIsFor(data, data[:min(8, len(data))])
		if c, err := framing.ParseCommit(data); err == nil {
			for _, add := range c.Adds {
				if !bytes.Contains(data, add) {
					t.Error("an add that is not in the commit")
				}
				if _, err := framing.ParseKeyPackage(append([]byte{0, 1, 0, 5}, add...)); err != nil {
					t.Errorf("an add that is no key package: %v", err)
				}
			}
		}
		if p, err := framing.ParseKeyPackage(data); err == nil && len(p.Leaf.SignatureKey) != 32 {
			t.Errorf("a signature key of %d bytes", len(p.Leaf.SignatureKey))
		}
		if c, err := framing.ParseCredential(data); err == nil {
			_ = c.Verify()
			if again := c.Append(nil); !bytes.Equal(again, data) {
				t.Errorf("read %x, written %x", data, again)
			}
		}
		_, _ = framing.ParseWelcome(data)
		_, _ = framing.ParseGroupInfo(data)
	})
}
