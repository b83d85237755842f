package main

import (
	"net/mail"
	"net/url"
	"strings"
)

// checkContacts wants addresses that people can follow.
func (c config) checkContacts() error {
	for variable, text := range map[string]string{"PRONTO_CONTACT": c.Contact, "PRONTO_COMPLAINTS": c.Complaints} {
		if text != "" && linkTo(text) == "" {
			return badVariable(variable, "is %q, neither an address such as https://example.com/help nor an e-mail address", text)
		}
	}
	return nil
}

// linkTo makes a link of the address of a page or of an e-mail address; it is empty if
// the text is neither.
func linkTo(text string) string {
	if u, err := url.Parse(text); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return text
	}
	a, err := mail.ParseAddress(text)
	name, host, ok := strings.Cut(text, "@")
	if err != nil || !ok || a.Address != text || a.Name != "" {
		return ""
	}
	// What stands before the @ may have a ? or a % in it (RFC 6068, section 2).
	return "mailto:" + url.PathEscape(name) + "@" + host
}
