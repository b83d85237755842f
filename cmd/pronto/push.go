package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/hook"
	"pronto/signalling/notify"
	"pronto/signalling/store"
)

// vapid is the key by which push services know this server; empty if it sends
// no pushes.
func (s *server) vapid() notify.VAPID {
	if !s.cfg.Push {
		return notify.VAPID{}
	}
	return s.secrets.vapid
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
func (s *server) startPushes(context.Context) error {
	if !s.cfg.Push {
		return nil
	}
	client := hook.NewHTTP(hook.Config{AllowPrivate: s.cfg.PushHere, Timeout: 10 * time.Second})
	s.later(client.CloseIdleConnections)
	pushes, err := notify.NewPushes(notify.PushConfig{
		Store: s.store, Client: client, VAPID: s.vapid(), Subject: s.cfg.pushSubject(), Ring: call.TopicRing, Missed: call.TopicMissed, Reminder: store.TopicReminderPush, Here: s.sockets.Here,
		Events: func(p notify.Pushed) { s.counters.Pushed("webpush", string(p.Result), p.Took) }, Logger: s.log,
	})
	if err != nil {
		return err
	}
	s.background(pushes.Run)
	return nil
}

// startReminders has people told of booked talks until the server closes.
func (s *server) startReminders(context.Context) error {
	reminders, err := notify.NewReminders(notify.RemindConfig{Store: s.store, Tell: s.calls.Remind, Logger: s.log})
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
	master, err := cfg.masterKey()
	if err != nil {
		return err
	}
	secrets, err := newSecrets(master)
	if err != nil {
		return err
	}
	v := struct {
		Public string `json:"publicKey"`
	}{secrets.vapid.Public}
	return s.show(v, func(out io.Writer) error {
		_, err := fmt.Fprintln(out, v.Public)
		return err
	})
}
