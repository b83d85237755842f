package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"

	"pronto/signalling/client/bot"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// Three bots talk over the server, which is looked through from outside: its
// memory while they talk, its log at the finest level and its files afterwards,
// and the packets between it and them. Of an encrypted call nothing that was said or shown is found, and no key, of a
// device or of frames. The same search finds plenty when encryption is off, and
// what the server does know of the call.
func TestNothingOfAnEncryptedCallIsToBeReadInTheServer(t *testing.T) {
	clear := lookThrough(t, "off")
	if clear.memory < 50 {
		t.Fatalf("with encryption off %d pieces of media are found: the search is no good", clear.memory)
	}
	sealed := lookThrough(t, "required")
	t.Logf("pieces of media in the server's memory: %d without encryption, %d with it", clear.memory, sealed.memory)
	if sealed.memory > 0 {
		t.Errorf("%d pieces of what was said or shown are in the server's memory", sealed.memory)
	}
	for _, s := range []finding{clear, sealed} {
		if s.files > 0 || s.log > 0 || s.keys > 0 || s.packets > 0 {
			t.Errorf("found: %+v", s)
		}
	}
}

// finding is how many pieces were found where.
type finding struct{ memory, files, log, keys, packets int }

// lookThrough runs a call on a server of its own, and searches that.
func lookThrough(t *testing.T, encryption string) (found finding) {
	t.Helper()
	dir := t.TempDir()
	p := startProcess(t, dir, freePort(t), "PRONTO_ENCRYPTION="+encryption, "PRONTO_LOG_LEVEL=debug")
	seen := newCapture(t)
	engine, err := media.NewEngine(media.Config{Logger: slog.New(slog.DiscardHandler), LoopbackOnly: true, Net: seen})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	clips, err := media.Clips()
	if err != nil {
		t.Fatal(err)
	}
	said := &pieces{}
	var secrets [][]byte
	rung := make(chan wire.Incoming, 2)
	var phones []*bot.Phone
	for i, user := range []string{"ana", "bia", "carlo"} {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, key.Seed())
		said.addClip(t, clips[i].Name)
		phone, err := bot.Open(t.Context(), bot.PhoneConfig{
			Client: demoClient(p.page, user, "bot"), Engine: engine, Clip: clips[i], Key: key, Logger: slog.New(slog.DiscardHandler),
			Incoming: func(in wire.Incoming) { rung <- in },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer phone.Close(context.Background())
		phones = append(phones, phone)
	}
	calls := []*bot.Call{}
	call, err := phones[0].Ring(t.Context(), wire.KindVideo, "bia", "carlo")
	if err != nil {
		t.Fatal(err)
	}
	calls = append(calls, call)
	for range 2 {
		<-rung // one for each
	}
	for _, phone := range phones[1:] {
		c, err := phone.Accept(t.Context(), call.ID(), wire.Media{Microphone: true, Camera: true})
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	if got := call.State().Encrypted; got != (encryption == "required") {
		t.Fatalf("the call says encrypted: %v", got)
	}
	talk(t, calls, encryption == "required")

	memory := memoryOf(t, p.cmd.Process.Pid)
	for _, phone := range phones {
		phone.Close(t.Context())
	}
	for _, c := range calls {
		secrets = append(secrets, frameKeys(t, c)...)
	}
	if want := len(phones); encryption == "required" && len(secrets) < 2*want {
		t.Fatalf("%d keys are looked for", len(secrets))
	}
	p.kill()
	known := &pieces{} // what the server does know
	known.add([]byte(call.ID())[:pieceSize])
	if known.in(memory) == 0 {
		t.Fatal("the call's id is not found in memory: the search is no good")
	}
	keys := &pieces{}
	for _, secret := range secrets {
		keys.add(secret[:pieceSize])
		for _, text := range texts(secret) {
			keys.add([]byte(text)[:pieceSize])
			found.log += strings.Count(p.log(), text[:pieceSize])
		}
	}
	found.memory, found.keys = said.in(memory), keys.in(memory)
	found.log += said.in([]byte(p.log()))
	found.packets = said.in(seen.packets(t)) + keys.in(seen.packets(t))
	if !strings.Contains(p.log(), "pronto is ready") {
		t.Error("the log that was searched is empty")
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		found.files += said.in(data) + keys.in(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// talk waits until everybody has received, and opened, plenty of both others.
func talk(t *testing.T, calls []*bot.Call, sealed bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		heard := 0
		for _, c := range calls {
			for flow, n := range c.Stats().Received {
				got := n.Packets
				if sealed {
					got = n.Opened
				}
				if flow.Participant != "" && got > 60 {
					heard++
				}
			}
		}
		if heard >= len(calls)*2*2 {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("only %d flows came", heard)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// pieceSize is how long a piece is that is looked for: so long that it is not
// found by chance.
const pieceSize = 16

// pieces are looked for. They are found by their first eight bytes.
type pieces struct {
	begins [1 << 16]bool
	by     map[uint64][pieceSize]byte
}

func (p *pieces) add(piece []byte) {
	if p.by == nil {
		p.by = map[uint64][pieceSize]byte{}
	}
	p.begins[binary.LittleEndian.Uint16(piece)] = true
	p.by[binary.LittleEndian.Uint64(piece)] = [pieceSize]byte(piece)
}

// addClip adds a piece from the middle of each sound and picture of a clip.
func (p *pieces) addClip(t *testing.T, name string) {
	t.Helper()
	stem := filepath.Join("..", "..", "signalling", "client", "media", "clips", strings.ToLower(name))
	data, err := os.ReadFile(stem + ".ogg")
	if err != nil {
		t.Fatal(err)
	}
	sounds, _, err := oggreader.NewWith(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for {
		page, _, err := sounds.ParseNextPage()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p.addMiddle(page)
	}
	films, err := filepath.Glob(stem + "*.ivf")
	if err != nil || len(films) == 0 {
		t.Fatalf("no pictures of %s: %v", name, err)
	}
	for _, film := range films {
		data, err := os.ReadFile(film)
		if err != nil {
			t.Fatal(err)
		}
		frames, _, err := ivfreader.NewWith(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for {
			frame, _, err := frames.ParseNextFrame()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			p.addMiddle(frame)
		}
	}
}

// addMiddle adds the middle of what is long enough and not all alike.
func (p *pieces) addMiddle(data []byte) {
	if len(data) < 3*pieceSize {
		return
	}
	middle := data[len(data)/2:][:pieceSize]
	different := map[byte]bool{}
	for _, b := range middle {
		different[b] = true
	}
	if len(different) > pieceSize/2 {
		p.add(middle)
	}
}

// in counts the pieces that are in data, each once.
func (p *pieces) in(data []byte) int {
	found := map[uint64]bool{}
	for i := 0; i+pieceSize <= len(data); i++ {
		if !p.begins[binary.LittleEndian.Uint16(data[i:])] {
			continue
		}
		key := binary.LittleEndian.Uint64(data[i:])
		if piece, ok := p.by[key]; ok && bytes.Equal(piece[:], data[i:i+pieceSize]) {
			found[key] = true
		}
	}
	return len(found)
}

// texts are how a key could have been written down.
func texts(key []byte) []string {
	return []string{hex.EncodeToString(key), base64.StdEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key)}
}

// frameKeys are the keys of a call's frames, from inside of a client that has left it. No client gives them away, so
// they are taken.
func frameKeys(t *testing.T, c *bot.Call) (list [][]byte) {
	t.Helper()
	if c.Keys() == nil {
		return nil
	}
	epochs := reflect.ValueOf(c.Keys()).Elem().FieldByName("seal").FieldByName("opener").FieldByName("epochs")
	for i := range epochs.Len() {
		list = append(list, bytes.Clone(epochs.Index(i).Elem().FieldByName("base").Bytes()))
	}
	if len(list) == 0 {
		t.Fatal("a client has no keys of frames")
	}
	return list
}

// memoryOf is all memory that a process writes to.
func memoryOf(t *testing.T, pid int) (all []byte) {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var rights string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") {
			continue
		}
		data := make([]byte, to-from)
		n, _ := memory.ReadAt(data, from) // nothing of what is the kernel's own, or gone by now
		all = append(all, data[:n]...)
	}
	if len(all) < 1<<20 {
		t.Fatalf("only %d bytes of the server's memory could be read", len(all))
	}
	return all
}
