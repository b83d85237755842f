package main

import (
	"context"
	"errors"

	"pronto/sfu"
	"pronto/sfu/udp"
	"pronto/turn"
)

func (s *server) startSFU(context.Context) error {
	conns, err := udp.Listen(s.cfg.Media, s.cfg.mediaWorkers())
	if err != nil {
		return badVariable("PRONTO_MEDIA_LISTEN", "cannot be used: %v", err)
	}
	forward, err := sfu.New(sfu.Config{
		Conn: conns[0], More: conns[1:], PublicIPs: s.cfg.PublicIPs, Logger: s.log, Events: s.counters.SFU,
		Limits: sfu.Limits{Rooms: s.cfg.MaxRooms},
	})
	if err != nil {
		for _, conn := range conns {
			err = errors.Join(err, conn.Close())
		}
		return err
	}
	s.forward = forward
	s.later(func() { s.report("sfu", forward.Close()) })
	s.urls.Media = conns[0].LocalAddr().String()
	return nil
}

// relaysPerUser is how many relayed addresses one participant may hold. A
// browser takes one for each transport and address family of a connection, and
// there are two connections while a call moves from direct to the SFU.
const relaysPerUser = 12

func (s *server) startTURN(context.Context) error {
	if s.cfg.Turn == "off" {
		s.relay = noRelay{}
		return nil
	}
	t, err := turn.New(turn.Config{
		ListenAddr: s.cfg.Turn, PublicIPs: s.cfg.publicIPs(), Realm: "pronto", Secret: s.secrets.turn, MediaAddrs: s.forward.Addrs(),
		MinPort: s.cfg.TurnPorts.min, MaxPort: s.cfg.TurnPorts.max, AllowPrivatePeers: s.cfg.TurnPrivate, Logger: s.log, Events: s.counters.Turn,
		Quotas: turn.Quotas{AllocationsPerUser: relaysPerUser},
	})
	if err != nil {
		return badVariable("PRONTO_TURN_LISTEN", "cannot be used: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := t.Run(context.Background()); err != nil {
			s.failed <- err
		}
	}()
	s.later(func() { s.report("turn", t.Close()); <-ended })
	s.urls.Turn = t.Addr().String()
	s.relay = &relay{server: t, secret: s.secrets.turn, host: s.cfg.turnHost(), log: s.log}
	return nil
}
