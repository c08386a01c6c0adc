"""Whether raters agree: Kendall's W and Krippendorff's alpha for ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

Items = Sequence[Float[np.ndarray, "raters systems"]]
"""For each clip the ranks of its raters; ties share their mean rank."""


def kendall_w(items: Items) -> float | None:
    """Kendall's coefficient of concordance with correction for ties, mean over clips with two or more raters.

    1: all raters rank alike; 0: no more alike than by chance with many raters. None without such a clip, or where
    every rater ties everything.
    """
    found = [w for ranks in items if len(ranks) > 1 and (w := _concordance(ranks)) is not None]
    return float(np.mean(found)) if found else None


def _concordance(ranks: Float[np.ndarray, "raters systems"]) -> float | None:
    raters, systems = ranks.shape
    totals = ranks.sum(axis=0)
    spread = float(((totals - totals.mean()) ** 2).sum())
    ties = sum(float((count**3 - count).sum()) for row in ranks for count in [np.unique(row, return_counts=True)[1]])
    most = raters**2 * (systems**3 - systems) - raters * ties
    return 12 * spread / most if most > 0 else None


def krippendorff_alpha(items: Items) -> float | None:
    """Krippendorff's alpha for ordinal data (2011, with his ordinal distance); units are videos, values their ranks.

    1: agreement; 0: chance; below: systematic disagreement. None where no video has two raters, or all ranks are one.
    """
    units = [column for ranks in items if len(ranks) > 1 for column in ranks.T]
    if not units:
        return None
    values = np.unique(np.concatenate(units))
    counts = np.stack([(unit[:, None] == values).sum(axis=0) for unit in units]).astype(np.float64)
    raters = counts.sum(axis=1)
    pairs = (counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(values))) / (raters - 1)[
        :, None, None
    ]
    coincidence = pairs.sum(axis=0)
    totals = coincidence.sum(axis=0)
    distance = _ordinal(totals)
    expected = float((np.outer(totals, totals) * distance).sum()) / (totals.sum() - 1)
    return None if expected == 0 else 1 - float((coincidence * distance).sum()) / expected


def _ordinal(totals: Float[np.ndarray, "values"]) -> Float[np.ndarray, "values values"]:
    """Squared number of values between two, half of their own included."""
    upto = np.cumsum(totals)
    middle = upto - totals / 2
    return np.asarray((middle[:, None] - middle[None, :]) ** 2)
