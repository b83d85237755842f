package link

import "strings"

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
