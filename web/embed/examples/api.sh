#!/bin/sh
# The HTTP API by curl: PRONTO_URL=https://calls.example.com PRONTO_API_KEY=ck_….cs_… sh api.sh
# Gets a token for an account, makes a call link of its, lists the calls that go on, and revokes the link.
# Each answer is a line of JSON; what the server refuses ends the script.
set -eu
ask() {
	method=$1 path=$2
	shift 2
	curl --silent --show-error --fail-with-body --request "$method" \
		--header "Authorization: Bearer $PRONTO_API_KEY" --header 'Content-Type: application/json' "$@" "$PRONTO_URL$path"
}
ask POST /v1/tokens --data '{"user":"ana","name":"Ana"}'
link=$(ask POST /v1/links --data '{"owner":"ana","kind":"voice","maxUses":1}')
echo "$link"
ask GET '/v1/calls?limit=10'
id=$(echo "$link" | sed 's/.*"id":"\([^"]*\)".*/\1/')
ask POST "/v1/links/$id/revoke" --data '{}'
