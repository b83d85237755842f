package main

import (
	"log/slog"
	"strings"
	"testing"
)

func TestCodesAreCarriedOnlyByWhatIsFullySetUp(t *testing.T) {
	for name, c := range map[string]struct {
		environ []string
		wrong   string // the variable that is named; empty: all is well
	}{
		"nothing":           {nil, ""},
		"the log in a demo": {[]string{"PRONTO_CODE_SENDER=log", "PRONTO_DEMO=true"}, ""},
		"the log elsewhere": {[]string{"PRONTO_CODE_SENDER=log"}, "PRONTO_CODE_SENDER"},
		"something else":    {[]string{"PRONTO_CODE_SENDER=pigeon"}, "PRONTO_CODE_SENDER"},
		"mail":              {[]string{"PRONTO_CODE_SENDER=smtp", "PRONTO_SMTP=mail.example.com:587", "PRONTO_SMTP_FROM=calls@example.com"}, ""},
		"mail from nobody":  {[]string{"PRONTO_CODE_SENDER=smtp", "PRONTO_SMTP=mail.example.com:587"}, "PRONTO_SMTP"},
		"a webhook":         {[]string{"PRONTO_CODE_SENDER=webhook", "PRONTO_CODE_WEBHOOK=https://example.com/codes", "PRONTO_CODE_WEBHOOK_SECRET=0123456789abcdef"}, ""},
		"an open webhook":   {[]string{"PRONTO_CODE_SENDER=webhook", "PRONTO_CODE_WEBHOOK=http://example.com/codes", "PRONTO_CODE_WEBHOOK_SECRET=0123456789abcdef"}, "PRONTO_CODE_WEBHOOK"},
		"a weak secret":     {[]string{"PRONTO_CODE_SENDER=webhook", "PRONTO_CODE_WEBHOOK=https://example.com/codes", "PRONTO_CODE_WEBHOOK_SECRET=short"}, "PRONTO_CODE_WEBHOOK"},
		"proxies":           {[]string{"PRONTO_PROXIES=10.0.0.0/8,::1"}, ""},
		"no proxy":          {[]string{"PRONTO_PROXIES=everybody"}, "PRONTO_PROXIES"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := loadConfig(c.environ)
			switch {
			case c.wrong == "" && err != nil:
				t.Fatal(err)
			case c.wrong != "" && (err == nil || !isConfig(err) || !strings.HasPrefix(err.Error(), c.wrong+" ")):
				t.Fatalf("the error is %v", err)
			case c.wrong != "":
				return
			}
			sender, closeSender, err := cfg.codeSender(slog.New(slog.DiscardHandler))
			if err != nil || (sender == nil) != (cfg.CodeSender == "off") {
				t.Errorf("the sender is %T (%v)", sender, err)
			}
			closeSender()
		})
	}
}
