package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"pronto/signalling/client/bot"
)

// runScenario measures the scenario that was named, and prints one line of JSON.
func (l *loadCmd) runScenario(ctx context.Context, out io.Writer) error {
	all := bot.Scenarios()
	i := slices.IndexFunc(all, func(s bot.Scenario) bool { return s.Name == l.Scenario })
	if i < 0 {
		return configError{fmt.Errorf("--scenario is %q, which is none: there are fan50, mesh10, audio100, fan150 and keys", l.Scenario)}
	}
	if !l.Media {
		return configError{fmt.Errorf("--scenario measures media: it cannot be used with --no-media")}
	}
	users, token, err := l.accounts(ctx, all[i].Phones())
	if err != nil {
		return err
	}
	phones, err := l.newPhones(token)
	if err != nil {
		return err
	}
	defer phones.close()
	report, err := bot.RunScenario(ctx, bot.ScenarioConfig{
		Scenario: all[i], Window: l.Duration,
		Phone: func(i int) bot.PhoneConfig { return phones.config(users[i], i) },
	})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(report); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}
