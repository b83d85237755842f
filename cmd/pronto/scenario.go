package main

import (
	"context"
	"fmt"
	"slices"

	"pronto/signalling/client/bot"
)

// runScenario measures the scenario that was named, and prints one line of JSON.
func (l *loadCmd) runScenario(ctx context.Context, s *screen) error {
	all := bot.Scenarios()
	i := slices.IndexFunc(all, func(one bot.Scenario) bool { return one.Name == l.Scenario })
	if i < 0 {
		return configError{fmt.Errorf("--scenario is %q, which is none: there are fan50, mesh10, audio100, fan150 and keys", l.Scenario)}
	}
	if !l.Media {
		return configError{fmt.Errorf("--scenario measures media: it cannot be used with --no-media")}
	}
	phones, err := l.newPhones(ctx, l.accounts, all[i].Phones())
	if err != nil {
		return err
	}
	defer phones.close()
	defer s.progress(l.Scenario, l.Duration)()
	report, err := bot.RunScenario(ctx, bot.ScenarioConfig{
		Scenario: all[i], Window: l.Duration,
		Phone: func(i int) bot.PhoneConfig { return phones.config(phones.users[i], i) },
	})
	if err != nil {
		return err
	}
	return printLine(s.out, report)
}
