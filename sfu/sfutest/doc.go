// Package sfutest has clients for tests of an SFU: they negotiate as a browser does,
// publish synthetic Opus and VP8 simulcast whose packets say who sent them, and check
// that what they receive is continuous. Imported by tests only.
package sfutest
