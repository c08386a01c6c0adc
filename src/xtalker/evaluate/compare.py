"""Rows against each other: how sure a mean is, and how sure a difference on the same clips is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from xtalker.evaluate.scores import MEDIAN, Row
from xtalker.metrics import summarise
from xtalker.metrics.aggregate import RESAMPLES

_QUANTILES: Final = (0.025, 0.975)

PerPerson = Mapping[str, Float[np.ndarray, "_"]]


def interval_by_clip(values: PerPerson, *, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean over people when only clips are drawn again: these very people, other sentences.

    `metrics.summarise` draws people too. With one person both are alike; with few people that one is the honest
    interval for everybody else, and this one tells systems apart on these.
    """
    random = np.random.default_rng(seed)
    drawn = [m[random.integers(len(m), size=(RESAMPLES, len(m)))].mean(axis=1) for m in values.values()]
    low, high = np.quantile(np.mean(drawn, axis=0), _QUANTILES)
    return float(low), float(high)


def median_interval(values: PerPerson, *, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the median over clips."""
    pooled = np.concatenate(list(values.values()))
    drawn = pooled[np.random.default_rng(seed).integers(len(pooled), size=(RESAMPLES, len(pooled)))]
    low, high = np.quantile(np.median(drawn, axis=1), _QUANTILES)
    return float(low), float(high)


def figures_with_intervals(row: Row) -> dict[str, dict[str, Any]]:
    """Of each figure: value, interval by person and by clip, clips, people, value of each person; None without any."""
    return {name: _figure(row, name) for name in row.figures}


def _figure(row: Row, name: str) -> dict[str, Any]:
    values = row.values(name)
    if not values:
        return {"value": None, "clips": 0, "people": 0}
    counts = {"value": row.figure(name), "clips": sum(map(len, values.values())), "people": len(values)}
    if name in MEDIAN:
        each = {person: float(np.median(mine)) for person, mine in values.items()}
        return counts | {"by_clip_95": list(median_interval(values)), "per_person": each}
    whole = summarise(values)
    each = {person: float(mine.mean()) for person, mine in values.items()}
    intervals = {"by_person_95": [whole.low, whole.high], "by_clip_95": list(interval_by_clip(values))}
    return counts | intervals | {"per_person": each}


def paired(ours: Row, theirs: Row, name: str) -> dict[str, Any] | None:
    """Ours minus theirs on the clips that both have, with intervals and the share of clips in which ours is smaller.

    None where no clip has the figure in both rows.
    """
    assert ours.speakers == theirs.speakers, "rows of the same clips"
    apart: dict[str, list[float]] = {}
    for person, one, other in zip(ours.speakers, ours.clips, theirs.clips):
        difference = one[name] - other[name]
        if np.isfinite(difference):
            apart.setdefault(person, []).append(difference)
    if not apart:
        return None
    values = {person: np.array(mine) for person, mine in apart.items()}
    whole = summarise(values)
    pooled = np.concatenate(list(values.values()))
    return {
        "difference": whole.mean, "by_person_95": [whole.low, whole.high],
        "by_clip_95": list(interval_by_clip(values)), "share_smaller": float((pooled < 0).mean()),
        "clips": whole.clips, "people": whole.people,
    }  # fmt: skip
