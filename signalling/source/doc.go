// Package source tells from which network a request comes, also behind proxies,
// for limits that are no single account's. It keeps nothing.
package source
