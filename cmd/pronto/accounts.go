package main

import (
	"log/slog"
	"net/netip"

	"pronto/signalling/api"
	"pronto/signalling/enrol"
)

// checkAccounts says which variable of accounts is wrong.
func (c config) checkAccounts() error {
	if _, err := c.proxies(); err != nil {
		return err
	}
	switch c.CodeSender {
	case "off":
	case "log":
		if !c.Demo {
			return badVariable("PRONTO_CODE_SENDER", "is log, which lets whoever reads the log be anybody; it goes with PRONTO_DEMO only")
		}
	case "smtp":
		if err := c.smtp().Validate(); err != nil {
			return badVariable("PRONTO_SMTP", "and those beside it cannot be used: %v", err)
		}
	case "webhook":
		if err := c.webhook().Validate(); err != nil {
			return badVariable("PRONTO_CODE_WEBHOOK", "and those beside it cannot be used: %v", err)
		}
	default:
		return badVariable("PRONTO_CODE_SENDER", "is %q, not off, log, smtp or webhook", c.CodeSender)
	}
	return nil
}

func (c config) smtp() enrol.SMTP {
	return enrol.SMTP{Address: c.SMTP, From: c.SMTPFrom, User: c.SMTPUser, Password: c.SMTPSecret}
}

func (c config) webhook() enrol.WebhookConfig {
	return enrol.WebhookConfig{URL: c.Webhook, Secret: []byte(c.WebhookKey), AllowPrivate: c.WebhookHere}
}

// proxies reads PRONTO_PROXIES: networks, or single addresses.
func (c config) proxies() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range c.Proxies {
		p, err := netip.ParsePrefix(text)
		if a, single := netip.ParseAddr(text); err != nil && single == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return nil, badVariable("PRONTO_PROXIES", "has %q, which is no network such as 10.0.0.0/8", text)
		}
		list = append(list, p)
	}
	return list, nil
}

// codeSender makes what carries codes; nil if nothing does. close is never nil.
func (c config) codeSender(log *slog.Logger) (sender enrol.Sender, close func(), err error) {
	switch c.CodeSender {
	case "log":
		return enrol.Log{Logger: log}, func() {}, nil
	case "smtp":
		return c.smtp(), func() {}, nil
	case "webhook":
		w, err := enrol.NewWebhook(c.webhook())
		if err != nil {
			return nil, func() {}, err
		}
		return w, w.Close, nil
	}
	return nil, func() {}, nil
}

// letIn adds to the API how people make accounts of their own.
func (s *server) letIn(routes *api.Config) error {
	sender, closeSender, err := s.cfg.codeSender(s.log)
	if err != nil {
		return err
	}
	s.later(closeSender)
	routes.Accounts = api.Accounts{
		Sender: sender, Hasher: enrol.Hasher{Key: s.secrets.codes}, Numbers: s.secrets.numbers, NumberVerified: s.sockets.SetNumber,
	}
	routes.Proxies, err = s.cfg.proxies()
	return err
}
