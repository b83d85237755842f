// Package metrics turns what happens into Prometheus metrics. It only listens:
// what it measures does not import it. No label names a call, a person or an
// address.
//
// [Definitions] is the one list of metrics: METRICS.md, the collectors, the
// dashboard's checks and the tests read it. Labels have few fixed values; a
// value that is not in the list is counted as "other", so that no client can
// make a series. After a change:
//
//	make generate
package metrics
