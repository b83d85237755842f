package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The exit codes; the README has them.
const (
	exitFailed      = 1
	exitConfig      = 2
	exitUnreachable = 3
	exitRefused     = 4
)

// exits says what each exit code means.
var exits = []struct {
	code    int
	meaning string
}{
	{0, "all went well, or somebody stopped it by Ctrl-C"},
	{exitFailed, "something failed; the message says what"},
	{exitConfig, "the configuration or the command line is at fault; the message names the variable or the flag"},
	{exitUnreachable, "no server answers at the address"},
	{exitRefused, "the server answers and refuses; the message has its reason"},
}

func isConfig(err error) bool {
	_, ok := errors.AsType[configError](err)
	return ok
}

// exitOf is the exit code for an error.
func exitOf(err error) int {
	if err == nil {
		return 0
	}
	if isConfig(err) {
		return exitConfig
	}
	if _, ok := errors.AsType[unreachableError](err); ok {
		return exitUnreachable
	}
	if _, ok := errors.AsType[*refusedError](err); ok {
		return exitRefused
	}
	return exitFailed
}

// fail tells an error and returns the exit code.
func (s *screen) fail(err error, code int) int {
	if s.json {
		// An error of standard error has nobody left to be told to.
		_ = json.NewEncoder(s.errs).Encode(struct {
			Error string `json:"error"`
			Exit  int    `json:"exit"`
		}{err.Error(), code})
		return code
	}
	fmt.Fprintln(s.errs, "pronto:", err)
	return code
}
