# Kiểm Tin. `make help` says what there is; docs/operating.md says more.
# PYTHON=/path/to/python3 names the interpreter, TORCH_INDEX=… an index with torch's CPU build.
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run install dev test coverage check format bench bench-long lock clean

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

run: install ## Install and run everything on this machine; Ctrl-C stops it
	@exec $(BIN)/kiemtin run

install: ## Install into .venv, from locked versions (only when they changed)
	@scripts/install run

dev: ## The same with the tools for tests and checks
	@scripts/install dev

test: dev ## Run the whole suite, on a real PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist worksteal

coverage: dev ## The suite with branch coverage; fails below the mark in pyproject.toml
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

check: dev ## Format, lint, types, imports, migrations, documents
	@scripts/check

format: dev ## Put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: dev ## Measure the service: figures beside their peers and limits
	$(BIN)/python -m bench

bench-long: dev ## The same with what takes longer than a minute or two
	$(BIN)/python -m bench --long

lock: dev ## Write the lock files anew, with the newest versions that pyproject.toml allows
	scripts/lock --upgrade

clean: ## Remove .venv and caches; data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
