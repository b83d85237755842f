package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"pronto/metrics"
	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/signalling/hook"
	"pronto/signalling/notify"
	"pronto/signalling/store"
)

// vapid is the key by which push services know this server; empty if it sends
// no pushes.
func (c config) vapid(master []byte) (notify.VAPID, error) {
	if !c.Push {
		return notify.VAPID{}, nil
	}
	secret, err := derive(master, "push")
	if err != nil {
		return notify.VAPID{}, err
	}
	return notify.NewVAPID(secret)
}

// pushSubject is who this server is, to push services.
func (c config) pushSubject() string {
	if c.PushContact != "" {
		return c.PushContact
	}
	if strings.HasPrefix(c.PublicURL, "https:") {
		return c.PublicURL
	}
	return "https://localhost"
}

// startPushes has devices whose page is closed told of calls until the server
// closes.
func (s *server) startPushes(cfg config, vapid notify.VAPID, db *store.Store, sockets *signalling.Server, counters *metrics.Metrics) error {
	if !cfg.Push {
		return nil
	}
	client := hook.NewHTTP(hook.Config{AllowPrivate: cfg.PushHere, Timeout: 10 * time.Second})
	s.later(client.CloseIdleConnections)
	pushes, err := notify.NewPushes(notify.PushConfig{
		Store: db, Client: client, VAPID: vapid, Subject: cfg.pushSubject(), Ring: call.TopicRing, Missed: call.TopicMissed, Reminder: store.TopicReminderPush, Here: sockets.Here,
		Events: func(p notify.Pushed) { counters.Pushed("webpush", string(p.Result), p.Took) }, Logger: s.log,
	})
	if err != nil {
		return err
	}
	s.background(pushes.Run)
	return nil
}

// startReminders has people told of booked talks until the server closes.
func (s *server) startReminders(db *store.Store, calls *call.Registry) error {
	reminders, err := notify.NewReminders(notify.RemindConfig{Store: db, Tell: calls.Remind, Logger: s.log})
	if err != nil {
		return err
	}
	s.background(reminders.Run)
	return nil
}

// vapidCmd prints the public half of the key.
type vapidCmd struct{}

// Run implements the command.
func (vapidCmd) Run(s *screen) error {
	cfg, err := loadConfig(os.Environ())
	if err != nil {
		return err
	}
	cfg.Push = true
	master, err := cfg.masterKey()
	if err != nil {
		return err
	}
	key, err := cfg.vapid(master)
	if err != nil {
		return err
	}
	v := struct {
		Public string `json:"publicKey"`
	}{key.Public}
	return s.show(v, func(out io.Writer) error {
		_, err := fmt.Fprintln(out, v.Public)
		return err
	})
}
