# One command each; `make` alone lists them.
PYTHON ?= python3.11
PORT ?= 8000
HOST ?= 127.0.0.1
# Processes that test side by side; a file's tests stay in one.
WORKERS ?= 2
RUN = .venv/bin/python

.PHONY: help setup serve test test-long check format figures mutants locks clean

help:
	@echo "make serve   build .venv if it is missing and serve on http://127.0.0.1:$(PORT)"
	@echo "make test    everything in small versions, at most 8 minutes"
	@echo "make check   lint, types, import contracts"
	@echo "make setup   .venv with everything for training and tests"
	@echo "make figures  docs/figures.md: the shipped bundles on every set of DATA=../shared/data"
	@echo "make test-long | make mutants | make format | make locks | make clean"

# A venv of the full lock also serves: the full lock is a superset of the serving lock with the same pins.
# Where it is there, it is first brought up to date with its own lock.
.venv/.serve: requirements/serve.lock $(wildcard .venv/.full)
	@test -e .venv/.full || { $(PYTHON) -m venv .venv && \
		.venv/bin/pip install --quiet --disable-pip-version-check -r requirements/serve.lock; }
	@touch .venv/.serve

.venv/.full: requirements/full.lock
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r requirements/full.lock
	@touch .venv/.serve .venv/.full

setup: .venv/.full

serve: .venv/.serve
	$(RUN) -m service serve --host $(HOST) --port $(PORT)

test: .venv/.full
	$(RUN) -m pytest -m "not long" -n $(WORKERS) --dist loadfile

test-long: .venv/.full
	$(RUN) -m pytest --figures docs/figures.json

check: .venv/.full
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	.venv/bin/lint-imports

format: .venv/.full
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

DATA ?= ../shared/data
figures: .venv/.full
	$(RUN) -m eval.figures $(DATA) -o docs/figures.md

mutants: .venv/.full
	tests/mutants.sh

locks:
	./requirements/lock.sh

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
