# Every target sets up what it needs. Only Python 3.11 or newer and make have to be there.

VENV := .venv
BIN := $(VENV)/bin
PYTHON = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
TORCH := 2.13.0
BENCHMARKS = $(shell grep -l __main__ benchmarks/*.py)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help learn sleep train test coverage slow quick check bench bridges docs clean

help:
	@printf '%-14s %s\n' 'make learn' 'a small language model gets better at interfaces/shop_desk (3 to 6 minutes)'
	@printf '%-14s %s\n' 'make sleep' 'what it learned in its prompt goes into its weights, lesson by lesson (10 minutes)'
	@printf '%-14s %s\n' 'make train' 'the same, in its weights: imitation of an expert (3 minutes, with torch for CPUs)'
	@printf '%-14s %s\n' 'make test' 'the tests'
	@printf '%-14s %s\n' 'make coverage' 'the tests, and how much of the code they run: takes twice as long'
	@printf '%-14s %s\n' 'make slow' 'the tests that make test leaves out'
	@printf '%-14s %s\n' 'make quick' 'the tests of the core'
	@printf '%-14s %s\n' 'make check' 'format, lint, types, order of imports'
	@printf '%-14s %s\n' 'make bench' 'what is claimed about speed and honesty, measured here'
	@printf '%-14s %s\n' 'make bridges' 'every bridge against its real package, each in an environment of its own'
	@printf '%-14s %s\n' 'make docs' 'the documentation, in site/'

learn: $(VENV)/.local
	$(BIN)/firsthand learn interfaces/shop_desk

SLEEPS := runs/make-sleep
sleep: $(VENV)/.train
	@test -f $(SLEEPS)/result.json || $(BIN)/firsthand learn interfaces/shop_desk --out $(SLEEPS) \
		$$(test ! -f $(SLEEPS)/config.json || echo --resume)
	$(BIN)/firsthand sleep $(SLEEPS) --resume

train: $(VENV)/.train
	$(BIN)/firsthand train interfaces/shop_desk --recipe sft

test: $(VENV)/.dev
	$(BIN)/pytest -n 2

coverage: $(VENV)/.dev
	$(BIN)/pytest -n 2 --cov --cov-report=term

slow: $(VENV)/.dev
	$(BIN)/pytest -n 2 -m slow

quick: $(VENV)/.test
	$(BIN)/pytest -n 2 -m 'not model and not slow' tests/test_*.py tests/rollout tests/journal

check: $(VENV)/.dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@status=0; for script in $(BENCHMARKS); do \
		quick=; if grep -q -e '--quick' $$script; then quick=--quick; fi; \
		echo "== $$script $$quick"; $(BIN)/python $$script $$quick || status=1; \
	done; \
	echo '== benchmarks/audit.py --corpus'; $(BIN)/python benchmarks/audit.py --corpus || status=1; \
	exit $$status

bridges: | $(BIN)/pip
	$(BIN)/python tests/bridges/run.py

docs: $(VENV)/.dev
	$(BIN)/python -m firsthand.cli.reference > docs/commands.md
	$(BIN)/python -m firsthand.catalogue.gallery docs/gallery
	$(BIN)/mkdocs build --strict --quiet
	@echo 'The documentation is in site/index.html.'

clean:
	rm -rf $(VENV) .venv-bridges site .coverage* .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.local: pyproject.toml | $(BIN)/pip
	$(PIP) install -e '.[local,report]'
	@touch $@

$(VENV)/.train: pyproject.toml $(VENV)/.torch | $(BIN)/pip
	$(PIP) install -e '.[local,report,train]'
	@touch $@ $(VENV)/.local

$(VENV)/.test: pyproject.toml | $(BIN)/pip
	$(PIP) install -e '.[test]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.torch | $(BIN)/pip
	$(PIP) install -e '.[dev]'
	@touch $@ $(VENV)/.local $(VENV)/.test $(VENV)/.train

# The CPU build: the release of the package index brings gigabytes of CUDA on Linux. Where the index
# of CPU builds cannot be reached, the release is taken from wherever pip finds it.
$(VENV)/.torch: | $(BIN)/pip
	$(BIN)/python -c 'import torch' 2>/dev/null || $(PIP) install --retries 0 --extra-index-url https://download.pytorch.org/whl/cpu 'torch==$(TORCH)'
	@touch $@

$(BIN)/pip:
	@test -n '$(PYTHON)' || { echo 'firsthand needs Python 3.11 or newer, and none was found: install one, or run make PYTHON=/path/to/python3.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo '$(PYTHON) comes without venv: on Debian and Ubuntu, run  apt install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
