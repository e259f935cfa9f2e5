# Journey Admin: `make demo` runs it, `make test` tests it. Both install what they need into .venv and node_modules.
PYTHON ?= python3
PORT ?= 8000
JOURNEYSERVER_PORT ?= 8001
JOURNEYADMIN_DATA_DIR ?= var
UV_VERSION := 0.13.9
BIN := .venv/bin
export PORT JOURNEYSERVER_PORT JOURNEYADMIN_DATA_DIR DATA KEEP_DATES SESSIONS OSV_URL
# Demo, tests and benchmark start programs again and again: compiled once, a start takes a third of the time.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test bench lint lock audit chromium
.DEFAULT_GOAL := help

help: ## say what there is
	@echo "make demo   run the dashboard and the Journey server on a generated shop (PORT, JOURNEYSERVER_PORT, JOURNEYADMIN_DATA_DIR, DATA=FILE…)"
	@echo "make test   run all checks and tests"
	@echo "make bench  print the benchmark table"
	@echo "make audit  ask the public lists of known holes about what is installed"
	@echo "make lint   check style, types and migrations"
	@echo "make lock   write the lock files anew (UPGRADE=--upgrade with the newest releases)"

.venv/uv: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Journey Admin needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=… to another.")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/run: requirements.lock .venv/uv
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/dev: requirements-dev.lock .venv/uv
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@ .venv/run

node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || { echo "Journey Admin needs Node with npm to install the front-end packages." >&2; exit 1; }
	@npm ci --silent --no-audit --no-fund
	@touch $@

PO_FILES := $(wildcard locale/*/LC_MESSAGES/django.po)
locale/.compiled: $(PO_FILES) tools/messages.py .venv/run
	@$(BIN)/python tools/messages.py compile
	@touch $@

demo: .venv/run node_modules/.installed locale/.compiled ## run both programs until Ctrl-C
	@exec $(BIN)/python demo.py $(DATA)

test: .venv/dev node_modules/.installed locale/.compiled chromium lint ## all checks and tests
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations 25

lint: .venv/dev node_modules/.installed ## style, types, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/check_types.py
	$(BIN)/python tools/check_migrations.py

lock: .venv/uv ## write both lock files anew from pyproject.toml (UPGRADE=--upgrade with the newest releases, or --upgrade-package NAME)
	$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header -c requirements.lock \
		--extra test --extra lint pyproject.toml -o requirements-dev.lock

audit: .venv/uv ## ask the public lists of known holes about all that is locked (needs the network; OSV_URL=… asks a mirror)
	@$(BIN)/python tools/audit.py

# Browser tests use Debian's chromium; without it, and without the right to install it, they are skipped and say so.
chromium:
	@sh tools/chromium.sh /usr/bin/chromium

bench: .venv/dev node_modules/.installed locale/.compiled ## the benchmark table
	$(BIN)/python -m bench
