package avatar

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

func pngOf(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func jpegOf(w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// webpOf is the head of a WebP file with one chunk.
func webpOf(chunk, payload string) []byte {
	body := "WEBP" + chunk + string([]byte{byte(len(payload)), 0, 0, 0}) + payload
	return []byte("RIFF" + string([]byte{byte(len(body)), 0, 0, 0}) + body)
}

var (
	lossy    = webpOf("VP8 ", "\x10\x00\x00\x9d\x01\x2a\x40\x00\x30\x00\x00")
	lossless = webpOf("VP8L", "\x2f\x3f\xc0\x0b\x00\x00\x00\x00\x00\x00\x00")
	extended = webpOf("VP8X", "\x00\x00\x00\x00\x3f\x00\x00\x2f\x00\x00\x00")
)

func TestAnImageIsWhatIsInIt(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want string // empty: it is refused
	}{
		"PNG":                  {pngOf(64, 48), PNG},
		"JPEG":                 {jpegOf(64, 48), JPEG},
		"lossy WebP":           {lossy, WebP},
		"lossless WebP":        {lossless, WebP},
		"extended WebP":        {extended, WebP},
		"nothing":              {nil, ""},
		"a page":               {[]byte("<!doctype html><script>alert(1)</script>"), ""},
		"a drawing":            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), ""},
		"GIF":                  {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), ""},
		"half a PNG":           {pngOf(64, 48)[:20], ""},
		"half a JPEG":          {jpegOf(64, 48)[:20], ""},
		"half a WebP":          {lossy[:28], ""},
		"WebP that says less":  {append([]byte("RIFF\xff\x00\x00\x00"), lossy[8:]...), ""},
		"WebP of another sort": {webpOf("ALPH", strings.Repeat("\x00", 11)), ""},
		"a wide one":           {pngOf(MaxSide+1, 1), ""},
		"a tall one":           {jpegOf(1, MaxSide+1), ""},
		"a heavy one":          {append(pngOf(1, 1), make([]byte, MaxBytes)...), ""},
	} {
		got, err := Check(c.file)
		if got != c.want || (c.want == "") != errors.Is(err, ErrImage) {
			t.Errorf("%s is %q (%v), want %q", name, got, err, c.want)
		}
	}
}

func TestATicketIsForOneAccountAndOneImage(t *testing.T) {
	s, err := NewSealer(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	path := s.Path("ana", "a1")
	ticket, ok := strings.CutPrefix(path, Path)
	if !ok || strings.Contains(ticket, "ana") || path != s.Path("ana", "a1") {
		t.Fatalf("the path is %s", path)
	}
	if viewer, image, err := s.Open(ticket); viewer != "ana" || image != "a1" || err != nil {
		t.Errorf("opened are %q and %q (%v)", viewer, image, err)
	}
	for _, other := range []string{s.Path("bia", "a1"), s.Path("ana", "a2")} {
		if other == path {
			t.Error("two have the same ticket")
		}
	}
	if s.Path("ana", "") != "" || (Sealer{}).Path("ana", "a1") != "" {
		t.Error("there is a path without an image or a secret")
	}
	another, err := NewSealer(bytes.Repeat([]byte("j"), 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "x", ticket[1:], ticket[:len(ticket)-2], strings.ToLower(ticket), strings.Repeat("A", 4096), strings.TrimPrefix(another.Path("ana", "a1"), Path)} {
		if _, _, err := s.Open(wrong); !errors.Is(err, ErrTicket) {
			t.Errorf("%.40q is opened: %v", wrong, err)
		}
	}
	if _, _, err := (Sealer{}).Open(ticket); !errors.Is(err, ErrTicket) {
		t.Errorf("opened without a secret: %v", err)
	}
	if _, err := NewSealer(make([]byte, 16)); err == nil {
		t.Error("a short secret is taken")
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range [][]byte{pngOf(2, 2), jpegOf(2, 2), lossy, lossless, extended, lossy[:30], nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		kind, err := Check(file)
		if (err == nil) != (kind == PNG || kind == JPEG || kind == WebP) {
			t.Errorf("the type is %q (%v)", kind, err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	s, err := NewSealer(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(strings.TrimPrefix(s.Path("ana", "a1"), Path))
	f.Add("")
	f.Fuzz(func(t *testing.T, ticket string) {
		if viewer, image, err := s.Open(ticket); err == nil && s.Path(viewer, image) == "" {
			t.Error("a ticket for no image is opened")
		}
	})
}
