// Command pronto is the whole calling service in one binary: serve (the
// default), demo, load, token and keys.
package main
