# Each target sets up what it needs: on a fresh machine `make demo` or `make test` is all there is to type.
PYTHON ?= python3
UV ?= uv
ARGS ?=
BIN := .venv/bin
READY := .venv/.ready
ASSETS := api/pages/libraries/.ready
NPM ?= $(shell command -v npm || echo $(BIN)/npm)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo up test screenshots faults check bench lock browser

help: ## say what there is to type
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null || \
	 sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1  \2/p' $(MAKEFILE_LIST)

setup: $(READY) $(ASSETS) ## create .venv with everything, from the hashed locks

demo: $(READY) ## run the whole story on this machine and judge it (ARGS="--json out.json")
	$(BIN)/ringback demo $(ARGS)

up: $(READY) $(ASSETS) ## run the same stack and leave it running (ARGS="--data DIR --api-port N")
	$(BIN)/ringback up $(ARGS)

test: browser $(READY) $(ASSETS) ## run the tests, on real servers and in a real browser (ARGS="-k name")
	$(BIN)/python -m pytest $(ARGS)

screenshots: browser $(READY) $(ASSETS) ## photograph every page into screenshots/, light and dark, he and en, wide and narrow
	$(BIN)/python -m pytest tests/browser/screenshots.py $(ARGS)

faults: $(READY) ## run only the tests that kill and restart whole deployments (quarter of an hour)
	$(BIN)/python -m pytest -m deployment $(ARGS)

check: $(READY) ## run the linters, the types and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) $(ASSETS) ## measure, each figure against a floor taken in the same run
	$(BIN)/python -m benchmarks $(ARGS)

lock: $(READY) ## resolve the locks anew (needs uv: make lock UV=path)
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --extra dev \
		--upgrade pyproject.toml --output-file requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--constraints requirements.lock pyproject.toml --output-file requirements-image.lock

# docker-compose is here for the Compose specification's schema alone; what it depends on conflicts with ours, so it
# lies in a folder of its own that nothing imports from.
$(READY): pyproject.toml requirements.lock requirements-compose.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ringback needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --require-hashes --no-deps --upgrade --target .venv/compose -r requirements-compose.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q orchestrator workflows activities api  # or the first start of four processes pays for it
	@touch $@

# What pages load in the browser, from npm: the machine's own, else the one of the wheel in .venv.
$(ASSETS): package.json package-lock.json | $(READY)
	@PATH="$$PATH:$(CURDIR)/$(BIN)" $(NPM) ci --silent
	@mkdir -p $(@D) && rm -f $(@D)/*
	@cp node_modules/htmx.org/dist/htmx.min.js node_modules/htmx.org/dist/ext/hx-sse.min.js \
		node_modules/@fontsource-variable/heebo/files/heebo-latin-wght-normal.woff2 \
		node_modules/@fontsource-variable/heebo/files/heebo-hebrew-wght-normal.woff2 $(@D)/
	@touch $@

# The tests' browser is Debian's: installed where we may, asked for where we may not, before anything takes long.
CHROMIUM := apt-get install -y --no-install-recommends chromium
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && $(CHROMIUM) -qq >/dev/null; } || \
		{ echo 'the browser tests need Chromium: sudo $(CHROMIUM)' >&2; exit 2; }
