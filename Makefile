# Each target sets up what it needs: on a fresh machine `make demo` or `make test` is all there is to type.
PYTHON ?= python3
UV ?= uv
ARGS ?=
BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo up test faults check bench lock

help: ## say what there is to type
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null || \
	 sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1  \2/p' $(MAKEFILE_LIST)

setup: $(READY) ## create .venv with everything, from the hashed locks

demo: $(READY) ## run the whole story on this machine and judge it (ARGS="--json out.json")
	$(BIN)/ringback demo $(ARGS)

up: $(READY) ## run the same stack and leave it running (ARGS="--data DIR --api-port N")
	$(BIN)/ringback up $(ARGS)

test: $(READY) ## run the tests, on real servers (ARGS="-k name")
	$(BIN)/python -m pytest $(ARGS)

faults: $(READY) ## run only the tests that kill and restart whole deployments (quarter of an hour)
	$(BIN)/python -m pytest -m deployment $(ARGS)

check: $(READY) ## run the linters, the types and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## measure, each figure against a floor taken in the same run
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
