package turn

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// coturn finds one of coturn's programs.
func coturn(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is missing: apt-get install coturn", program)
	}
	return path
}

func TestCoturnsClientLosesNothing(t *testing.T) {
	uclient := coturn(t, "turnutils_uclient")
	peer, at := peerSocket(t)
	echoed := make(chan struct{})
	go func() {
		defer close(echoed)
		buf := make([]byte, 2048)
		for {
			n, from, err := peer.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = peer.WriteToUDPAddrPort(buf[:n], from) // what is lost here is seen by the client
		}
	}()
	t.Cleanup(func() { _ = peer.Close(); <-echoed })
	s := start(t, func(c *Config) {
		c.AllowPrivatePeers = true
		c.Quotas.AllocationsPerUser = 10
	})
	users := 0
	var all sync.WaitGroup // at once, for each mostly waits
	defer all.Wait()
	for name, flags := range map[string][]string{
		"UDP, channels":         nil,
		"UDP, indications":      {"-s"},
		"UDP, video, channels":  {"-l", "1150"},
		"TCP, channels":         {"-t"},
		"TCP, indications":      {"-t", "-s"},
		"TCP, video, channels":  {"-t", "-l", "1150"},
		"UDP, extra requests":   {"-G"},
		"TCP, video, indicated": {"-t", "-s", "-l", "1150"},
	} {
		users++ // each leaves its allocations behind
		cred := issue(t, "call", "user-"+strconv.Itoa(users))
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			args := append([]string{
				"-u", cred.Username, "-w", cred.Password, "-p", strconv.Itoa(int(s.Addr().Port())),
				"-e", at.Addr().String(), "-r", strconv.Itoa(int(at.Port())),
				"-L", "127.0.0.1", "-c", "-m", "2", "-n", "100", "-z", "10", "-l", "172",
			}, flags...)
			out, err := exec.CommandContext(ctx, uclient, append(args, "127.0.0.1")...).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			} else if !strings.Contains(string(out), "Total lost packets 0 ") {
				t.Errorf("%s: it lost some:\n%s", name, out)
			}
		})
	}
}
