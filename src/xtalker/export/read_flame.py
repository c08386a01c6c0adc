"""FLAME parameter files (.npz) to Motion of FLAME.

Two layouts: one array `latent` of rows of 284 numbers, as `flame_npz` writes; or one array for each part, under the
names that FLAME trackers use:

expression   exp, expression, expression_params     (frames, 50 to 100); the first 50 are used
jaw          jaw, jaw_pose, jaw_params              (frames, 3)
head         head, global_pose, global_orient, rotation, pose_params (frames, 3); also the first half of `pose`
             (frames, 6) = head and jaw, as DECA and EMOCA write
shape        shape, betas, shape_params             (100 to 300,) or one row for each frame: the first row's first 100
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.export.losses import MAX_FRAMES
from xtalker.geometry import timeline
from xtalker.values import Identity, InputError, Motion
from xtalker.values.conventions import FRAME_RATE_HZ, NUM_EXPRESSION, NUM_SHAPE
from xtalker.values.files import read_arrays

_KIND: Final = "FLAME file"
_MAX_BYTES: Final = 1 << 30
_LATENT: Final = 284
_MAX_COEFFICIENT: Final = 100.0
_RATES_HZ: Final = (1.0, 1000.0)
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "expression": ("expression", "exp", "expression_params"),
    "jaw": ("jaw", "jaw_pose", "jaw_params"),
    "head": ("head", "global_pose", "global_orient", "rotation", "pose_params"),
    "shape": ("shape", "betas", "shape_params"),
    "rate": ("frame_rate_hz", "fps"),
}


def read_flame_motion(path: Path, *, rate_hz: float | int | None = None) -> tuple[Motion, Identity, tuple[str, ...]]:
    """Read FLAME parameters.

    Args:
        path: the file.
        rate_hz: its frame rate; None takes the file's own number, or 25 where it has none.

    Returns:
        motion and identity of head model "flame", 25 fps, and what was assumed or left out.

    Raises:
        InputError: missing, damaged, too large, object arrays, neither layout, values that are not finite or absurd.
    """
    arrays = read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES)
    rate, notes = _rate(arrays, rate_hz, path)
    if "latent" in arrays:
        latent = _rows(arrays["latent"], "latent", (_LATENT, _LATENT), path)
        motion, identity = Motion.from_latent284(latent)
        motion, identity = replace(motion, head_model="flame"), replace(identity, head_model="flame")
    else:
        motion, identity, more = _parts(arrays, path)
        notes += more
    if rate != FRAME_RATE_HZ:
        motion = _at_25(motion, rate)
        notes.append(f"resampled from {rate:g} to {FRAME_RATE_HZ} frames a second")
    return motion, identity, tuple(notes)


def _parts(arrays: Mapping[str, np.ndarray], path: Path) -> tuple[Motion, Identity, list[str]]:
    named = {key: next((n for n in names if n in arrays), None) for key, names in _NAMES.items()}
    if named["expression"] is None:
        raise _wrong(path, f"arrays {', '.join(sorted(arrays))[:120]}")
    expression = _rows(arrays[named["expression"]], named["expression"], (NUM_EXPRESSION, 100), path)
    frames = len(expression)
    beyond = expression.shape[1] - NUM_EXPRESSION
    notes = [f"{beyond} components left out"] if beyond else []
    turns = {"head": np.zeros((frames, 3), np.float32), "jaw": np.zeros((frames, 3), np.float32)}
    if "pose" in arrays:
        turns["head"], turns["jaw"] = np.split(_rows(arrays["pose"], "pose", (6, 6), path, frames), 2, axis=1)
    for key in turns:
        name = named[key]
        if name is not None:
            turns[key] = _rows(arrays[name], name, (3, 3), path, frames)
        elif "pose" not in arrays:
            notes.append(f"no {key} rotation: taken as 0")
    shape = np.zeros(NUM_SHAPE, np.float32)
    name = named["shape"]
    if name is not None:
        shape = _rows(np.atleast_2d(arrays[name]), name, (NUM_SHAPE, 300), path, None)[0, :NUM_SHAPE]
    still = np.zeros((frames, 2), np.float32)
    motion = Motion(expression[:, :NUM_EXPRESSION], turns["jaw"], turns["head"], still, head_model="flame")
    return motion, Identity(shape, head_model="flame"), notes


def _rows(
    array: np.ndarray, name: str, width: tuple[int, int], path: Path, frames: int | None = None
) -> Float[np.ndarray, "frames channels"]:
    fits = array.ndim == 2 and array.dtype.kind == "f" and 0 < len(array) <= MAX_FRAMES
    if not fits or not width[0] <= array.shape[1] <= width[1] or frames not in (None, len(array)):
        raise _wrong(path, f"{name} of shape {array.shape} and type {array.dtype}")
    if not np.all(np.abs(array) <= _MAX_COEFFICIENT):
        raise _wrong(path, f"{name} with values beyond {_MAX_COEFFICIENT:g} or not finite")
    return np.ascontiguousarray(array, dtype=np.float32)


def _rate(arrays: Mapping[str, np.ndarray], asked: float | int | None, path: Path) -> tuple[float, list[str]]:
    if asked is not None:
        return float(asked), []
    name = next((n for n in _NAMES["rate"] if n in arrays), None)
    if name is None:
        return float(FRAME_RATE_HZ), [f"no frame rate in the file: taken as {FRAME_RATE_HZ}"]
    array = arrays[name]
    if array.size != 1 or array.dtype.kind not in "iuf" or not _RATES_HZ[0] <= float(array.ravel()[0]) <= _RATES_HZ[1]:
        raise _wrong(path, f"{name} that is no frame rate")
    return float(array.ravel()[0]), []


def _at_25(motion: Motion, rate_hz: float) -> Motion:
    source_s = timeline.frame_centres_s(motion.num_frames, rate_hz)
    target_s = timeline.frame_centres_s(timeline.frames_covering(motion.num_frames / rate_hz))
    linear = (timeline.resample(t, source_s, target_s) for t in (motion.expression, motion.gaze))
    turns = (timeline.resample_rotations(t, source_s, target_s) for t in (motion.jaw, motion.head))
    (expression, gaze), (jaw, head) = linear, turns
    return replace(motion, expression=expression, jaw=jaw, head=head, gaze=gaze)


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "not a FLAME file that can be read", received=f"{path} ({fault})",
        accepted="an .npz with 'latent' (frames, 284), or 'exp' (frames, 50 to 100) with 'jaw' and 'head' (frames, 3)",
        next_step="save the parameters under these names",
    )  # fmt: skip
