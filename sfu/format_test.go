package sfu

import (
	"strings"
	"testing"

	"pronto/sfu/forward"
)

// everyCodec is a section as Chromium offers it, in whose order VP8 is not the first.
const everyCodec = "m=video 9 UDP/TLS/RTP/SAVPF 98 99 100 101 45 46 102 103 108 109 96 97\r\na=mid:1\r\n" +
	"a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n" +
	"a=rtpmap:100 VP9/90000\r\na=fmtp:100 profile-id=2\r\na=rtpmap:101 rtx/90000\r\na=fmtp:101 apt=100\r\n" +
	"a=rtpmap:45 AV1/90000\r\na=fmtp:45 level-idx=5;profile=0;tier=0\r\na=rtpmap:46 rtx/90000\r\na=fmtp:46 apt=45\r\n" +
	"a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n" +
	"a=rtpmap:108 H264/90000\r\na=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42E01F\r\na=rtpmap:109 rtx/90000\r\na=fmtp:109 apt=108\r\n" +
	"a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" +
	"a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:98 nack\r\na=rtcp-fb:45 nack\r\na=rtcp-fb:108 nack\r\n"

func TestOfEachCodecTheFormIsKeptThatAllHaveAndVP8ComesFirst(t *testing.T) {
	clean, sections, err := readOffer(offerOf(everyCodec + "a=sendonly\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(clean, "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 45 46 108 109\r\n") {
		t.Errorf("kept:\n%s", clean)
	}
	f := sections[0].formats
	for pt, want := range map[uint8]struct {
		codec forward.Codec
		again bool
	}{
		96: {forward.CodecVP8, false}, 97: {forward.CodecVP8, true}, 98: {forward.CodecVP9, false}, 99: {forward.CodecVP9, true},
		45: {forward.CodecAV1, false}, 46: {forward.CodecAV1, true}, 108: {forward.CodecH264, false}, 109: {forward.CodecH264, true},
	} {
		if codec, again, ok := f.find(pt); !ok || codec != want.codec || again != want.again {
			t.Errorf("%d is %v, %v, %v", pt, codec, again, ok)
		}
	}
	for _, pt := range []uint8{0, 100, 102, 111} {
		if codec, _, ok := f.find(pt); ok {
			t.Errorf("%d is %v", pt, codec)
		}
	}
	if !sections[0].nack {
		t.Error("lost packets may be asked for")
	}
}

func TestRedundantSoundIsForReceivingOnly(t *testing.T) {
	const red = "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
	for direction, want := range map[string]uint8{"recvonly": 63, "sendonly": 0} {
		_, sections, err := readOffer(offerOf(red + "a=" + direction + "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := sections[0].formats.red; got != want {
			t.Errorf("%s: %d", direction, got)
		}
	}
	_, sections, err := readOffer(offerOf(strings.Replace(red, "111/111", "111/8", 1) + "a=recvonly\r\n"))
	if err != nil || sections[0].formats.red != 0 {
		t.Errorf("redundancy of another codec: %v, %v", sections, err)
	}
}

func TestAnAnswerHasTheFormatsOfItsOfferInTheirOrder(t *testing.T) {
	sections := []section{{kept: []string{"96", "97"}}, {kept: []string{"111"}}, {kept: []string{"111"}}}
	for i := range sections {
		sections[i].formats.media[forward.CodecOpus] = 111
	}
	got := announce("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 98 97 96\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:98 VP9/90000\r\na=rtcp-fb:98 nack\r\na=fmtp:97 apt=96\r\na=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n"+
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=fmtp:63 111/111\r\na=fmtp:111 useinbandfec=1\r\na=mid:1\r\n"+
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fmtp:111 useinbandfec=1\r\na=mid:2\r\n", []string{"a=candidate:own"}, sections, 1)
	want := "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:96 VP8/90000\r\na=fmtp:97 apt=96\r\na=candidate:own\r\n" +
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fmtp:111 useinbandfec=1;usedtx=1\r\na=mid:1\r\n" + // of a microphone
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fmtp:111 useinbandfec=1\r\na=mid:2\r\n" // not of the sound of a screen
	if got != want {
		t.Errorf("%s", got)
	}
}
