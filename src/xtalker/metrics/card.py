"""What a figure means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["lower", "higher", "nearer to perfect", "nearer to truth"]


@dataclass(frozen=True)
class Card:
    """Everything needed to compare a figure with somebody else's.

    Attributes:
        name: of the function and of the figure in reports.
        quantity: what is measured, pose handling and aggregation over frames included.
        unit: of the result.
        region: which vertices, landmarks or frames.
        direction: which way is better.
        perfect: the best score; None where only truth's own score tells.
        source: where the definition comes from.
        known_failure: what it cannot see or gets wrong.
    """

    name: str
    quantity: str
    unit: str
    region: str
    direction: Direction
    perfect: float | None
    source: str
    known_failure: str
