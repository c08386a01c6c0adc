# Everything is set up in .venv; every target may be repeated.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.ready-dev
# Tests of what an installation without PyTorch can do; another interpreter: make test-inference PYTHON=python3.13
LIGHT := .venv-inference
LIGHT_READY := $(LIGHT)/.ready
PIP := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
OUT := out
# Idle OpenMP threads of PyTorch spin against numba's otherwise.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: setup demo test test-inference test-long test-blender check weights clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) --editable .
	touch $@

$(DEV): $(READY)
	@echo 'Development needs PyTorch: about 250 MB where a CPU build is configured, else several GB of CUDA libraries.'
	$(BIN)/python $(PIP) --editable '.[dev]'
	touch $@

$(LIGHT_READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(LIGHT)
	$(LIGHT)/bin/python $(PIP) --editable '.[test]'
	touch $@

# The main job: the demo portrait speaks the demo speech.
demo: $(READY)
	mkdir -p $(OUT)
	$(BIN)/xtalker demo -o $(OUT)/demo.mp4 --sheet $(OUT)/demo.png

test: $(DEV)
	$(BIN)/python -m pytest -m 'not slow' -n 2 --dist loadfile

# Without PyTorch: what needs it is skipped, and said to be.
test-inference: $(LIGHT_READY)
	$(LIGHT)/bin/python -c 'import sys, importlib.util as u; sys.exit("PyTorch is installed here" if u.find_spec("torch") else print("Python", sys.version))'
	$(LIGHT)/bin/python -m pytest -m 'not slow' -n 2 --dist loadfile

# Hours of audio, real data: before a release.
test-long: $(DEV)
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Files in Blender itself, if it is there; without it every test is skipped and says how to get it.
test-blender: $(DEV)
	$(BIN)/python -m pytest tests/export/test_blender.py tests/export/test_blender_import.py

check: $(DEV)
	$(BIN)/ruff check src tests tools benchmarks examples
	$(BIN)/ruff format --check src tests tools benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports

# All weights that ship, from the data on: make weights DATA=folder WORK=folder; what is done is not repeated.
DATA ?= data
WORK ?= $(OUT)/weights
weights: $(DEV)
	$(BIN)/python -m tools.make_weights $(DATA) $(WORK)

clean:
	rm -rf $(VENV) $(LIGHT) $(OUT)
