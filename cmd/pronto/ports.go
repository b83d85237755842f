package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// mostWorkers is how many workers forward media at most if nobody says how many.
const mostWorkers = 8

// mediaWorkers is how many processors forward media: the rest of the machine has other things to do.
func (c config) mediaWorkers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return min(max(runtime.GOMAXPROCS(0)/2, 1), mostWorkers)
}

// portRange is the first and the last of some ports.
type portRange struct{ min, max uint16 }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *portRange) UnmarshalText(text []byte) error {
	first, last, _ := strings.Cut(string(text), "-")
	low, err := strconv.ParseUint(first, 10, 16)
	high, err2 := strconv.ParseUint(last, 10, 16)
	if err != nil || err2 != nil || low < 1024 || high < low {
		return fmt.Errorf("%q is not two ports from 1024 to 65535, such as 49152-65535", text)
	}
	r.min, r.max = uint16(low), uint16(high)
	return nil
}
