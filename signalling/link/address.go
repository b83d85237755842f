package link

import (
	"errors"
	"net/url"
	"strings"
)

// Path is where the page of a link is, on the server's own host.
const Path = "/j/"

// Address is the whole address of a link at a server such as
// https://calls.example.com. secret is the part after #, which only those have who
// shall read the link's details and hear its calls; empty for a link without.
func Address(server, id, secret string) string {
	address := strings.TrimSuffix(server, "/") + Path + id
	if secret != "" {
		address += "#k=" + secret
	}
	return address
}

// ReadAddress takes an address apart: the server, the id, and the secret, which is
// empty for a link without.
func ReadAddress(address string) (server, id, secret string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", "", errors.New("link: this is no address") // its text would have the secret
	}
	id, ok := strings.CutPrefix(u.Path, Path)
	if u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || !ok || !isID(id) {
		return "", "", "", errors.New("link: this is no address such as https://calls.example.com" + Path + "… of a call link")
	}
	if secret, ok = strings.CutPrefix(u.Fragment, "k="); u.Fragment != "" && (!ok || !isID(secret)) {
		return "", "", "", errors.New("link: what is after # of the address is no secret of a call link")
	}
	return u.Scheme + "://" + u.Host, id, secret, nil
}

// isID tells whether a text has 1 to 64 of the characters of ids and secrets.
func isID(text string) bool {
	const known = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	return text != "" && len(text) <= 64 && strings.Trim(text, known) == ""
}
