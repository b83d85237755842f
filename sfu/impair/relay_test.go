package impair_test

import (
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pronto/sfu/impair"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheRelayDelaysAndLosesInEachDirectionByItself(t *testing.T) {
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() { // an echo
		buf := make([]byte, 2048)
		for {
			n, from, err := server.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = server.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	relay, err := impair.NewRelay("127.0.0.1:0", server.LocalAddr().String(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	client, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(relay.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	echo := func(patience time.Duration) (took time.Duration, came bool) {
		t.Helper()
		began := time.Now()
		if _, err := client.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		_ = client.SetReadDeadline(began.Add(patience))
		buf := make([]byte, 16)
		n, err := client.Read(buf)
		return time.Since(began), err == nil && string(buf[:n]) == "hello"
	}
	if _, came := echo(5 * time.Second); !came {
		t.Fatal("nothing came by a perfect network")
	}
	if err := relay.Set(impair.Conditions{DelayMs: 60}, impair.Conditions{DelayMs: 40}); err != nil {
		t.Fatal(err)
	}
	if took, came := echo(5 * time.Second); !came || took < 100*time.Millisecond {
		t.Errorf("came %v after %v", came, took)
	}
	for _, cut := range [][2]impair.Conditions{{{Cut: true}, {}}, {{}, {Cut: true}}} {
		if err := relay.Set(cut[0], cut[1]); err != nil {
			t.Fatal(err)
		}
		if _, came := echo(100 * time.Millisecond); came {
			t.Error("something came by a network that is cut")
		}
	}
	if err := relay.Set(impair.Conditions{Loss: 2}, impair.Conditions{}); err == nil {
		t.Error("a share of 2 passes")
	}
	if err := relay.Set(impair.Conditions{}, impair.Conditions{}); err != nil {
		t.Fatal(err)
	}
	if _, came := echo(5 * time.Second); !came {
		t.Error("nothing came when it was over")
	}
}
