"""Opens files where users open them: in Blender, by its own importers or by our add-on.

    apt-get install blender python3-numpy       # Debian: 3.4
    python3.11 -m venv FOLDER && FOLDER/bin/pip install bpy==4.2.0      # Blender as a module, GPL: a test tool only
    XTALKER_BLENDER=FOLDER/bin/python make test-blender

`inside` runs there, in a process of its own, and writes where every vertex is in every frame.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

INSIDE = Path(__file__).parent / "inside.py"
INSTALL = (
    "apt-get install blender python3-numpy; or pip install bpy==4.2.0 in a venv, and XTALKER_BLENDER=VENV/bin/python"
)
_TIMEOUT_S = 300


@dataclass(frozen=True)
class Opened:
    """What Blender made of a file.

    Attributes:
        facts: version, frames and rate of the scene, strips, shading, shape keys, pictures, bones; see `inside`.
        vertices: mesh object -> (frames, vertices, 3), metres, y up.
    """

    facts: dict[str, Any]
    vertices: dict[str, np.ndarray]


def blender_command() -> list[str] | None:
    """How to run a script in Blender here: the program, or a Python with bpy named by XTALKER_BLENDER; None without."""
    named = os.environ.get("XTALKER_BLENDER") or shutil.which("blender")
    if named is None:
        return None
    if "python" in Path(named).name:
        return [named, str(INSIDE)]
    return [named, "--background", "--factory-startup", "--python-exit-code", "1", "--python", str(INSIDE), "--"]


def blender_version(command: list[str]) -> tuple[int, ...]:
    """Version of that Blender."""
    script = "import bpy; print('VERSION', *bpy.app.version)"
    if command[-1] == "--":
        ask = [command[0], "--background", "--factory-startup", "--python-expr", script]
    else:
        ask = [command[0], "-c", script]
    done = subprocess.run(ask, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    line = next(line for line in done.stdout.splitlines() if line.startswith("VERSION"))
    return tuple(int(word) for word in line.split()[1:])


def opened(command: list[str], path: Path, *, frames: int, addon: Path | None, out: Path) -> Opened:
    """Import a file and watch it move.

    Args:
        command: of `blender_command`.
        path: the file.
        frames: of the take; frame i is looked at i / 25 s after the start.
        addon: our add-on's file; None takes Blender's own importer as it comes.
        out: a folder for the answer.

    Raises:
        RuntimeError: Blender did not answer; with what it said.
    """
    out.mkdir(exist_ok=True)
    job = {"path": str(path), "frames": frames, "addon": None if addon is None else str(addon), "out": str(out)}
    done = subprocess.run([*command, json.dumps(job)], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    # The bpy wheel may fall over at its exit, after all work: what counts is the answer.
    if not (out / "facts.json").is_file():
        raise RuntimeError(f"Blender gave no answer: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    with np.load(out / "vertices.npz", allow_pickle=False) as file:
        vertices = {name: file[name] for name in file.files}
    return Opened(json.loads((out / "facts.json").read_text(encoding="utf-8")), vertices)
