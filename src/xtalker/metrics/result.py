"""A figure with everything that makes it comparable: one line of a report."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from typing import Final, Literal

import numpy as np
from jaxtyping import Int

from xtalker.metrics.aggregate import Summary
from xtalker.metrics.card import Card
from xtalker.values.conventions import FRAME_RATE_HZ

Pose = Literal["canonical", "posed", "none"]

AGGREGATION: Final = "mean over clips, then over people; 95 % bootstrap over people and their clips"


@dataclass(frozen=True)
class Result:
    """One line of a report.

    Attributes:
        metric: name of the definition.
        value: mean over people of the mean over clips.
        low, high: 95 % bootstrap interval.
        unit: of the value.
        region: name of the region that was given, "" where the metric takes none.
        region_hash: first 12 hexadecimal digits of the hash of its indices; "" without one.
        pose: canonical (head pose removed), posed, or none where it has no meaning.
        aggregation: from clips to one figure.
        frame_rate_hz: of the motion.
        clips: number of clips.
        people: number of people.
    """

    metric: str
    value: float
    low: float
    high: float
    unit: str
    region: str
    region_hash: str
    pose: Pose
    aggregation: str
    frame_rate_hz: int
    clips: int
    people: int


def report_line(
    card: Card, summary: Summary, *, pose: Pose, region: str = "", indices: Int[np.ndarray, "_"] | None = None
) -> Result:
    """A summary with its card.

    Args:
        card: of the metric.
        summary: over clips and people.
        pose: how the head's pose was handled.
        region: its name.
        indices: of the region.
    """
    return Result(
        card.name, summary.mean, summary.low, summary.high, card.unit, region,
        "" if indices is None else region_hash(indices), pose, AGGREGATION, FRAME_RATE_HZ, summary.clips,
        summary.people,
    )  # fmt: skip


def region_hash(indices: Int[np.ndarray, "_"]) -> str:
    """Twelve hexadecimal digits that are equal for equal sets of indices, whatever their order."""
    return sha256(np.unique(indices).astype("<i8").tobytes()).hexdigest()[:12]


def card_of(reference: str) -> Card:
    """The card that belongs to a "module:function" of METRICS."""
    card = import_module(reference.partition(":")[0]).CARD
    assert isinstance(card, Card)
    return card
