package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"pronto/signalling/client/bot"
	"pronto/signalling/wire"
)

// keysSpeakers is how many send at most, in the call whose keys change.
const keysSpeakers = 6

// runKeys has somebody come to a call and leave it over and over, and prints one line of JSON about the keys.
func (l *loadCmd) runKeys(ctx context.Context, s *screen) error {
	if l.Members < 2 || l.Members > wire.MaxParticipants {
		return configError{fmt.Errorf("--members is %d, not 2 to %d", l.Members, wire.MaxParticipants)}
	}
	if l.Every <= 0 || l.Settle < 0 {
		return configError{fmt.Errorf("--every is %s and --settle %s, of which one is no time", l.Every, l.Settle)}
	}
	if !l.Media {
		return configError{fmt.Errorf("--scenario keys measures media: it cannot be used with --no-media")}
	}
	link, secret, _ := strings.Cut(l.Link, "#")
	link = link[strings.LastIndex(link, "/")+1:]
	accounts := l.accounts
	if link != "" {
		accounts = func(_ context.Context, n int) ([]wire.UserID, tokenFunc, error) { return l.guests(link, n) }
	}
	phones, err := l.newPhones(ctx, accounts, l.Members)
	if err != nil {
		return err
	}
	defer phones.close()
	speakers := min(keysSpeakers, l.Members-1)
	defer s.progress("keys", l.Settle+l.Duration)()
	report, err := bot.LoadKeys(ctx, bot.KeysConfig{
		Members: l.Members, Speakers: speakers, Link: wire.LinkID(link), Secret: secret, Every: l.Every, Settle: l.Settle, Duration: l.Duration,
		Phone: func(i int) bot.PhoneConfig {
			cfg := phones.config(phones.users[i], i)
			cfg.Client.Device = wire.DeviceID(fmt.Sprintf("load-%s-%d", l.Prefix, i+1)) // guests are known by their devices alone
			if i >= speakers && i < l.Members-1 {
				cfg.Engine, cfg.Clip = nil, nil
			}
			return cfg
		},
	})
	if err != nil {
		return err
	}
	return printLine(s.out, report)
}

// guests are so many guests of a link. Each is one guest for good, however often his token is asked for.
func (l *loadCmd) guests(link string, n int) ([]wire.UserID, tokenFunc, error) {
	var users []wire.UserID
	for i := range n {
		users = append(users, wire.UserID(fmt.Sprintf("%s %d", l.Prefix, i+1)))
	}
	var mu sync.Mutex // guards tokens
	tokens := map[wire.UserID]string{}
	return users, func(ctx context.Context, user wire.UserID) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if token := tokens[user]; token != "" {
			return token, nil
		}
		var guest struct {
			Token string `json:"token"`
		}
		err := l.ask(ctx, http.MethodPost, "/v1/links/"+link+"/guests", map[string]string{"name": string(user)}, &guest)
		tokens[user] = guest.Token
		return guest.Token, err
	}, nil
}
