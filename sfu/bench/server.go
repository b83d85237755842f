//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"pronto/sfu"
)

// request asks the server to have somebody join; reply answers it. One line of JSON each.
type request struct{ ID, SDP string }

type reply struct{ ID, SDP, Error string }

// runServer is the server's process: it serves requests until in ends.
func runServer(in io.Reader, out io.Writer) error {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s, err := sfu.New(sfu.Config{Conn: conn, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	room, err := s.Room("bench")
	if err != nil {
		return errors.Join(err, s.Close())
	}
	var mu sync.Mutex // guards out
	var work sync.WaitGroup
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var q request
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return errors.Join(err, s.Close())
		}
		work.Go(func() {
			r := join(room, q)
			mu.Lock()
			defer mu.Unlock()
			_ = json.NewEncoder(out).Encode(r)
		})
	}
	work.Wait()
	return errors.Join(lines.Err(), s.Close())
}

func join(room *sfu.Room, q request) reply {
	peer, err := room.Join(q.ID, func(sfu.PeerEvent) {})
	if err != nil {
		return reply{ID: q.ID, Error: err.Error()}
	}
	answer, err := peer.Negotiate(context.Background(), sfu.Offer{SDP: q.SDP})
	if err != nil {
		return reply{ID: q.ID, Error: err.Error()}
	}
	return reply{ID: q.ID, SDP: answer.SDP}
}

// server is the other end of runServer.
type server struct {
	process *exec.Cmd
	in      io.WriteCloser
	read    sync.WaitGroup

	mu      sync.Mutex // guards what follows
	waiting map[string]chan reply
}

func startServer() (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: exec.Command(self, "-serve"), waiting: map[string]chan reply{}}
	s.process.Stderr = os.Stderr
	if s.in, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s.read.Go(func() { s.readReplies(out) })
	return s, nil
}

func (s *server) readReplies(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r reply
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue
		}
		s.mu.Lock()
		if c := s.waiting[r.ID]; c != nil {
			c <- r
		}
		delete(s.waiting, r.ID)
		s.mu.Unlock()
	}
}

// join returns the answer to an offer.
func (s *server) join(ctx context.Context, id, sdp string) (string, error) {
	line, err := json.Marshal(request{id, sdp})
	if err != nil {
		return "", err
	}
	answer := make(chan reply, 1)
	s.mu.Lock()
	s.waiting[id] = answer
	_, err = s.in.Write(append(line, '\n'))
	s.mu.Unlock()
	if err != nil {
		return "", fmt.Errorf("ask the server: %w", err)
	}
	select {
	case r := <-answer:
		if r.Error != "" {
			return "", errors.New(r.Error)
		}
		return r.SDP, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (s *server) stop() error {
	_ = s.in.Close()
	s.read.Wait()
	return s.process.Wait()
}

// usage is what a process has used so far.
type usage struct {
	cpu      time.Duration
	switches int
}

// tick is the unit of times in /proc/PID/stat; Linux has 100 a second everywhere.
const tick = 10 * time.Millisecond

func (s *server) usage() (usage, error) {
	dir := filepath.Join("/proc", strconv.Itoa(s.process.Process.Pid))
	b, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return usage{}, err
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	var u usage
	for _, i := range []int{11, 12} { // utime and stime, see proc(5)
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return usage{}, err
		}
		u.cpu += time.Duration(n) * tick
	}
	tasks, err := filepath.Glob(filepath.Join(dir, "task/*/status"))
	if err != nil {
		return usage{}, err
	}
	for _, task := range tasks {
		b, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		u.switches += statusField(b, "voluntary_ctxt_switches:") + statusField(b, "nonvoluntary_ctxt_switches:")
	}
	return u, nil
}

// resident returns the memory of the server in MiB.
func (s *server) resident() (float64, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.process.Process.Pid), "status"))
	return float64(statusField(b, "VmRSS:")) / 1024, err
}

func statusField(status []byte, name string) int {
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}
