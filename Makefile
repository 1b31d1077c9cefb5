# Maestro. `make` lists the targets; `make run` and `make test` set up all that they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:

PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
PY := $(BIN)/python
export PATH := $(BIN):$(PATH)

PROTOS := $(shell find protos -name '*.proto')
QUESTION ?= Quantas entregas do Aurora estão atrasadas em SP?
ROWS ?= 20000

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: run
run: $(VENV)/.run gen/.stamp ## Start the whole mesh on this machine, ask a question, serve until Ctrl-C (ONCE=1: stop after the answer)
	@exec maestro run "$(QUESTION)" --rows $(ROWS) $(if $(ONCE),--once)

.PHONY: setup
setup: $(VENV)/.dev gen/.stamp ## Install everything for development

.PHONY: protos
protos: $(VENV)/.run gen/.stamp ## Generate code from the contracts into gen/

.PHONY: test
test: check ## Everything that CI runs: checks and all tests
	pytest

.PHONY: test-fast
test-fast: setup ## The quick part of the tests
	pytest -m "not slow" -q

.PHONY: check
check: setup ## Formatting, lint, types, contracts, imports, compose file
	ruff format --check --quiet . || { ruff format --diff --quiet .; exit 1; }
	ruff check --quiet .
	buf lint
	buf breaking --against protos/released.binpb
	docker-compose config --quiet
	lint-imports --no-cache
	mypy

.PHONY: format
format: setup ## Format code and contracts
	ruff format --quiet .
	ruff check --fix --quiet .
	buf format -w protos

.PHONY: bench-mesh
bench-mesh: $(VENV)/.run gen/.stamp ## Measure the mesh against a bare gRPC echo; one JSON object on the last line
	@$(PY) -m bench.mesh

.PHONY: bench-index
bench-index: $(VENV)/.run gen/.stamp ## Measure what knowing the indexes is worth, on 5,000,000 deliveries (ROWS=, KEEP=folder, ARGS=--help)
	@$(PY) -m bench.index $(if $(filter file,$(origin ROWS)),,--rows $(ROWS)) $(if $(KEEP),--keep $(KEEP)) $(ARGS)

.PHONY: bench-flow
bench-flow: $(VENV)/.run gen/.stamp ## Measure how fast rows reach a caller, beside bare ADBC (ROWS=, ARGS=--help)
	@$(PY) -m bench.flow $(if $(filter file,$(origin ROWS)),,--rows $(ROWS)) $(ARGS)

.PHONY: bench-cache
bench-cache: $(VENV)/.run gen/.stamp ## Measure cached answers beside a bare gRPC echo chain, and 200 identical questions at once
	@$(PY) -m bench.cache

.PHONY: train
train: setup ## Train the analyzer's models from a folder of question files (FROM=folder, ARGS=--help)
	@test -n "$(FROM)$(ARGS)" || { echo "make train FROM=folder: a folder of question files, see docs/how-to/train.md"; exit 2; }
	$(PY) -m bench.training $(FROM) $(ARGS)

.PHONY: compose-test
compose-test: setup ## Run docker-compose.yml for real on a Docker daemon of its own (needs root, dockerd, debootstrap)
	@$(PY) -m deploy.image.compose_test

.PHONY: release-protos
release-protos: setup ## Make the present contracts the ones that later changes must not break
	buf build -o protos/released.binpb

.PHONY: lock
lock: ## Pin the newest versions of all dependencies, with hashes (needs uv)
	for extra in run dev; do \
	  uv pip compile pyproject.toml --extra $$extra --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-annotate --quiet --custom-compile-command "make lock" \
	    -o requirements/$$extra.txt; \
	done

.PHONY: clean
clean: ## Remove what the targets made, but for the state of the local mesh
	rm -rf gen $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# --- what the targets stand on ------------------------------------------------------------------------------------

$(VENV)/.run: requirements/run.txt requirements/install.py pyproject.toml
	@$(PYTHON) requirements/install.py $(VENV) run
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(PYTHON) requirements/install.py $(VENV) dev
	touch $@

# Made beside and then put in place: a mesh may be running from what is there.
gen/.stamp: $(PROTOS) requirements/run.txt | $(VENV)/.run
	@rm -rf gen.new && mkdir gen.new
	$(PY) -m grpc_tools.protoc -I protos --python_out=gen.new --grpc_python_out=gen.new \
	  --mypy_out=quiet:gen.new --mypy_grpc_out=quiet:gen.new $(PROTOS)
	touch gen.new/.stamp
	rm -rf gen && mv gen.new gen
