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

// request asks the server to have somebody join, or, without an SDP, what it has used; reply answers it. One line
// of JSON each.
type request struct{ ID, Room, SDP string }

type reply struct {
	ID, SDP, Error string
	CPU            time.Duration
	Switches       int
}

// runServer is the server's process: it serves requests until in ends.
func runServer(in io.Reader, out io.Writer, profile *profiler) error {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s, err := sfu.New(sfu.Config{
		Conn: conn, Logger: slog.New(slog.DiscardHandler),
		Limits: sfu.Limits{Voices: 9}, // in the mesh everybody is sent everybody, as by other servers
	})
	if err != nil {
		return err
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
		if q.ID == askProfile {
			if err := profile.toggle(); err != nil {
				return errors.Join(err, s.Close())
			}
		}
		work.Go(func() {
			r := answer(s, q)
			mu.Lock()
			defer mu.Unlock()
			_ = json.NewEncoder(out).Encode(r)
		})
	}
	work.Wait()
	return errors.Join(lines.Err(), s.Close())
}

func answer(s *sfu.SFU, q request) reply {
	if q.SDP == "" {
		return used(q.ID)
	}
	return join(s, q)
}

func join(s *sfu.SFU, q request) reply {
	room, err := s.Room(q.Room)
	if err != nil {
		return reply{ID: q.ID, Error: err.Error()}
	}
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

func startServer(profile string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: exec.Command(self, "-serve", "-profile", profile), waiting: map[string]chan reply{}}
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
func (s *server) join(ctx context.Context, id, room, sdp string) (string, error) {
	r, err := s.ask(ctx, request{id, room, sdp})
	return r.SDP, err
}

// ask returns the reply to a request.
func (s *server) ask(ctx context.Context, q request) (reply, error) {
	line, err := json.Marshal(q)
	if err != nil {
		return reply{}, err
	}
	answer := make(chan reply, 1)
	s.mu.Lock()
	s.waiting[q.ID] = answer
	_, err = s.in.Write(append(line, '\n'))
	s.mu.Unlock()
	if err != nil {
		return reply{}, fmt.Errorf("ask the server: %w", err)
	}
	select {
	case r := <-answer:
		if r.Error != "" {
			return reply{}, errors.New(r.Error)
		}
		return r, nil
	case <-ctx.Done():
		return reply{}, ctx.Err()
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

// The requests of those who do not join.
const askUsage, askProfile = "usage", "profile"

// usage asks the server what it has used.
func (s *server) usage() (usage, error) {
	r, err := s.askSoon(askUsage)
	return usage{r.CPU, r.Switches}, err
}

// profile has the server begin to write its profile, or end it.
func (s *server) profile() error {
	_, err := s.askSoon(askProfile)
	return err
}

func (s *server) askSoon(id string) (reply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.ask(ctx, request{ID: id})
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
