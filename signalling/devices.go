package signalling

import (
	"context"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// devices carries out requests about an account's devices.
func (s *Server) devices(ctx context.Context, who call.Who, message any) error {
	user := string(who.User)
	switch m := message.(type) {
	case *wire.LinkDevice:
		code := identity.NewSecret()
		if err := s.cfg.Store.OfferDeviceLink(ctx, user, identity.HashSecret(code)); err != nil {
			return err
		}
		who.Reply(wire.DeviceCode{Code: code, ExpiresMs: uint32(store.LinkCodeFor.Milliseconds())})
		return nil
	case *wire.ConfirmDevice:
		if err := s.cfg.Store.ConfirmDevice(ctx, user, string(m.Device), m.Accept); err != nil {
			return err
		}
	case *wire.RevokeDevice:
		if err := s.cfg.Store.RevokeDevice(ctx, user, string(m.Device)); err != nil {
			return err
		}
		s.endSessions(who.User, m.Device)
		s.cfg.Post.Revoked(who.User, m.Device)
	case *wire.SetDeviceKey:
		if err := s.setDeviceKey(ctx, who, m); err != nil {
			return err
		}
	case *wire.SignDevice:
		if err := s.signDevice(ctx, who, m); err != nil {
			return err
		}
	}
	list, err := s.listDevices(ctx, who.User)
	if err != nil {
		return err
	}
	if _, asks := message.(*wire.GetDevices); !asks {
		s.tellDevices(who, list)
	}
	list.This = who.Device
	who.Reply(list)
	return nil
}

func (s *Server) listDevices(ctx context.Context, user wire.UserID) (wire.Devices, error) {
	devices, err := s.cfg.Store.Devices(ctx, string(user))
	if err != nil {
		return wire.Devices{}, err
	}
	list := wire.Devices{Devices: make([]wire.Device, 0, len(devices))}
	for _, d := range devices {
		list.Devices = append(list.Devices, wire.Device{
			Device: wire.DeviceID(d.ID), Name: d.Name, Pending: d.Pending,
			Key: wire.Blob(d.Key), Credential: wire.Blob(d.Credential),
			CreatedMs: wire.UnixMs(d.Created.UnixMilli()), SeenMs: wire.UnixMs(d.Seen.UnixMilli()),
		})
	}
	return list, nil
}

// DevicesChanged tells an account's devices that there is another one: one that
// was linked and waits, or one that has signed in by a code.
func (s *Server) DevicesChanged(ctx context.Context, user wire.UserID) {
	list, err := s.listDevices(ctx, user)
	if err != nil {
		s.cfg.Logger.Warn("devices could not be told of a new one; they see it when they ask", "err", err)
		return
	}
	s.tellDevices(call.Who{User: user}, list)
}

// endSessions ends the sessions of a device that is revoked: their sockets close
// and they cannot be resumed. It does not wait for their calls, which they leave
// at once.
func (s *Server) endSessions(user wire.UserID, device wire.DeviceID) {
	ended := s.dropSessions(user, func(one *session) bool { return one.who.Device == device && !one.who.Guest() })
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(ended) == 0 || s.closed {
		return
	}
	s.wait.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
		defer cancel()
		for _, one := range ended {
			s.cfg.Calls.SessionEnded(ctx, user, one.id)
		}
	})
}
