package sfu

import (
	"testing"
	"time"
)

func TestAllConnectionsShareACertificateThatIsRenewedBeforeItEnds(t *testing.T) {
	var c certificates
	now := time.Now()
	first, err := c.get(now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.get(now.Add(renewAfter - time.Second))
	if err != nil || !again.Equals(first) {
		t.Errorf("another one after some days: %v", err)
	}
	later, err := c.get(now.Add(renewAfter))
	if err != nil || later.Equals(first) {
		t.Errorf("the same one after a week: %v", err)
	}
	if left := first.Expires().Sub(now); left < 2*renewAfter {
		t.Errorf("it ends in %v", left)
	}
}
