package sfu

import (
	"testing"
)

func TestASlowListenerHearsOnlyTheNewestState(t *testing.T) {
	m := newMailbox()
	m.put(Connected{})
	for range 100 {
		m.put(Slots{Slots: []Slot{{Mid: "old"}}})
		m.put(Speakers{})
	}
	m.put(Slots{Slots: []Slot{{Mid: "new"}}})
	m.end(Failed{ReasonReplaced})
	m.put(Disconnected{})
	var heard []PeerEvent
	m.run(func(e PeerEvent) { heard = append(heard, e) })
	if len(heard) != 4 {
		t.Fatalf("heard %v", heard)
	}
	if s, ok := heard[2].(Slots); !ok || s.Slots[0].Mid != "new" {
		t.Errorf("third: %v", heard[2])
	}
	if heard[3] != (Failed{ReasonReplaced}) {
		t.Errorf("last: %v", heard[3])
	}
}

func TestAnEndWithoutLastWordsIsSilent(t *testing.T) {
	m := newMailbox()
	m.put(Connected{})
	m.end(nil)
	m.run(func(e PeerEvent) { t.Errorf("heard %v", e) })
}

func TestATransportThatComesAndGoesFillsNoMemory(t *testing.T) {
	m := newMailbox()
	for range 1000 {
		m.put(Disconnected{})
		m.put(Connected{})
	}
	m.end(Failed{ReasonTransport})
	n := 0
	m.run(func(PeerEvent) { n++ })
	if n != maxWaiting+1 {
		t.Errorf("heard %d", n)
	}
}
