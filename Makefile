# salkit: `make figures` builds every figure, `make test` checks everything. Each sets up .venv first where that is needed.

SHELL := /bin/sh
PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
READY := .venv/.ready
RIVALS := .venv-bench/.ready
SITE_BIN := .venv-site/bin
SITE_READY := .venv-site/.ready
HERE := $(CURDIR)

# Nothing of the caller's own Python reaches the commands below: no active environment, user site, kernel or plot settings.
PATH := $(subst $(HERE)/$(SITE_BIN):,,$(subst $(HERE)/$(BIN):,,$(PATH)))
export PATH
export PYTHONNOUSERSITE := 1
export JUPYTER_PREFER_ENV_PATH := 1
export IPYTHONDIR := $(HERE)/.venv/etc/ipython
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONWARNINGS PYTHONDONTWRITEBYTECODE VIRTUAL_ENV CONDA_PREFIX
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIREMENT PIP_CONSTRAINT UV_PYTHON UV_SYSTEM_PYTHON
unexport JUPYTER_PATH JUPYTER_CONFIG_DIR MPLBACKEND MATPLOTLIBRC PYTEST_ADDOPTS
# With these set pytest writes out the whole difference of what does not compare equal: of two pictures, for hours.
unexport CI BUILD_NUMBER

.DEFAULT_GOAL := help
.PHONY: help setup figures evidence compiled test test-cuda bench profile lint notebooks site test-site lock clean

help:
	@echo "make figures    build all figures of all notebooks into figures/ (tutorial preset)"
	@echo "make evidence   the same, then the paper-scale figures from stored results, then the ledger in README.md"
	@echo "make test       lint, types, spelling, unit tests, notebook pairs, strict comparison of the notebooks' outputs"
	@echo "make test-cuda  the CUDA sources: compiled for three generations of GPUs, and held bit for bit to the CPU; no GPU needed"
	@echo "make setup      make .venv with the exact versions of requirements.lock (the ones above do it themselves)"
	@echo "make bench      measure this machine, beside Brian2 and NEST in an environment of their own (about 20 minutes)"
	@echo "make profile    where the time goes in the kernels; NOTEBOOKS='01 02' or NOTEBOOKS=all: in notebooks, too, by function"
	@echo "make lint       check style, format, types and spelling"
	@echo "make notebooks  execute the notebooks' .py sources and renew the .ipynb references beside them"
	@echo "make site       build the web pages into build/site/ (own environment: .venv-site)"
	@echo "make test-site  build them and test them in a headless Chromium"
	@echo "make lock       renew requirements.lock and requirements/*.lock from pyproject.toml (LOCK=--upgrade for newer versions)"
	@echo "make clean      remove the environments, build/ and all caches; figures/ and notebooks/ stay"
	@echo "PYTHON=...      the Python >= 3.11 that setup starts from (default python3)"

# The mark of a finished setup is written last and holds this folder's path. Where it differs (folder moved) or where the
# environment's Python does not start, setup runs again.
ifneq ($(shell $(BIN)/python -c 'print(open("$(READY)").read().strip())' 2>/dev/null),$(HERE))
.PHONY: $(READY)
endif

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	$(call check-python,setup)
	@rm -f $(READY)
	$(call environment,setup,.venv,requirements.lock)
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@echo "$(HERE)" > $(READY)

# The site's own environment: the same, under another name.
ifneq ($(shell $(SITE_BIN)/python -c 'print(open("$(SITE_READY)").read().strip())' 2>/dev/null),$(HERE))
.PHONY: $(SITE_READY)
endif

$(SITE_READY): requirements/site.lock
	$(call check-python,site)
	@rm -f $(SITE_READY)
	$(call environment,site,.venv-site,requirements/site.lock)
	@echo "$(HERE)" > $(SITE_READY)

# $(1): who speaks
define check-python
@command -v "$(PYTHON)" >/dev/null || \
  { echo "$(1): no '$(PYTHON)' found; install Python 3.11 or newer, or name one with PYTHON=/path/to/python3" >&2; exit 1; }
@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
  { echo "$(1): '$(PYTHON)' is" $$("$(PYTHON)" -V 2>&1)", need Python 3.11 or newer; name one with PYTHON=/path/to/python3" >&2; exit 1; }
@command -v uv >/dev/null || "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
  { echo "$(1): '$(PYTHON)' cannot make environments; install its venv package (Debian, Ubuntu: python3-venv) or uv" >&2; exit 1; }
endef

# $(1): who speaks, $(2): folder, $(3): lock
define environment
@rm -rf $(2)
@if command -v uv >/dev/null; then \
  echo "$(1): $(2) from $(3), with uv" && \
  uv venv --quiet --no-project --python "$$(command -v "$(PYTHON)")" $(2) && \
  uv pip install --quiet --compile-bytecode --python $(2)/bin/python --require-hashes -r $(3) ; \
else \
  echo "$(1): $(2) from $(3), with pip (about a minute)" && \
  "$(PYTHON)" -m venv $(2) && \
  $(2)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $(3) ; \
fi
endef

figures: setup
	@$(BIN)/salkit figures

evidence: figures
	@$(BIN)/salkit figures 03 04 05 06 07 08 09 10 --preset paper --out figures/paper
	@$(BIN)/salkit overview
	@$(BIN)/salkit claims --write README.md

notebooks: setup
	@$(BIN)/salkit notebooks

# Brian2 and NEST want an older NumPy: they stay out of .venv.
$(RIVALS): requirements/bench.lock | $(READY)
	@rm -rf .venv-bench
	@if command -v uv >/dev/null; then \
	  echo "setup: .venv-bench from requirements/bench.lock, with uv" && \
	  uv venv --quiet --no-project --python "$$(command -v "$(PYTHON)")" .venv-bench && \
	  uv pip install --quiet --python .venv-bench/bin/python --require-hashes -r requirements/bench.lock ; \
	else \
	  echo "setup: .venv-bench from requirements/bench.lock, with pip (about a minute)" && \
	  "$(PYTHON)" -m venv .venv-bench && \
	  .venv-bench/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/bench.lock ; \
	fi
	@touch $(RIVALS)

bench: setup $(RIVALS)
	@$(BIN)/salkit bench --compare --rivals .venv-bench/bin/python

profile: setup
	@$(BIN)/python -m salkit.bench.profile $(NOTEBOOKS)

lint: setup
	@echo "== ruff check"
	@$(BIN)/ruff check --quiet
	@echo "== ruff format"
	@$(BIN)/ruff format --check --quiet
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== codespell"
	@$(BIN)/codespell

# The compiler works while lint does: what both make stands in one cache, from which every process of the tests starts.
COMPILED := .pytest_cache/numba/compiled

compiled: setup
	@$(BIN)/python tests/compiled.py $(COMPILED)

test: setup
	@$(MAKE) --no-print-directory -j 2 lint compiled
	@echo "== unit tests and notebook pairs"
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal
	@echo "== notebooks: every output as committed (nbval, strict)"
	@figures=$$(mktemp -d) && trap 'rm -rf "$$figures"' EXIT && SALKIT_FIGURES="$$figures" \
	  NUMBA_CACHE_DIR="$(HERE)/$(COMPILED)" \
	  $(BIN)/python -m pytest -q -n $(JOBS) --dist loadscope --nbval --nbval-current-env --nbval-cell-timeout=300 notebooks/*.ipynb

# CuPy and NVRTC stand in an environment of their own, on top of .venv; then nothing but a GPU may be missing.
CUDA := .venv-cuda
$(CUDA)/.ready: requirements/cuda.lock $(READY)
	@rm -rf $(CUDA)
	@echo "setup: $(CUDA) from requirements/cuda.lock (half a gigabyte)"
	@$(BIN)/python -m venv $(CUDA)
	@$(CUDA)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps -r requirements/cuda.lock
	@$(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \
	  > "$$($(CUDA)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/base.pth"
	@echo "$(HERE)" > $(CUDA)/.ready

test-cuda: setup $(CUDA)/.ready
	@echo "== CUDA sources: compiled, and built for the host against the CPU kernels"
	@$(CUDA)/bin/python -m pytest -q -n $(JOBS) --require-tools tests/test_cuda.py tests/test_kernels.py

site: $(SITE_READY)
	@rm -rf build/site
	@$(SITE_BIN)/python -m sphinx -q -E -W --keep-going -b html -d build/doctrees docs build/site
	@echo "site: open build/site/index.html"

test-site: $(SITE_READY)
	@$(SITE_BIN)/python tests/site/browser.py
	@$(MAKE) --no-print-directory site
	@$(SITE_BIN)/python -m pytest -q -c tests/site/pytest.ini tests/site

lock:
	@command -v uv >/dev/null || { echo "lock: needs uv" >&2; exit 1; }
	@uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --fork-strategy fewest \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements.lock $(LOCK)
	@"$(PYTHON)" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"], sep="\n")' | \
	  uv pip compile - --universal --python-version 3.11 --fork-strategy fewest \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements/bench.lock $(LOCK)
	@"$(PYTHON)" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["cuda12"], sep="\n")' | \
	  uv pip compile - --constraint requirements.lock --no-emit-package numpy --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements/cuda.lock $(LOCK)
	@uv pip compile pyproject.toml --extra site --constraint requirements.lock --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --no-header --no-annotate --quiet --output-file requirements/site.lock $(LOCK)

clean:
	rm -f .venv*/.ready
	rm -rf .venv .venv-cuda .venv-bench .venv-site build dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .ipynb_checkpoints notebooks/.ipynb_checkpoints
	find salkit tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
