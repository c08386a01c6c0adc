"""FACEGOOD-style weights (.npz) to Motion of the open head.

bs     (frames, weights) of 0 to 1, in columns called `names`
names  (weights,) text
fps    frames a second

The table below is FACEGOOD's published mapping to ARKit, with left and right kept apart, and two additions: it has
no row for the rounded vowels `mouth_oh_c` and `mouth_oo_c`, the first of which moves most of all, so they are folded
into funnel, pucker and jaw here. These shares are ours, chosen by what the shapes are called, not fitted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.export.arkit_names import ARKIT_COLUMNS, tracks_from_arkit
from xtalker.export.losses import MAX_FRAMES
from xtalker.geometry import timeline
from xtalker.values import InputError, Motion
from xtalker.values.files import read_arrays

_KIND: Final = "file of FACEGOOD weights"
_MAX_BYTES: Final = 1 << 29
_MAX_WEIGHTS: Final = 1024
_MAX_VALUE: Final = 2.0
_MOVES: Final = 1e-3

_LARGEST_OF: Final[dict[str, tuple[str, ...]]] = {
    "eyeWideLeft": ("eye_downLidRaise_l", "eye_upLidRaise_l", "eye_upperLidRaise_l"),
    "eyeWideRight": ("eye_downLidRaise_r", "eye_upLidRaise_r", "eye_upperLidRaise_r"),
    "jawForward": ("jaw_thrust_c",), "jawLeft": ("jaw_sideways_l",), "jawRight": ("jaw_sideways_r",),
    "jawOpen": ("mouth_stretch_c",), "mouthClose": ("mouth_chew_c",),
    "mouthFunnel": ("mouth_funnel_dl", "mouth_funnel_dr", "mouth_funnel_ul", "mouth_funnel_ur"),
    "mouthPucker": ("mouth_pucker_l", "mouth_pucker_r"),
    "mouthLeft": ("mouth_sideways_l",), "mouthRight": ("mouth_sideways_r",),
    "mouthRollLower": ("mouth_suck_dl", "mouth_suck_dr"), "mouthRollUpper": ("mouth_suck_ul", "mouth_suck_ur"),
    "mouthShrugLower": ("mouth_chinRaise_d",), "mouthShrugUpper": ("mouth_chinRaise_u",),
    "browInnerUp": ("brow_raise_c",), "cheekPuff": ("cheek_puff_l", "cheek_puff_r"),
    "cheekSquintLeft": ("cheek_UP", "cheek_up"), "cheekSquintRight": ("cheek_UP", "cheek_up"),
}  # fmt: skip
_PAIRS: Final[dict[str, tuple[str, ...]]] = {
    "eyeBlink": ("eye_blink2",), "eyeLookDown": ("eye_lookDown2",), "eyeLookUp": ("eye_lookUp",),
    "eyeSquint": ("eye_shutTight",), "mouthSmile": ("mouth_lipCornerPull",),
    "mouthFrown": ("mouth_lipCornerDepress", "mouth_lipCornerDepressFix"), "mouthDimple": ("mouth_dimple",),
    "mouthStretch": ("mouth_lipStretch",), "mouthPress": ("mouth_press",),
    "mouthLowerDown": ("mouth_lowerLipDepress",), "mouthUpperUp": ("mouth_upperLipRaise",),
    "browDown": ("brow_lower",), "browOuterUp": ("brow_raise",), "noseSneer": ("nose_out",),
}  # fmt: skip
_LOOKS: Final = {
    "eyeLookOutLeft": "eye_lookLeft_l", "eyeLookInLeft": "eye_lookRight_l",
    "eyeLookInRight": "eye_lookLeft_r", "eyeLookOutRight": "eye_lookRight_r",
}  # fmt: skip
_ADDED: Final = (
    ("mouth_oh_c", "mouthFunnel", 0.5), ("mouth_oh_c", "jawOpen", 0.3),
    ("mouth_oo_c", "mouthPucker", 0.8), ("mouth_oo_c", "mouthFunnel", 0.2),
)  # fmt: skip


def arkit_sources() -> dict[str, tuple[str, ...]]:
    """ARKit shape -> FACEGOOD weights of which the largest is taken."""
    sides = {
        f"{shape}{side}": tuple(f"{name}_{letter}" for name in names)
        for shape, names in _PAIRS.items()
        for side, letter in (("Left", "l"), ("Right", "r"))
    }
    return _LARGEST_OF | sides | {shape: (name,) for shape, name in _LOOKS.items()}


def read_facegood(path: Path) -> tuple[Motion, tuple[str, ...]]:
    """Read FACEGOOD weights.

    Returns:
        motion of the open head, 25 fps, and which moving weights have no place in it.

    Raises:
        InputError: missing, damaged, too large, object arrays, other names or shapes, values out of range.
    """
    arrays = read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES)
    weights, rate_hz = _checked(arrays.get("bs"), arrays.get("names"), arrays.get("fps"), path)
    rows, used = _arkit(weights)
    unused = [n for n, w in weights.items() if n not in used and np.abs(w).max() > _MOVES]
    expression, jaw, head, gaze = tracks_from_arkit(rows, eye_angles=False)
    source_s = timeline.frame_centres_s(len(rows), rate_hz)
    target_s = timeline.frame_centres_s(timeline.frames_covering(len(rows) / rate_hz))
    notes = (f"no place for {', '.join(unused)}",) if unused else ()
    return Motion(
        timeline.resample(expression, source_s, target_s).astype(np.float32),
        timeline.resample_rotations(jaw, source_s, target_s).astype(np.float32),
        timeline.resample_rotations(head, source_s, target_s).astype(np.float32),
        timeline.resample(gaze, source_s, target_s).astype(np.float32),
    ), notes


def _arkit(weights: dict[str, Float[np.ndarray, "frames"]]) -> tuple[Float[np.ndarray, "frames 61"], set[str]]:
    frames = len(next(iter(weights.values())))
    column = {name: i for i, name in enumerate(ARKIT_COLUMNS)}
    out, used = np.zeros((frames, len(ARKIT_COLUMNS))), set[str]()
    for shape, names in arkit_sources().items():
        there = [name for name in names if name in weights]
        if there:
            out[:, column[shape]] = np.max([weights[name] for name in there], axis=0)
            used.update(there)
    for name, shape, share in _ADDED:
        if name in weights:
            out[:, column[shape]] += share * weights[name]
            used.add(name)
    return np.clip(out, 0, 1), used


def _checked(
    values: np.ndarray | None, names: np.ndarray | None, rate: np.ndarray | None, path: Path
) -> tuple[dict[str, np.ndarray], float]:
    if values is None or names is None or rate is None:
        raise _wrong(path, "without bs, names and fps")
    shaped = values.ndim == 2 and values.dtype.kind == "f" and 0 < values.shape[1] <= _MAX_WEIGHTS
    if not shaped or not 0 < len(values) <= MAX_FRAMES * 4 or names.shape != (values.shape[1],):
        raise _wrong(path, f"bs of shape {values.shape}, names of shape {names.shape}")
    if rate.size != 1 or rate.dtype.kind not in "iuf" or not 1 <= float(rate.ravel()[0]) <= 1000:
        raise _wrong(path, "fps that is no frame rate")
    if not np.all(np.abs(values) <= _MAX_VALUE):
        raise _wrong(path, "weights beyond 2 or not finite")
    weights = {str(name): column.astype(np.float64) for name, column in zip(names, values.T)}
    known = {name for sources in arkit_sources().values() for name in sources}
    if not known & weights.keys():
        raise _wrong(path, f"names such as {', '.join(list(weights)[:3])}")
    return weights, float(rate.ravel()[0])


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "not FACEGOOD weights that can be read", received=f"{path} ({fault})",
        accepted="an .npz with bs (frames, weights), names of FACEGOOD such as mouth_stretch_c, and fps; 0 to 1",
        next_step="save the weights with these three arrays",
    )  # fmt: skip
