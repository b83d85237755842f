package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
)

// cli is the command line. What a server needs comes from the environment; see
// the table in the README.
type cli struct {
	JSON bool `name:"json" help:"Print JSON, for programs: a line for each result, and errors too."`

	Serve      serveCmd                  `cmd:"" default:"1" help:"Serve calls. The default."`
	Demo       demoCmd                   `cmd:"" help:"Serve with bots that call each other."`
	Load       loadCmd                   `cmd:"" help:"Make calls at a server and measure them."`
	Token      tokenCmd                  `cmd:"" help:"Sign a token for an account."`
	Keys       keysCmd                   `cmd:"" help:"Create, list and revoke API keys."`
	Link       linkCmd                   `cmd:"" help:"Make call links at a server, list and revoke them, draw their QR codes."`
	Webhook    webhookCmd                `cmd:"" help:"Hear what a server tells webhooks."`
	User       userCmd                   `cmd:"" help:"Suspend accounts, and say which take no calls."`
	Group      groupCmd                  `cmd:"" help:"Stop the calls of groups, and lift their bans."`
	Audit      auditCmd                  `cmd:"" help:"Show who did what with API keys and commands."`
	VAPID      vapidCmd                  `cmd:"" name:"vapid" help:"Print the key that browsers subscribe to pushes with (RFC 8292)."`
	Doctor     doctorCmd                 `cmd:"" help:"Look at this machine and its server, and say what keeps calls from working."`
	Env        envCmd                    `cmd:"" help:"Print the table of environment variables."`
	Completion kongcompletion.Completion `cmd:"" help:"Say how to have bash, zsh or fish complete the commands, or with --code print what they need."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int { return runOn(ctx, args, os.Stdout, os.Stderr) }

// runOn runs a command whose output goes where it is told to.
func runOn(ctx context.Context, args []string, out, errs io.Writer) int {
	s := &screen{out: out, errs: errs, json: slices.Contains(args, "--json")} // also if the rest cannot be read
	var c cli
	parser, err := newParser(ctx, &c, s)
	if err != nil {
		return s.fail(err, exitFailed)
	}
	kongcompletion.Register(parser) // ends here if a shell asks what may come next
	parsed, err := parser.Parse(idLast(args))
	if err != nil {
		return s.fail(err, exitConfig)
	}
	s.json = c.JSON
	if err := parsed.Run(); err != nil {
		return s.fail(err, exitOf(err))
	}
	return 0
}

func newParser(ctx context.Context, c *cli, s *screen) (*kong.Kong, error) {
	return kong.New(c, kong.Name("pronto"), kong.Description("A self-hosted voice and video calling service."), kong.Writers(s.out, s.errs),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
}
