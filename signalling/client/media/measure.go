package media

import (
	"time"

	"github.com/pion/webrtc/v4"

	"pronto/signalling/wire"
)

// Way is how a connection's media goes, as pion tells.
type Way struct {
	Path      wire.Path // empty while there is none
	Transport wire.Transport
	Family    wire.Family
	RTT       time.Duration // zero if unknown
	// Sent and Received are bytes that the candidate pairs carried, headers of
	// UDP and IP not included.
	Sent, Received uint64
}

// counters are pion's; none once the connection is closed.
func (c *connection) counters() webrtc.StatsReport {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.looks.Add(1)
	c.mu.Unlock()
	defer c.looks.Done()
	return c.pc.GetStats()
}

// Way reads how the connection's media goes now.
func (c *connection) Way() Way {
	way := Way{Path: c.Path(), Transport: wire.TransportUDP, Family: wire.FamilyV4}
	report := c.counters()
	for _, one := range report {
		pair, ok := one.(webrtc.ICECandidatePairStats)
		if !ok {
			continue
		}
		way.Sent += pair.BytesSent
		way.Received += pair.BytesReceived
		if !pair.Nominated {
			continue
		}
		way.RTT = max(way.RTT, time.Duration(pair.CurrentRoundTripTime*float64(time.Second)))
		if local, ok := report[pair.LocalCandidateID].(webrtc.ICECandidateStats); ok {
			if local.RelayProtocol == "tcp" || local.RelayProtocol == "tls" {
				way.Transport = wire.Transport(local.RelayProtocol)
			}
			for _, r := range local.IP {
				if r == ':' {
					way.Family = wire.FamilyV6
				}
			}
		}
	}
	return way
}
