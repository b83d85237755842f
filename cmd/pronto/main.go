package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line. What a server needs comes from the environment; see
// the table in the README.
type cli struct {
	Serve  serveCmd  `cmd:"" default:"1" help:"Serve calls. The default."`
	Demo   demoCmd   `cmd:"" help:"Serve with bots that call each other."`
	Load   loadCmd   `cmd:"" help:"Make calls at a server and measure them."`
	Token  tokenCmd  `cmd:"" help:"Sign a token for an account."`
	Keys   keysCmd   `cmd:"" help:"Create, list and revoke API keys."`
	User   userCmd   `cmd:"" help:"Suspend accounts, and say which take no calls."`
	Group  groupCmd  `cmd:"" help:"Stop the calls of groups, and lift their bans."`
	VAPID  vapidCmd  `cmd:"" name:"vapid" help:"Print the key that browsers subscribe to pushes with (RFC 8292)."`
	Doctor doctorCmd `cmd:"" help:"Look at this machine and its server, and say what keeps calls from working."`
	Env    envCmd    `cmd:"" help:"Print the table of environment variables."`
}

// Exit codes.
const (
	exitFailed = 1
	exitConfig = 2 // the configuration is at fault; the message names the variable
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("pronto"), kong.Description("A self-hosted voice and video calling service."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "pronto:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pronto:", err)
		return exitConfig
	}
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "pronto:", err)
		if isConfig(err) {
			return exitConfig
		}
		return exitFailed
	}
	return 0
}
