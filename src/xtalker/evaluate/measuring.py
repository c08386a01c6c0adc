"""Checkpoints and a folder of clips to a report: what `xtalker evaluate` does."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from xtalker.evaluate import plots
from xtalker.evaluate.bench import set_up
from xtalker.evaluate.clips import TRAIN_STEP, StoredClip
from xtalker.evaluate.datasets import open_dataset
from xtalker.evaluate.report import plain_report
from xtalker.evaluate.suites import SuiteResult, run_suite, suite_names
from xtalker.evaluate.systems import load_systems
from xtalker.performance import parts

_PACKAGES: Final = ("xtalker", "numpy", "onnxruntime", "torch", "numba", "scipy")


@dataclass(frozen=True)
class Asked:
    """What to measure.

    Attributes:
        checkpoints: paths, or `default`; the first one is the one that is drawn and that the baselines vary.
        suite: a name, or `all`.
        data: folder of clips.
        prepared: for GRID videos: prepared clips to take truth from.
        split: test or validation.
        clips: at most so many of each group; None takes all.
        train_step: each how manieth training clip teaches the baselines.
        pictures: whether the report has drawings, if matplotlib is there.
    """

    checkpoints: Sequence[str]
    suite: str
    data: Path
    prepared: Path | None = None
    split: str = "test"
    clips: int | None = None
    train_step: int = TRAIN_STEP
    pictures: bool = True


@dataclass(frozen=True)
class Measured:
    """The findings, for JSON and for the page."""

    report: dict[str, Any]
    results: tuple[SuiteResult, ...]


def measure(asked: Asked, read: Callable[[Path], StoredClip], *, progress: bool = False) -> Measured:
    """Run the suites.

    Args:
        asked: what to measure.
        read: reads one prepared clip.
        progress: show bars.

    Raises:
        InputError: an unknown suite, no clips, a checkpoint that is not there.
        AssetError: a checkpoint or model that cannot be used.
    """
    started = time.perf_counter()
    names = suite_names(asked.suite)
    systems = load_systems(asked.checkpoints)
    dataset = open_dataset(
        asked.data, read=read, split=asked.split, limit=asked.clips, prepared=asked.prepared,
        train_step=asked.train_step,
    )  # fmt: skip
    bench = set_up(dataset, systems, head=parts.open_head(), progress=progress)
    draw = asked.pictures and plots.available()
    results = tuple(run_suite(name, bench, pictures=draw) for name in names)
    about = {"hardware": hardware(), "versions": versions(), "pictures": draw}
    report = plain_report(bench, results, about | {"wall_s": round(time.perf_counter() - started, 1)})
    return Measured(report, results)


def hardware() -> dict[str, Any]:
    """Processor, cores that this process may use, and how busy the machine is."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {"processor": platform.processor() or platform.machine(), "cores": usable, "load_average_1min": load}


def versions() -> dict[str, str]:
    """Python and the packages that matter."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
