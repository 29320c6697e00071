# make run    start Tieline on http://127.0.0.1:8642 with an embedded database
# make test   run every test          make lint   style, types, layers
# Every command installs what it needs into .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev browser run test lint docs screenshots bench lock clean

help:
	@sed -n 's/^# //p' Makefile

setup: $(VENV)/.run-ready
setup-dev: $(VENV)/.dev-ready

$(BIN)/python:
	@scripts/ensure-python $(PYTHON)
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: requirements/run.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-ready: requirements/dev.txt $(VENV)/.run-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

browser:
	@scripts/ensure-browser

run: setup
	TIELINE_ALLOW_PRIVATE_TARGETS=$${TIELINE_ALLOW_PRIVATE_TARGETS-loopback} $(BIN)/tieline serve

test: setup-dev browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py
	$(BIN)/python -m docs.build --check

docs: setup-dev
	$(BIN)/python -m docs.build

screenshots: setup-dev browser
	$(BIN)/python -m docs.screenshots

bench: setup-dev
	$(BIN)/python -m benchmarks

lock: setup-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --output-file requirements/run.txt pyproject.toml requirements/build.in
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --constraint requirements/run.txt --output-file requirements/dev.txt --group dev

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
