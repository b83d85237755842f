package udp_test

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pronto/sfu/udp"
)

// threadTime is the processor time of this thread, which others on the machine do not lengthen.
func threadTime(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// BenchmarkFrames sends frames of five packets to fifty receivers in turn: of equal lengths, as browsers cut them (they
// differ by a byte, the longer ones last), and so that no two neighbours are alike.
func BenchmarkFrames(b *testing.B) {
	for name, lengths := range map[string][]int{
		"equal":      {1170, 1170, 1170, 1170, 1170},
		"by a byte":  {1170, 1170, 1170, 1171, 1171},
		"all differ": {1170, 1171, 1172, 1173, 1174},
	} {
		b.Run(name, func(b *testing.B) {
			s, err := udp.New(listen(b, "udp4", "127.0.0.1"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var to []*udp.Address
			for range 50 { // nobody reads: what does not fit into their queues is dropped at the end of the same way
				to = append(to, s.Address(addrOf(listen(b, "udp4", "127.0.0.1"))))
			}
			slab := s.NewSlab()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			began := threadTime(b)
			for i := 0; b.Loop(); i++ {
				for _, n := range lengths {
					slab.Room(n)
					slab.Add(to[i%len(to)], n)
				}
				if i%len(to) == len(to)-1 {
					slab.Flush()
				}
			}
			b.ReportMetric(float64(threadTime(b)-began)/float64(b.N)/float64(len(lengths)), "ns/packet")
		})
	}
}
