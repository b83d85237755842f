package metrics

import "pronto/signalling/call"

// keys counts what happens to the keys of encrypted calls, as far as the server
// sees it or clients say.
type keys struct {
	groups, commits, failures *counter
	opened                    *histogram
}

func newKeys(b *builder) keys {
	return keys{
		groups:   b.counter("pronto_e2ee_groups_total"),
		commits:  b.counter("pronto_e2ee_commits_total"),
		failures: b.counter("pronto_e2ee_failures_total"),
		opened:   b.histogram("pronto_e2ee_first_opened_seconds"),
	}
}

// take takes an event of a call, and reports whether it is one of keys.
func (k *keys) take(e call.Event) bool {
	switch e := e.(type) {
	case call.GroupFounded:
		k.groups.inc(either(e.Again, "replaced", "first"))
	case call.KeysChanged:
		k.commits.inc(either(e.External, "external", "member"))
	case call.CommitRefused:
		k.commits.inc("stale")
	case call.KeysOpened:
		k.opened.observe(e.After.Seconds(), string(e.Topology))
	case call.KeysFailed:
		k.failures.inc(spelled(string(e.Failure)))
	default:
		return false
	}
	return true
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
