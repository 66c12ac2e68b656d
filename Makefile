# The commands of the house. CI calls the same targets and nothing else (.ci/run).
# A fresh machine needs Python >= 3.11 with venv, and make; everything else is installed into .venv.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
MEASURING := .venv/.measuring
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup up demo check test test-kafka bench chaos fuzz verify.pyz contracts docs format lock compose-env clean
MAKEFLAGS += --no-print-directory

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv with everything in it, and the command .venv/bin/duban

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Duban needs Python 3.11 or later; name one: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "Python's venv is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

up: $(STAMP) ## Run the whole stack here until Ctrl-C (ARGS="--data DIR --port-base 9000")
	$(BIN)/duban up $(ARGS)

demo: $(STAMP) ## Play a sample inspection round on the whole stack, and stop (ARGS="--scale city")
	$(BIN)/duban demo $(ARGS)

compose-env: $(STAMP) ## Draw the secrets that docker-compose.yml needs (.env, deploy/keys)
	@$(BIN)/python deploy/make_env.py

check: $(STAMP) ## Check format, lint, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) ## Run all tests on the embedded PostgreSQL and broker (ARGS="-k closing")
	$(BIN)/python -m pytest $(ARGS)

test-kafka: $(STAMP) ## Run the messaging and end-to-end tests on Apache Kafka (needs Java 17, Maven)
	$(BIN)/python -m pytest -m kafka --broker apache $(ARGS)

$(MEASURING): $(STAMP) requirements-measure.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-measure.txt
	@touch $@

bench: $(MEASURING) ## Measure beside floors and peers (ARGS="--list", ARGS="--only append --size 0.1")
	$(BIN)/python -m bench $(ARGS)

fuzz: $(MEASURING) ## Call every route and feed every topic with nonsense (ARGS="--minutes 5 --seed 1")
	$(BIN)/python -m tests.fuzz $(ARGS)

chaos: $(STAMP) ## Strike the whole stack while users work, then check all (ARGS="--minutes 5 --seed 7")
	$(BIN)/python -m tests.chaos $(ARGS)

verify.pyz: ## Pack the offline verifier into one file, the same bytes on every machine
	$(PYTHON) -m shared.verifier.build $@

contracts: $(STAMP) ## Add missing stored samples, publish the JSON Schemas of all events
	$(BIN)/python -m tests.contracts.make_corpus

docs: $(STAMP) ## Make the generated pages anew: requirements, events, HTTP interfaces
	$(BIN)/python -m docs.generate

format: $(STAMP) ## Bring the code into its format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# Which index answers is the machine's affair: its address never enters a file.
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --no-emit-options

lock: $(STAMP) ## Pin the newest acceptable packages, with hashes (ARGS="--upgrade")
	$(COMPILE) $(ARGS) --output-file requirements.txt requirements.in
	$(COMPILE) $(ARGS) --output-file requirements-dev.txt requirements-dev.in
	$(COMPILE) $(ARGS) --output-file requirements-measure.txt requirements-measure.in

clean: ## Remove the environment and everything that was made here
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find shared services tests -name __pycache__ -type d -prune -exec rm -rf {} +
