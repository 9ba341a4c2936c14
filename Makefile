# The carbon twin's verbs for people who work on it. Needs Python 3.11 or newer, make and git, and nothing else.
#
#   make demo       set up .venv, evaluate the shipped foundry, print the table and the path of the HTML report
#   make test       set up .venv with the test extras and run the whole suite
#   make lint       style, types and floors
#   make bench      the benchmarks and their ratios
#   make campaigns  the long proofs; writes docs/evidence/*.json; fails where outside data are missing
#   make lock       renew requirements.lock
#   make clean      remove what the other verbs made
#
# Variables: PYTHON (interpreter), VENV (environment, default .venv), TWIN_DATA (outside data), PYTEST_ARGS, WORKERS.

SHELL := /bin/bash
VENV ?= .venv
BIN = $(VENV)/bin
LOCK := requirements.lock
FAST := .[test,fast]
WORKERS ?= 2
PYTEST_ARGS ?=
TWIN_DATA ?= ../shared/data
export TWIN_DATA

# Four tasks on four replications answer in about a minute; `twin evaluate` alone takes all tasks and the scenario's replications.
DEMO = $(BIN)/twin evaluate scenarios/aluminium-foundry.yaml --jobs 2 --replications 4 --out runs --report html \
	--task dosing-furnace-cover-and-setback --task furnace-relining --task lid-discipline --task rooftop-pv
BENCH = $(BIN)/python -m benchmarks
CAMPAIGNS = $(BIN)/python -m pytest tests -m campaign -n $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test bench campaigns lint lock clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.core
	$(DEMO)

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

bench: $(VENV)/.fast
	$(BENCH)

campaigns: $(VENV)/.test
	TWIN_CAMPAIGN=1 $(CAMPAIGNS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy twin
	$(BIN)/lint-imports

# One stamp per set of extras; a newer lock or pyproject.toml installs again. The lock pins the build's own tools too,
# which pip takes from the environment because an isolated build sees no -c.
install = PIP_CONSTRAINT=$(LOCK) PIP_BUILD_CONSTRAINT=$(LOCK) PIP_DISABLE_PIP_VERSION_CHECK=1 \
	$(BIN)/python -m pip install --quiet -c $(LOCK) -e "$(1)"

$(VENV)/bin/python:
	@python=$${PYTHON:-$$(command -v python3.11 || command -v python3 || true)}; \
	if [ -z "$$python" ] || ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "The carbon twin needs Python 3.11 or newer; found: $${python:-none}. Name one with: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi; \
	echo "making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv "$(VENV)"

$(VENV)/.core: pyproject.toml $(LOCK) | $(VENV)/bin/python
	@echo "installing the twin from $(LOCK) into $(VENV) (about two minutes the first time)"
	@$(call install,.)
	@touch $@

$(VENV)/.test: pyproject.toml $(LOCK) | $(VENV)/bin/python
	@echo "installing the twin with its test tools from $(LOCK) into $(VENV) (about two minutes the first time)"
	@$(call install,.[test])
	@touch $@ $(VENV)/.core

$(VENV)/.fast: pyproject.toml $(LOCK) | $(VENV)/bin/python
	@echo "installing the twin with its test tools and its compiler from $(LOCK) into $(VENV)"
	@$(call install,$(FAST))
	@touch $@ $(VENV)/.test $(VENV)/.core

$(VENV)/.dev: pyproject.toml $(LOCK) | $(VENV)/bin/python
	@echo "installing the twin with its developers' tools from $(LOCK) into $(VENV)"
	@$(call install,.[dev])
	@touch $@ $(VENV)/.test $(VENV)/.core

# Names and versions only: no index, no addresses, no paths.
lock: | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet "uv>=0.5"
	$(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --no-header --no-annotate \
		--upgrade --all-extras pyproject.toml -o $(LOCK)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage runs reports
	find twin tests scenarios benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
