package signalling

import (
	"bytes"
	"encoding/json"
	"log/slog"

	"pronto/signalling/bus"
	"pronto/signalling/wire"
)

// Post carries frames to sessions over the bus. It implements [call.Post].
//
// A message on the bus is the session that must not get it (or nothing), a line
// break, and the frame as JSON.
type Post struct {
	bus *bus.Bus
	log *slog.Logger
}

// ToSession implements [call.Post].
func (p *Post) ToSession(session wire.SessionID, frame wire.Frame) {
	p.publish(bus.Session(string(session)), "", frame)
}

// ToUser implements [call.Post].
func (p *Post) ToUser(user wire.UserID, frame wire.Frame, except wire.SessionID) {
	p.publish(bus.User(string(user)), except, frame)
}

func (p *Post) publish(subject string, except wire.SessionID, frame wire.Frame) {
	data, err := json.Marshal(frame)
	if err == nil {
		err = p.bus.Publish(subject, append(append([]byte(except), '\n'), data...))
	}
	if err != nil {
		p.log.Error("a frame could not be posted", "type", frame.Type, "err", err)
	}
}

// renamed carries "user, line break, name" of each account that has another name to
// all servers.
const renamed = "renamed"

// Renamed has the sessions of an account, on all servers, go by another name.
func (p *Post) Renamed(user wire.UserID, name string) {
	if err := p.bus.Publish(renamed, []byte(string(user)+"\n"+name)); err != nil {
		p.log.Error("a new name could not be posted", "err", err)
	}
}

// onRenamed has f called with each account that Renamed was called with. f runs on a
// goroutine of the bus and must not block.
func (p *Post) onRenamed(f func(user wire.UserID, name string)) (unsubscribe func(), err error) {
	return p.bus.Subscribe(renamed, func(_ string, data []byte) {
		if user, name, ok := bytes.Cut(data, []byte{'\n'}); ok {
			f(wire.UserID(user), string(name))
		}
	})
}

// labelled carries "user, line break, bot or nothing" of each account of which it was said
// whether it is a program, to all servers.
const labelled = "labelled"

// Labelled has the sessions of an account, on all servers, be those of a program, or not.
func (p *Post) Labelled(user wire.UserID, automated bool) {
	text := string(user) + "\n"
	if automated {
		text += "bot"
	}
	if err := p.bus.Publish(labelled, []byte(text)); err != nil {
		p.log.Error("it could not be posted whether an account is a program", "err", err)
	}
}

// onLabelled has f called with what Labelled was called with. f runs on a goroutine of the
// bus and must not block.
func (p *Post) onLabelled(f func(user wire.UserID, automated bool)) (unsubscribe func(), err error) {
	return p.bus.Subscribe(labelled, func(_ string, data []byte) {
		if user, bot, ok := bytes.Cut(data, []byte{'\n'}); ok {
			f(wire.UserID(user), len(bot) > 0)
		}
	})
}

// noteKeys carries "user, line break, device" of accounts whose devices, or one of them,
// may have to publish a key for notes, to all servers.
const noteKeys = "notekeys"

// NoteKeysWanted has all servers ask the devices of an account that have published no key
// for notes; device, if it is not empty, is the only one.
func (p *Post) NoteKeysWanted(user wire.UserID, device wire.DeviceID) {
	if err := p.bus.Publish(noteKeys, []byte(string(user)+"\n"+string(device))); err != nil {
		p.log.Error("it could not be posted that keys for notes are wanted", "err", err)
	}
}

// onNoteKeysWanted has f called with what NoteKeysWanted was called with. f runs on a
// goroutine of the bus and must not block.
func (p *Post) onNoteKeysWanted(f func(wire.UserID, wire.DeviceID)) (unsubscribe func(), err error) {
	return p.bus.Subscribe(noteKeys, func(_ string, data []byte) {
		if user, device, ok := bytes.Cut(data, []byte{'\n'}); ok {
			f(wire.UserID(user), wire.DeviceID(device))
		}
	})
}

// subscribe has f called with each frame for the session, and for its account
// if it has one, in order. f must not block.
func (p *Post) subscribe(session wire.SessionID, user wire.UserID, f func(frame []byte)) (unsubscribe func(), err error) {
	deliver := func(_ string, data []byte) {
		except, frame, ok := bytes.Cut(data, []byte{'\n'})
		if ok && string(except) != string(session) {
			f(frame)
		}
	}
	own, err := p.bus.Subscribe(bus.Session(string(session)), deliver)
	if err != nil {
		return nil, err
	}
	if user == "" {
		return own, nil
	}
	account, err := p.bus.Subscribe(bus.User(string(user)), deliver)
	if err != nil {
		own()
		return nil, err
	}
	return func() { own(); account() }, nil
}

// revoked carries "user, line break, device" of each device that was revoked to
// all servers.
const revoked = "revoked"

// Revoked has all servers end the sessions of a device.
func (p *Post) Revoked(user wire.UserID, device wire.DeviceID) {
	if err := p.bus.Publish(revoked, []byte(string(user)+"\n"+string(device))); err != nil {
		p.log.Error("a revoked device could not be posted", "err", err)
	}
}

// onRevoked has f called with each device that Revoked was called with. f runs
// on a goroutine of the bus and must not block.
func (p *Post) onRevoked(f func(wire.UserID, wire.DeviceID)) (unsubscribe func(), err error) {
	return p.bus.Subscribe(revoked, func(_ string, data []byte) {
		if user, device, ok := bytes.Cut(data, []byte{'\n'}); ok {
			f(wire.UserID(user), wire.DeviceID(device))
		}
	})
}
