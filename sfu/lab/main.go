package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"pronto/sfu/impair"
)

// weather is what both directions do to packets.
type weather struct {
	Up   impair.Conditions `json:"up"`
	Down impair.Conditions `json:"down"`
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where clients send")
	target := flag.String("target", "", "the SFU's address and port")
	seed := flag.Uint64("seed", 1, "of all chances")
	flag.Parse()
	if err := run(*listen, *target, *seed, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

// run relays until in ends.
func run(listen, target string, seed uint64, in io.Reader, out io.Writer) error {
	if target == "" {
		return errors.New("-target is missing: the address and port of the SFU")
	}
	relay, err := impair.NewRelay(listen, target, seed)
	if err != nil {
		return err
	}
	defer relay.Close()
	fmt.Fprintln(out, relay.Addr())
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var w weather
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			return fmt.Errorf("read the weather: %w", err)
		}
		if err := relay.Set(w.Up, w.Down); err != nil {
			return err
		}
		fmt.Fprintln(out, "set")
	}
	return lines.Err()
}
