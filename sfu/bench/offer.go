//go:build linux

package main

import (
	"fmt"
	"strings"
)

// offer is what a client of the scenario offers: its sources, then its slots.
func offer(s scenario, sends bool, number uint32, ufrag, pwd string, fingerprint [32]byte) string {
	var sections strings.Builder
	mids := []string{}
	add := func(kind string, direction string) {
		mid := fmt.Sprint(len(mids))
		mids = append(mids, mid)
		pts, codec := fmt.Sprint(ptAudio), fmt.Sprintf("a=rtpmap:%d opus/48000/2\r\na=fmtp:%d minptime=10;useinbandfec=1\r\n", ptAudio, ptAudio)
		if kind == "video" {
			pts = fmt.Sprint(ptVideo, " ", ptRTX)
			codec = fmt.Sprintf("a=rtpmap:%d VP8/90000\r\na=rtcp-fb:%d ccm fir\r\na=rtcp-fb:%d nack\r\na=rtcp-fb:%d nack pli\r\n"+
				"a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n", ptVideo, ptVideo, ptVideo, ptVideo, ptRTX, ptRTX, ptVideo)
		}
		fmt.Fprintf(&sections, "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=mid:%s\r\na=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"+
			"a=extmap:%d urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:%d urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"+
			"a=extmap:%d http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"+
			"a=rtcp-fb:* transport-cc\r\n%s", kind, pts, mid, direction, extMid, extLevel, extTWCC, codec)
		if direction == "sendonly" {
			fmt.Fprintf(&sections, "a=ssrc:%d cname:bench\r\n", ssrcOf(number, kind == "video"))
		}
	}
	if sends && s.Audio {
		add("audio", "sendonly")
	}
	if sends && s.Video {
		add("video", "sendonly")
	}
	if !sends || s.PublishersReceive {
		for range s.AudioSlots {
			add("audio", "recvonly")
		}
		for range s.VideoSlots {
			add("video", "recvonly")
		}
	}
	hex := make([]string, len(fingerprint))
	for i, b := range fingerprint {
		hex[i] = fmt.Sprintf("%02X", b)
	}
	return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE " + strings.Join(mids, " ") +
		"\r\na=ice-ufrag:" + ufrag + "\r\na=ice-pwd:" + pwd + "\r\na=fingerprint:sha-256 " + strings.Join(hex, ":") +
		"\r\na=setup:actpass\r\n" + sections.String()
}

// ssrcOf is what a client sends its sound or picture as.
func ssrcOf(number uint32, video bool) uint32 {
	if video {
		return number*4 + 2
	}
	return number*4 + 1
}
