package sfu

// maxPad is by how many bytes a packet is made longer so that it is as long as its neighbours. It must be less than
// what every SRTP profile puts behind a payload, whose place it takes.
const maxPad = 8

// equalise has neighbours of a run be of one length where they differ by a few bytes, with padding (RFC 3550, section
// 5.1): the system takes equal packets to one address as one, but for the last, which may be shorter. Browsers cut a
// picture into packets that differ by a byte, the longer ones last.
func equalise(run []arrival) {
	for begin := 0; begin < len(run)-1; {
		least, most := len(run[begin].payload), len(run[begin].payload)
		end := begin + 1
		for ; end < len(run); end++ {
			n := len(run[end].payload)
			if max(most, n)-min(least, n) > maxPad {
				break
			}
			least, most = min(least, n), max(most, n)
		}
		for i := begin; i < end && i < len(run)-1 && least > 0 && least < most; i++ {
			run[i].padTo(most)
		}
		begin = end
	}
}

// padTo makes the packet n bytes long. The padding is written behind the payload, where its proof of authenticity was.
func (a *arrival) padTo(n int) {
	short := n - len(a.payload)
	if short == 0 {
		return
	}
	padding := a.payload[len(a.payload):n]
	clear(padding)
	padding[short-1] = byte(short)
	a.pad = uint8(short)
}

// padded returns the payload with its padding.
func (a *arrival) padded() []byte { return a.payload[:len(a.payload)+int(a.pad)] }
