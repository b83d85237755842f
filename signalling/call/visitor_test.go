package call

import (
	"testing/synctest"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// link makes a link of ana's.
func (w *world) link(id string, terms store.LinkTerms) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.links[id] = store.Link{ID: id, OwnerID: "ana", Kind: store.Video, Created: time.Now(), LinkTerms: terms}
	w.store.hosts[identity.HashSecret("host-"+id)] = id
}

func (w *world) uses(id string) int64 {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	return w.store.links[id].Uses
}

// guest is somebody without an account, with a browser and a network.
func (w *world) guest(name, link, browser, network string) *visitorDevice {
	d := w.device("g_"+name, "page")
	d.who.Name, d.who.Link, d.who.Encryption = name, wire.LinkID(link), wire.EncryptionVersion
	if network != "" {
		d.who.Network = marker.Network(link, network)
	}
	return &visitorDevice{d, wire.LinkID(link), wire.BrowserID(browser)}
}

// visitorDevice is a device that comes by a link.
type visitorDevice struct {
	*device
	link    wire.LinkID
	browser wire.BrowserID
}

func (v *visitorDevice) join() (wire.CallState, error) {
	reply, err := v.try(&wire.JoinLink{Link: v.link, Browser: v.browser, Media: wire.Media{Microphone: true}})
	state, _ := reply.(wire.CallState)
	return state, err
}

func (v *visitorDevice) knock() error {
	_, err := v.try(&wire.Knock{Link: v.link, Browser: v.browser})
	return err
}

// lobby is the last that a device was told of who waits.
func (d *device) lobby() *wire.Lobby {
	synctest.Wait()
	var last *wire.Lobby
	for _, f := range d.frames() {
		if f.Type == "lobby" {
			l := body[wire.Lobby](d.w.t, f)
			last = &l
		}
	}
	return last
}

// answer is the last that somebody who waits was told.
func (d *device) answer() wire.KnockAnswer {
	synctest.Wait()
	var last wire.KnockAnswer
	for _, f := range d.frames() {
		if f.Type == "knockAnswered" {
			last = body[wire.KnockAnswered](d.w.t, f).Answer
		}
	}
	return last
}
