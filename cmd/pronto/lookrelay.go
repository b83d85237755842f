package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"pronto/turn/credential"
)

// quiet is for parts whose faults are told in another way.
var quiet = slog.New(slog.DiscardHandler)

// lookAtRelay comes to TURN as two people of a call do, from outside in: each
// takes a relayed address, and one sends to the other.
func lookAtRelay(ctx context.Context, cfg config) []diagnosis {
	if cfg.Turn == "off" {
		return []diagnosis{unwell(doubt, "TURN", "Set PRONTO_TURN_LISTEN: whoever has a strict network cannot call.", "it is off")}
	}
	_, port, _ := net.SplitHostPort(cfg.Turn) // checked by loadConfig
	if port == "0" {
		return []diagnosis{unwell(doubt, "TURN", "Set PRONTO_TURN_LISTEN to a port of its own.", "its port is another at each start")}
	}
	master, err := cfg.masterKey()
	if err != nil {
		return nil // said by lookAtDatabase
	}
	secret, err := derive(master, "turn")
	if err != nil {
		return []diagnosis{unwell(ill, "TURN", "See the master key.", "%v", err)}
	}
	var diagnoses []diagnosis
	for _, network := range []string{"udp", "tcp"} {
		check := "TURN over " + network
		at := net.JoinHostPort(cfg.turnHost(), port)
		began := time.Now()
		if err := relayThrough(ctx, network, at, secret); err != nil {
			diagnoses = append(diagnoses, unwell(ill, check,
				"Open "+port+"/"+network+" and the relay ports (49152 to 65535, UDP) in the firewall, and check PRONTO_PUBLIC_IPS and PRONTO_TURN_HOST.", "%s: %v", at, err))
			continue
		}
		diagnoses = append(diagnoses, well(check, "%s relays, in %v", at, time.Since(began).Round(time.Millisecond)))
	}
	return diagnoses
}

// relayThrough has a datagram go from one relayed address to another.
func relayThrough(ctx context.Context, network, at string, secret []byte) error {
	from, err := takeRelay(ctx, network, at, secret, "doctor-a")
	if err != nil {
		return err
	}
	defer from.close()
	to, err := takeRelay(ctx, network, at, secret, "doctor-b")
	if err != nil {
		return err
	}
	defer to.close()
	if err := errors.Join(from.client.CreatePermission(to.relayed.LocalAddr()), to.client.CreatePermission(from.relayed.LocalAddr())); err != nil {
		return fmt.Errorf("it refuses to relay between two people of a call: %w", err)
	}
	return exchange(ctx, from.relayed, to.relayed)
}

// exchange sends again and again, since UDP may lose some, until one arrives.
func exchange(ctx context.Context, from, to net.PacketConn) error {
	const text, again = "pronto doctor", 200 * time.Millisecond
	buffer := make([]byte, 64)
	for ctx.Err() == nil {
		if _, err := from.WriteTo([]byte(text), to.LocalAddr()); err != nil {
			return fmt.Errorf("send to a relayed address: %w", err)
		}
		if err := to.SetReadDeadline(time.Now().Add(again)); err != nil {
			return fmt.Errorf("wait at a relayed address: %w", err)
		}
		if n, _, err := to.ReadFrom(buffer); err == nil && string(buffer[:n]) == text {
			return nil
		}
	}
	return errors.New("what is sent to a relayed address does not arrive")
}

// relayed is a relayed address and what it was taken with.
type relayed struct {
	client  *turn.Client
	relayed net.PacketConn
	socket  net.PacketConn
}

func (r relayed) close() {
	_ = r.relayed.Close() // gives it back; it would expire anyway
	r.client.Close()
	_ = r.socket.Close()
}

// takeRelay takes a relayed address for one of two people of the doctor's call.
func takeRelay(ctx context.Context, network, at string, secret []byte, who string) (relayed, error) {
	login, err := credential.Issue(secret, "doctor", who, time.Now(), credential.MaxTTL)
	if err != nil {
		return relayed{}, fmt.Errorf("make a credential: %w", err)
	}
	socket, err := relaySocket(ctx, network, at)
	if err != nil {
		return relayed{}, err
	}
	logs := logging.NewDefaultLoggerFactory()
	logs.DefaultLogLevel = logging.LogLevelDisabled
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: at, Conn: socket, Username: login.Username, Password: login.Password, Realm: "pronto", LoggerFactory: logs,
	})
	if err != nil {
		return relayed{}, errors.Join(fmt.Errorf("find it: %w", err), socket.Close())
	}
	stop := context.AfterFunc(ctx, client.Close)
	defer stop()
	err = client.Listen()
	var address net.PacketConn
	if err == nil {
		address, err = client.Allocate()
	}
	if err != nil {
		client.Close()
		return relayed{}, errors.Join(fmt.Errorf("it gives no relayed address: %w", err), socket.Close())
	}
	return relayed{client, address, socket}, nil
}

func relaySocket(ctx context.Context, network, at string) (net.PacketConn, error) {
	if network == "udp" {
		server, err := net.ResolveUDPAddr("udp", at)
		if err != nil {
			return nil, fmt.Errorf("find it: %w", err)
		}
		if server.IP.To4() != nil { // the library asks for a relayed address of the socket's own family
			network = "udp4"
		}
		socket, err := net.ListenPacket(network, ":0")
		if err != nil {
			return nil, fmt.Errorf("open a socket: %w", err)
		}
		return socket, nil
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, at)
	if err != nil {
		return nil, fmt.Errorf("nobody answers: %w", err)
	}
	return turn.NewSTUNConn(conn), nil
}
