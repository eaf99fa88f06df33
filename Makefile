# Ithaca: what a developer or an operator of one machine types. `make help` lists it.

PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=
# Five processes of ours start at once, and tests start a hundred: Python keeps what it compiles, whatever is set outside.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo up test check fix lock bench bench-field clean base dev

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: base ## Start Ithaca with a sample program (PORT=8000); Ctrl-C stops it
	@exec $(PY) manage.py demo

up: base ## Start Ithaca with your own data, kept in var/ (PORT=8000); Ctrl-C stops it
	@exec $(PY) manage.py up

test: dev ## Run every test, browser journeys too (ARGS="tests/people -x" to choose)
	@browser=$$($(PY) scripts/browser.py) && ITHACA_CHROMIUM="$$browser" exec $(PY) -m pytest -n 3 --dist worksteal $(ARGS)

check: dev ## Run every static check: format, lint, types, layers, templates, migrations, sizes
	@exec $(PY) scripts/check.py

fix: dev ## Format the code and mend what can be mended by machine
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

lock: dev ## Compile requirements/*.txt from pyproject.toml (ARGS=--upgrade for newer versions)
	@exec $(PY) scripts/lock.py $(ARGS)

bench: dev ## Measure the engine, circles, matching runs, review, what-if and an import of 50,000 people
	@$(PY) -m benchmarks.flow && $(PY) -m benchmarks.engine && $(PY) -m benchmarks.circles && $(PY) -m benchmarks.matching && $(PY) -m benchmarks.review && ITHACA_CHROMIUM=$$($(PY) scripts/browser.py) $(PY) -m benchmarks.whatif && exec $(PY) -m benchmarks.imports

bench-field: dev ## Prove 100,000 mentees with 60,000 mentors on every pair, and 5,000 a side; some minutes
	@exec $(PY) -m benchmarks.field

clean: ## Stop what is left running; remove packages and caches. Your data in var/ stay
	@if [ -x $(PY) ] && [ -d var ]; then $(PY) -m core.embedded stop; fi
	@rm -rf .venv var/test .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .setup.lock
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

base:
	@$(PYTHON) scripts/setup.py base

dev:
	@$(PYTHON) scripts/setup.py dev
