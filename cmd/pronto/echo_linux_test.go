package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pronto/signalling/client/bot"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// Whoever calls the echo hears and sees himself, and nothing of it is kept: the
// program writes to no file but its database, and neither that nor its log, at the
// finest level, has a piece of what was said and shown.
func TestTheEchoRecordsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startCommand(t, "demo", dir, freePort(t), "PRONTO_LOG_LEVEL=debug", "TMPDIR="+dir)
	engine, err := media.NewEngine(media.Config{Logger: slog.New(slog.DiscardHandler), LoopbackOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	clips, err := media.Clips()
	if err != nil {
		t.Fatal(err)
	}
	said := &pieces{}
	said.addClip(t, clips[2].Name)
	ana, err := bot.Open(t.Context(), bot.PhoneConfig{
		Client: demoClient(p.page, "ana", "phone"), Engine: engine, Clip: clips[2], Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ana.Close(context.Background())
	var call *bot.Call
	eventually(t, "the echo answers", func() bool {
		if call, err = ana.Ring(t.Context(), wire.KindVideo, echoUser); err != nil {
			t.Fatal(err)
		}
		select {
		case <-call.Flows():
			return true
		case <-call.Over(): // it has not signed in yet
			return false
		}
	})
	eventually(t, "ana hears and sees herself", func() bool {
		flows := 0
		for flow, n := range call.Stats().Received {
			if flow.Participant != "" && n.Opened > 60 {
				flows++
			}
		}
		return flows == 2
	})
	for _, file := range written(t, p.cmd.Process.Pid) {
		if filepath.Dir(file) != dir || !strings.HasPrefix(filepath.Base(file), "pronto.db") {
			t.Errorf("during the call %s is open for writing", file)
		}
	}
	if err := call.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-call.Done()
	p.kill()
	id := &pieces{} // what is kept of a call
	id.add([]byte(call.ID())[:pieceSize])
	known, kept := 0, 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		known, kept = known+id.in(data), kept+said.in(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if known == 0 || !strings.Contains(p.log(), "pronto is ready") {
		t.Fatal("the call's id is in no file, or there is no log: the search is no good")
	}
	if kept += said.in([]byte(p.log())); kept > 0 {
		t.Errorf("%d pieces of what was said or shown were kept", kept)
	}
}

// written are the files that a process has open for writing.
func written(t *testing.T, pid int) (files []string) {
	t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		file, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, fd.Name()))
		if err != nil || !filepath.IsAbs(file) || strings.HasPrefix(file, "/dev/") {
			continue // closed by now, or no file
		}
		about, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", pid, fd.Name()))
		if err != nil {
			continue
		}
		var flags int
		if _, after, ok := strings.Cut(string(about), "flags:"); ok {
			_, _ = fmt.Sscanf(after, "%o", &flags)
		}
		if flags&(os.O_WRONLY|os.O_RDWR) != 0 {
			files = append(files, file)
		}
	}
	if len(files) == 0 {
		t.Fatal("not even the database is open for writing: the search is no good")
	}
	return files
}
