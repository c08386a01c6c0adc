"""What a metric accepts, tensors included, and what it refuses: NaN, emptiness, and tracks whose shapes differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from jaxtyping import Float, Int, Shaped

from xtalker.values import InputError

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def accepts_tensors(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Let a function of arrays take torch tensors as well, on any device; torch itself is not needed for it."""

    @wraps(function)
    def on_arrays(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        return function(*map(_plain, args), **{name: _plain(value) for name, value in kwargs.items()})  # type: ignore[arg-type]

    return on_arrays


def _plain(value: Any) -> Any:
    """A tensor as an array (floating point in double precision: numpy has no bfloat16); the rest as it is."""
    if isinstance(value, tuple | list):
        return type(value)(map(_plain, value))
    if not hasattr(value, "detach"):
        return value
    tensor = value.detach().cpu()
    return (tensor.double() if tensor.is_floating_point() else tensor).numpy()


def require_pair(
    predicted: Shaped[np.ndarray, "..."], true: Shaped[np.ndarray, "..."], *, least_frames: int = 1
) -> None:
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


def require_track(track: Shaped[np.ndarray, "..."], name: str, *, least_frames: int = 1) -> None:
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
    vertices: Float[np.ndarray, "frames vertices *axes"], region: Int[np.ndarray, "_"] | None
) -> Float[np.ndarray, "frames some *axes"]:
    """The vertices, landmarks or channels of a region; None takes all.

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


def distances(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "..."],
    region: Int[np.ndarray, "_"] | None,
) -> Float[np.ndarray, "frames some"]:
    """How far each predicted vertex of a region is from the true one, metres.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates or of another head.
    """
    require_pair(predicted, true)
    away = of_region(predicted, region).astype(np.float64) - of_region(true, region)
    return np.asarray(np.linalg.norm(away, axis=-1))


def require_count(what: str, received: int, least: int) -> None:
    """Enough of something.

    Raises:
        InputError: fewer than `least`.
    """
    if received < least:
        raise InputError(
            f"too few {what}", received=str(received), accepted=f"at least {least}", next_step=f"give more {what}"
        )
