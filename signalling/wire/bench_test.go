package wire

import (
	"encoding/json"
	"testing"
)

// BenchmarkDecodeAReport is what reading a report of quality costs, which is most
// of what clients in calls send.
func BenchmarkDecodeAReport(b *testing.B) {
	picture := SeenPictures{Source: SourceCamera, GoodMs: 8000, FairMs: 1000, PoorMs: 1000, FrozenMs: 700, Freezes: 2, FramesPerSecond: 24, Height: 360, Packets: 2000, Lost: 90, JitterMs: 30, BufferMs: 110}
	screen := picture
	screen.Source = SourceScreen
	body, err := json.Marshal(ReportQuality{
		Call: "call_0123456789abcdef", SpanMs: 10_000, Path: PathHost, RTTMs: 200,
		Sound:    &HeardSound{PlayedMs: 10_000, ConcealedMs: 100, Packets: 500, Lost: 30, JitterMs: 20, BufferMs: 80},
		Pictures: []SeenPictures{picture, screen}, Sent: &SentPicture{SentMs: 10_000, BandwidthMs: 300, CPUMs: 200},
		Up:      []SentLoss{{SourceMicrophone, 20}, {SourceCamera, 30}},
		Moments: []Moment{{MomentFirstSound, 800}, {MomentFirstCamera, 900}},
	})
	if err != nil {
		b.Fatal(err)
	}
	data, err := json.Marshal(Frame{Type: "reportQuality", ID: "17", Body: body})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
