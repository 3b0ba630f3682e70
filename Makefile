# Everything a fresh machine with Python 3.11 or newer needs. Where make is missing, run the lines of a target by hand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# What tests write they wait for until it is on the disk, as ours does: in memory that is no time. Where there is some.
PYTEST := $(shell test -d /dev/shm -a -w /dev/shm && [ $$(df -Pk /dev/shm | awk 'END {print $$4}') -gt 1000000 ] && echo PYTEST_DEBUG_TEMPROOT=/dev/shm) $(BIN)/python -m pytest
.DEFAULT_GOAL := help

# Tests start hundreds of processes, and each would compile all modules again: a quarter of the time that tests take.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check unit lint types floors audit thorough bench soak screenshots metrics format clean

help:
	@echo "make demo         an embedded server, a shop of BullMQ jobs, and the TUI on them"
	@echo "make test         every check and test (installs what they need)"
	@echo "make check        format, lint, types and floors only"
	@echo "make audit        known holes and licences of what is installed; asks the advisory service where it answers"
	@echo "make thorough     every fault, server and role, 500 inputs of each kind: what 'make test' tries a part of"
	@echo "make bench        measures speed and scale, with the floors beside (minutes; wants Node)"
	@echo "make soak         under fire for each library, under Prometheus' eyes, an hour of the screen (wants Node)"
	@echo "make screenshots  draws screenshots/ and the key table of the README anew"
	@echo "make metrics      writes what is made of the table of metrics: docs/metrics.md, dashboard and rules"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install -q -e '.[demo]'
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/python -m bulltui demo

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

floors: $(VENV)/.dev
	$(BIN)/lint-imports

check: lint types floors

test: check
	$(PYTEST) -m quiet
	$(PYTEST) -n 4 --dist worksteal -m 'not quiet'

audit: $(VENV)/.dev
	$(BIN)/python -m scripts.audit

thorough: $(VENV)/.dev
	BULLTUI_THOROUGH=1 $(PYTEST) -n 2 tests/faults tests/fuzz tests/topologies tests/rights tests/fleet tests/config \
		tests/interop/test_fidelity.py tests/interop/test_undo.py $$(grep -l tests.thorough tests/*/test_*.py)

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

soak: $(VENV)/.dev
	BULLTUI_FIRE_S=60 $(PYTEST) tests/interop/test_fire.py -v
	$(BIN)/python -m tests.soak.prometheus
	$(BIN)/python -m tests.soak --minutes 60

screenshots: $(VENV)/.dev
	$(BIN)/python -m scripts.screenshots
	$(BIN)/python -m scripts.readme

metrics: $(VENV)/.dev
	$(BIN)/python -m scripts.metrics

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/interop/node/node_modules tests/bench/node/node_modules
