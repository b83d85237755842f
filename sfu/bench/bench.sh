#!/bin/sh
# Measures what the SFU costs for each packet; see main.go. Flags are handed on: bench.sh -scenario fan50 -runs 5
set -eu
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
go build -o "$out/bench" ./sfu/bench
"$out/bench" "$@"
