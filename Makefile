# Everything is set up in .venv; every target may be repeated.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT := out
# Idle OpenMP threads spin against numba's otherwise.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: setup demo test test-long test-blender check weights clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

# The main job: the demo portrait speaks the demo speech.
demo: $(READY)
	mkdir -p $(OUT)
	$(BIN)/xtalker demo -o $(OUT)/demo.mp4 --sheet $(OUT)/demo.png

test: $(READY)
	$(BIN)/python -m pytest -m 'not slow' -n 2 --dist loadfile

# Hours of audio, real data: before a release.
test-long: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Files in Blender itself, if it is there; without it every test is skipped and says how to get it.
test-blender: $(READY)
	$(BIN)/python -m pytest tests/export/test_blender.py tests/export/test_blender_import.py

check: $(READY)
	$(BIN)/ruff check src tests tools benchmarks examples
	$(BIN)/ruff format --check src tests tools benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports

# All weights that ship, from the data on: make weights DATA=folder WORK=folder; what is done is not repeated.
DATA ?= data
WORK ?= $(OUT)/weights
weights: $(READY)
	$(BIN)/python -m tools.make_weights $(DATA) $(WORK)

clean:
	rm -rf $(VENV) $(OUT)
