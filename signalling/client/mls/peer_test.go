package mls_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"pronto/signalling/client/mls"
)

const peerScript = "../../../web/sdk/test/mls-peer.mjs"

// peer is a process with devices of the other implementation.
type peer struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// startPeer starts Node.
func startPeer(t *testing.T) *peer {
	t.Helper()
	script, err := filepath.Abs(peerScript)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "--no-warnings", script)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start node: %v", err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("node: %v (run npm ci in web if modules are missing)\n%s", err, stderr.Bytes())
		}
	})
	return &peer{in, bufio.NewReader(out)}
}

// theirs is a device of the other implementation.
type theirs struct {
	*peer
	name string
}

// ask has the peer do something, and reads the reply into one or two values.
func (d *theirs) ask(op string, with any, reply any) error {
	request := map[string]any{}
	b, err := json.Marshal(with)
	if err == nil && with != nil {
		err = json.Unmarshal(b, &request)
	}
	if err != nil {
		return err
	}
	request["op"], request["member"] = op, d.name
	if b, err = json.Marshal(request); err != nil {
		return err
	}
	if _, err := d.in.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write to node: %w", err)
	}
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read from node: %w", err)
	}
	var failed struct{ Error string }
	if err := json.Unmarshal(line, &failed); err != nil {
		return err
	}
	if failed.Error != "" {
		return errors.New(failed.Error)
	}
	if reply == nil {
		return nil
	}
	return json.Unmarshal(line, reply)
}

type answer struct {
	Message, Welcome []byte
	Removed          bool
}

type question struct {
	Credential []byte `json:"credential,omitempty"`
	Group      []byte `json:"group,omitempty"`
	Welcome    []byte `json:"welcome,omitempty"`
	Message    []byte `json:"message,omitempty"`
	GroupInfo  []byte `json:"groupInfo,omitempty"`
	Replace    bool   `json:"replace,omitempty"`
	PSK        *psk   `json:"psk,omitempty"`
	Won        bool   `json:"won,omitempty"`
	Label      string `json:"label,omitempty"`
	Context    []byte `json:"context,omitempty"`
}

func (d *theirs) one(op string, q any) (a answer, err error) { err = d.ask(op, q, &a); return a, err }

func (d *theirs) prepare() ([]byte, error) {
	a, err := d.one("prepare", question{Credential: []byte(d.name)})
	return a.Message, err
}

func (d *theirs) create(group []byte) error { return d.ask("create", question{Group: group}, nil) }

func (d *theirs) join(welcome []byte, p *psk) error {
	return d.ask("join", question{Welcome: welcome, PSK: p}, nil)
}

func (d *theirs) commit(c change) (message, welcome []byte, err error) {
	a, err := d.one("commit", c)
	return a.Message, a.Welcome, err
}

func (d *theirs) enter(groupInfo []byte, replace *mls.LeafIndex) ([]byte, error) {
	a, err := d.one("enter", question{GroupInfo: groupInfo, Replace: replace != nil})
	return a.Message, err
}

func (d *theirs) settle(won bool) error { return d.ask("settle", question{Won: won}, nil) }

func (d *theirs) process(message []byte, p *psk) (bool, error) {
	a, err := d.one("process", question{Message: message, PSK: p})
	return a.Removed, err
}

func (d *theirs) groupInfo() ([]byte, error) {
	a, err := d.one("groupInfo", nil)
	return a.Message, err
}

func (d *theirs) look() (v view, err error) {
	err = d.ask("look", question{Label: "label", Context: []byte("context")}, &v)
	slices.SortFunc(v.Members, func(a, b memberOfView) int { return int(a.Leaf) - int(b.Leaf) })
	return v, err
}
