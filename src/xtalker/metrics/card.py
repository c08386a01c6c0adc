"""What a figure means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["lower", "higher", "nearer to perfect", "nearer to truth", "none"]
"""Which way is better; "none" for a figure that describes and does not judge."""


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
        span: smallest and largest value that it can take; None where there is no bound.
        in_summaries: False for definitions that are kept only to compare with figures published under them; tables
            for people leave these out.
    """

    name: str
    quantity: str
    unit: str
    region: str
    direction: Direction
    perfect: float | None
    source: str
    known_failure: str
    span: tuple[float | None, float | None] = (None, None)
    in_summaries: bool = True
