package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"pronto/signalling/store"
)

// lookAtData looks at the folder that must be backed up.
func lookAtData(_ context.Context, cfg config) []diagnosis {
	const check = "data"
	temp, err := os.CreateTemp(cfg.Data, "doctor-*")
	switch {
	case errors.Is(err, os.ErrNotExist):
		return []diagnosis{unwell(doubt, check, "Start the server once: it makes the folder.", "PRONTO_DATA is not there")}
	case err != nil:
		return []diagnosis{unwell(ill, check, "Give the server's user the right to write there.", "PRONTO_DATA cannot be written: %v", errors.Unwrap(err))}
	}
	_ = temp.Close()
	_ = os.Remove(temp.Name())
	info, err := os.Stat(filepath.Join(cfg.Data, "master.key"))
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return []diagnosis{unwell(doubt, check, "chmod 600 master.key: whoever reads it can be anybody.", "the master key can be read by others")}
	}
	return []diagnosis{well(check, "PRONTO_DATA can be written")}
}

// lookAtDatabase opens the database, beside a server that may be running.
func lookAtDatabase(ctx context.Context, cfg config) []diagnosis {
	const check, next = "database", "See that the database runs and PRONTO_DB leads to it."
	if cfg.DB == "" {
		if _, err := os.Stat(cfg.dsn()); err != nil {
			return []diagnosis{unwell(doubt, check, "Start the server once: it makes the database.", "there is no database yet")}
		}
	}
	master, err := cfg.masterKey()
	if err != nil {
		return []diagnosis{unwell(ill, check, "Restore the master key from a backup.", "the master key cannot be read: %v", err)}
	}
	began := time.Now()
	db, err := store.Open(ctx, store.Config{DSN: cfg.dsn(), MasterKey: master, Logger: quiet})
	if err != nil {
		return []diagnosis{unwell(ill, check, next, "it cannot be opened: %v", err)}
	}
	defer db.Close()
	if err := db.Ping(ctx); err != nil {
		return []diagnosis{unwell(ill, check, next, "it does not answer: %v", err)}
	}
	return []diagnosis{well(check, "it answers in %v", time.Since(began).Round(time.Millisecond))}
}

// lookAtPorts looks whether the server has its ports, or could have them.
func lookAtPorts(ctx context.Context, cfg config) []diagnosis {
	diagnoses := []diagnosis{lookAtPagePort(ctx, cfg)}
	running := diagnoses[0].Found == pageServed
	for _, port := range []struct{ check, variable, address, network string }{
		{"port of media", "PRONTO_MEDIA_LISTEN", cfg.Media, "udp"},
		{"port of TURN", "PRONTO_TURN_LISTEN", cfg.Turn, "udp"},
		{"port of TURN over TCP", "PRONTO_TURN_LISTEN", cfg.Turn, "tcp"},
		{"port of metrics", "PRONTO_METRICS_LISTEN", cfg.Metrics, "tcp"},
	} {
		if port.address == "off" {
			continue
		}
		if strings.HasSuffix(port.address, ":0") {
			diagnoses = append(diagnoses, unwell(doubt, port.check, "Set "+port.variable+": a firewall must know the port.", "it is another one at each start"))
			continue
		}
		taken := errors.Is(bindable(port.network, port.address), syscall.EADDRINUSE)
		switch err := bindable(port.network, port.address); {
		case taken && running:
			diagnoses = append(diagnoses, well(port.check, "%s is in use, and the server runs", port.address))
		case taken:
			diagnoses = append(diagnoses, unwell(ill, port.check,
				"Stop what has it (ss -lntup shows who), or set "+port.variable+".", "%s is taken, and the server does not run", port.address))
		case err != nil:
			diagnoses = append(diagnoses, unwell(ill, port.check, "Set "+port.variable+" to an address of this machine and a port from 1024.", "%v", err))
		case running:
			diagnoses = append(diagnoses, unwell(ill, port.check, "Run the doctor with the server's own environment.", "%s is free although the server runs", port.address))
		default:
			diagnoses = append(diagnoses, well(port.check, "%s is free", port.address))
		}
	}
	return diagnoses
}

const pageServed = "the server answers"

func lookAtPagePort(ctx context.Context, cfg config) diagnosis {
	const check = "port of the page"
	err := bindable("tcp", cfg.Listen)
	if err == nil {
		return unwell(doubt, check, "Start the server, then ask the doctor again: without it half of this cannot be seen.", "%s is free: the server does not run", cfg.Listen)
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return unwell(ill, check, "Set PRONTO_LISTEN to an address of this machine; ports below 1024 need the right to use them.", "%v", err)
	}
	_, port, _ := net.SplitHostPort(cfg.Listen) // checked by loadConfig
	scheme := "http"
	if cfg.TLS != tlsOff {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(reachable(cfg.Listen), port)+"/livez", nil)
	if err != nil {
		return unwell(ill, check, "Set PRONTO_LISTEN.", "%v", err)
	}
	answer, err := anyCertificate.Do(request)
	if err == nil {
		defer answer.Body.Close()
		if text, err := readSome(answer.Body); err == nil && strings.TrimSpace(text) == "alive" {
			return well(check, pageServed)
		}
	}
	return unwell(ill, check, "Stop what has it (ss -lntp shows who), or set PRONTO_LISTEN.", "%s is taken by another program", cfg.Listen)
}

// reachable is the host by which this machine reaches a listener.
func reachable(listen string) string {
	host, _, _ := net.SplitHostPort(listen) // checked by loadConfig
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}

// bindable says why a port cannot be had; nil if it can.
func bindable(network, address string) error {
	if network == "udp" {
		conn, err := net.ListenPacket(network, address)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	l, err := net.Listen(network, address)
	if err == nil {
		err = l.Close()
	}
	return err
}

// lookAtAddresses looks at the addresses that clients are given.
func lookAtAddresses(_ context.Context, cfg config) []diagnosis {
	const check = "public address"
	var diagnoses []diagnosis
	for _, ip := range cfg.publicIPs() {
		switch {
		case ip.IsLoopback():
			diagnoses = append(diagnoses, unwell(doubt, check, "Set PRONTO_PUBLIC_IPS to what others reach this machine at.", "%v: only this machine reaches media and TURN", ip))
		case ip.IsPrivate():
			diagnoses = append(diagnoses, unwell(doubt, check, "If people call from outside, set PRONTO_PUBLIC_IPS to the address that your router has there.", "%v: only this network reaches media and TURN", ip))
		default:
			diagnoses = append(diagnoses, well(check, "%v", ip))
		}
	}
	return diagnoses
}
