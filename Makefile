# Two commands matter: `make run` (a demo to try) and `make test` (everything that CI runs).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
WORKERS ?= 2
FAST := not long and not timed and not browser and not live and not database

.PHONY: run test check bench long format requirements lock wheel clean

run: $(VENV)/.run-stamp
	@$(BIN)/watchbill --data $${WATCHBILL_DATA:-.demo-data} serve --demo

test: $(VENV)/.dev-stamp
	@sh tools/system_packages.sh
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory -j 2 most beside
	$(BIN)/python -m pytest -n 3 --dist load -m "timed and not long" -q $$(grep -rl "mark\.timed" tests --include="test_*.py")

.PHONY: most beside
most:
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not long and not timed" -q

# While others wait for browsers and servers; what it says comes in one piece.
beside:
	@{ $(BIN)/python tools/on_external_database.py && $(MAKE) --no-print-directory wheel; } > $(VENV)/beside.txt 2>&1 || { cat $(VENV)/beside.txt; exit 1; }
	@cat $(VENV)/beside.txt

check: $(VENV)/.dev-stamp
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "$(FAST)" -q --ignore=tests/web --ignore=tests/live

.PHONY: lint
lint:
	$(BIN)/ruff format --check -q src tests tools
	$(BIN)/ruff check -q src tests tools
	$(BIN)/lint-imports --no-logo > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }
	$(BIN)/mypy --no-error-summary
	$(BIN)/bandit -q -c pyproject.toml -r src
	$(BIN)/codespell docs README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md
	$(BIN)/python tools/migrations.py

long: $(VENV)/.dev-stamp
	@sh tools/system_packages.sh
	$(BIN)/python -m pytest -m long -q -s

bench: $(VENV)/.dev-stamp
	@sh tools/system_packages.sh
	$(BIN)/python -m tools.bench

format: $(VENV)/.dev-stamp
	$(BIN)/ruff check --fix -q src tests tools || true
	$(BIN)/ruff format -q src tests tools

requirements: $(VENV)/.dev-stamp
	@$(BIN)/python tools/requirements.py

wheel: $(VENV)/.dev-stamp
	@$(BIN)/python tools/wheel_smoke.py

lock: $(VENV)/.dev-stamp
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements-build.in -o requirements-build.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Watchbill needs Python 3.11 or later; this is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-stamp: $(VENV)/bin/python requirements.lock requirements-build.lock pyproject.toml
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --require-hashes -r requirements-build.lock
	$(BIN)/python -m pip install -q --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev-stamp: $(VENV)/.run-stamp requirements-dev.lock
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) .demo-data build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
