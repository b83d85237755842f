// Package prometheus holds what a Prometheus needs to watch Pronto: its
// configuration, the rules by which it computes and alerts, and their tests.
package prometheus
