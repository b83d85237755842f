package main

import "testing"

func TestAContactIsALink(t *testing.T) {
	for text, want := range map[string]string{
		"help@calls.example":                    "mailto:help@calls.example",
		"help+calls@calls.example":              "mailto:help+calls@calls.example",
		"help?bcc=all@calls.example":            "mailto:help%3Fbcc=all@calls.example",
		"https://calls.example/help?topic=a":    "https://calls.example/help?topic=a",
		"":                                      "",
		"help":                                  "",
		"https:calls.example":                   "",
		"mailto:help@calls.example":             "",
		"Help <help@calls.example>":             "",
		"help@calls.example, all@calls.example": "",
		"javascript:alert(1)//@calls.example":   "",
	} {
		if got := linkTo(text); got != want {
			t.Errorf("%q leads to %q, not %q", text, got, want)
		}
	}
}
