"""What a metric refuses: NaN, emptiness, and tracks whose shapes differ."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from xtalker.values import InputError


def require_pair(predicted: Float[np.ndarray, "..."], true: Float[np.ndarray, "..."], *, least_frames: int = 1) -> None:
    """Two finite tracks of one shape.

    Raises:
        InputError: the shapes differ (both are named), a track is too short, or holds NaN or infinite numbers.
    """
    if predicted.shape != true.shape:
        raise InputError(
            "the tracks have different shapes", received=f"predicted {predicted.shape}, true {true.shape}",
            accepted="equal shapes", next_step="cut or resample both to the same frames and points",
        )  # fmt: skip
    require_track(predicted, "predicted", least_frames=least_frames)
    require_track(true, "true", least_frames=least_frames)


def require_track(track: Float[np.ndarray, "..."], name: str, *, least_frames: int = 1) -> None:
    """One finite track.

    Raises:
        InputError: too short, no points, NaN or infinite numbers.
    """
    if track.size == 0 or len(track) < least_frames:
        raise InputError(
            f"the {name} track is too short", received=f"shape {track.shape}",
            accepted=f"at least {least_frames} frames", next_step="give a longer clip",
        )  # fmt: skip
    if not np.isfinite(track).all():
        wrong = int((~np.isfinite(track)).sum())
        raise InputError(
            f"the {name} track holds NaN or infinite numbers",
            received=f"{wrong} of {track.size} in shape {track.shape}",
            accepted="finite numbers", next_step="leave the clip out or repair it, and say so",
        )  # fmt: skip


def of_region(
    vertices: Float[np.ndarray, "frames vertices 3"], region: Int[np.ndarray, "_"] | None
) -> Float[np.ndarray, "frames some 3"]:
    """The vertices of a region; None takes all.

    Raises:
        InputError: a vertex is listed twice (it would count twice) or does not exist.
    """
    if region is None:
        return vertices
    if len(np.unique(region)) != len(region):
        raise InputError(
            "a region lists vertices twice", received=f"{len(region)} entries, {len(np.unique(region))} different",
            accepted="each vertex once", next_step="take numpy.unique of the list",
        )  # fmt: skip
    if len(region) == 0 or region.min() < 0 or region.max() >= vertices.shape[1]:
        raise InputError(
            "a region does not belong to these vertices", received=f"{len(region)} entries for shape {vertices.shape}",
            accepted=f"indices from 0 to {vertices.shape[1] - 1}", next_step="take the region of the same head",
        )  # fmt: skip
    return vertices[:, region]
