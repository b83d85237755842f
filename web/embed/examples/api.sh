#!/bin/sh
# The HTTP API by curl: PRONTO=https://calls.example.com PRONTO_KEY=ck_… PRONTO_SECRET=cs_… sh api.sh
# Gets a token for an account, and prints how many calls the key may see.
set -eu
ask() {
	method=$1 path=$2
	shift 2
	curl --silent --show-error --fail-with-body --request "$method" \
		--header "Authorization: Bearer $PRONTO_KEY.$PRONTO_SECRET" --header 'Content-Type: application/json' "$@" "$PRONTO$path"
}
ask POST /v1/tokens --data '{"user":"ana","name":"Ana"}'
echo
ask GET '/v1/calls?limit=10'
echo
