"""All weights that ship, from the data on: `make weights DATA=folder WORK=folder`.

Stages run in order, each a command of its own that can be run alone; a stage that is done is not repeated, one that
was stopped goes on where it can. DATA holds grid_s1, grid_multi and facegood; Debian's flite and festival are needed
for the synthetic voices. All of it takes about 86 CPU-minutes on two cores; at the end it prints what each stage took.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.generator.checkpoint import NETWORK_PREFIX

JAW_OPEN_ANGLE_RAD: Final = "0.3613058626651764"
LICENCE: Final = "Apache-2.0"
_PACKAGE: Final = Path(__file__).parents[1] / "src" / "xtalker"
_SHIPPED: Final = {
    "open.safetensors": _PACKAGE / "generator" / "data", "live.safetensors": _PACKAGE / "generator" / "data",
    "ridge.npz": _PACKAGE / "generator" / "data",
    "ears.safetensors": _PACKAGE / "speech" / "data",
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """One step of the way.

    Attributes:
        name: of its mark.
        run: does it.
    """

    name: str
    run: Callable[[], None]


def stages(data: Path, work: Path) -> list[Stage]:
    """Everything, in order."""
    grid, voices, facegood = work / "grid", work / "voices", work / "facegood"
    taught, clips, heard = work / "taught", work / "clips", work / "heard"
    ears = work / "ears.safetensors"
    return [
        Stage("grid", lambda: _tool("prepare_grid", data, grid)),
        Stage("ridge", lambda: _tool("train_ridge", grid, work / "ridge.npz")),
        Stage("voices", lambda: _tool("voices", data, grid, voices, "--groups", 19)),
        Stage("rest", lambda: _add_missing(grid, voices)),
        Stage("facegood", lambda: _tool("prepare_facegood", data, facegood)),
        Stage("taught", lambda: _tool("teach", taught, "--data", data, "--clips", grid)),
        Stage("clips", lambda: _tool(
            "gather_clips", clips, "--grid", voices, "--facegood", facegood, "--taught", taught, "--data", data,
        )),
        Stage("open", lambda: _train(
            clips, work / "open.safetensors", "--steps", 1800,
            "--about-data", "GRID train clips, FACEGOOD train takes, taught",
        )),
        Stage("ears", lambda: _tool(
            "distil_ears", ears, "--data", data, "--clips", clips, "--cache", work / "ears_cache", "--steps", 1600,
        )),
        Stage("heard", lambda: _tool("hear_again", heard, "--data", data, "--clips", clips, "--ears", ears)),
        Stage("live", lambda: _train(
            heard, work / "live.safetensors", "--recipe", "live", "--steps", 2000,
            "--about-data", "GRID train clips with other voices, FACEGOOD train takes, taught; through the ears",
        )),
        Stage("ship", lambda: _ship(work, clips, heard)),
    ]  # fmt: skip


def _tool(name: str, *words: object) -> None:
    subprocess.run([sys.executable, "-m", f"tools.{name}", *map(str, words)], check=True)


def _train(clips: Path, out: Path, *words: object) -> None:
    kept = ["--resume"] if out.with_suffix(".training.safetensors").exists() else []
    command = [
        "train", "generator", "--data", clips, "--batch", 32, "--learns-styles", "--style-drop", 0.5, "--bfloat16",
        "--licence", LICENCE, "--jaw-open-angle-rad", JAW_OPEN_ANGLE_RAD, *words, *kept, "-o", out,
    ]  # fmt: skip
    subprocess.run([sys.executable, "-m", "xtalker", *map(str, command)], check=True)


def _add_missing(grid: Path, voices: Path) -> None:
    """Clips whose voices were not moved."""
    for path in sorted(grid.glob("*.npz")):
        if not (voices / path.name).exists():
            shutil.copy(path, voices / path.name)


def _ship(work: Path, clips: Path, heard: Path) -> None:
    """The files into the package, with cards."""
    for name, folder in _SHIPPED.items():
        write_halved(work / name, folder / name)
    subprocess.run([sys.executable, "-m", "xtalker.assets.seal", "ridge-open"], check=True)
    _tool("seal_generator", clips)
    _tool("seal_live", heard)


def write_halved(trained: Path, shipped: Path) -> None:
    """A checkpoint with its network in half precision: half the download, motion within 3e-4 of its range.

    It is computed in single precision all the same. Statistics stay exact.
    """
    tensors, said = load_checkpoint(trained)
    halves = {
        name: array.astype(np.float16) if name.startswith(NETWORK_PREFIX) else array for name, array in tensors.items()
    }
    save_checkpoint(shipped, halves, said)


def main() -> int:
    """Do what is not done yet; exit code 0, or that of the stage that failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    for stage in stages(given.data.resolve(), given.work.resolve()):
        mark = given.work / f".done-{stage.name}"
        if mark.exists():
            continue
        print(f"stage {stage.name}", flush=True)
        before = spent_s()
        try:
            stage.run()
        except subprocess.CalledProcessError as fault:
            print(f"error: stage {stage.name} ended with code {fault.returncode}; the same command goes on here",
                  file=sys.stderr)  # fmt: skip
            return fault.returncode
        mark.write_text(json.dumps({key: round(value - before[key], 1) for key, value in spent_s().items()}))
    print(summary(given.work), flush=True)
    return 0


def spent_s() -> dict[str, float]:
    """Seconds by the clock, and of the processor by the stages so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall_s": time.monotonic(), "processor_s": used.ru_utime + used.ru_stime}


def summary(work: Path) -> str:
    """What every stage took when it was last run to its end."""
    took = {mark.name.removeprefix(".done-"): json.loads(mark.read_text() or "{}") for mark in work.glob(".done-*")}
    lines = [
        f"{name:10} {times['wall_s'] / 60:6.1f} min, {times['processor_s'] / 60:6.1f} CPU-minutes"
        for name, times in sorted(took.items(), key=lambda item: (work / f".done-{item[0]}").stat().st_mtime)
        if times
    ]
    total = sum(times.get("processor_s", 0) for times in took.values()) / 60
    return "\n".join([*lines, f"{'all':10} {total:23.1f} CPU-minutes"])


if __name__ == "__main__":
    sys.exit(main())
