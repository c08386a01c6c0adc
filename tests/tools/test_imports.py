import json
import subprocess
import sys

import pytest

MODULES = (
    "clip_sounds", "distil_ears", "gather_clips", "hear_again", "prepare_facegood", "prepare_grid", "teach.heard",
    "train_sync.corpus", "voices",
)  # fmt: skip
CODE = """
import importlib, json, os
before = dict(os.environ)
for name in {modules}:
    importlib.import_module("tools." + name)
print(json.dumps(sorted(set(os.environ.items()) ^ set(before.items()))))
"""


def test_imports_leave_the_number_of_threads_as_it_was():
    """Numba refuses to go on when its number of threads changes in the environment after they were started."""
    pytest.importorskip("torch", reason="some of the tools train")
    code = CODE.format(modules=MODULES)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [name for name, _ in json.loads(said.stdout) if name.endswith("_THREADS")] == []
