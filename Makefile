# The two commands a newcomer needs are `make run` and `make test`; `make help` lists the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help run test setup setup-test system lint types imports format lock bench vendor clean

help: ## show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup ## set everything up and serve the demo at http://127.0.0.1:8000
	$(BIN)/exam demo

test: setup-test system lint types imports ## set up what is missing, then lint, types, import contracts and all tests
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

setup: .venv/.run ## create the environment that serves the program
setup-test: .venv/.test ## create the environment that tests it

.venv/bin/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv

.venv/.run: requirements.lock pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test: requirements-dev.lock .venv/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

system: ## Chromium, a CJK font and wrk, through apt where it can
	@sh tools/system.sh

lint: ## style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: ## mypy, strict
	$(BIN)/mypy

imports: ## packages import one way only
	$(BIN)/lint-imports

format: ## put the code into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --quiet -o requirements-dev.lock

bench: setup-test system ## the benchmarks, each printing one JSON object
	$(BIN)/exam bench sync --candidates 500 --seconds 20 --json
	$(BIN)/exam bench herd --candidates 10000 --json
	$(BIN)/exam bench submit --candidates 2000 --items 50 --json
	$(BIN)/exam bench sheet --rows 100000 --json
	$(BIN)/exam bench heartbeats --learners 5000 --json
	$(BIN)/exam bench proctor --candidates 200 --interval 3 --json
	$(BIN)/exam bench proctor --candidates 200 --interval 3 --json

vendor: setup-test ## fetch the vendored front-end files anew
	$(BIN)/python tools/vendor.py

clean: ## remove the environment, caches and the demo's data
	rm -rf .venv var .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
