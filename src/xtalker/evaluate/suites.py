"""The suites by name, and what one gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, Final, Literal

from xtalker.evaluate.bench import Bench
from xtalker.evaluate.scores import MEDIAN, Row
from xtalker.metrics import METRICS, card_of
from xtalker.values import InputError

SUITES: Final[Mapping[str, str]] = {
    "lips": "xtalker.evaluate.suite_lips:run",
    "emotion": "xtalker.evaluate.suite_emotion:run",
    "pose": "xtalker.evaluate.suite_pose:run",
    "speed": "xtalker.evaluate.suite_speed:run",
    "robust": "xtalker.evaluate.suite_robust:run",
}
"""Name -> "module:function" from a Bench to a SuiteResult."""


@dataclass(frozen=True)
class Table:
    """Rows of the same clips.

    Attributes:
        title: which clips, under which condition.
        rows: system or baseline -> its figures.
        clip_names: of the rows' clips.
        baselines: False where baselines have no meaning, which `notes` of the suite explains.
    """

    title: str
    rows: Mapping[str, Row]
    clip_names: Sequence[str]
    baselines: bool = True


@dataclass(frozen=True)
class Picture:
    """A drawing of the report.

    Attributes:
        title: what is drawn.
        caption: how to read it.
        png: the file.
    """

    title: str
    caption: str
    png: bytes


@dataclass(frozen=True)
class SuiteResult:
    """What a suite found.

    Attributes:
        name: key of SUITES.
        figures: figure -> metric whose card defines it, in the order of the tables.
        tables: one for each group of clips or condition.
        not_computed: figure or question -> why there is no answer.
        notes: what a reader must know.
        pictures: drawings.
    """

    name: str
    figures: Mapping[str, str]
    tables: tuple[Table, ...]
    not_computed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


Pictures = Literal["all", "none"]


def suite_names(asked: str) -> tuple[str, ...]:
    """One suite, or all.

    Raises:
        InputError: no such suite.
    """
    if asked == "all":
        return tuple(SUITES)
    if asked not in SUITES:
        raise InputError(
            "unknown suite", received=asked, accepted=f"{', '.join(SUITES)}, all", next_step="choose one of these"
        )
    return (asked,)


def run_suite(name: str, bench: Bench, *, pictures: bool) -> SuiteResult:
    """Run one suite.

    Args:
        name: key of SUITES.
        bench: clips and systems.
        pictures: whether to draw; needs matplotlib (the extra `plots`).
    """
    module, function = SUITES[name].split(":")
    run: Callable[[Bench, bool], SuiteResult] = getattr(import_module(module), function)
    return run(bench, pictures)


def definitions(figures: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The card behind every figure."""
    return {
        figure: asdict(card_of(METRICS[metric]))
        | {"over_clips": "median" if figure in MEDIAN else "mean per person, then mean"}
        for figure, metric in figures.items()
    }
