// Package cmd holds the programs; it has no code of its own, only the test that
// keeps the packages' floors.
package cmd
