package bot_test

import (
	"testing"
	"time"

	"pronto/signalling/client/bot"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

func TestAScenarioMeasuresWhatItsListenersReceive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{})
	users := []wire.UserID{"ana", "bia", "carlo", "dora"}
	scenario := bot.Scenario{Name: "small", Speakers: 2, Films: true, Listeners: 2, Calls: 1}
	r, err := bot.RunScenario(t.Context(), bot.ScenarioConfig{
		Scenario: scenario, Window: time.Second,
		Phone: func(i int) bot.PhoneConfig { return w.config(users[i], i%2) },
	})
	if err != nil {
		t.Fatal(err)
	}
	// Each of the four hears one of the two at least, 50 packets a second.
	if r.Scenario != "small" || r.Participants != 4 || r.PacketsPerSecond < 100 || r.Loss > 0.1 || r.JoinP50Ms <= 0 || r.JoinP99Ms < r.JoinP50Ms {
		t.Errorf("%+v", r)
	}
}

func TestTheScenariosFitIntoCalls(t *testing.T) {
	t.Parallel()
	for _, s := range bot.Scenarios() {
		cfg := bot.ScenarioConfig{Scenario: s, Window: time.Second, Phone: func(int) bot.PhoneConfig { return bot.PhoneConfig{} }}
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	tooMany := bot.ScenarioConfig{
		Scenario: bot.Scenario{Speakers: 1, Listeners: wire.MaxParticipants, Calls: 1}, Window: time.Second,
		Phone: func(int) bot.PhoneConfig { return bot.PhoneConfig{} },
	}
	if tooMany.Validate() == nil {
		t.Error("more than a call takes")
	}
}
