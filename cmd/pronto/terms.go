package main

import (
	"net/url"
	"strings"

	"pronto/signalling/identity"
)

// checkTerms wants terms that have a version and a place to read them, or none.
func (c config) checkTerms() error {
	if c.Terms == "" {
		switch {
		case c.TermsURL != "":
			return badVariable("PRONTO_TERMS_URL", "is set without PRONTO_TERMS_VERSION: name the version that accounts accept there")
		case c.TermsNeeded:
			return badVariable("PRONTO_TERMS_REQUIRED", "is set without PRONTO_TERMS_VERSION: there is nothing to accept; name a version")
		}
		return nil
	}
	if err := identity.CheckTitle(c.Terms); err != nil {
		return badVariable("PRONTO_TERMS_VERSION", "%s; take a short word such as 2026-01", err)
	}
	if len(c.Terms) > maxTermsVersion {
		return badVariable("PRONTO_TERMS_VERSION", "has %d bytes, not 1 to %d", len(c.Terms), maxTermsVersion)
	}
	u, err := url.Parse(c.TermsURL)
	here := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/")
	if there := err == nil && u.Scheme == "https" && u.Host != ""; !here && !there {
		return badVariable("PRONTO_TERMS_URL", "is %q, neither an address such as https://example.com/terms nor a path of this server such as /terms", c.TermsURL)
	}
	return nil
}

// maxTermsVersion is how long acceptTerms may be in the protocol.
const maxTermsVersion = 64
