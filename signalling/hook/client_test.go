package hook_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"pronto/signalling/hook"
)

// liar is a name server that gives each question the next of its answers, and
// then the last one for ever, so that none of them is worth keeping.
func liar(t *testing.T, answers ...string) (resolver *net.Resolver, asked *atomic.Int64) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	asked = &atomic.Int64{}
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Authoritative = true, true
			m.Additionals = nil
			q := m.Questions[0]
			address := netip.MustParseAddr(answers[min(int(asked.Load()), len(answers)-1)])
			header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type, TTL: 0}
			switch {
			case q.Type == dnsmessage.TypeA && address.Is4():
				asked.Add(1)
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: address.As4()}}}
			case q.Type == dnsmessage.TypeAAAA && address.Is6():
				asked.Add(1)
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: address.As16()}}}
			}
			packed, err := m.Pack()
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(packed, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, asked
}

// A name that is looked at when the webhook is made, and leads elsewhere when
// it is used, leads nowhere.
func TestANameThatComesToLeadInsideIsRefused(t *testing.T) {
	reached := make(chan struct{}, 16)
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	t.Cleanup(inside.Close)
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	for _, address := range []string{
		"169.254.169.254", "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "0.0.0.0", "198.18.0.1",
		"::1", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
	} {
		resolver, asked := liar(t, "1.1.1.1", address)
		first, err := resolver.LookupNetIP(t.Context(), "ip4", "rebinding.example")
		if err != nil || !hook.Outside(first[0]) {
			t.Fatalf("the first answer is %v (%v)", first, err)
		}
		client := hook.New(hook.Config{Resolver: resolver, Timeout: 5 * time.Second})
		_, err = client.Post(t.Context(), "http://rebinding.example"+port, hook.Message{ID: "evt_1", Body: []byte("{}"), Secrets: [][]byte{[]byte("x")}})
		client.Close()
		if !errors.Is(err, hook.ErrInside) || asked.Load() < 2 {
			t.Errorf("%s: %v after %d questions", address, err, asked.Load())
		}
	}
	if len(reached) != 0 {
		t.Errorf("%d messages came inside", len(reached))
	}
}

func TestAnAddressThatIsWrittenOutIsLookedAtToo(t *testing.T) {
	client := hook.New(hook.Config{Timeout: 5 * time.Second})
	t.Cleanup(client.Close)
	for _, url := range []string{
		"http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://127.0.0.1:1/", "http://[::ffff:127.0.0.1]:1/", "http://0/", "http://[::]:1/",
	} {
		if _, err := client.Post(t.Context(), url, hook.Message{}); err == nil || !errors.Is(err, hook.ErrInside) && !errors.Is(err, hook.ErrUnreached) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestWhatAReceiverAsksForIsHeard(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "9999999": 24 * time.Hour,
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat): time.Hour, time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if text != "" {
				w.Header().Set("Retry-After", text)
			}
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect) // which is not followed
		}))
		client := hook.New(hook.Config{AllowPrivate: true})
		got, err := client.Post(t.Context(), s.URL, hook.Message{ID: "evt_1", Body: []byte("{}")})
		client.Close()
		s.Close()
		if err != nil || got.OK() || got.Status != http.StatusTemporaryRedirect || got.RetryAfter > want || got.RetryAfter < want-time.Minute {
			t.Errorf("%q: %+v (%v), want %s", text, got, err, want)
		}
	}
}
