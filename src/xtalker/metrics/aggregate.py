"""Clips to one figure: mean per person, mean over people, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import require_pair, require_track
from xtalker.values import InputError

RESAMPLES: Final = 2000


@dataclass(frozen=True)
class Summary:
    """A figure over many clips.

    Attributes:
        mean: mean over people of each person's mean over clips.
        low, high: 95 % bootstrap interval of it: people are drawn again, and each one's clips.
        people: number of people.
        clips: number of clips.
    """

    mean: float
    low: float
    high: float
    people: int
    clips: int


def summarise(values: Mapping[str, Float[np.ndarray, "_"]], *, seed: int = 0) -> Summary:
    """Mean and interval.

    Args:
        values: person -> one value for each clip.
        seed: of the bootstrap.

    Raises:
        InputError: nobody, a person without clips, NaN.
    """
    if not values:
        raise InputError("nothing to summarise", received="no people", accepted="at least one", next_step="give clips")
    for person, mine in values.items():
        require_track(mine, f"{person}'s")
    people = [mine.astype(np.float64) for mine in values.values()]
    random = np.random.default_rng(seed)
    # Clips within one person first: with several people, drawing people decides the width.
    means = np.stack([m[random.integers(len(m), size=(RESAMPLES, len(m)))].mean(axis=1) for m in people], axis=1)
    drawn = random.integers(len(people), size=(RESAMPLES, len(people)))
    low, high = np.quantile(np.take_along_axis(means, drawn, axis=1).mean(axis=1), [0.025, 0.975])
    mean = float(np.mean([m.mean() for m in people]))
    return Summary(mean, float(low), float(high), len(people), sum(map(len, people)))


def summarise_difference(
    ours: Mapping[str, Float[np.ndarray, "_"]], theirs: Mapping[str, Float[np.ndarray, "_"]], *, seed: int = 0
) -> Summary:
    """Paired comparison: `summarise` of ours minus theirs, clip by clip.

    Raises:
        InputError: other people, other numbers of clips, NaN.
    """
    if ours.keys() != theirs.keys():
        raise InputError(
            "a paired comparison needs the same people", received=f"{sorted(ours)} and {sorted(theirs)}",
            accepted="the same people on both sides", next_step="score the same clips",
        )  # fmt: skip
    for person in ours:
        require_pair(ours[person], theirs[person])
    return summarise({person: ours[person] - theirs[person] for person in ours}, seed=seed)
