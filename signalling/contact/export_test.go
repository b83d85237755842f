package contact

// E164 shows a number to tests.
func E164(n Number) string { return n.e164 }
