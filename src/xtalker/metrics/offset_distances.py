"""Distances of mouth and speech embeddings at every offset: what all measures of synchrony start from.

Column k belongs to the offset k - max_offset: the mouth is that many frames late, so the mouth of frame i is
compared with the speech of frame i - offset. The sign is that of SyncNet's offset and of `mouth_lag`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_count, require_pair
from xtalker.values import InputError

MAX_OFFSET_FRAMES: Final = 15

Embeddings = Float[np.ndarray, "frames size"]
Distances = Float[np.ndarray, "rows offsets"]


@accepts_tensors
def padded_distances(
    mouth: Embeddings, speech: Float[np.ndarray, "_ _"], *, max_offset: int = MAX_OFFSET_FRAMES
) -> Distances:
    """Euclidean distances as SyncNet's script takes them: speech is continued with zeros at both ends.

    Args:
        mouth: one embedding for each frame.
        speech: of the same frames.
        max_offset: frames to each side.

    Returns:
        One row for each frame, 2 max_offset + 1 columns.

    Raises:
        InputError: shapes that differ, NaN.
    """
    require_pair(mouth, speech)
    around = np.pad(speech.astype(np.float64), ((max_offset, max_offset), (0, 0)))
    return _rows(mouth.astype(np.float64), around)


@accepts_tensors
def overlap_distances(
    mouth: Embeddings, speech: Float[np.ndarray, "_ _"], *, max_offset: int = MAX_OFFSET_FRAMES
) -> Distances:
    """Cosine distances (1 - cosine) of those frames for which speech exists at every offset; nothing is invented.

    Args:
        mouth: one embedding for each frame.
        speech: of the same frames.
        max_offset: frames to each side.

    Returns:
        One row for each frame but the first and last max_offset, 2 max_offset + 1 columns; values from 0 to 2.

    Raises:
        InputError: shapes that differ, NaN, fewer than 2 max_offset + 1 frames, an embedding of zeros.
    """
    require_pair(mouth, speech)
    require_count("frames", len(mouth), 2 * max_offset + 1)
    inner = unit_rows(mouth, "mouth")[max_offset : len(mouth) - max_offset]
    # Half the squared distance of unit vectors is 1 - cosine, and exactly 0 for equal ones.
    return np.asarray(_rows(inner, unit_rows(speech, "speech")) ** 2 / 2)


def mean_by_offset(distances: Distances) -> Float[np.ndarray, "offsets"]:
    """Mean over the rows.

    Raises:
        InputError: NaN, no rows, or a number of columns that has no middle.
    """
    require_pair(distances, distances)
    if distances.shape[1] % 2 == 0:
        raise InputError(
            "offsets must reach equally far to both sides", received=f"shape {distances.shape}",
            accepted="an odd number of columns", next_step="compute the distances with overlap_distances",
        )  # fmt: skip
    return np.asarray(distances.astype(np.float64).mean(axis=0))


def unit_rows(embeddings: Embeddings, name: str) -> Embeddings:
    """Rows of length 1.

    Raises:
        InputError: a row of zeros, which has no direction.
    """
    size = np.linalg.norm(embeddings.astype(np.float64), axis=1, keepdims=True)
    if not size.all():
        raise InputError(
            f"a {name} embedding is zero", received=f"{int((size == 0).sum())} of {len(size)} rows",
            accepted="vectors with a direction", next_step="leave these frames out, and say so",
        )  # fmt: skip
    return np.asarray(embeddings / size)


def _rows(mouth: Embeddings, around: Float[np.ndarray, "_ size"]) -> Distances:
    """Distances of mouth frame i to around[i + m], ordered from the latest speech (mouth early) to the earliest."""
    starts = range(len(around) - len(mouth), -1, -1)
    return np.stack([np.linalg.norm(mouth - around[m : m + len(mouth)], axis=1) for m in starts], axis=1)
