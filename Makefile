# make, or make run, builds everything and serves the demo. make help lists the rest.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
PAGE = $(shell find web/sdk/src web/demo/src web/demo/worker web/demo/index.html web/ops web/embed/src web/embed/index.html $(wildcard web/demo/public) -type f) web/build.mjs web/sdk/build.mjs web/sdk/package.json web/sdk/README.md web/embed/build.mjs web/tsconfig.json web/tsconfig.sdk.json

# The race detector watches all but SQLite, whose C was translated to Go: there it
# would find nothing of ours, and take five times as long. So it would with the
# enumerations of call, of which each is one goroutine: they run without it.
RACE = -race '-gcflags=modernc.org/...=-race=false'

.DELETE_ON_ERROR:
.PHONY: lab run build web deps test check generate bench bench-call bench-keys bench-links bench-reports bench-signalling picture fuzz soak clean help

run: build ## build all, serve the demo at http://localhost:8080
	PRONTO_DEMO=true PRONTO_LISTEN=$${PRONTO_LISTEN:-127.0.0.1:8080} .bin/pronto serve

build: web ## build the page and the server, as .bin/pronto
	@go build -o .bin/pronto ./cmd/pronto

web: web/dist/index.html ## build the page and the SDK, as web/dist

web/dist/index.html: web/node_modules/.package-lock.json $(PAGE)
	cd web && node build.mjs

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --loglevel=error
	@touch $@

deps: ## install what the tests need of the system's packages
	@.ci/deps

test: deps web ## run all tests: Go with the race detector, TypeScript, browsers
	go test $(RACE) -p 2 -timeout 20m ./...
	go test -run EverySequence ./signalling/call
	cd web && npm test
	cd web && npm run e2e

check: deps web ## format, vet, static analysis, types, floors; generated files must be fresh
	.ci/format
	go mod tidy -diff
	go vet ./...
	go run $(STATICCHECK) ./...
	go run ./cmd/wiregen -check
	go test -run 'Fresh' ./metrics ./metrics/grafana ./cmd/pronto ./signalling/api
	go test ./cmd
	cd web && npm run check

generate: ## write the generated files anew
	go run ./cmd/wiregen
	go test -run 'Fresh' ./metrics ./metrics/grafana ./cmd/pronto ./signalling/api -update

bench: ## benchmarks of single steps
	go test -run '^$$' -bench . -benchmem ./sfu/... ./turn/... ./signalling/...

bench-call: deps build ## time from answer to sound, in real browsers
	cd web && PRONTO_BIN=$(CURDIR)/.bin/pronto npm run --silent bench

bench-keys: deps build ## what a newcomer costs those who encrypt: browsers, server, time; SECONDS changes it
	cd web && PRONTO_BIN=$(CURDIR)/.bin/pronto node e2e/bench-keys.mjs

picture: build ## the page's icons and the README's pictures: a call, and the viewer under load; SECONDS is how long
	cd web && node e2e/icons.mjs
	cd web && PRONTO_BIN=$(CURDIR)/.bin/pronto node e2e/readme.mjs
	cd web && PRONTO_BIN=$(CURDIR)/.bin/pronto node e2e/opspicture.mjs

bench-signalling: ## set-ups a second with thousands signed in; SESSIONS, RATE and SECONDS change it
	@go test -run '^$$' -bench SetUps -benchtime 1x ./cmd/pronto | grep '^{'

bench-links: ## links made a second beside ten thousand; LINKS, RATE and SECONDS change it
	@go test -run '^$$' -bench Links -benchtime 1x ./cmd/pronto | grep '^{'

bench-reports: ## what the reports of a thousand clients cost the server, and how large and slow a scrape is then
	go test -run '^$$' -bench Reports -benchtime 1x -v ./cmd/pronto

bench-sfu: ## what the SFU costs for each packet, beside a floor
	@./sfu/bench/bench.sh $(ARGS)

lab: deps build ## sound and picture through a bad network, in real browsers; SECONDS and CASES change it
	cd web && PRONTO_BIN=$(CURDIR)/.bin/pronto node e2e/lab.mjs

fuzz: ## every fuzz target for TIME, 20s if not set
	.ci/fuzz $(TIME)

soak: deps build ## long browser tests, then the tests of calls and media for MINUTES, 10 if not set
	.ci/soak $(MINUTES)

clean: ## remove what was built; data stays
	rm -rf .bin web/node_modules
	find web/dist -mindepth 1 ! -name .keep -delete

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1: \2/p' $(MAKEFILE_LIST) | awk -F': ' '{ printf "%-12s %s\n", $$1, $$2 }'
