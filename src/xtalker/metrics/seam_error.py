"""Whether chunks of a long take join smoothly."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, require_count, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.lip_opening_r import require_movement
from xtalker.values import InputError

CARD: Final = Card(
    name="seam_error",
    quantity="mean speed across the borders divided by that elsewhere, and the same for the second "
    "differences that reach across; the larger of the two",
    unit="1",
    region="vertices of the whole face",
    direction="lower",
    perfect=None,
    source="defined here; up to 1.1 is good",
    known_failure="few borders make it noisy, and a border in a pause hides a jump: below 1 says little",
    span=(0.0, None),
)


@accepts_tensors
def seam_error(vertices: Float[np.ndarray, "frames vertices 3"], seams: Int[np.ndarray, "_"]) -> float:
    """Larger of the ratios of speed and acceleration, borders to inside.

    Args:
        vertices: metres.
        seams: first frame of every chunk but the first.

    Raises:
        InputError: NaN, no seams, a seam within 2 frames of an end, seams everywhere, vertices that do not move.
    """
    require_track(vertices, "vertex", least_frames=4)
    require_movement(vertices)
    require_count("seams", len(seams), 1)
    if seams.min() < 2 or seams.max() > len(vertices) - 2:
        raise InputError(
            "a seam is too close to an end", received=f"frames {seams.min()} to {seams.max()} of {len(vertices)}",
            accepted="2 frames on each side", next_step="leave out borders without motion on both sides",
        )  # fmt: skip
    points = vertices.astype(np.float64)
    # Step k leads from frame k to k + 1; second difference k covers the frames k to k + 2.
    speed = _ratio(np.diff(points, axis=0), seams - 1)
    acceleration = _ratio(np.diff(points, 2, axis=0), np.concatenate([seams - 2, seams - 1]))
    return max(speed, acceleration)


def _ratio(steps: Float[np.ndarray, "steps vertices 3"], at: Int[np.ndarray, "_"]) -> float:
    size = np.linalg.norm(steps, axis=-1).mean(axis=1)
    border = np.isin(np.arange(len(size)), at)
    require_count("frames away from the seams", int((~border).sum()), 1)
    inside = float(size[~border].mean())
    return float(size[border].mean() / inside) if inside > 0 else float("inf")
