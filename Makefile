.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV ?= .venv
PY := $(VENV)/bin/python
export PATH := $(abspath $(VENV))/bin:$(PATH)
PROTOS := $(shell find protos -name '*.proto')

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: protos
protos: gen/.stamp ## Generate code from the contracts into gen/
gen/.stamp: $(PROTOS)
	@rm -rf gen && mkdir -p gen
	@$(PY) -m grpc_tools.protoc -I protos --python_out=gen --grpc_python_out=gen --mypy_out=quiet:gen --mypy_grpc_out=quiet:gen $(PROTOS)
	@touch $@
