# The verbs of this project. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
COMPILE := uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras --python-version 3.11
ON_EVERY_CORE := --numprocesses auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder
export DO_NOT_TRACK = 1
export DAGSTER_DISABLE_TELEMETRY = 1
export DBT_SEND_ANONYMOUS_USAGE_STATS = false
export GX_ANALYTICS_ENABLED = false

.DEFAULT_GOAL := help
.PHONY: help setup demo test soak up lint format bench deck-gallery docs lock clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup:  ## create .venv from requirements.lock (every other command does this first)
	@$(PYTHON) tools/setup.py

demo: setup  ## from nothing to SmartNumbers, decks and alerts, on the sandbox
	@$(BIN)/qbr demo

test: setup  ## the whole test suite, on embedded Postgres and the sandbox
	@$(BIN)/python -m pytest -m "not soak" $(ON_EVERY_CORE)

soak: setup  ## the long tests: many kills, many seeds
	@$(BIN)/python -m pytest -m soak

up: setup  ## Postgres, sandbox (when no vendor is connected), Dagster, download page; ctrl-C stops them
	@$(BIN)/qbr up

lint: setup  ## ruff, mypy, sqlfluff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/sqlfluff lint dbt_project/models dbt_project/tests

format: setup  ## write the code the way lint wants it
	@$(BIN)/ruff check --fix-only . ; $(BIN)/ruff format .

bench: setup  ## measure, as ratios in one run
	@$(PYTHON) tools/setup.py bench
	@$(BIN)/python -m bench

deck-gallery: setup  ## draw every slide of every deck, in two brands, whole and with gaps (after make demo)
	@$(BIN)/python tools/deck_gallery.py

docs: setup  ## write docs/metrics.md from the dbt project
	@$(BIN)/qbr docs

lock:  ## renew requirements.lock and requirements-bench.lock from pyproject.toml
	$(COMPILE) --extra dev pyproject.toml -o requirements.lock --upgrade
	$(COMPILE) --group bench -o requirements-bench.lock --upgrade

clean:  ## stop the embedded server and remove what commands have made (.venv and .venv-bench stay)
	@if [ -x $(BIN)/qbr ]; then $(BIN)/qbr down && $(BIN)/python -m warehouse.embedded remove; fi
	@rm -rf var dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
