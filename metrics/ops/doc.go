// Package ops is a small viewer for people without Grafana: it draws the same
// dashboards in a browser, and finds the timeline of a call by its support
// code. With the address of a Prometheus it asks that one; without, it draws
// the last 15 minutes from samples that it takes of the process itself, by a
// small part of PromQL: just what the dashboards use.
//
// It shows counts of a server's people, so it has the listener of /metrics,
// which is on loopback unless the operator decides otherwise.
package ops
