package main

import (
	"context"
	"net/url"

	"pronto/metrics"
	"pronto/signalling"
	"pronto/signalling/api"
	"pronto/signalling/call"
	"pronto/signalling/enrol"
	"pronto/signalling/hook"
	"pronto/signalling/identity"
	"pronto/signalling/notify"
	"pronto/signalling/wire"
)

func (s *server) startCalls(ctx context.Context) (err error) {
	cfg, tenants := s.cfg, &metrics.Tenants{}
	s.keepTenants(tenants)
	s.calls, err = call.New(ctx, call.Config{
		Node: cfg.Node, RingTimeout: cfg.RingTimeout, RatingShare: cfg.RatingShare, NoReports: cfg.Telemetry == "off", Grace: cfg.Grace, RemindBefore: cfg.Remind,
		Store: s.store, Post: signalling.NewPost(s.bus, s.log), Media: call.SFU(s.forward),
		Limits:     call.Limits{Rings: cfg.Rings, PairRings: cfg.PairRings, PrefixRings: cfg.PrefixRings, Strangers: cfg.Strangers, CoolDown: cfg.CoolDown},
		Encryption: call.Encryption(cfg.Encryption), Experiment: call.Experiment(cfg.Experiment), Marker: s.secrets.marker,
		Relay: s.relay, Events: func(e call.Event) { s.counters.Call(e); tenants.Call(e) }, Logger: s.log,
	})
	if err == nil {
		s.later(s.calls.Close)
	}
	return err
}

// startWebhooks has webhooks told what happens until the server closes.
func (s *server) startWebhooks(context.Context) error {
	client := hook.New(hook.Config{AllowPrivate: s.cfg.HooksHere})
	s.later(client.Close)
	webhooks, err := notify.New(notify.Config{Store: s.store, Client: client, Node: s.cfg.Node, Logger: s.log, Events: func(e notify.Event) {
		if tried, ok := e.(notify.Tried); ok {
			s.counters.Webhook(tried.Type, string(tried.Result))
		}
	}})
	if err != nil {
		return err
	}
	s.counters.Watch(metrics.Sources{
		WebhookOldest: webhooks.Oldest, SFU: s.forward.Stats, Calls: s.calls.Shapes, LobbyWaiting: s.calls.Waiting,
		BusDropped: s.bus.Dropped, Load: newGauge(s.cfg, s.forward.Stats).read, Draining: s.draining.Load,
	})
	s.background(webhooks.Run)
	return nil
}

func (s *server) startSockets(context.Context) error {
	cfg, unused := s.cfg, s.cfg.Unused
	if cfg.Demo { // its people are there whenever it starts
		unused = 0
	}
	proxies, err := cfg.proxies()
	if err != nil {
		return err
	}
	s.sockets, err = signalling.New(signalling.Config{
		Origins: cfg.Origins, Proxies: proxies, Grace: cfg.Grace, SocketsPerAddress: cfg.Sockets, SessionsPerUser: 32,
		Identity: s.verifier(), Store: s.store, Calls: s.calls, Post: signalling.NewPost(s.bus, s.log),
		Numbers: s.secrets.numbers, Codes: enrol.Hasher{Key: s.secrets.codes}, Avatars: s.secrets.avatars, PushKey: wire.Blob(s.vapid().Public),
		Node: cfg.Node, Unused: unused, UnusedCheck: cfg.UnusedCheck,
		Terms:  signalling.Terms{Version: cfg.Terms, URL: cfg.TermsURL, Required: cfg.TermsNeeded},
		Events: s.counters.Signalling, Logger: s.log,
	})
	if err == nil {
		s.later(s.sockets.Close)
	}
	return err
}

func (s *server) verifier() identity.Verifier {
	keys := api.Keyring{Store: s.store, Own: ownKey, Secret: s.secrets.tokens}
	own, _ := url.Parse(s.cfg.PublicURL) // loadConfig has read it; no page has the origin of none
	return identity.Verifier{Keys: keys, Own: own.Scheme + "://" + own.Host}
}
