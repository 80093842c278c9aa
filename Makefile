# Every target makes .venv by itself; all it needs is python3, venv and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 4
MINUTES ?= 5

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Processes that find no bytecode spend a third of their start compiling, and tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test versions pressure check bench docs schemas man dist format clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1 \2/p' Makefile | awk '{ printf "  %-5s %-9s", $$1, $$2; $$1 = $$2 = ""; print $$0 }'

$(STAMP): pyproject.toml
	@echo 'setting up $(VENV) (about a minute, once)' >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --editable '.[dev,postgres]'
	@touch $@

setup: $(STAMP) ## make .venv and install the project into it

demo: $(STAMP) ## the whole story on a temporary database, in under 30 seconds
	@$(BIN)/kconv demo

test: $(STAMP) ## every test, on SQLite and PostgreSQL (WORKERS=4, ARGS=...)
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

versions: $(STAMP) ## the wheel on each Python that is here, lowest and newest dependencies (ARGS='-p 3.12')
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(BIN)/python -m pip install -qq --editable '.[release]'
	$(BIN)/python tools/try-versions $(ARGS)

pressure: $(STAMP) ## servers, database and migrations killed under load, for long (MINUTES=5 for each test)
	KCONV_PRESSURE_MINUTES=$(MINUTES) $(BIN)/python -m pytest -s tests/pressure $(ARGS)

check: $(STAMP) ## lint, format, types, layers, schema regression, what the wheel holds
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kconv check
	$(BIN)/kconv lock --check
	$(BIN)/python -m pytest -q tests/test_wheel.py

bench: $(STAMP) ## measure: name, value, unit, budget, bound (ARGS=serve-get: some)
	@$(BIN)/python -m bench $(ARGS)

docs: $(STAMP) ## build the pages of docs/ into site/
	@$(BIN)/python -c 'import zensical' 2>/dev/null || $(BIN)/python -m pip install -qq --editable '.[docs]'
	@$(BIN)/python tools/install-mermaid
	$(BIN)/zensical build --strict

schemas: $(STAMP) ## write the generated modules of schemas/ again (see schemas/README.md)
	@sed -n 's/^    kconv import/kconv import/p' schemas/README.md | while read -r line; do $(BIN)/$$line || exit 1; done

man: $(STAMP) ## write the man page share/man/man1/kconv.1 again
	$(BIN)/python tools/write-man share/man/man1/kconv.1

dist: $(STAMP) ## build sdist, wheel and SBOM into dist/, and check them
	@$(BIN)/python -c 'import twine, cyclonedx_py, uv' 2>/dev/null || $(BIN)/python -m pip install -qq --editable '.[release]'
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*.whl dist/*.tar.gz
	$(BIN)/python tools/write-sbom dist

format: $(STAMP) ## let ruff rewrite what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## remove the environment, caches and everything built
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
