//go:build !linux

package main

import "context"

// lookAtLimits knows nothing of this system.
func lookAtLimits(context.Context, config) []diagnosis { return nil }

// lookAtClock knows nothing of this system.
func lookAtClock(context.Context, config) []diagnosis { return nil }
