# Everything a newcomer needs: `make demo` and `make test`. Both set themselves up in .venv.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The newest Python from 3.11 on that this machine has; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python

.PHONY: help demo test test-slow bench lint format types contracts clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(VENV)/.sandbox-ready ## play a failed night on this machine, no account needed
	@$(RUN) -m sandbox demo

test: lint types contracts ## lint, types, import contracts, tests
	@$(RUN) -m pytest -m "not slow" tests

test-slow: $(VENV)/.dev-ready ## whole-world runs and load
	@$(RUN) -m pytest -m slow tests

bench: $(VENV)/.dev-ready ## speed and memory, printed beside their floors
	@for b in bench/[a-z]*.py; do echo "== $$b"; $(RUN) $$b || exit 1; done

lint: $(VENV)/.dev-ready ## ruff, format and rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.dev-ready ## mypy --strict
	@$(BIN)/mypy

contracts: $(VENV)/.dev-ready ## imports run one way
	@$(BIN)/lint-imports

format: $(VENV)/.dev-ready ## rewrite to the house style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove what make made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "de-agent needs Python 3.11 or newer; none was found (PYTHON=/path/to/python3.12 make ...)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "de-agent needs Python 3.11 or newer; $(PYTHON) is older"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "python -m venv failed: on Debian or Ubuntu install the package python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.sandbox-ready: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing what the demo needs (about a minute, once) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sandbox]'
	@touch $@

$(VENV)/.dev-ready: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing what the tests need (about a minute, once) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.sandbox-ready
