package sfu

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// offerOf is a minimal good offer with the given media sections.
func offerOf(sections ...string) string {
	return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
		"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n" +
		"a=fingerprint:sha-256 00:11\r\na=setup:actpass\r\n" + strings.Join(sections, "")
}

func audioSection(mid string, more ...string) string {
	return "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:" + mid + "\r\na=recvonly\r\n" +
		"a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n" + strings.Join(more, "")
}

func videoSection(mid string, more ...string) string {
	return "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=mid:" + mid + "\r\na=sendonly\r\n" +
		"a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=2\r\n" +
		"a=rtcp-fb:96 nack\r\na=rtcp-fb:98 nack\r\n" + strings.Join(more, "")
}

func lines(n int, line func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i) + "\r\n")
	}
	return b.String()
}

func candidateLine(i int) string {
	return fmt.Sprintf("a=candidate:%d 1 udp 2130706431 127.%d.%d.%d 9 typ host", i+1, 1+i>>16&63, i>>8&255, i&255)
}

func TestAnOfferIsReducedToWhatIsNegotiated(t *testing.T) {
	clean, sections, err := readOffer(offerOf(
		audioSection("0", "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\na=end-of-candidates\r\n"),
		videoSection("1", "a=rid:q send\r\na=rid:h send\r\na=simulcast:send q;h\r\na=extmap:3 "+extMid+"\r\na=extmap:4 urn:other\r\n"),
	))
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{"candidate", "PCMU", "VP9", "10.0.0.1", "urn:other", ":98"} {
		if strings.Contains(clean, unwanted) {
			t.Errorf("%s is left", unwanted)
		}
	}
	for _, wanted := range []string{"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n", "a=rid:h send", "a=extmap:3 " + extMid, "a=rtcp-fb:96 nack"} {
		if !strings.Contains(clean, wanted) {
			t.Errorf("%s is missing", wanted)
		}
	}
	if len(sections) != 2 || !sections[0].audio || sections[0].send || !sections[1].send || strings.Join(sections[1].rids, "") != "qh" {
		t.Errorf("sections %+v", sections)
	}
}

func TestOffersThatBreakALimitAreRefusedWithItsName(t *testing.T) {
	sections := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(fmt.Sprintf("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:%d\r\na=recvonly\r\na=rtpmap:111 opus/48000/2\r\n", i))
		}
		return b.String()
	}
	for limit, offer := range map[string]string{
		"longer than 64 KiB":                     offerOf(audioSection("0", strings.Repeat("a=x:"+strings.Repeat("A", 4000)+"\r\n", 17))),
		"line longer than 4 KiB":                 offerOf(audioSection("0", "a=x:"+strings.Repeat("A", 5000)+"\r\n")),
		"NUL in it":                              offerOf(audioSection("0", "a=x:\x00\r\n")),
		"not a session description":              offerOf(audioSection("0", "nonsense\r\n")),
		"more sources or slots than allowed":     offerOf(sections(17)),
		"more than 64 payload types":             offerOf("m=audio 9 UDP/TLS/RTP/SAVPF" + strings.Repeat(" 1", 65) + "\r\n"),
		"payload type twice":                     offerOf("m=audio 9 UDP/TLS/RTP/SAVPF 111 111\r\n"),
		"payload type out of range":              offerOf("m=audio 9 UDP/TLS/RTP/SAVPF 128\r\n"),
		"more than 64 candidates":                offerOf(audioSection("0", lines(65, candidateLine))),
		"more than 32 header extensions":         offerOf(audioSection("0", lines(33, func(i int) string { return fmt.Sprintf("a=extmap:%d urn:x:%d", i%14+1, i) }))),
		"more than 3 rid":                        offerOf(videoSection("0", lines(4, func(i int) string { return fmt.Sprintf("a=rid:r%d send", i) }))),
		"rid twice":                              offerOf(videoSection("0", "a=rid:a send\r\na=rid:a send\r\n")),
		"more than 256 rtcp-fb lines":            offerOf(videoSection("0", lines(260, func(int) string { return "a=rtcp-fb:96 nack" }))),
		"more than 64 ssrc lines":                offerOf(audioSection("0", lines(65, func(i int) string { return fmt.Sprintf("a=ssrc:%d cname:x", i+1) }))),
		"codec described twice":                  offerOf(audioSection("0", "a=rtpmap:111 opus/48000/2\r\n")),
		"mid twice":                              offerOf(audioSection("0"), audioSection("0")),
		"data channel":                           offerOf("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"),
		"ICE-lite":                               "v=0\r\na=ice-lite\r\n",
		"rejected media section":                 strings.Replace(offerOf(audioSection("0")), "m=audio 9", "m=audio 0", 1),
		"no media section":                       offerOf(),
		"no common codec":                        offerOf("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=recvonly\r\na=rtpmap:0 PCMU/8000\r\n"),
		"direction twice":                        offerOf(audioSection("0", "a=sendonly\r\n")),
		"header extension with two meanings":     offerOf(audioSection("0", "a=extmap:3 "+extMid+"\r\n"), videoSection("1", "a=extmap:3 "+extRID+"\r\n")),
		"fingerprint other than SHA-256":         offerOf(audioSection("0", "a=fingerprint:sha-1 00\r\n")),
		"DTLS role other than client":            offerOf(audioSection("0", "a=setup:passive\r\n")),
		"rid where there is no simulcast":        offerOf(audioSection("0", "a=rid:a send\r\n")),
		"transport other than UDP/TLS/RTP/SAVPF": offerOf("m=audio 9 RTP/AVP 0\r\n"),
	} {
		_, _, err := readOffer(offer)
		var broken *SDPError
		if !errors.As(err, &broken) || !errors.Is(err, ErrSDP) || broken.Limit != limit {
			t.Errorf("%s: %v", limit, err)
		}
	}
	// With 4 sources, 16 audio and 49 video slots nobody reaches 80 sections, but the count comes first.
	many := offerReader{mids: map[string]bool{}, sections: make([]section, maxSections)}
	if err := many.startMedia("audio 9 UDP/TLS/RTP/SAVPF 111"); err == nil || !strings.Contains(err.Error(), "80") {
		t.Errorf("the 81st section: %v", err)
	}
}

func TestOffersOfBrowsersPass(t *testing.T) {
	for _, name := range []string{"chromium", "firefox"} {
		offer, err := os.ReadFile(filepath.Join("testdata", "offers", name+".sdp"))
		if err != nil {
			t.Fatal(err)
		}
		clean, sections, err := readOffer(string(offer))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(sections) != 4+5+9 || strings.Join(sections[1].rids, "") != "qhf" {
			t.Errorf("%s: %d sections, camera %v", name, len(sections), sections[1])
		}
		for _, s := range sections {
			if s.twcc == 0 || s.twcc != s.extensions.twcc {
				t.Errorf("%s: arrivals in section %s are reported with extension %d", name, s.mid, s.twcc)
			}
		}
		mids := byPosition(sections)
		if mids[Microphone] != "0" || mids[Camera] != "1" || mids[Screen] != "2" || mids[ScreenAudio] != "3" {
			t.Errorf("%s: sources %v", name, mids)
		}
		t.Logf("%s: %d bytes became %d", name, len(offer), len(clean))
	}
}

func TestASectionThatHasOnlyThePortOfItsBundleIsNotRejected(t *testing.T) {
	offer := strings.Replace(offerOf(audioSection("0", "a=bundle-only\r\n")), "m=audio 9", "m=audio 0", 1)
	clean, _, err := readOffer(offer)
	if err != nil || !strings.Contains(clean, "m=audio 9 ") {
		t.Errorf("%v", err)
	}
}

func TestAnOfferOfTheLargestGridPasses(t *testing.T) {
	all := []string{}
	for i := range maxVideoSlots {
		all = append(all, fmt.Sprintf("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v%d\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n", i))
	}
	for i := range maxAudioSlots {
		all = append(all, fmt.Sprintf("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a%d\r\na=recvonly\r\na=rtpmap:111 opus/48000/2\r\n", i))
	}
	if _, sections, err := readOffer(offerOf(all...)); err != nil || len(sections) != maxVideoSlots+maxAudioSlots {
		t.Errorf("%d sections, %v", len(sections), err)
	}
}

// cpu returns the processor time that this process has used.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestSDPBombsAreRefusedCheaply tries what takes an SDP stack that compares lines with each other
// up to half a minute.
func TestSDPBombsAreRefusedCheaply(t *testing.T) {
	codecs := func(n int) string {
		var pts, described strings.Builder
		for i := range n {
			fmt.Fprintf(&pts, " %d", i%128)
			fmt.Fprintf(&described, "a=rtpmap:%d opus/48000/2\r\na=fmtp:%d minptime=10\r\na=rtcp-fb:%d nack\r\n", i%128, i%128, i%128)
		}
		return offerOf("m=audio 9 UDP/TLS/RTP/SAVPF 111" + pts.String() + "\r\na=mid:0\r\na=recvonly\r\n" + described.String())
	}
	var sections strings.Builder
	for i := range 1000 {
		sections.WriteString(audioSection(fmt.Sprint(i)))
	}
	for name, offer := range map[string]string{
		"359 kB of codecs":     codecs(5000),
		"60 kB of codecs":      codecs(850),
		"20,000 candidates":    offerOf(audioSection("0", lines(20000, candidateLine))),
		"1,000 candidates":     offerOf(audioSection("0", lines(1000, candidateLine))),
		"20,000 SSRC lines":    offerOf(audioSection("0", lines(20000, func(i int) string { return fmt.Sprintf("a=ssrc:%d cname:x", i) }))),
		"5,000 extensions":     offerOf(audioSection("0", lines(5000, func(i int) string { return fmt.Sprintf("a=extmap:%d urn:x:%d", i%14+1, i) }))),
		"5,000 rids":           offerOf(videoSection("0", lines(5000, func(i int) string { return fmt.Sprintf("a=rid:r%d send", i) }))),
		"1 MB in one line":     offerOf(audioSection("0", "a=x:"+strings.Repeat("A", 1<<20)+"\r\n")),
		"1,000 media sections": offerOf(sections.String()),
	} {
		before := cpu(t)
		_, _, err := readOffer(offer)
		if spent := cpu(t) - before; spent > 100*time.Millisecond {
			t.Errorf("%s (%d bytes) took %v", name, len(offer), spent)
		}
		if !errors.Is(err, ErrSDP) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOffer(f *testing.F) {
	f.Add(offerOf(audioSection("0"), videoSection("1", "a=rid:q send\r\na=simulcast:send q\r\n")))
	f.Add(offerOf(audioSection("0", lines(3, candidateLine))))
	f.Add("v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:\na=rtcp-fb:* nack\na=extmap:1/sendonly " + extTWCC)
	recorded, err := filepath.Glob("testdata/offers/*.sdp")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range recorded {
		offer, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(offer))
	}
	f.Fuzz(func(t *testing.T, offer string) {
		clean, sections, err := readOffer(offer)
		if err != nil {
			if !errors.Is(err, ErrSDP) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		if strings.Contains(clean, "\na=candidate") {
			t.Fatal("a candidate is left")
		}
		again, same, err := readOffer(clean)
		if err != nil || again != clean || len(same) != len(sections) {
			t.Fatalf("what was reduced is not accepted as it is: %v", err)
		}
	})
}
