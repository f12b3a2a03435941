# One-word commands for the work on this project. The work itself is in scripts/.

.DEFAULT_GOAL := help
.PHONY: help run build setup watch test unit lint fmt e2e screenshots lighthouse budget benchconsole benchimport deploytest deny sbom failures timing fuzz bench benchload benchgrowth clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r t d; do printf '  make %-12s %s\n' "$$t" "$$d"; done

run: ## Set up what is missing, build the release, and serve it (PORT and DATABASE_URL are passed on)
	@exec scripts/run.sh

build: ## Build the release: server, browser side, estimator, styles, assets
	@scripts/setup.sh build
	@scripts/build.sh

setup: ## Set up everything for development, cargo-leptos included (takes minutes, once)
	@scripts/setup.sh develop

watch: setup ## Rebuild and reload on every change (cargo leptos watch)
	@exec cargo leptos watch

test: ## Set up what the tests need, then run all checks and tests
	@scripts/test.sh all

unit: ## Rust tests only, on SQLite
	@scripts/test.sh unit

lint: ## Formatting and clippy, for the server and for both WebAssembly modules
	@scripts/test.sh lint

fmt: ## Format the Rust code
	@cargo fmt

e2e: ## Browser tests against the release build
	@scripts/test.sh e2e

screenshots: ## Take the screenshots against the release build
	@scripts/test.sh screenshots

lighthouse: ## Lighthouse and keystrokes on a slow phone, against the release build
	@scripts/test.sh lighthouse

bench: ## Side by side with what people use instead, and with the limits of this machine (about half an hour)
	@scripts/test.sh bench

benchload: ## Every goal under load, and whether it holds (about ten minutes)
	@scripts/test.sh benchload

benchgrowth: ## Sign-in and session check with a thousand to a million people, on both engines (about half an hour)
	@scripts/test.sh benchgrowth

benchconsole: ## How long the console takes with a million rows, on both engines (about an hour)
	@scripts/test.sh benchconsole

benchimport: ## How fast a million people are imported, and in how much memory, on both engines
	@scripts/test.sh benchimport

deploytest: ## The examples of deploy/: both proxies in front of the release build, and the systemd unit
	@scripts/test.sh deploytest

deny: ## Licences, sources and advisories of dependencies (cargo-deny)
	@scripts/test.sh deny

sbom: ## What is in the product, and what builds it, as CycloneDX: target/sbom
	@scripts/sbom.sh

failures: ## Kill, starve and cut off the program and its database, 200 times on each engine, within bounds of time (KILLS)
	@scripts/test.sh failures

timing: ## Whether the time of an answer tells who is known here, on both engines
	@scripts/test.sh timing

fuzz: ## Fuzz the parsers of what comes from outside, ten minutes each (FUZZ_SECONDS)
	@scripts/test.sh fuzz

budget: ## What each page and the program weigh, against their limits
	@scripts/test.sh budget

clean: ## Remove everything that was built (installed tools and data/ stay)
	@rm -rf target end2end/node_modules end2end/lighthouse/node_modules benches/peers/better-auth/node_modules end2end/test-results end2end/playwright-report
