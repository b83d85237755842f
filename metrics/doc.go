// Package metrics turns what happens into Prometheus metrics. It only listens:
// what it measures does not import it. No label names a call, a person or an
// address.
package metrics
