# Everything a person types. `make help` explains each target; continuous integration calls the same ones.

.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXAMPLE := docs/chat-archive.example.yaml
LOCK := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
  --no-emit-index-url --no-emit-find-links --no-emit-package chat-history-archive --no-header
BENCH_VENV := .venv-bench
BENCH_BIN := $(BENCH_VENV)/bin
SPARK_LOCK := tests/docs/spark.lock
LINES := 2000000
RUNS := 5
SEED := 1
FAULTS := 1000
AT_A_TIME := --numprocesses 3 --dist loadfile --no-loadscope-reorder
WRITE_FIGURES = $(if $(WRITE),--write docs/reliability.md)

.PHONY: help
help: ## Explain every target.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  make demo UI=1  The demo, with the Dagster UI kept running until Ctrl-C."
	@echo "  make bench ONLY=day LINES=200000 RUNS=1  One question, smaller and quicker."
	@echo "  make chaos WRITE=1  The figures go into docs/reliability.md as well; make crash WRITE=1 likewise."

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV); this takes a minute."
	@$(PYTHON) -m venv --clear $(VENV)
	@awk '/^[^ ]/ { is_uv = /^uv==/ } is_uv' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@$(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
	  || { echo "uv, which reads no settings of pip's, could not; pip takes some minutes."; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: install
install: $(VENV)/.installed ## Make .venv with everything that is needed.

.PHONY: demo
demo: install ## Archive three simulated days on this machine, and query them.
	@$(BIN)/python -m pipelines.demo $(if $(UI),--ui)

.PHONY: test
test: install ## Run the tests that this machine has the servers for, and say what was left out.
	@$(BIN)/python -m pytest $(AT_A_TIME)

.PHONY: test-all
test-all: install servers spark ## Install the Debian packages that are missing, and run every test.
	@$(BIN)/python -m pytest --everything $(AT_A_TIME)

.PHONY: servers
servers: ## Install the Debian packages that tests start servers from; needs root or sudo.
	@tests/servers/install.sh

.PHONY: chaos
chaos: install ## Inject seeded faults for minutes, then compare the archive with the truth; SEED="1 2" FAULTS=1000.
	@$(BIN)/python -m tests.chaos --seed $(SEED) --faults $(FAULTS) $(WRITE_FIGURES)

.PHONY: crash
crash: install ## Kill a run at every step and at every system call that writes, and print the figures.
	@$(BIN)/python -m tests.crash $(WRITE_FIGURES)

.PHONY: test-unit
test-unit: install ## Run the tests that need no S3 or Redis server.
	@$(BIN)/python -m pytest -m "not integration" $(AT_A_TIME)

.PHONY: spark
spark: install ## Install Spark beside the rest, for the tests of its part of docs/querying.md; needs Java.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-build-isolation --require-hashes -r $(SPARK_LOCK)

.PHONY: check
check: install ## Lint, types, floors, whether Dagster loads the definitions, and known vulnerabilities.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports
	CHAT_ARCHIVE_CONFIG=$(EXAMPLE) $(BIN)/dagster definitions validate -w workspace.yaml --log-level warning
	$(BIN)/python -m tests.audit

.PHONY: audit
audit: install ## Ask whether anything in requirements.lock has a known vulnerability.
	@$(BIN)/python -m tests.audit

.PHONY: format
format: install ## Format the code and mend what the linter can mend.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: install ## Write the data dictionary from the schemas, and the catalogue of faults from the tests.
	@$(BIN)/python -m assets.data_dictionary > docs/data-dictionary.md
	@$(BIN)/python -m tests.fault_catalogue > docs/fault-catalogue.md

.PHONY: pictures
pictures: install ## Take the pictures of docs/operating.md in the Dagster UI; needs Chromium.
	@$(BIN)/python -m tests.browser.pictures

.PHONY: lock
lock: install ## Renew the three locks, requirements.lock first, from pyproject.toml.
	$(LOCK) --extra dev --upgrade --output-file requirements.lock pyproject.toml
	$(LOCK) --extra postgres --extra redis --constraint requirements.lock --output-file deploy/requirements.lock pyproject.toml
	$(LOCK) --group spark --upgrade --output-file $(SPARK_LOCK)

$(BENCH_VENV)/.installed: tests/benchmarks/requirements.txt pyproject.toml
	@echo "Installing into $(BENCH_VENV); this takes a minute or two."
	@$(PYTHON) -m venv --clear $(BENCH_VENV)
	@$(PYTHON) -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	  print(*[each for each in project["dependencies"] if not each.startswith(("dagster", "duckdb"))], sep="\n")' \
	  > $(BENCH_VENV)/requirements.txt
	@$(BENCH_BIN)/python -m pip install -qq --disable-pip-version-check \
	  -r $(BENCH_VENV)/requirements.txt -r tests/benchmarks/requirements.txt
	@$(BENCH_BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: bench
bench: install $(BENCH_VENV)/.installed ## Measure conversion against its peers, and write docs/performance.md.
	@$(BENCH_BIN)/python -m tests.benchmarks --lines $(LINES) --runs $(RUNS) $(if $(ONLY),--only $(ONLY))

.PHONY: bench-month
bench-month: install $(BENCH_VENV)/.installed ## Measure queries over a month, and write docs/query-performance.md.
	@$(BENCH_BIN)/python -m tests.benchmarks.month

.PHONY: clean
clean: ## Remove .venv and everything tools have left behind.
	rm -rf $(VENV) $(BENCH_VENV) .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .import_linter_cache
