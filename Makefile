# salkit: `make figures` builds every figure, `make test` checks everything. Each sets up .venv first where that is needed.

SHELL := /bin/sh
PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
READY := .venv/.ready
HERE := $(CURDIR)

# Nothing of the caller's own Python reaches the commands below: no active environment, user site, kernel or plot settings.
PATH := $(subst $(HERE)/$(BIN):,,$(PATH))
export PATH
export PYTHONNOUSERSITE := 1
export JUPYTER_PREFER_ENV_PATH := 1
export IPYTHONDIR := $(HERE)/.venv/etc/ipython
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONWARNINGS PYTHONDONTWRITEBYTECODE VIRTUAL_ENV CONDA_PREFIX
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIREMENT PIP_CONSTRAINT UV_PYTHON UV_SYSTEM_PYTHON
unexport JUPYTER_PATH JUPYTER_CONFIG_DIR MPLBACKEND MATPLOTLIBRC PYTEST_ADDOPTS

.DEFAULT_GOAL := help
.PHONY: help setup figures evidence test lint notebooks lock clean

help:
	@echo "make figures    build all figures of all notebooks into figures/ (tutorial preset)"
	@echo "make evidence   the same, then the paper-scale figures from stored results, then the ledger in README.md"
	@echo "make test       lint, types, spelling, unit tests, notebook pairs, strict comparison of the notebooks' outputs"
	@echo "make setup      make .venv with the exact versions of requirements.lock (the two above do it themselves)"
	@echo "make lint       check style, format, types and spelling"
	@echo "make notebooks  execute the notebooks' .py sources and renew the .ipynb references beside them"
	@echo "make lock       renew requirements.lock from pyproject.toml (LOCK=--upgrade for newer versions)"
	@echo "make clean      remove .venv and all caches; figures/ and notebooks/ stay"
	@echo "PYTHON=...      the Python >= 3.11 that setup starts from (default python3)"

# The mark of a finished setup is written last and holds this folder's path. Where it differs (folder moved) or where the
# environment's Python does not start, setup runs again.
ifneq ($(shell $(BIN)/python -c 'print(open("$(READY)").read().strip())' 2>/dev/null),$(HERE))
.PHONY: $(READY)
endif

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo "setup: no '$(PYTHON)' found; install Python 3.11 or newer, or name one with PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "setup: '$(PYTHON)' is" $$("$(PYTHON)" -V 2>&1)", need Python 3.11 or newer; name one with PYTHON=/path/to/python3" >&2; exit 1; }
	@command -v uv >/dev/null || "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "setup: '$(PYTHON)' cannot make environments; install its venv package (Debian, Ubuntu: python3-venv) or uv" >&2; exit 1; }
	@rm -f $(READY)
	@rm -rf .venv
	@if command -v uv >/dev/null; then \
	  echo "setup: .venv from requirements.lock, with uv" && \
	  uv venv --quiet --no-project --python "$$(command -v "$(PYTHON)")" .venv && \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  echo "setup: .venv from requirements.lock, with pip (about a minute)" && \
	  "$(PYTHON)" -m venv .venv && \
	  $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@echo "$(HERE)" > $(READY)

figures: setup
	@$(BIN)/salkit figures

evidence: figures
	@$(BIN)/salkit figures 03 04 05 --preset paper --out figures/paper
	@$(BIN)/salkit claims --write README.md

notebooks: setup
	@$(BIN)/salkit notebooks

lint: setup
	@echo "== ruff check"
	@$(BIN)/ruff check --quiet
	@echo "== ruff format"
	@$(BIN)/ruff format --check --quiet
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== codespell"
	@$(BIN)/codespell

test: lint
	@echo "== unit tests and notebook pairs"
	@$(BIN)/python -m pytest -q -n $(JOBS)
	@echo "== notebooks: every output as committed (nbval, strict)"
	@figures=$$(mktemp -d) && trap 'rm -rf "$$figures"' EXIT && SALKIT_FIGURES="$$figures" \
	  $(BIN)/python -m pytest -q -n $(JOBS) --dist loadscope --nbval --nbval-current-env --nbval-cell-timeout=300 notebooks/*.ipynb

lock:
	@command -v uv >/dev/null || { echo "lock: needs uv" >&2; exit 1; }
	@uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --fork-strategy fewest \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements.lock $(LOCK)

clean:
	rm -f $(READY)
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .ipynb_checkpoints notebooks/.ipynb_checkpoints
	find salkit tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
