package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// commandTable is the table of commands in the README, made of the command line
// itself.
func commandTable() (string, error) {
	parser, err := newParser(context.Background(), &cli{}, &screen{out: io.Discard, errs: io.Discard})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| command | what it does |\n| --- | --- |\n")
	for _, leaf := range parser.Model.Leaves(true) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", usage(leaf), leaf.Help)
	}
	b.WriteString("\n| exit code | meaning |\n| --- | --- |\n")
	for _, e := range exits {
		fmt.Fprintf(&b, "| %d | %s |\n", e.code, e.meaning)
	}
	return b.String(), nil
}

// usage is how a command is called, with what it must be given.
func usage(command *kong.Node) string {
	words := []string{command.FullPath()}
	for _, flag := range command.Flags {
		if flag.Required {
			words = append(words, "--"+flag.Name+"="+strings.ToUpper(flag.Name))
		}
	}
	for _, arg := range command.Positional {
		word := strings.ToUpper(arg.Name)
		if !arg.Required {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
